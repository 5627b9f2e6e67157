// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/status"
)

// What the API server refuses for good, whatever was written and whatever field it is about, becomes a condition
// within the same pass (billing design, section 8, "Bounds"). The writes are tried again with the usual delays,
// and nothing is decided without them.

// isRefused reports whether the API server refused a write for what it says or for who says it. Trying again
// alone does not help.
func isRefused(err error) bool {
	return apierrors.IsInvalid(err) || apierrors.IsForbidden(err) || apierrors.IsRequestEntityTooLargeError(err) ||
		apierrors.IsBadRequest(err)
}

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
	*w.sub = *after
	return nil
}

// wasRefused reports whether the last pass was refused a write.
func wasRefused(sub *v1alpha1.Subscription) bool {
	ready := meta.FindStatusCondition(sub.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Reason == v1alpha1.ReasonCommitRefused
}

// maxRefusal bounds how much of the API server's sentence is repeated.
const maxRefusal = 300

// refusal is what the API server said, shortened, with the field that it names.
func refusal(err error) string {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return "The API server refused a write."
	}
	said := answer.Status()
	what, sentence := "a write", said.Message
	if said.Details != nil && said.Details.Kind != "" {
		what = "a write of " + said.Details.Kind
	}
	if cause := firstCause(said); cause != nil {
		sentence = cause.Message
		if cause.Field != "" {
			what += ", field " + cause.Field
		}
	}
	sentence = strings.TrimSuffix(shortened(sentence), ".")
	return fmt.Sprintf("The API server refused %s: %s. Nothing more is billed until the write succeeds. Correct the value, or the "+
		"rights of the operator; it is tried again.", what, sentence)
}

func firstCause(said metav1.Status) *metav1.StatusCause {
	if said.Details == nil || len(said.Details.Causes) == 0 {
		return nil
	}
	return &said.Details.Causes[0]
}

// shortened cuts a sentence of the API server, which may repeat a whole value.
func shortened(sentence string) string {
	runes := []rune(strings.Join(strings.Fields(sentence), " "))
	if len(runes) <= maxRefusal {
		return string(runes)
	}
	return string(runes[:maxRefusal]) + "…"
}
