// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"errors"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

// This file decides what the status of a SeatProduct says, from what was gathered and what became of
// a load. It is pure.

// describe brings everything but the totals in the status of the product up to date. taken is what became
// of the load that has ended, nil in a pass without one; now is the wall clock's.
func describe(after *v1alpha1.SeatProduct, s *situation, taken *result, notes []note, now time.Time) {
	after.Status.ObservedGeneration = s.product.Generation
	after.Status.Refreshes = describeRefreshes(s, taken, now)
	after.Status.NextRefreshText = nextRefreshText(after.Status.Refreshes)
	answerRequest(after, s.facts.Product.Request)
	describeConditions(after, s, taken, notes, now)
}

// entryOf returns what the product's status says about refreshes on a clock.
func entryOf(product *v1alpha1.SeatProduct, clock string) v1alpha1.RefreshStatus {
	for _, entry := range product.Status.Refreshes {
		if entry.Clock == clock {
			return entry
		}
	}
	return v1alpha1.RefreshStatus{Clock: clock}
}

// describeRefreshes returns an entry for each clock that connected items live by.
func describeRefreshes(s *situation, taken *result, now time.Time) []v1alpha1.RefreshStatus {
	var entries []v1alpha1.RefreshStatus
	for _, clock := range slices.Sorted(maps.Keys(s.facts.Clocks)) {
		entry := entryOf(s.product, clock)
		known := s.facts.Product.Entry(clock)
		entry.NextRefreshTime = record.Time(loading.NextTick(known, s.facts.Schedule, s.facts.Clocks[clock], s.facts.Product.Edited))
		switch {
		case taken != nil && taken.load.Clock == clock:
			entry = describeRefresh(entry, taken, s.facts.Schedule)
		case !s.facts.OwesRetry(known):
			entry.ConsecutiveFailures = 0
		}
		entries = append(entries, describeRetry(entry, s.product, now))
	}
	return entries[:min(len(entries), loading.MaxEntries)]
}

// describeRetry returns the entry with the time of the next attempt while refreshes fail. It moves with each failure
// alone.
func describeRetry(entry v1alpha1.RefreshStatus, product *v1alpha1.SeatProduct, now time.Time) v1alpha1.RefreshStatus {
	if entry.ConsecutiveFailures == 0 {
		entry.NextRetryTime = nil
		return entry
	}
	if entry.NextRetryTime == nil || entry.ConsecutiveFailures != entryOf(product, entry.Clock).ConsecutiveFailures {
		entry.NextRetryTime = record.Time(now.Add(loading.Backoff(entry.ConsecutiveFailures)).UTC().Truncate(time.Second))
	}
	return entry
}

// nextRefreshText is when the next refresh of the first entry is due; "" while it is not known or refreshes fail. The
// tick of a refresh that failed stays owed, and lies in the past.
func nextRefreshText(entries []v1alpha1.RefreshStatus) string {
	if len(entries) == 0 || entries[0].NextRefreshTime == nil || entries[0].ConsecutiveFailures > 0 {
		return ""
	}
	return entries[0].NextRefreshTime.UTC().Format(time.RFC3339)
}

// describeRefresh returns the entry after a load. On a TestClock that moved while the load ran, the ticks
// since the load began are still owed: what they are to count was not asked for yet.
func describeRefresh(entry v1alpha1.RefreshStatus, done *result, schedule dataloader.Schedule) v1alpha1.RefreshStatus {
	asked := done.times.Observed
	if done.load.Clock != "" {
		asked = done.load.At
	}
	if done.load.Request != "" {
		entry.LastHandledRefreshRequest = done.load.Request
	}
	if !done.done() {
		entry.ConsecutiveFailures++
		entry.LastAttemptTime = record.Time(asked)
		return entry
	}
	entry.ConsecutiveFailures = 0
	if !done.load.Whole {
		return entry
	}
	entry.LastAttemptTime = record.Time(asked)
	entry.LastRefreshTime = record.Time(done.times.Observed)
	entry.LastRefreshToken = done.load.Token
	entry.NextRefreshTime = record.Time(schedule.Next(asked))
	entry.Counted, entry.Changed = done.findings.Counted, done.changed
	entry.Held, entry.Failed, entry.Kept = done.findings.Held, done.findings.Failed, done.findings.Kept
	entry.DurationMillis = done.took.Milliseconds()
	return entry
}

// answerRequest acknowledges the product's request once an attempt ended on every clock. The clocks need not
// remember one that is acknowledged, also where a lost reply made its answer be taken twice.
func answerRequest(after *v1alpha1.SeatProduct, asked string) {
	entries := after.Status.Refreshes
	unanswered := func(e v1alpha1.RefreshStatus) bool { return e.LastHandledRefreshRequest != asked }
	if asked != "" && !slices.ContainsFunc(entries, unanswered) {
		after.Status.LastHandledRefreshRequest = asked
	}
	for n := range entries {
		if entries[n].LastHandledRefreshRequest == after.Status.LastHandledRefreshRequest {
			entries[n].LastHandledRefreshRequest = ""
		}
	}
}

// describeTotals counts the subscriptions that have an item of the product, and the seats they hold.
func describeTotals(after *v1alpha1.SeatProduct, s *situation) {
	var subscriptions, seats int64
	for _, subscription := range s.subscriptions {
		if subscription.Status.State == v1alpha1.SubscriptionCanceled {
			continue
		}
		subscriptions++
		seats += seatsOf(subscription, s.product.Name)
	}
	after.Status.Subscriptions, after.Status.Seats = ptr.To(subscriptions), ptr.To(seats)
}

// seatsOf returns how many seats of a product a subscription holds.
func seatsOf(subscription *v1alpha1.Subscription, product string) int64 {
	var seats int64
	for n := range subscription.Status.Items {
		if state := &subscription.Status.Items[n]; state.Product == product && state.Usage != v1alpha1.UsageMetered {
			seats += state.Quantity
		}
	}
	return seats
}

// verdict is what the condition Loaded says.
type verdict struct {
	status          metav1.ConditionStatus
	reason, message string
}

// describeConditions sets Loaded, which is about the last refresh, and Ready, which is about the product:
// single keys that failed are the matter of their subscriptions.
func describeConditions(after *v1alpha1.SeatProduct, s *situation, taken *result, notes []note, now time.Time) {
	conditions := status.Of(&after.Status.Conditions, s.product.Generation, now)
	loaded, known := judgeLoaded(after, s, taken, notes)
	if !known {
		conditions.Remove(v1alpha1.ConditionLoaded)
		conditions.Ready(v1alpha1.ReasonReconciled, "The product can be used")
		return
	}
	conditions.Set(v1alpha1.ConditionLoaded, loaded.status, loaded.reason, loaded.message)
	switch {
	case loaded.status == metav1.ConditionTrue:
		conditions.Ready(v1alpha1.ReasonReconciled, "The product can be used, and its seats are counted")
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

// describeUnderWay says that the product's first load, or the first after an edit, is under way.
func describeUnderWay(after *v1alpha1.SeatProduct, now time.Time) {
	status.Of(&after.Status.Conditions, after.Generation, now).
		InProgress(v1alpha1.ReasonProgressing, "Asking the data source for counts.")
}

// isUnknown says whether nobody can tell from its status yet whether the product's seats can be counted.
func isUnknown(product *v1alpha1.SeatProduct) bool {
	return product.Status.ObservedGeneration != product.Generation ||
		meta.FindStatusCondition(product.Status.Conditions, v1alpha1.ConditionLoaded) == nil
}

// needsEdit says whether only an edit of an object in the cluster helps. A refused write is tried again all the same.
func needsEdit(reason string) bool {
	switch reason {
	case v1alpha1.ReasonInvalidSchedule, v1alpha1.ReasonInvalidExpression, v1alpha1.ReasonSecretNotAllowed,
		v1alpha1.ReasonCommitRefused, v1alpha1.ReasonUpdateNameTaken:
		return true
	}
	return false
}

// judgeLoaded returns what the condition Loaded says, the gravest first; nothing before the first load
// and without a loader.
func judgeLoaded(after *v1alpha1.SeatProduct, s *situation, taken *result, notes []note) (verdict, bool) {
	if s.product.Spec.DataLoader == nil {
		return verdict{}, false
	}
	if s.scheduleError != nil {
		return failed(v1alpha1.ReasonInvalidSchedule, "The schedule cannot be used, so seats are counted on demand only: "+s.scheduleError.Error()), true
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
		return failed(v1alpha1.ReasonBadCounts, "Some keys have no usable count, and what was counted for them before is kept: "+sentence), true
	}
	if s.facts.Product.Refresh.Suspended {
		return failed(v1alpha1.ReasonSuspended, "Scheduled refreshes are suspended; seats are counted on demand only"), true
	}
	if taken == nil && !refreshedBefore(after.Status.Refreshes) {
		return verdict{}, false
	}
	return verdict{metav1.ConditionTrue, v1alpha1.ReasonRefreshed, refreshedMessage(notes)}, true
}

// refreshedMessage says that the last refresh succeeded, and which keys kept their counts in it.
func refreshedMessage(notes []note) string {
	sentence := dataloader.NameProblems(keyProblems(notes, true))
	if sentence == "" {
		return "The last refresh counted the seats"
	}
	return "The last refresh counted the seats. Keys that are missing from the answer keep their counts: " + sentence
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
		return failed(string(taken.failure.Reason), "Counts are kept as they were: "+taken.failure.Message), true
	case taken.failure != nil:
		return failed(string(taken.failure.Reason), "No seats could be counted yet: "+taken.failure.Message), true
	case errors.Is(taken.incomplete, errUnanswered):
		return failed(v1alpha1.ReasonProgressing, "Some of the counts could not be recorded, because the API server did not answer. "+
			"The next refresh waits for up to two minutes, so that a write that arrives late cannot bring back an older count."), true
	default:
		return failed(v1alpha1.ReasonProgressing, "Some of the counts found could not be recorded yet; the refresh is repeated"), true
	}
}

// hasCounts says whether any item was counted before, so that there is something to keep.
func hasCounts(s *situation) bool {
	return slices.ContainsFunc(s.facts.Connection.Items, func(i loading.Connected) bool { return i.HasCount })
}

func refreshedBefore(entries []v1alpha1.RefreshStatus) bool {
	return slices.ContainsFunc(entries, func(e v1alpha1.RefreshStatus) bool { return e.LastRefreshTime != nil })
}

func stillFailing(entries []v1alpha1.RefreshStatus) bool {
	return slices.ContainsFunc(entries, func(e v1alpha1.RefreshStatus) bool { return e.ConsecutiveFailures > 0 })
}

// keyProblems returns what is wrong with single keys: of those that kept their counts, or of the others.
func keyProblems(notes []note, kept bool) []string {
	var sentences []string
	for _, each := range notes {
		if isKeyProblem(each.load.Reason) && each.kept == kept {
			sentences = append(sentences, each.load.Message)
		}
	}
	return sentences
}
