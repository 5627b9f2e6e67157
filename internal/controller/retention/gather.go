// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/index"
)

// readOnly spares copying what is only looked at. Nothing that was read with it may
// be changed.
const readOnly = client.UnsafeDisableDeepCopy

// records are what one pass looks at: all updates under a subscription's name, and
// the invoices of that name and its customer.
type records struct {
	// sub is nil when there is no subscription of the name.
	sub *v1alpha1.Subscription
	// owed are the names that an outbox names.
	owed     map[string]bool
	updates  []v1alpha1.SubscriptionUpdate
	invoices []v1alpha1.Invoice
}

// gather reads the records under a subscription's name from the cache.
func (r *Reconciler) gather(ctx context.Context, name types.NamespacedName) (*records, error) {
	found := &records{owed: map[string]bool{}}
	var sub v1alpha1.Subscription
	err := r.Client.Get(ctx, name, &sub, readOnly)
	if client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("read Subscription: %w", err)
	}
	if err == nil {
		found.govern(&sub)
	}
	under := []client.ListOption{client.InNamespace(name.Namespace), client.MatchingFields{index.FieldSubscription: name.Name}, readOnly}
	var updates v1alpha1.SubscriptionUpdateList
	if err := r.Client.List(ctx, &updates, under...); err != nil {
		return nil, fmt.Errorf("list SubscriptionUpdates: %w", err)
	}
	found.updates = updates.Items
	if found.sub == nil {
		// Nobody says how long invoices are kept: they stay.
		return found, nil
	}
	var invoices v1alpha1.InvoiceList
	if err := r.Client.List(ctx, &invoices, under...); err != nil {
		return nil, fmt.Errorf("list Invoices: %w", err)
	}
	for i := range invoices.Items {
		if invoices.Items[i].Spec.Customer.ID == sub.Spec.Customer.ID {
			found.invoices = append(found.invoices, invoices.Items[i])
		}
	}
	return found, nil
}

// confirm reads the subscription live, which says how long records are kept and
// what is owed now. What the cache shows as owed stays owed: another reconciler may
// act on that. It reports false when the cache is wrong about whether there is such
// a subscription: it may be another operator's, and when it is not, its arrival or
// departure comes as an event.
func (r *Reconciler) confirm(ctx context.Context, name types.NamespacedName, found *records) (bool, error) {
	var live v1alpha1.Subscription
	err := r.Live.Get(ctx, name, &live)
	if apierrors.IsNotFound(err) {
		return found.sub == nil, nil
	}
	if err != nil {
		return false, fmt.Errorf("read Subscription: %w", err)
	}
	if found.sub == nil || found.sub.UID != live.UID {
		return false, nil
	}
	found.govern(&live)
	return true, nil
}

// govern takes a subscription's history, and what it owes beside what was known to
// be owed.
func (f *records) govern(sub *v1alpha1.Subscription) {
	f.sub = sub
	for i := range sub.Status.Outbox {
		f.owed[sub.Status.Outbox[i].Name] = true
	}
}
