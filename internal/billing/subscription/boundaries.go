// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

// Boundaries returns what tells whether a boundary of a subscription's periods lies between an earlier and a later
// instant. A period contains its start and not its end (billing.md#1-calendar). In a trial, the end of the trial is a
// boundary too. Before the subscription has started, its start is the only one: a reading of that very instant is
// taken with the start. Readings that wait are thinned out by these boundaries (billing.md#11-usage).
func Boundaries(state State, terms Terms) func(earlier, later time.Time) bool {
	if state.Start.IsZero() {
		start := terms.start()
		return func(earlier, later time.Time) bool { return !earlier.After(start) && later.After(start) }
	}
	c := calendar.Calendar{Anchor: state.Anchor, Interval: state.Interval, Zone: zoneOrUTC(state.Period.Zone)}
	end := state.Period.Span.End
	return func(earlier, later time.Time) bool {
		return earlier.Before(end) && !later.Before(end) || c.IndexOf(earlier) != c.IndexOf(later)
	}
}
