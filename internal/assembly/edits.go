// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package assembly

import (
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
)

// EditUpdate is the update for an edit of the spec, as the operator creates it. It copies no label of the user's, because
// with a tracking label, a GitOps tool would prune it.
func EditUpdate(sub *v1alpha1.Subscription, in subscription.Input, edit subscription.Edit) *v1alpha1.SubscriptionUpdate {
	seen := in.Now
	if !in.Before.IsZero() {
		seen = in.Before
	}
	update := &v1alpha1.SubscriptionUpdate{}
	update.Namespace = sub.Namespace
	update.Name = record.SpecUpdateName(sub.Name, string(facts.Identity(sub)), facts.Generation(sub), edit.Item)
	update.Spec = v1alpha1.SubscriptionUpdateSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: sub.Name, UID: facts.Identity(sub)},
		Cause: &v1alpha1.UpdateCause{
			Type: v1alpha1.CauseSpec, Generation: ptr.To(facts.Generation(sub)), Item: edit.Item,
			ObservedTime: record.Time(seen),
		},
	}
	if edit.Items == nil {
		update.Spec.Seats = &v1alpha1.SeatsChange{Item: edit.Item, Count: ptr.To(edit.Quantity)}
	} else {
		update.Spec.ChangeItems = &v1alpha1.ItemsChange{Items: sub.DeepCopy().Spec.Items}
	}
	return update
}
