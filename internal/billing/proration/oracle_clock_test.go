// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"math/big"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

// naiveClock is a local clock that can only be read: it finds an instant by
// looking at the clock minute by minute. That is exact since 1990, from when on
// all clocks changed on whole minutes.
type naiveClock struct{ zone *time.Location }

// shows returns the local reading at an instant, in the seconds that the same
// reading would have in UTC.
func (c naiveClock) shows(u int64) int64 {
	t := time.Unix(u, 0).In(c.zone)
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC).Unix()
}

// first returns the first instant at which the clock shows w or later.
func (c naiveClock) first(w int64) int64 {
	const day = 24 * 60 * 60
	// As far ahead of UTC as the clock is within two days of it.
	ahead := int64(-day)
	for u := w - 2*day; u <= w+2*day; u += day / 2 {
		ahead = max(ahead, c.shows(u)-u)
	}
	u := w - ahead
	for c.shows(u) < w {
		u += 60
	}
	return u
}

// instant returns when the clock shows w first; where it never does, w moves
// forward by the gap.
func (c naiveClock) instant(w int64) int64 {
	u := c.first(w)
	shown := c.shows(u)
	if shown == w {
		return u
	}
	gap := shown - c.shows(u-60) - 60
	return c.first(w + gap)
}

// boundary counts intervals from the anchor's reading on a paper calendar.
func (c naiveClock) boundary(anchor int64, i calendar.Interval, k int) int64 {
	if k == 0 {
		return anchor
	}
	const day = 24 * 60 * 60
	w, n := c.shows(anchor), int64(k*i.Count)
	switch i.Unit {
	case calendar.Day:
		return c.instant(w + n*day)
	case calendar.Week:
		return c.instant(w + 7*n*day)
	case calendar.Year:
		n *= 12
	case calendar.Month:
	}
	t := time.Unix(w, 0).UTC()
	year, month, dom := t.Year(), int(t.Month()), t.Day()
	for ; n > 0; n-- {
		if month++; month > 12 {
			year, month = year+1, 1
		}
	}
	for ; n < 0; n++ {
		if month--; month < 1 {
			year, month = year-1, 12
		}
	}
	for dom > daysIn(year, month) {
		dom--
	}
	hour, minute, second := t.Clock()
	return c.instant(time.Date(year, time.Month(month), dom, hour, minute, second, 0, time.UTC).Unix())
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && year%100 != 0 || year%400 == 0 {
			return 29
		}
		return 28
	}
	return 31
}

// date returns the local date at an instant as a number of days.
func (c naiveClock) date(u int64) int64 {
	const day = 24 * 60 * 60
	w := c.shows(u)
	return (w - (w%day+day)%day) / day
}

// days walks from one instant to another, day by day, and adds up what part of
// each it covers. A date that the zone skipped counts as a day.
func (c naiveClock) days(from, to int64) *big.Rat {
	const day = 24 * 60 * 60
	sum := new(big.Rat)
	date := c.date(from)
	for c.first((date+1)*day) <= from {
		date++
	}
	for from < to {
		begins, ends := c.first(date*day), c.first((date+1)*day)
		if ends > begins {
			sum.Add(sum, big.NewRat(min(ends, to)-from, ends-begins))
			from = min(ends, to)
		} else {
			sum.Add(sum, big.NewRat(1, 1))
		}
		date++
	}
	return sum
}
