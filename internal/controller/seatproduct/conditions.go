// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/status"
)

// This file computes the conditions of a SeatProduct, and the condition of its subscriptions about their counts.
// It is pure.

// verdict is the content of the condition Loaded.
type verdict struct {
	status          metav1.ConditionStatus
	reason, message string
}

// describeConditions sets Loaded, which is about the last refresh, and Ready, which is about the product.
// Single keys that failed are reported on their subscriptions.
func describeConditions(after *v1alpha1.SeatProduct, s *situation, taken *result, notes []note, now time.Time) {
	conditions := status.Of(&after.Status.Conditions, s.product.Generation, now)
	loaded, known := judgeLoaded(after, s, taken, notes)
	if !known {
		conditions.Remove(v1alpha1.ConditionLoaded)
		conditions.Ready(v1alpha1.ReasonReconciled, "The product can be used.")
		return
	}
	conditions.Set(v1alpha1.ConditionLoaded, loaded.status, loaded.reason, loaded.message)
	switch {
	case loaded.status == metav1.ConditionTrue:
		conditions.Ready(v1alpha1.ReasonReconciled, "The product can be used, and its seats are counted.")
	case loaded.reason == v1alpha1.ReasonBadCounts:
		conditions.Ready(v1alpha1.ReasonReconciled, "The product can be used. The condition Loaded names the keys that have no usable count.")
	case loaded.reason == v1alpha1.ReasonSuspended:
		conditions.Ready(loaded.reason, loaded.message)
	case needsEdit(loaded.reason):
		conditions.Stalled(loaded.reason, loaded.message)
	default:
		conditions.InProgress(loaded.reason, loaded.message)
	}
}

// describeUnderWay reports that the product's first load, or the first after an edit, is running.
func describeUnderWay(after *v1alpha1.SeatProduct, now time.Time) {
	status.Of(&after.Status.Conditions, after.Generation, now).
		InProgress(v1alpha1.ReasonProgressing, "Asking the data source for counts.")
}

// isUnknown reports whether the status does not show yet whether the product's seats can be counted.
func isUnknown(product *v1alpha1.SeatProduct) bool {
	return product.Status.ObservedGeneration != product.Generation ||
		meta.FindStatusCondition(product.Status.Conditions, v1alpha1.ConditionLoaded) == nil
}

// needsEdit reports whether only an edit of an object in the cluster helps. A refused write is still retried.
func needsEdit(reason string) bool {
	switch reason {
	case v1alpha1.ReasonInvalidSchedule, v1alpha1.ReasonInvalidExpression, v1alpha1.ReasonSecretNotAllowed,
		v1alpha1.ReasonCommitRefused, v1alpha1.ReasonUpdateNameTaken:
		return true
	}
	return false
}

// judgeLoaded returns the content of the condition Loaded, the most serious problem first. It returns
// nothing before the first load and without a loader.
func judgeLoaded(after *v1alpha1.SeatProduct, s *situation, taken *result, notes []note) (verdict, bool) {
	if s.product.Spec.DataLoader == nil {
		return verdict{}, false
	}
	if s.scheduleError != nil {
		return failed(v1alpha1.ReasonInvalidSchedule, status.Sentence("The schedule cannot be used, so seats are counted on demand only: "+s.scheduleError.Error())), true
	}
	if found, ok := failureOfLoad(s, taken); ok {
		return found, true
	}
	if found, ok := refusedVerdict(s.unwritten); ok {
		return found, true
	}
	before := meta.FindStatusCondition(s.product.Status.Conditions, v1alpha1.ConditionLoaded)
	if before != nil && before.Status == metav1.ConditionFalse && stillFailing(after.Status.Refreshes) {
		return failed(before.Reason, before.Message), true
	}
	if sentence := dataloader.NameProblems(keyProblems(notes, false)); sentence != "" {
		return failed(v1alpha1.ReasonBadCounts, status.Sentence("Some keys have no usable count, and their previous counts are kept: "+sentence)), true
	}
	if s.facts.Product.Refresh.Suspended {
		return failed(v1alpha1.ReasonSuspended, "Scheduled refreshes are suspended. Seats are counted on demand only."), true
	}
	if taken == nil && !refreshedBefore(after.Status.Refreshes) {
		return verdict{}, false
	}
	return verdict{metav1.ConditionTrue, v1alpha1.ReasonRefreshed, refreshedMessage(notes)}, true
}

// refreshedMessage reports that the last refresh succeeded, and which keys kept their counts in it.
func refreshedMessage(notes []note) string {
	sentence := dataloader.NameProblems(keyProblems(notes, true))
	if sentence == "" {
		return "The last refresh counted the seats."
	}
	return status.Sentence("The last refresh counted the seats. Keys that are missing from the answer keep their counts: " + sentence)
}

func failed(reason, message string) verdict {
	return verdict{metav1.ConditionFalse, reason, message}
}

// failureOfLoad returns why the load that has ended failed.
func failureOfLoad(s *situation, taken *result) (verdict, bool) {
	if taken == nil || taken.done() {
		return verdict{}, false
	}
	if refused, ok := refusedVerdict(taken.incomplete); ok {
		return refused, true
	}
	switch {
	case taken.failure != nil && hasCounts(s):
		return failed(string(taken.failure.Reason), status.Sentence("The previous counts are kept: "+taken.failure.Message)), true
	case taken.failure != nil:
		return failed(string(taken.failure.Reason), status.Sentence("No seats could be counted yet: "+taken.failure.Message)), true
	case errors.Is(taken.incomplete, errUnanswered):
		return failed(v1alpha1.ReasonProgressing, "Some of the counts could not be recorded, because the API server did not answer. "+
			"The next refresh waits for up to two minutes, so that a write that arrives late cannot bring back an older count."), true
	default:
		return failed(v1alpha1.ReasonProgressing, "Some of the counts could not be recorded yet. The refresh is repeated."), true
	}
}

// hasCounts reports whether any item was counted before, so that there are counts to keep.
func hasCounts(s *situation) bool {
	return slices.ContainsFunc(s.facts.Connection.Items, func(i loading.Connected) bool { return i.HasCount })
}

func refreshedBefore(entries []v1alpha1.RefreshStatus) bool {
	return slices.ContainsFunc(entries, func(e v1alpha1.RefreshStatus) bool { return e.LastRefreshTime != nil })
}

func stillFailing(entries []v1alpha1.RefreshStatus) bool {
	return slices.ContainsFunc(entries, func(e v1alpha1.RefreshStatus) bool { return e.ConsecutiveFailures > 0 })
}

// keyProblems returns what is wrong with single keys, either with those that kept their counts or with
// the others.
func keyProblems(notes []note, kept bool) []string {
	var sentences []string
	for _, each := range notes {
		if isKeyProblem(each.load.Reason) && each.kept == kept {
			sentences = append(sentences, each.load.Message)
		}
	}
	return sentences
}

// writeSeatsCurrent maintains the condition SeatsCurrent: False while a key of the subscription has
// no count, True once it recovered, and absent if there never was a problem.
func writeSeatsCurrent(s *v1alpha1.SubscriptionStatus, generation int64, now time.Time) {
	reason := ""
	var sentences []string
	for _, load := range s.Loads {
		if isKeyProblem(load.Reason) {
			reason = cmp.Or(reason, load.Reason)
			sentences = append(sentences, problemSentence(load))
		}
	}
	conditions := status.Of(&s.Conditions, generation, now)
	switch {
	case reason != "":
		conditions.Set(v1alpha1.ConditionSeatsCurrent, metav1.ConditionFalse, reason, strings.Join(sentences, " "))
	case meta.IsStatusConditionFalse(s.Conditions, v1alpha1.ConditionSeatsCurrent):
		conditions.Set(v1alpha1.ConditionSeatsCurrent, metav1.ConditionTrue, v1alpha1.ReasonCurrent, "The seats are as the data loader last counted them.")
	}
}

// problemSentence explains what is wrong with the subscription's key, and what to do.
func problemSentence(load v1alpha1.LoadStatus) string {
	sentence := "SeatProduct \"" + load.Product + "\": " + load.Message + "."
	if load.MissingSince == nil {
		return sentence
	}
	return sentence + " The key has been missing from the answers of SeatProduct \"" + load.Product + "\" since " +
		load.MissingSince.UTC().Format(time.RFC3339) + ". Add its row to the source, or correct the key."
}

// refusedVerdict returns the content of Loaded for a refused request that needs a person. It returns false for any other
// error and for nil.
func refusedVerdict(err error) (verdict, bool) {
	if !needsPerson(err) || errors.Is(err, errUnanswered) {
		return verdict{}, false
	}
	if unread, ok := errors.AsType[*clockError](err); ok {
		return failed(v1alpha1.ReasonCommitRefused, fmt.Sprintf("The answer could not be used, because the time of TestClock %q could not be "+
			"read. %s Give the operator the right to get TestClocks. The previous counts are kept, and the refresh is repeated.",
			unread.clock, status.ReadRefusal(unread))), true
	}
	const others = " Everything else that was found is recorded, and the refresh is repeated."
	whose := "a Subscription"
	if failure, ok := errors.AsType[*writeError](err); ok {
		whose = fmt.Sprintf("Subscription %q", failure.subscription)
	}
	if errors.Is(err, errNameTaken) {
		return failed(v1alpha1.ReasonUpdateNameTaken, "The count of "+whose+" could not be recorded: other SubscriptionUpdates "+
			"have every name that its update could have. Delete those that Seatplane did not create."+others), true
	}
	return failed(v1alpha1.ReasonCommitRefused, "What was found for "+whose+" could not be recorded. "+status.Refusal(err)+
		" Correct the value, the quota or the rights of the operator."+others), true
}
