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
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/status"
)

// A permanent refusal by the API server, of any write and any field, becomes a condition within the same pass
// (billing.md#bounds). The writes are retried with the usual delays, and nothing is decided without them.

// reportRefused reports on the subscription that a write was refused, and returns the error, so that the write
// is retried. If an archive is ahead, that stays in the status, because a new process knows it only from there
// (decision 69).
func (r *Reconciler) reportRefused(ctx context.Context, sub *v1alpha1.Subscription, refused error) error {
	if facts.SaysArchiveAhead(sub) != "" {
		return refused
	}
	after := sub.DeepCopy()
	after.Status.ObservedGeneration = sub.Generation
	if after.Status.State == "" {
		after.Status.State = v1alpha1.SubscriptionPending
	}
	message := status.Message(refusal(refused))
	status.Of(&after.Status.Conditions, sub.Generation, r.Clock.Now()).Stalled(v1alpha1.ReasonCommitRefused, message)
	changed, err := status.Write(ctx, r.Client, sub, after)
	if err != nil {
		return errors.Join(refused, err)
	}
	if changed {
		r.event(after, nil, warning, v1alpha1.ReasonCommitRefused, message)
	}
	return refused
}

// reportAccepted removes the condition of a refused write after a whole pass succeeded. Until then the condition
// stays, so that a pass that is refused half-way does not write it back and forth.
func (r *Reconciler) reportAccepted(ctx context.Context, w *world, outcome subscription.Outcome) error {
	if !assembly.WasRefused(w.sub) {
		return nil
	}
	after := w.sub.DeepCopy()
	allConditions(w, outcome, &after.Status, r.Clock.Now())
	if _, err := status.Write(ctx, r.Client, w.sub, after); err != nil {
		return fmt.Errorf("write the conditions: %w", err)
	}
	r.announceFaults(after, w.sub.Status.Conditions)
	*w.sub = *after
	return nil
}

// editRetry is the delay before an update that could not be created is tried again. Events that are due earlier
// trigger the subscription earlier.
const editRetry = time.Minute

// announceUnrecorded sends an event when an edit can no longer be recorded.
func (r *Reconciler) announceUnrecorded(w *world) {
	if w.unrecorded == nil {
		return
	}
	said := meta.FindStatusCondition(w.sub.Status.Conditions, v1alpha1.ConditionInSync)
	if said == nil || said.Reason != w.unrecorded.reason {
		r.event(w.sub, nil, warning, w.unrecorded.reason, w.unrecorded.message)
	}
}
