// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package loading

import (
	"slices"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// Refresh says when a product's seats are counted and how answers are judged.
type Refresh struct {
	// Schedule is a cron expression in TimeZone, Every a duration. At most one is set; without either the
	// product is refreshed on demand only.
	Schedule, Every, TimeZone string
	// Suspended says that scheduled refreshes and first counts are stopped.
	Suspended bool
	Rules     dataloader.Rules
}

// Entry is the state of a product's refreshes on one clock. Times are on that clock; zero means never.
type Entry struct {
	// Clock is the name of a TestClock; "" is the wall clock.
	Clock                              string
	LastRefresh, LastAttempt, NextTick time.Time
	// Failures is how many attempts failed since the last success.
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

// MaxEntries bounds the clocks of a product that have an entry: the wall clock and 100 TestClocks.
const MaxEntries = 101

// HasSeen says whether the product's status knows that it has items on a clock. Before it does, no tick on
// that clock is owed. It is true where nothing ticks, and where the product has no room for another clock.
func (p *Product) HasSeen(clock string) bool {
	ticks := !p.Refresh.Suspended && (p.Refresh.Schedule != "" || p.Refresh.Every != "")
	if !ticks || len(p.Entries) >= MaxEntries {
		return true
	}
	return slices.ContainsFunc(p.Entries, func(e Entry) bool { return e.Clock == clock })
}

// Owes says whether a tick has come and no refresh was attempted since, whatever came of the attempt: a
// source that is down stops nobody who waits for the refresh.
func (e Entry) Owes(now time.Time) bool {
	return !e.NextTick.IsZero() && !e.NextTick.After(now) && e.LastAttempt.Before(now)
}

// NewSchedule returns when refreshes of the product are due. When the schedule cannot be read it returns
// the error along with a schedule that never ticks: the product is then refreshed on demand only. So is a
// suspended product.
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
func NextTick(entry Entry, schedule dataloader.Schedule, now time.Time, edited bool) time.Time {
	fresh := schedule.Next(now)
	switch {
	case fresh.IsZero() || entry.NextTick.IsZero():
		return fresh
	case edited && entry.NextTick.After(now):
		return fresh
	default:
		return entry.NextTick.UTC()
	}
}
