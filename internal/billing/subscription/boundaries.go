// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

// Boundaries returns what tells whether a boundary of a subscription's periods lies between two readings, given when the
// earlier and the later one were observed. Readings that wait are thinned out by these boundaries (billing.md#11-usage).
//
// A reading that was observed at a boundary belongs to the time before it, because readings are taken before a period ends
// (billing.md#13-time). In a trial, the end of the trial is a boundary too. Before the subscription has started, its start
// is the only one.
func Boundaries(state State, terms Terms) func(earlier, later time.Time) bool {
	if state.Start.IsZero() {
		start := terms.start()
		return func(earlier, later time.Time) bool { return lies(start, earlier, later) }
	}
	c := calendar.Calendar{Anchor: state.Anchor, Interval: state.Interval, Zone: zoneOrUTC(state.Period.Zone)}
	end := state.Period.Span.End
	// Instants are whole seconds, so the second before a reading is in the period that the reading belongs to.
	index := func(observed time.Time) int { return c.IndexOf(observed.Add(-time.Second)) }
	return func(earlier, later time.Time) bool {
		return lies(end, earlier, later) || index(earlier) != index(later)
	}
}

// lies reports whether a boundary lies between two readings.
func lies(boundary, earlier, later time.Time) bool {
	return !earlier.After(boundary) && later.After(boundary)
}
