// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
)

// gatherOlder looks for the oldest other subscription of the same customer when an outcome starts this one: both are
// billed, which may be a mistake. It is one list in the life of a subscription, by an index, and only a hint depends
// on it: a cache that is late may miss one.
func (r *Reconciler) gatherOlder(ctx context.Context, w *world) error {
	var list v1alpha1.SubscriptionList
	if err := r.Client.List(ctx, &list, client.InNamespace(w.sub.Namespace),
		client.MatchingFields{index.FieldCustomer: w.sub.Spec.Customer.ID}, readOnly); err != nil {
		return fmt.Errorf("list Subscriptions of customer %q: %w", w.sub.Spec.Customer.ID, err)
	}
	oldest := w.sub
	for i := range list.Items {
		if other := &list.Items[i]; facts.AgeOf(other).Compare(facts.AgeOf(oldest)) < 0 {
			oldest = other
		}
	}
	if oldest != w.sub {
		w.older = oldest.Name
	}
	return nil
}

// announceOlder sends an event that an older subscription of the same customer is billed too.
func (r *Reconciler) announceOlder(w *world) {
	if w.older == "" {
		return
	}
	r.event(w.sub, nil, normal, v1alpha1.EventSharedCustomer, fmt.Sprintf("Subscription %q has the same customer.id %q, and each is "+
		"billed on its own. If that is not what you want, cancel one of them.", w.older, w.sub.Spec.Customer.ID))
}
