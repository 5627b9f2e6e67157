// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/status"
)

// This file decides what the conditions of a Subscription say, and what is said of what holds it or its updates up. It
// is pure.

// wasRefused reports whether the last pass was refused a write.
func wasRefused(sub *v1alpha1.Subscription) bool {
	ready := meta.FindStatusCondition(sub.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Reason == v1alpha1.ReasonCommitRefused
}

// refusal is what the API server said of a write that the subscription waits for, and what to do.
func refusal(err error) string {
	return status.Refusal(err) + " Nothing more is billed until the write succeeds. Correct the value, or the " +
		"rights of the operator. Seatplane keeps trying."
}

// unrecorded says why the update for an edit of the spec does not exist. It holds nothing else up: what is in
// force goes on being billed.
type unrecorded struct {
	reason, message string
}

// unrecordedEdit returns what is to be said of an update that could not be created; nil for an error that trying
// again may resolve.
func unrecordedEdit(err error) *unrecorded {
	const advice = " The state before the edit is still billed. Seatplane retries the edit every minute."
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

// conditions computes every condition that this reconciler owns from what was
// gathered and decided.
//
// After a refused write they stay what they are until a whole pass goes through; see
// [Reconciler.reportAccepted].
func conditions(w *world, outcome subscription.Outcome, s *v1alpha1.SubscriptionStatus, now time.Time) {
	if !wasRefused(w.sub) {
		allConditions(w, outcome, s, now)
	}
}

func allConditions(w *world, outcome subscription.Outcome, s *v1alpha1.SubscriptionStatus, now time.Time) {
	set := status.Of(&s.Conditions, w.sub.Generation, now)
	ready(set, w, outcome)
	inSync(set, w, outcome)
	withinLimits(set, w, outcome)
	usage(set, outcome)
}

// ready says whether the subscription is what its spec asks for.
func ready(set status.Conditions, w *world, outcome subscription.Outcome) {
	state := outcome.State
	fault := outcome.Blocked
	if fault == nil && state.Phase != subscription.Canceled {
		fault = subscription.Check(state, w.input)
	}
	switch {
	case state.Phase == subscription.Canceled:
		set.Ready(v1alpha1.ReasonCanceled, "The subscription has ended.")
	case w.input.Terms.OnHold():
		set.Ready(v1alpha1.ReasonSuspended, "Billing is paused. Set spec.suspend to false to resume. Charges that fall due during the pause are billed then.")
	case duplicateKey(w.sub) != "":
		set.Stalled(v1alpha1.ReasonDuplicateKey, duplicateKey(w.sub))
	case fault != nil && fault.Reason.NeedsPerson():
		set.Stalled(string(fault.Reason), fault.Message)
	case w.unrecorded != nil:
		set.Stalled(w.unrecorded.reason, w.unrecorded.message)
	case fault != nil:
		set.InProgress(string(fault.Reason), fault.Message)
	case outcome.More:
		set.InProgress(v1alpha1.ReasonProgressing, "Catching up on past events.")
	case state.Phase == subscription.Pending:
		set.Ready(v1alpha1.ReasonReconciled, "The subscription has not started yet.")
	default:
		set.Ready(v1alpha1.ReasonReconciled, "Everything that was due is billed.")
	}
}

// duplicateKey is what the loaders say of keys that belong to other items; ""
// when none does (billing.md#keys).
func duplicateKey(sub *v1alpha1.Subscription) string {
	var messages []string
	for _, load := range sub.Status.Loads {
		if load.Reason == v1alpha1.ReasonDuplicateKey {
			messages = append(messages, load.Message)
		}
	}
	if len(messages) == 0 {
		return ""
	}
	return strings.Join(messages, " ") + " Set the quantity of such an item in spec.items, or create its subscription again " +
		"with a customer ID of its own."
}

// inSync says whether what is in force is what the spec declares.
func inSync(set status.Conditions, w *world, outcome subscription.Outcome) {
	if !outcome.State.Started() {
		set.Remove(v1alpha1.ConditionInSync)
		return
	}
	if w.unrecorded != nil {
		set.Set(v1alpha1.ConditionInSync, metav1.ConditionFalse, w.unrecorded.reason, w.unrecorded.message)
		return
	}
	if waiting := w.waitingEdits(outcome); waiting != nil {
		set.Set(v1alpha1.ConditionInSync, metav1.ConditionFalse, string(waiting.Reason), waiting.Message)
		return
	}
	if difference := subscription.Difference(outcome.State, w.input.Terms); difference != nil {
		set.Set(v1alpha1.ConditionInSync, metav1.ConditionFalse, string(difference.Reason), difference.Message)
		return
	}
	set.Set(v1alpha1.ConditionInSync, metav1.ConditionTrue, v1alpha1.ReasonInSync, "The spec is in force as declared.")
}

// waitingEdits says what the edits of the spec wait for that are not in force yet; nil when there are none.
func (w *world) waitingEdits(outcome subscription.Outcome) *subscription.Fault {
	var faults []subscription.Fault
	for _, waiting := range outcome.Waiting {
		if w.originOf(waiting.UID) == v1alpha1.OriginSpec {
			faults = append(faults, waiting.Fault)
		}
	}
	return subscription.Together(faults)
}

// withinLimits says whether the quantities held are within the plans' limits.
func withinLimits(set status.Conditions, w *world, outcome subscription.Outcome) {
	if !outcome.State.Started() {
		set.Remove(v1alpha1.ConditionSeatsWithinLimits)
		return
	}
	if fault := subscription.OutsideLimits(outcome.State, w.input); fault != nil {
		set.Set(v1alpha1.ConditionSeatsWithinLimits, metav1.ConditionFalse, string(fault.Reason), fault.Message)
		return
	}
	set.Set(v1alpha1.ConditionSeatsWithinLimits, metav1.ConditionTrue, v1alpha1.ReasonWithinLimits, "All quantities are within their plans' limits.")
}

// usage says how the usage of metered items stands to its limits. A subscription
// without either has no such condition.
func usage(set status.Conditions, outcome subscription.Outcome) {
	if !outcome.State.Started() || !subscription.HasUsage(outcome.State) {
		set.Remove(v1alpha1.ConditionUsageWithinLimits)
		return
	}
	fault := subscription.UsageOutsideLimits(outcome.State)
	if len(outcome.Refused) > 0 {
		faults := outcome.Refused
		if fault != nil {
			faults = append(slices.Clone(faults), *fault)
		}
		fault = subscription.Together(faults)
	}
	switch {
	case fault == nil:
		set.Set(v1alpha1.ConditionUsageWithinLimits, metav1.ConditionTrue, v1alpha1.ReasonWithinLimits, "All usage is within its limits.")
	case fault.Reason == subscription.NotMetered:
		set.Set(v1alpha1.ConditionUsageWithinLimits, metav1.ConditionUnknown, string(fault.Reason), fault.Message)
	default:
		set.Set(v1alpha1.ConditionUsageWithinLimits, metav1.ConditionFalse, string(fault.Reason), fault.Message)
	}
}

// nameTaken says which Invoice has the name of another, and what to do.
func nameTaken(owed error) string {
	var taken *foreignError
	if !errors.As(owed, &taken) {
		return ""
	}
	return fmt.Sprintf("The Invoice %q exists, but it is not the one that is due: %s. Compare it with status.outbox and find "+
		"out who created it, then delete it so that this subscription continues.", taken.invoice, taken.differs)
}

// goneMessage says that an update can never apply, and what to do.
func goneMessage(u *v1alpha1.SubscriptionUpdate) string {
	how := "names by its UID"
	if u.Spec.SubscriptionRef.UID == "" {
		how = "was created for"
	}
	return fmt.Sprintf("The Subscription that this update %s no longer exists. To change a later Subscription %q, create another update.",
		how, u.Spec.SubscriptionRef.Name)
}
