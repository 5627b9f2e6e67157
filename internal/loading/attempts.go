// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package loading

import (
	"maps"
	"time"

	billing "github.com/seatplane/seatplane/internal/billing/subscription"
)

const (
	// FirstBackoff is the time between the first failure and the next attempt, on the wall clock.
	FirstBackoff = 30 * time.Second

	// MaxBackoff is the longest time between two attempts after failures, on the wall clock.
	MaxBackoff = 10 * time.Minute

	// MinDemandInterval is the shortest time between two refreshes of a product that people asked for, on
	// the wall clock. The next refresh answers all requests made in between.
	MinDemandInterval = 10 * time.Second

	// FirstAgain is how long an item is left alone after its first count was loaded without effect.
	FirstAgain = 10 * time.Minute

	// MaxAnswerAge is how long after the answer an update with its count may be created. A later one is
	// never used for comparison (consistency.md#3-creating-updates).
	MaxAnswerAge = billing.MaxAnswerAge
)

// Backoff returns how long to wait after the given number of failures in a row.
func Backoff(failures int64) time.Duration {
	wait := FirstBackoff
	for ; failures > 1 && wait < MaxBackoff; failures-- {
		wait *= 2
	}
	return min(wait, MaxBackoff)
}

// AnswerTimes are the times at which an answer arrived, in whole seconds.
type AnswerTimes struct {
	// Observed is the time on the subscriptions' clock, and Loaded the time on the wall clock.
	Observed, Loaded time.Time
}

// Attempts is what a process keeps in memory about a product's loads, to decide when the next one may
// begin. If it is lost, an attempt may come too early, but no count is ever wrong.
type Attempts struct {
	// retryAt is when the failed load of a clock may be tried again. failed contains the requests that were
	// part of it, by the UID of the object that asked.
	retryAt map[string]time.Time
	failed  map[string]map[string]string
	// loaded contains the times of the last usable answer on each clock.
	loaded map[string]AnswerTimes
	// unansweredUntil is until when a create may still arrive, so that no load may begin.
	unansweredUntil time.Time
	// demandEnded is when a load that answered a request last ended.
	demandEnded time.Time
	// round is the product's request that was answered last, with the clocks on which it was answered. A
	// request of the product is answered by one load on each clock, and these need no spacing.
	round       string
	roundClocks map[string]bool
	// firstTried is when the first count of an item was loaded.
	firstTried map[ItemID]time.Time
}

// NewAttempts returns the Attempts of a product without any known load.
func NewAttempts() *Attempts {
	return &Attempts{
		retryAt: map[string]time.Time{}, failed: map[string]map[string]string{}, loaded: map[string]AnswerTimes{},
		roundClocks: map[string]bool{}, firstTried: map[ItemID]time.Time{},
	}
}

// WaitUntil returns until when, on the wall clock, a due load has to wait. A zero or past instant means
// that it may begin. A new request and a TestClock that moved do not wait for a backoff, because a person
// who repaired the source wants to see it now. A new request waits for the spacing of requests instead.
func (a *Attempts) WaitUntil(l Load, entry Entry) time.Time {
	var owed time.Time
	if !movedSince(entry, l.At) {
		owed = a.RetryTime(entry)
	}
	spaced := a.spacedUntil(l)
	until := owed
	switch {
	case l.OnDemand && a.asksAgain(l):
		until = spaced
	case l.OnDemand:
		until = later(owed, spaced)
	case a.asksAgain(l) && spaced.Before(owed):
		until = spaced
	}
	return later(until, later(a.unansweredUntil, a.nextSecond(entry, l.At)))
}

// spacedUntil returns when a requested load may begin after the last one.
func (a *Attempts) spacedUntil(l Load) time.Time {
	continues := l.Request != "" && l.Request == a.round && !a.roundClocks[l.Clock]
	if continues || a.demandEnded.IsZero() {
		return time.Time{}
	}
	return a.demandEnded.Add(MinDemandInterval)
}

// nextSecond returns when an answer can be distinguished from the last one on its clock. The API stores
// whole seconds only: of two counts in the same second, the second would be taken for the older one and
// be lost. If the clock has moved since, they can be distinguished. If this process does not know the
// last answer, the status does, except for a TestClock, whose entry has no wall-clock time.
func (a *Attempts) nextSecond(entry Entry, now time.Time) time.Time {
	last, known := a.loaded[entry.Clock]
	if !known && entry.Clock == "" && !entry.LastRefresh.IsZero() {
		last, known = AnswerTimes{Observed: entry.LastRefresh, Loaded: entry.LastRefresh}, true
	}
	if !known || now.Truncate(time.Second).After(last.Observed) {
		return time.Time{}
	}
	return last.Loaded.Add(time.Second)
}

// RetryTime returns when the failed load of a clock may be tried again. If this process does not know,
// the status does, except for a TestClock, whose entry has no wall-clock time.
func (a *Attempts) RetryTime(entry Entry) time.Time {
	if known, ok := a.retryAt[entry.Clock]; ok {
		return known
	}
	if entry.Clock != "" || entry.Failures == 0 || entry.LastAttempt.IsZero() {
		return time.Time{}
	}
	return entry.LastAttempt.Add(Backoff(entry.Failures))
}

// asksAgain reports whether the load has a request that was not part of the failed load.
func (a *Attempts) asksAgain(l Load) bool {
	failed := a.failed[l.Clock]
	for by, value := range l.Requests {
		if failed[by] != value {
			return true
		}
	}
	return false
}

func movedSince(entry Entry, now time.Time) bool {
	return entry.Clock != "" && !entry.LastAttempt.IsZero() && now.After(entry.LastAttempt)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Answered records that a source gave a usable answer.
func (a *Attempts) Answered(clock string, times AnswerTimes) { a.loaded[clock] = times }

// Ended records when a load ended on the wall clock, for the spacing of requests.
func (a *Attempts) Ended(l Load, wall time.Time) {
	if len(l.Requests) == 0 {
		return
	}
	a.demandEnded = later(a.demandEnded, wall)
	if l.Request == "" {
		return
	}
	if l.Request != a.round {
		a.round, a.roundClocks = l.Request, map[string]bool{}
	}
	a.roundClocks[l.Clock] = true
}

// Failed records a load after which something has to be repeated. Failures is the number of failures in
// a row, and wall the time on the wall clock.
func (a *Attempts) Failed(l Load, failures int64, wall time.Time) {
	a.retryAt[l.Clock] = wall.Add(Backoff(failures))
	a.failed[l.Clock] = maps.Clone(l.Requests)
}

// Succeeded clears the failures of a clock, and records which first counts the load returned. Items are
// those that it counted.
func (a *Attempts) Succeeded(l Load, items []Counted, wall time.Time) {
	delete(a.retryAt, l.Clock)
	delete(a.failed, l.Clock)
	for _, each := range items {
		if !each.Item.HasCount {
			a.firstTried[each.Item.ID] = wall
		}
	}
}

// Unanswered records that it is not known whether a create for an answer arrived. No load begins until
// such a create would be too late to be used.
func (a *Attempts) Unanswered(times AnswerTimes) {
	a.unansweredUntil = times.Loaded.Add(MaxAnswerAge)
}

// RecentlyTried returns which of the items were loaded recently and still have no count, and drops all
// others.
func (a *Attempts) RecentlyTried(items []Connected, wall time.Time) map[ItemID]bool {
	if len(a.firstTried) == 0 {
		return nil
	}
	recent := map[ItemID]bool{}
	for n := range items {
		tried, known := a.firstTried[items[n].ID]
		if known && !items[n].HasCount && wall.Sub(tried) < FirstAgain {
			recent[items[n].ID] = true
		}
	}
	maps.DeleteFunc(a.firstTried, func(id ItemID, _ time.Time) bool { return !recent[id] })
	return recent
}

// NextLook returns when something is due on the wall clock, or zero. A TestClock triggers its products
// when it moves.
func (a *Attempts) NextLook(entries []Entry, wall time.Time) time.Time {
	var next time.Time
	sooner := func(at time.Time) {
		if at = later(at, a.unansweredUntil); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	for _, entry := range entries {
		switch {
		case entry.Failures > 0:
			sooner(a.RetryTime(entry))
		case entry.Clock == "" && !entry.NextTick.IsZero():
			sooner(entry.NextTick)
		}
	}
	if len(a.firstTried) > 0 {
		// If a first count had no effect, because its update was created too late, it is loaded again.
		sooner(wall.Add(FirstAgain))
	}
	return next
}
