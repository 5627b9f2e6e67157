// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/status"
)

// What the API server refuses for good, whatever was written and whatever field it is about, becomes a condition
// within the same pass (billing.md#bounds). The writes are tried again with the usual delays,
// and nothing is decided without them.

// reportRefused says on the subscription that a write was refused, and returns why, so that it is tried again.
func (r *Reconciler) reportRefused(ctx context.Context, sub *v1alpha1.Subscription, refused error) error {
	after := sub.DeepCopy()
	after.Status.ObservedGeneration = sub.Generation
	if after.Status.State == "" {
		after.Status.State = v1alpha1.SubscriptionPending
	}
	message := status.Message(refusal(refused))
	status.Of(&after.Status.Conditions, sub.Generation, r.Wall.Now()).Stalled(v1alpha1.ReasonCommitRefused, message)
	changed, err := status.Write(ctx, r.Client, sub, after)
	if err != nil {
		return errors.Join(refused, err)
	}
	if changed {
		r.event(after, nil, warning, v1alpha1.ReasonCommitRefused, message)
	}
	return refused
}

// reportAccepted takes the condition of a refused write away, once a whole pass went through: until then it stays
// what it is, so that a pass that is refused half-way does not write it back and forth.
func (r *Reconciler) reportAccepted(ctx context.Context, w *world, outcome subscription.Outcome) error {
	if !wasRefused(w.sub) {
		return nil
	}
	after := w.sub.DeepCopy()
	r.allConditions(w, outcome, &after.Status)
	if _, err := status.Write(ctx, r.Client, w.sub, after); err != nil {
		return fmt.Errorf("write the conditions: %w", err)
	}
	r.announceFaults(after, w.sub.Status.Conditions)
	*w.sub = *after
	return nil
}

// wasRefused reports whether the last pass was refused a write.
func wasRefused(sub *v1alpha1.Subscription) bool {
	ready := meta.FindStatusCondition(sub.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Reason == v1alpha1.ReasonCommitRefused
}

// refusal is what the API server said of a write that the subscription waits for, and what to do.
func refusal(err error) string {
	return status.Refusal(err) + " Nothing more is billed until the write succeeds. Correct the value, or the " +
		"rights of the operator; it is tried again."
}

// editRetry is how long it takes until an update that could not be created is tried again. What is due earlier wakes
// the subscription earlier.
const editRetry = time.Minute

// unrecorded says why the update for an edit of the spec does not exist. It holds nothing else up: what is in
// force goes on being billed.
type unrecorded struct {
	reason, message string
}

// unrecordedEdit returns what is to be said of an update that could not be created; nil for an error that trying
// again may resolve.
func unrecordedEdit(err error) *unrecorded {
	const advice = " What was in force before the edit is still billed; the edit is tried again every minute."
	switch {
	case errors.Is(err, errNamesTaken):
		return &unrecorded{v1alpha1.ReasonUpdateNameTaken, "The edit of spec.items could not be recorded: other " +
			"SubscriptionUpdates have every name that its update could have. Delete those that Seatplane did not create." + advice}
	case status.IsRefused(err):
		return &unrecorded{v1alpha1.ReasonCommitRefused, "The edit of spec.items could not be recorded. " + status.Refusal(err) +
			" Correct the value, the quota or the rights of the operator." + advice}
	default:
		return nil
	}
}

// announceUnrecorded sends an event when an edit begins to be one that cannot be recorded.
func (r *Reconciler) announceUnrecorded(w *world) {
	if w.unrecorded == nil {
		return
	}
	said := meta.FindStatusCondition(w.sub.Status.Conditions, v1alpha1.ConditionInSync)
	if said == nil || said.Reason != w.unrecorded.reason {
		r.event(w.sub, nil, warning, w.unrecorded.reason, w.unrecorded.message)
	}
}
