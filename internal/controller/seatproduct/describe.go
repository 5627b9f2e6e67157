// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"maps"
	"slices"
	"time"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
)

// This file computes the status of a SeatProduct from what was gathered and from the result of a
// load. It is pure.

// describe updates everything except the totals in the status of the product. The result taken is that of
// the load that has ended, or nil. The time now is on the wall clock.
func describe(after *v1alpha1.SeatProduct, s *situation, taken *result, notes []note, now time.Time) {
	after.Status.ObservedGeneration = s.product.Generation
	after.Status.Refreshes = describeRefreshes(s, taken, now)
	after.Status.NextRefreshText = nextRefreshText(after.Status.Refreshes)
	describeFailing(after, s, taken)
	answerRequest(after, s.facts.Product.Request)
	describeConditions(after, s, taken, notes, now)
}

// describeRefreshes returns an entry for each clock that connected items use.
func describeRefreshes(s *situation, taken *result, now time.Time) []v1alpha1.RefreshStatus {
	var entries []v1alpha1.RefreshStatus
	for _, clock := range slices.Sorted(maps.Keys(s.facts.Clocks)) {
		entry := facts.RefreshOn(s.product, clock)
		known := s.facts.Product.Entry(clock)
		entry.NextRefreshTime = record.Time(s.facts.NextTick(clock))
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

// describeRetry returns the entry with the time of the next attempt while refreshes fail. The time changes only with
// a failure.
func describeRetry(entry v1alpha1.RefreshStatus, product *v1alpha1.SeatProduct, now time.Time) v1alpha1.RefreshStatus {
	if entry.ConsecutiveFailures == 0 {
		entry.NextRetryTime = nil
		return entry
	}
	if entry.NextRetryTime == nil || entry.ConsecutiveFailures != facts.RefreshOn(product, entry.Clock).ConsecutiveFailures {
		entry.NextRetryTime = record.Time(now.Add(loading.Backoff(entry.ConsecutiveFailures)).UTC().Truncate(time.Second))
	}
	return entry
}

// nextRefreshText is when the next refresh of the first entry is due. It is "" while that is not known or refreshes
// fail. The tick of a failed refresh is still owed, and lies in the past.
func nextRefreshText(entries []v1alpha1.RefreshStatus) string {
	if len(entries) == 0 || entries[0].NextRefreshTime == nil || entries[0].ConsecutiveFailures > 0 {
		return ""
	}
	return entries[0].NextRefreshTime.UTC().Format(time.RFC3339)
}

// describeRefresh returns the entry after a load. If a TestClock moved during the load, the ticks since
// the load began are still owed, because their counts were not asked for yet.
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

// answerRequest acknowledges the product's request when an attempt has ended on every clock. The entries of
// the clocks do not need to keep an acknowledged request, even if its answer was taken twice because of a
// lost response.
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

// describeTotals counts the subscriptions that have an item of the product, and their seats.
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

// seatsOf returns how many seats of a product a subscription has.
func seatsOf(subscription *v1alpha1.Subscription, product string) int64 {
	var seats int64
	for n := range subscription.Status.Items {
		if state := &subscription.Status.Items[n]; state.Product == product && state.Usage != v1alpha1.UsageMetered {
			seats += state.Quantity
		}
	}
	return seats
}
