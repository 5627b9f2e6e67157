// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/status"
)

// announceFaults sends an event when a condition of the subscription begins to report something that a person has
// to correct, or changes its message. before are the previous conditions.
func (r *Reconciler) announceFaults(sub *v1alpha1.Subscription, before []metav1.Condition) {
	ready := newFault(before, sub.Status.Conditions, v1alpha1.ConditionReady)
	edit := newFault(before, sub.Status.Conditions, v1alpha1.ConditionInSync)
	if ready != nil {
		r.Recorder.Eventf(sub, nil, warning, ready.Reason, ready.Type, "%s", status.EventNote(ready.Message))
	}
	if edit != nil && (ready == nil || ready.Message != edit.Message) {
		r.Recorder.Eventf(sub, nil, warning, edit.Reason, edit.Type, "%s", status.EventNote(edit.Message))
	}
}

// newFault returns the condition of a type if it reports something that a person has to correct and did not
// report it before.
func newFault(before, after []metav1.Condition, kind string) *metav1.Condition {
	is := meta.FindStatusCondition(after, kind)
	if is == nil || is.Status != metav1.ConditionFalse || !deservesEvent(is.Reason) {
		return nil
	}
	was := meta.FindStatusCondition(before, kind)
	if was != nil && was.Status == is.Status && was.Reason == is.Reason && was.Message == is.Message {
		return nil
	}
	return is
}

// deservesEvent reports whether a condition with the reason is announced when it changes, because a person has
// to correct something. A write that the API server refused is announced where it is reported.
func deservesEvent(reason string) bool {
	switch reason {
	case v1alpha1.ReasonProductNotFound, v1alpha1.ReasonPlanNotFound, v1alpha1.ReasonPolicyNotReady, v1alpha1.ReasonClockNotFound,
		v1alpha1.ReasonMixedCurrency, v1alpha1.ReasonMixedInterval, v1alpha1.ReasonInvalidTimeZone, v1alpha1.ReasonInvalidTrial,
		v1alpha1.ReasonStartTimeInPast, v1alpha1.ReasonPredecessorFound, v1alpha1.ReasonBilledUntilTooLate,
		v1alpha1.ReasonBilledUntilNotABoundary, v1alpha1.ReasonBelowMinimum, v1alpha1.ReasonAboveMaximum,
		v1alpha1.ReasonSeatsAssigned, v1alpha1.ReasonDuplicateKey, v1alpha1.ReasonAmountTooLarge, v1alpha1.ReasonTooManyLines,
		v1alpha1.ReasonParked, v1alpha1.ReasonCurrencyChange, v1alpha1.ReasonIntervalChangeNeedsReset,
		v1alpha1.ReasonInvalidItems, v1alpha1.ReasonUnknownItem:
		return true
	default:
		return false
	}
}
