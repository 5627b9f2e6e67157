// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/books"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
)

// readOnly avoids copying what is only examined. Objects that are read with it must not be
// modified.
const readOnly = client.UnsafeDisableDeepCopy

// records are what one pass examines: all updates under a subscription's name, and the invoices
// with that name and its customer.
type records struct {
	// sub is nil if no subscription has the name.
	sub *v1alpha1.Subscription
	// owed contains the names in an outbox.
	owed map[string]bool
	// lacks is set if an EventSink has not received all events, and has is the number of the newest event that all
	// sinks have received. The events after it are made from their records.
	lacks bool
	has   int64
	// departed is the same for deleted subscriptions with the name, by UID: the number of the newest event that all
	// sinks have received.
	departed map[types.UID]int64
	updates  []v1alpha1.SubscriptionUpdate
	invoices []v1alpha1.Invoice
	// archives are those that select the subscription, and held what all of them have confirmed.
	archives []types.NamespacedName
	held     map[types.UID]bool
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
	if found.archives, err = r.archives(ctx, name.Namespace, found.sub); err != nil {
		return nil, err
	}
	under := []client.ListOption{client.InNamespace(name.Namespace), client.MatchingFields{index.FieldSubscription: name.Name}, readOnly}
	var updates v1alpha1.SubscriptionUpdateList
	if err := r.Client.List(ctx, &updates, under...); err != nil {
		return nil, fmt.Errorf("list SubscriptionUpdates: %w", err)
	}
	found.updates = updates.Items
	if found.sub == nil {
		// Without a history, invoices are kept.
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

// confirm reads the subscription without the cache: how long its records are kept, and what it
// currently owes. What the cache shows as owed still counts as owed, because another reconciler may
// act on it. It returns false if the cache is wrong about whether the subscription exists. Then the
// subscription may belong to another operator, or its creation or deletion arrives as an event.
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

// govern applies a subscription's history, and adds what it owes, and what its EventSinks lack, to what is already known.
func (f *records) govern(sub *v1alpha1.Subscription) {
	f.sub = sub
	for i := range sub.Status.Outbox {
		f.owed[sub.Status.Outbox[i].Name] = true
	}
	for _, cursor := range delivery.Behind(delivery.FromSubscription(sub)) {
		if !f.lacks || cursor.Sequence < f.has {
			f.lacks, f.has = true, cursor.Sequence
		}
	}
}

// gatherDeparted reads which events of deleted subscriptions with the name EventSinks have not received. It runs only before
// something is deleted. An object that the operator did not write keeps nothing.
func (r *Reconciler) gatherDeparted(ctx context.Context, name types.NamespacedName, found *records) error {
	var list appsv1.ControllerRevisionList
	if err := r.Client.List(ctx, &list, client.InNamespace(name.Namespace),
		client.MatchingLabels{v1alpha1.LabelDeparted: v1alpha1.DepartedTrue}, readOnly); err != nil {
		return fmt.Errorf("list ControllerRevisions: %w", err)
	}
	found.departed = map[types.UID]int64{}
	for i := range list.Items {
		if !record.CouldBeDepartedOf(list.Items[i].Name, name.Name) {
			continue // thousands may have been deleted while a sink was down
		}
		sub, err := delivery.Departed(&list.Items[i])
		if err != nil || sub.Name != name.Name {
			continue
		}
		for _, cursor := range delivery.Behind(delivery.FromSubscription(sub)) {
			if has, isKnown := found.departed[sub.UID]; !isKnown || cursor.Sequence < has {
				found.departed[sub.UID] = cursor.Sequence
			}
		}
	}
	return nil
}

// isOwed reports whether a record of a subscription is still needed: the outbox names it, or an EventSink has not
// received its event.
func (f *records) isOwed(name string, of types.UID, event int64) bool {
	has, isDeparted := f.departed[of]
	return f.owed[name] || (f.lacks && event > f.has) || (isDeparted && event > has)
}

// archives returns the archives that have to hold records before they are deleted.
func (r *Reconciler) archives(ctx context.Context, namespace string, sub *v1alpha1.Subscription) ([]types.NamespacedName, error) {
	if r.Books == nil {
		return nil, nil
	}
	return books.Selecting(ctx, r.Client, namespace, sub)
}

// ask asks the archives about records that would be deleted, and notes which of them all archives have confirmed.
func (r *Reconciler) ask(found *records, uids []string) {
	found.held = map[types.UID]bool{}
	for _, uid := range uids {
		if r.Books.Hold(found.archives, types.UID(uid)) {
			found.held[types.UID(uid)] = true
		}
	}
}
