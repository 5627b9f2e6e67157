// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

// This file decides what the status of a SeatProduct says, from what was gathered and what became of
// the loads. It is pure.

// maxRefreshes bounds status.refreshes: the wall clock and 100 TestClocks.
const maxRefreshes = 101

// describe brings everything but the totals in the status of the product up to date. due are the loads
// that were due, results what became of those that were carried out; now is the wall clock's.
func describe(after *v1alpha1.SeatProduct, s *situation, due []load, results []result, notes []note, now time.Time) {
	after.Status.ObservedGeneration = s.product.Generation
	after.Status.Refreshes = describeRefreshes(s, due, results)
	answerRequest(after, s)
	describeConditions(after, s, results, notes, now)
}

// describeRefreshes returns an entry for each clock that connected items live by.
func describeRefreshes(s *situation, due []load, results []result) []v1alpha1.RefreshStatus {
	byClock := map[string]result{}
	for _, result := range results {
		byClock[result.load.clock] = result
	}
	var entries []v1alpha1.RefreshStatus
	for _, clock := range slices.Sorted(maps.Keys(s.byClock())) {
		entry := s.entry(clock)
		entry.NextRefreshTime = record.Time(nextTick(entry, s.schedule, s.clocks[clock], s.edited()))
		switch result, loaded := byClock[clock]; {
		case loaded:
			entry = describeRefresh(entry, result, s.schedule)
		case !slices.ContainsFunc(due, func(l load) bool { return l.clock == clock }):
			// A failure after which nothing is owed any more, for refreshes are suspended.
			entry.ConsecutiveFailures = 0
		}
		entries = append(entries, entry)
	}
	return entries[:min(len(entries), maxRefreshes)]
}

// describeRefresh returns the entry after a load.
func describeRefresh(entry v1alpha1.RefreshStatus, done result, schedule dataloader.Schedule) v1alpha1.RefreshStatus {
	observed := done.times.observed
	if !done.done() {
		entry.ConsecutiveFailures++
		entry.LastAttemptTime = record.Time(observed)
		return entry
	}
	entry.ConsecutiveFailures = 0
	if !done.load.whole {
		return entry
	}
	entry.LastAttemptTime = record.Time(observed)
	entry.LastRefreshTime = record.Time(observed)
	entry.LastRefreshToken = done.load.token
	entry.NextRefreshTime = record.Time(schedule.Next(observed))
	entry.Counted, entry.Changed = done.findings.counted, done.changed
	entry.Held, entry.Failed = done.findings.held, int64(len(done.findings.problems))
	entry.DurationMillis = done.took.Milliseconds()
	if done.load.request != "" {
		entry.LastHandledRefreshRequest = done.load.request
	}
	return entry
}

// answerRequest acknowledges the product's request once every clock has answered it; then the clocks
// need not remember it.
func answerRequest(after *v1alpha1.SeatProduct, s *situation) {
	asked := s.productRequest()
	if asked == "" {
		return
	}
	entries := after.Status.Refreshes
	if slices.ContainsFunc(entries, func(e v1alpha1.RefreshStatus) bool { return e.LastHandledRefreshRequest != asked }) {
		return
	}
	after.Status.LastHandledRefreshRequest = asked
	for n := range entries {
		entries[n].LastHandledRefreshRequest = ""
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

func describeConditions(after *v1alpha1.SeatProduct, s *situation, results []result, notes []note, now time.Time) {
	conditions := status.Of(&after.Status.Conditions, s.product.Generation, now)
	loaded, known := judgeLoaded(after, s, results, notes)
	if !known {
		conditions.Remove(v1alpha1.ConditionLoaded)
		conditions.Ready(v1alpha1.ReasonReconciled, "The product can be used")
		return
	}
	conditions.Set(v1alpha1.ConditionLoaded, loaded.status, loaded.reason, loaded.message)
	switch {
	case loaded.status == metav1.ConditionTrue:
		conditions.Ready(v1alpha1.ReasonReconciled, "The product can be used, and its seats are counted")
	case loaded.reason == v1alpha1.ReasonSuspended:
		conditions.Ready(loaded.reason, loaded.message)
	case needsEdit(loaded.reason):
		conditions.Stalled(loaded.reason, loaded.message)
	default:
		conditions.InProgress(loaded.reason, loaded.message)
	}
}

// needsEdit says whether only an edit of an object in the cluster helps; all else is tried again.
func needsEdit(reason string) bool {
	switch reason {
	case v1alpha1.ReasonInvalidSchedule, v1alpha1.ReasonInvalidExpression, v1alpha1.ReasonSecretNotAllowed:
		return true
	}
	return false
}

// judgeLoaded returns what the condition Loaded says, the gravest first; nothing before the first load
// and without a loader.
func judgeLoaded(after *v1alpha1.SeatProduct, s *situation, results []result, notes []note) (verdict, bool) {
	if s.product.Spec.DataLoader == nil {
		return verdict{}, false
	}
	if s.scheduleError != nil {
		return failed(v1alpha1.ReasonInvalidSchedule, "The schedule cannot be used, so seats are counted on demand only: "+s.scheduleError.Error()), true
	}
	if found, ok := failureIn(results); ok {
		return found, true
	}
	before := meta.FindStatusCondition(s.product.Status.Conditions, v1alpha1.ConditionLoaded)
	if before != nil && before.Status == metav1.ConditionFalse && stillFailing(after.Status.Refreshes) {
		return failed(before.Reason, before.Message), true
	}
	if sentence := dataloader.NameProblems(keyProblems(notes)); sentence != "" {
		return failed(v1alpha1.ReasonBadCounts, "Some counts are kept because their keys failed: "+sentence), true
	}
	if s.suspended() {
		return failed(v1alpha1.ReasonSuspended, "Scheduled refreshes are suspended; seats are counted on demand only"), true
	}
	if len(results) == 0 && !refreshedBefore(after.Status.Refreshes) {
		return verdict{}, false
	}
	return verdict{metav1.ConditionTrue, v1alpha1.ReasonRefreshed, "The last refresh counted the seats"}, true
}

func failed(reason, message string) verdict {
	return verdict{metav1.ConditionFalse, reason, message}
}

// failureIn returns why the first of the failed loads failed.
func failureIn(results []result) (verdict, bool) {
	for _, result := range results {
		switch {
		case result.failure != nil:
			return failed(string(result.failure.Reason), "Counts are kept as they were: "+result.failure.Message), true
		case result.incomplete != nil:
			return failed(v1alpha1.ReasonProgressing, "Some of the counts found could not be recorded yet; the refresh is repeated"), true
		}
	}
	return verdict{}, false
}

func refreshedBefore(entries []v1alpha1.RefreshStatus) bool {
	return slices.ContainsFunc(entries, func(e v1alpha1.RefreshStatus) bool { return e.LastRefreshTime != nil })
}

func stillFailing(entries []v1alpha1.RefreshStatus) bool {
	return slices.ContainsFunc(entries, func(e v1alpha1.RefreshStatus) bool { return e.ConsecutiveFailures > 0 })
}

func keyProblems(notes []note) []string {
	var sentences []string
	for _, each := range notes {
		if isKeyProblem(each.load.Reason) {
			sentences = append(sentences, each.load.Message)
		}
	}
	return sentences
}
