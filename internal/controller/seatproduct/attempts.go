// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"maps"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	billing "github.com/seatplane/seatplane/internal/billing/subscription"
)

// The times between attempts after failures, on the wall clock.
const (
	firstBackoff = 30 * time.Second
	maxBackoff   = 10 * time.Minute
)

// backoff returns how long to wait after so many failures in a row.
func backoff(failures int64) time.Duration {
	wait := firstBackoff
	for ; failures > 1 && wait < maxBackoff; failures-- {
		wait *= 2
	}
	return min(wait, maxBackoff)
}

// maxAnswerAge is how long after the answer an update that carries its count may be created; it is
// nobody's target when it is created later (consistency.md, "Creating updates").
const maxAnswerAge = billing.MaxAnswerAge

// createMargin is kept from maxAnswerAge for the clocks of two machines and the way between them.
const createMargin = 30 * time.Second

// request is a refresh that somebody asked for.
type request struct {
	by    types.UID
	value string
}

// creation is an update that this process made.
type creation struct {
	name string
	pending
}

// memory is what a process remembers of a product's refreshes between passes. Losing it costs an
// attempt too early or a comparison with an older state, never a wrong count.
type memory struct {
	// created are the updates that the cache does not show yet.
	created map[itemID]creation
	// retryAt is when a clock's failed load may be tried again, and failed the requests that were
	// part of it.
	retryAt map[string]time.Time
	failed  map[request]bool
	// loaded are the times of the last answer on each clock that was good for anything.
	loaded map[string]answerTimes
	// unansweredUntil: a create may still arrive until then, so no refresh may begin.
	unansweredUntil time.Time
	// firstTried is when the first count of an item was loaded.
	firstTried map[itemID]time.Time
	// told is what was last written on a subscription that the cache does not show yet.
	told map[types.UID]v1alpha1.LoadStatus
	// totalsAt is when the totals were last written.
	totalsAt time.Time
}

// memories holds the memory of each product. A product is reconciled by one worker at a time, which
// alone uses what get returns.
type memories struct {
	mu sync.Mutex
	of map[types.NamespacedName]*memory
}

func (m *memories) get(product types.NamespacedName) *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = map[types.NamespacedName]*memory{}
	}
	if m.of[product] == nil {
		m.of[product] = &memory{
			created: map[itemID]creation{}, retryAt: map[string]time.Time{},
			failed: map[request]bool{}, firstTried: map[itemID]time.Time{},
			told: map[types.UID]v1alpha1.LoadStatus{}, loaded: map[string]answerTimes{},
		}
	}
	return m.of[product]
}

func (m *memories) forget(product types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of, product)
}

// waitFor returns until when, by the wall clock, a load has to wait; zero or a past instant when it
// need not. Somebody who asks, and a TestClock that moved, do not wait for a backoff: a person who
// mended the source wants to see it now.
func (m *memory) waitFor(l load, entry v1alpha1.RefreshStatus, now time.Time) time.Time {
	until := later(m.unansweredUntil, m.nextSecond(entry, now))
	if m.asksAnew(l) || movedSince(entry, now) {
		return until
	}
	return later(until, m.retryTime(entry))
}

// nextSecond returns when an answer can be told from the last one on its clock: the API knows whole
// seconds only, and of two counts of one second the second would pass for the older and be lost. A clock
// that has moved since tells them apart. Where this process does not know, the status does, but for a
// TestClock, on which no wall clock's time is written.
func (m *memory) nextSecond(entry v1alpha1.RefreshStatus, now time.Time) time.Time {
	last, known := m.loaded[entry.Clock]
	if !known && entry.Clock == "" && entry.LastRefreshTime != nil {
		last, known = answerTimes{observed: entry.LastRefreshTime.Time, loaded: entry.LastRefreshTime.Time}, true
	}
	if !known || now.Truncate(time.Second).After(last.observed) {
		return time.Time{}
	}
	return last.loaded.Add(time.Second)
}

// retryTime returns when a failed load may be tried again. Where this process does not know, the
// status does, but for a TestClock, on which no wall clock's time is written.
func (m *memory) retryTime(entry v1alpha1.RefreshStatus) time.Time {
	if known, ok := m.retryAt[entry.Clock]; ok {
		return known
	}
	if entry.Clock != "" || entry.ConsecutiveFailures == 0 || entry.LastAttemptTime == nil {
		return time.Time{}
	}
	return entry.LastAttemptTime.Add(backoff(entry.ConsecutiveFailures))
}

func (m *memory) asksAnew(l load) bool {
	for by, value := range l.requests {
		if !m.failed[request{by, value}] {
			return true
		}
	}
	return false
}

func movedSince(entry v1alpha1.RefreshStatus, now time.Time) bool {
	return entry.Clock != "" && entry.LastAttemptTime != nil && now.After(entry.LastAttemptTime.Time)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// failedLoad remembers a load that failed at a time of the wall clock.
func (m *memory) failedLoad(l load, failures int64, wall time.Time) {
	m.retryAt[l.clock] = wall.Add(backoff(failures))
	for by, value := range l.requests {
		m.failed[request{by, value}] = true
	}
}

// succeeded forgets the failures of a load.
func (m *memory) succeeded(l load, wall time.Time) {
	delete(m.retryAt, l.clock)
	for by, value := range l.requests {
		delete(m.failed, request{by, value})
	}
	for _, each := range l.orders {
		if !each.item.hasCount() {
			m.firstTried[each.item.id()] = wall
		}
	}
}

// recentlyTried returns which of the items were loaded a moment ago and still have no count, and forgets
// all others.
func (m *memory) recentlyTried(items []item, wall time.Time) map[itemID]bool {
	recent := map[itemID]bool{}
	for _, each := range items {
		tried, known := m.firstTried[each.id()]
		if known && !each.hasCount() && wall.Sub(tried) < firstAgain {
			recent[each.id()] = true
		}
	}
	maps.DeleteFunc(m.firstTried, func(id itemID, _ time.Time) bool { return !recent[id] })
	return recent
}

// markUnseen corrects the notes by what this process wrote and the cache does not show yet, and forgets
// what it shows. Only an answer of this pass knows better than what was written.
func (m *memory) markUnseen(notes []note) {
	for n := range notes {
		uid := notes[n].subscription.UID
		told, known := m.told[uid]
		switch {
		case !known:
		case loadOf(notes[n].subscription, told.Product) == told:
			delete(m.told, uid)
		case !notes[n].loaded || notes[n].load == told:
			notes[n].load, notes[n].written = told, true
		default:
			notes[n].unseen = true
		}
	}
}

// said remembers the notes that were written.
func (m *memory) said(notes []note) {
	for _, each := range notes {
		if each.changes() {
			m.told[each.subscription.UID] = each.load
		}
	}
}
