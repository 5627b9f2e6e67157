// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/status"
)

// This file computes the conditions of a Subscription, and the messages about what blocks it or its updates. It is
// pure.

// refusal is the API server's message about a refused write that the subscription waits for, and
// what to do.
func refusal(err error) string {
	return status.Refusal(err) + " Nothing more is billed until the write succeeds. Correct the value, or the " +
		"rights of the operator. Seatplane keeps trying."
}

// unrecorded explains why the update for an edit of the spec does not exist. It blocks nothing else: the
// items in force continue to be billed.
type unrecorded struct {
	reason, message string
}

// unrecordedEdit returns what to report about an update that could not be created. It is nil for an error that a
// retry may resolve.
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

// conditions computes every condition that this reconciler owns from what was gathered and decided.
//
// After a refused write they do not change until a whole pass succeeds; see
// [Reconciler.reportAccepted].
func conditions(w *world, outcome subscription.Outcome, s *v1alpha1.SubscriptionStatus, now time.Time) {
	if !assembly.WasRefused(w.sub) {
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

// ready sets whether the spec of the subscription is in effect.
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

// duplicateKey is what the loaders report about keys that belong to other items, or ""
// (billing.md#keys).
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
		"with a different customer ID."
}

// inSync sets whether the items in force are those that the spec declares.
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

// waitingEdits explains what the edits of the spec that are not in force yet wait for. It is nil if there
// are none.
func (w *world) waitingEdits(outcome subscription.Outcome) *subscription.Fault {
	var faults []subscription.Fault
	for _, waiting := range outcome.Waiting {
		if w.originOf(waiting.UID) == v1alpha1.OriginSpec {
			faults = append(faults, waiting.Fault)
		}
	}
	return subscription.Together(faults)
}

// withinLimits sets whether the current quantities are within the plans' limits.
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

// usage sets whether the usage of metered items is within its limits. A subscription without
// metered items and limits has no such condition.
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

// foreignStatus explains that a status belongs to another object, and what to do.
const foreignStatus = "This status was written for another Subscription with this name, which had another UID: a tool has restored it. " +
	"Nothing is billed. Delete the restored objects and use kubectl seatplane import, as the page about backups describes."

// unreadableStatus explains why a status cannot be read, and what to do.
func unreadableStatus(cause error) string {
	what := cause.Error()
	return strings.ToUpper(what[:1]) + status.Sentence(what[1:]) + " Seatplane does not write such a status. Nothing is billed. Correct the status, or delete " +
		"this Subscription with the annotation " + v1alpha1.AnnotationDelete + ": " + v1alpha1.DeleteAbandon + ", and create it again with " +
		"spec.billedUntil set to the end of the time that its invoices charge."
}

// nameTaken explains which Invoice has the name of another one, and what to do.
func nameTaken(owed error) string {
	var taken *foreignError
	if !errors.As(owed, &taken) {
		return ""
	}
	return fmt.Sprintf("The Invoice %q exists, but it is not the one that is due: %s. Compare it with status.outbox and find "+
		"out who created it, then delete it so that this subscription continues.", taken.invoice, taken.differs)
}

// absentMessage explains why an update has no subscription that it can change, and what to do.
func absentMessage(u *v1alpha1.SubscriptionUpdate, gone, outdated bool) string {
	const days = int(facts.MaxAhead / (24 * time.Hour))
	switch {
	case gone:
		return goneMessage(u)
	case outdated:
		return fmt.Sprintf("There was no Subscription %q within %d days after this update was created, so it is not meant for a later "+
			"one. To change a later one, create another update.", u.Spec.SubscriptionRef.Name, days)
	default:
		return fmt.Sprintf("The Subscription %q does not exist. The update waits for it until %d days after its own creation.",
			u.Spec.SubscriptionRef.Name, days)
	}
}

// goneMessage explains that an update can never apply, and what to do.
func goneMessage(u *v1alpha1.SubscriptionUpdate) string {
	how := "names by its UID"
	if u.Spec.SubscriptionRef.UID == "" {
		how = "was created for"
	}
	return fmt.Sprintf("The Subscription that this update %s no longer exists. To change a later Subscription %q, create another update.",
		how, u.Spec.SubscriptionRef.Name)
}
