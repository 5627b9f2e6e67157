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

	// MinDemandInterval is the shortest time between two refreshes of a product that somebody asked for, on
	// the wall clock. What is asked for in between is answered together by the next.
	MinDemandInterval = 10 * time.Second

	// FirstAgain is how long an item whose first count was loaded without effect is left alone.
	FirstAgain = 10 * time.Minute

	// MaxAnswerAge is how long after the answer an update that carries its count may be created; one that
	// is created later is never compared with (consistency.md#3-creating-updates).
	MaxAnswerAge = billing.MaxAnswerAge
)

// Backoff returns how long to wait after so many failures in a row.
func Backoff(failures int64) time.Duration {
	wait := FirstBackoff
	for ; failures > 1 && wait < MaxBackoff; failures-- {
		wait *= 2
	}
	return min(wait, MaxBackoff)
}

// AnswerTimes say when an answer came, in whole seconds.
type AnswerTimes struct {
	// Observed is the time on the subscriptions' clock, Loaded that on the wall clock.
	Observed, Loaded time.Time
}

// Attempts is what a process remembers of a product's loads, to decide when the next one may begin. Losing
// it costs an attempt that is too early, never a wrong count.
type Attempts struct {
	// retryAt is when the failed load of a clock may be tried again, and failed the requests that were part
	// of it, by the UID of who asked.
	retryAt map[string]time.Time
	failed  map[string]map[string]string
	// loaded are the times of the last usable answer on each clock.
	loaded map[string]AnswerTimes
	// unansweredUntil: a create may still arrive until then, so no load may begin.
	unansweredUntil time.Time
	// demandEnded is when a load that answered a request last ended.
	demandEnded time.Time
	// round is the product's request that was answered last, and the clocks on which it was: a request of
	// the product is answered by one load a clock, which need not be spaced.
	round       string
	roundClocks map[string]bool
	// firstTried is when the first count of an item was loaded.
	firstTried map[ItemID]time.Time
}

// NewAttempts returns the memory of a product of which no load is known.
func NewAttempts() *Attempts {
	return &Attempts{
		retryAt: map[string]time.Time{}, failed: map[string]map[string]string{}, loaded: map[string]AnswerTimes{},
		roundClocks: map[string]bool{}, firstTried: map[ItemID]time.Time{},
	}
}

// WaitUntil returns until when, by the wall clock, a load that is due has to wait; zero or a past instant
// when it need not. A new request and a TestClock that moved do not wait for a backoff: a person who
// repaired the source wants to see it now. A new request waits for the spacing of requests instead.
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

// spacedUntil returns when a load that was asked for may begin after the last one.
func (a *Attempts) spacedUntil(l Load) time.Time {
	continues := l.Request != "" && l.Request == a.round && !a.roundClocks[l.Clock]
	if continues || a.demandEnded.IsZero() {
		return time.Time{}
	}
	return a.demandEnded.Add(MinDemandInterval)
}

// nextSecond returns when an answer can be told apart from the last one on its clock. The API knows whole
// seconds only: of two counts of one second the second would pass for the older one and be lost. A clock
// that has moved since tells them apart. Where this process does not know, the status does, except for a
// TestClock, whose entry has no time of the wall clock.
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

// RetryTime returns when the failed load of a clock may be tried again. Where this process does not know,
// the status does, except for a TestClock, whose entry has no time of the wall clock.
func (a *Attempts) RetryTime(entry Entry) time.Time {
	if known, ok := a.retryAt[entry.Clock]; ok {
		return known
	}
	if entry.Clock != "" || entry.Failures == 0 || entry.LastAttempt.IsZero() {
		return time.Time{}
	}
	return entry.LastAttempt.Add(Backoff(entry.Failures))
}

// asksAgain says whether the load has a request that was not part of the one that failed.
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

// Answered remembers that a source gave a usable answer.
func (a *Attempts) Answered(clock string, times AnswerTimes) { a.loaded[clock] = times }

// Ended remembers that a load ended at a time of the wall clock, for the spacing of requests.
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

// Failed remembers a load after which something has to be repeated. Failures is how many there have been
// in a row, wall the time of the wall clock.
func (a *Attempts) Failed(l Load, failures int64, wall time.Time) {
	a.retryAt[l.Clock] = wall.Add(Backoff(failures))
	a.failed[l.Clock] = maps.Clone(l.Requests)
}

// Succeeded forgets the failures of a clock, and remembers which first counts the load brought. Items are
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

// Unanswered remembers that nobody knows whether a create of an answer arrived. No load begins before it
// could only arrive too late to be believed.
func (a *Attempts) Unanswered(times AnswerTimes) {
	a.unansweredUntil = times.Loaded.Add(MaxAnswerAge)
}

// RecentlyTried returns which of the items were loaded a moment ago and still have no count, and forgets
// all others.
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

// NextLook returns when something is due by the wall clock; zero when nothing is. A TestClock wakes its
// products when it moves.
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
		// A first count that came to nothing, because its update was created too late, is loaded again.
		sooner(wall.Add(FirstAgain))
	}
	return next
}
