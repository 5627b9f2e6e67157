// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package loading

import (
	"slices"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// Refresh is when a product's seats are counted and how answers are judged.
type Refresh struct {
	// Schedule is a cron expression in TimeZone, and Every a duration. At most one is set. Without
	// either, the product is refreshed on demand only.
	Schedule, Every, TimeZone string
	// Suspended means that scheduled refreshes and first counts are stopped.
	Suspended bool
	Rules     dataloader.Rules
}

// Entry is the state of a product's refreshes on one clock. Times are on that clock, and zero means
// never.
type Entry struct {
	// Clock is the name of a TestClock, or "" for the wall clock.
	Clock                              string
	LastRefresh, LastAttempt, NextTick time.Time
	// Failures is the number of failed attempts since the last success.
	Failures int64
	// HandledRequest is the product's request that was last answered on this clock.
	HandledRequest string
}

// Entry returns the state of the refreshes on a clock.
func (p *Product) Entry(clock string) Entry {
	for _, entry := range p.Entries {
		if entry.Clock == clock {
			return entry
		}
	}
	return Entry{Clock: clock}
}

// MaxEntries bounds the number of a product's clocks with an entry: the wall clock and 100
// TestClocks.
const MaxEntries = 101

// HasSeen reports whether the product's status records that it has items on a clock. Before that, no tick
// on the clock is owed. It is also true if nothing ticks, and if the product has no room for another
// clock.
func (p *Product) HasSeen(clock string) bool {
	ticks := !p.Refresh.Suspended && (p.Refresh.Schedule != "" || p.Refresh.Every != "")
	if !ticks || len(p.Entries) >= MaxEntries {
		return true
	}
	return slices.ContainsFunc(p.Entries, func(e Entry) bool { return e.Clock == clock })
}

// Owes reports whether a tick has come and no refresh was attempted since. A failed attempt counts too,
// so that a source that is down delays no update that waits for the refresh.
func (e Entry) Owes(now time.Time) bool {
	return !e.NextTick.IsZero() && !e.NextTick.After(now) && e.LastAttempt.Before(now)
}

// NewSchedule returns when refreshes of the product are due. If the schedule is not valid, it returns the
// error together with a schedule that never ticks, so the product is refreshed on demand only. The same
// applies to a suspended product.
func (p *Product) NewSchedule() (dataloader.Schedule, error) {
	if !p.HasLoader {
		return dataloader.OnDemand{}, nil
	}
	schedule, err := p.Refresh.read(p.UID)
	if err != nil || p.Refresh.Suspended {
		return dataloader.OnDemand{}, err
	}
	return schedule, nil
}

func (r Refresh) read(seed string) (dataloader.Schedule, error) {
	switch {
	case r.Schedule != "":
		return dataloader.ParseCron(r.Schedule, r.TimeZone)
	case r.Every != "":
		interval, err := time.ParseDuration(r.Every)
		if err != nil {
			return nil, err
		}
		return dataloader.Every(interval, seed)
	}
	return dataloader.OnDemand{}, nil
}

// NextTick returns when the next refresh on a clock is due; zero when never. The tick stays the same until
// a refresh moves it, so that a missed one is still owed. An edit of the product moves a tick that is still
// to come.
func (f *Facts) NextTick(clock string) time.Time {
	known, now := f.Product.Entry(clock).NextTick, f.Clocks[clock]
	fresh := f.Schedule.Next(now)
	switch {
	case fresh.IsZero() || known.IsZero():
		return fresh
	case f.Product.Edited && known.After(now):
		return fresh
	default:
		return known.UTC()
	}
}
