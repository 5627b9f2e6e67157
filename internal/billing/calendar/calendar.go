// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package calendar

import "time"

// Span is the half-open stretch of time [Start, End): it includes its start and excludes its end.
type Span struct {
	Start, End time.Time
}

// Contains reports whether t lies in s.
func (s Span) Contains(t time.Time) bool {
	return !t.Before(s.Start) && t.Before(s.End)
}

// Empty reports whether no instant lies in s.
func (s Span) Empty() bool {
	return !s.Start.Before(s.End)
}

// Calendar cuts time into natural billing periods: period k is [Boundary(k), Boundary(k+1)), k of
// either sign, counted from the anchor (billing.md#1-calendar).
//
// Boundaries never go back as k grows, but two can coincide. A zone that skipped a whole local day
// (Pacific/Apia had no 30 December 2011) gives a daily calendar one empty period there. Every
// instant still lies in exactly one period, and [Calendar.IndexOf], [Calendar.PeriodAt] and
// [Calendar.Next] never return an empty one. Use them, and not k+1, to step from a period to its
// successor.
type Calendar struct {
	// Anchor is the instant from which boundaries are counted. It is a boundary itself,
	// Boundary(0), even if the local clock shows its time twice and it is the second occurrence.
	Anchor time.Time
	// Interval must be valid; see [Interval.Validate].
	Interval Interval
	// Zone is the time zone of the local calendar. Nil means UTC.
	Zone *time.Location
}

// Boundary returns B(k): the anchor's local wall time plus k intervals, its day clamped to the
// month's last day. It is always counted from the anchor and never from the previous boundary, so
// an anchor on the 31st returns to the 31st after a short month. If a clock change skips a wall
// time, the boundary moves forward by the gap. If a clock change repeats one, the boundary is its
// first occurrence. The result is in UTC (billing.md#1-calendar).
func (c Calendar) Boundary(k int) time.Time {
	return AddUnits(c.Anchor, k*c.Interval.Count, c.Interval.Unit, c.Zone)
}

// IndexOf returns the k of the period that contains t: Boundary(k) ≤ t < Boundary(k+1). Its cost
// does not grow with the distance of t from the anchor.
func (c Calendar) IndexOf(t time.Time) int {
	k := c.estimate(t)
	for t.Before(c.Boundary(k)) {
		k--
	}
	for !t.Before(c.Boundary(k + 1)) {
		k++
	}
	return k
}

// estimate returns a k that is at most a few periods off: clamping, clock
// changes and rounding move a boundary by less than two intervals.
func (c Calendar) estimate(t time.Time) int {
	from, to := wallOf(c.Anchor, c.zone()), wallOf(t, c.zone())
	var units int64
	switch c.Interval.Unit {
	case Month:
		units = to.month() - from.month()
	case Year:
		units = (to.month() - from.month()) / 12
	case Week:
		units = (to.date() - from.date()) / 7
	default:
		units = to.date() - from.date()
	}
	return int(units) / c.Interval.Count
}

// Period returns the natural period with index k. It may be empty; see
// [Calendar].
func (c Calendar) Period(k int) Span {
	return Span{Start: c.Boundary(k), End: c.Boundary(k + 1)}
}

// PeriodAt returns the natural period that contains t and its index.
func (c Calendar) PeriodAt(t time.Time) (int, Span) {
	k := c.IndexOf(t)
	return k, c.Period(k)
}

// Next returns the first boundary after t. It is never t itself.
func (c Calendar) Next(t time.Time) time.Time {
	return c.Boundary(c.IndexOf(t) + 1)
}

func (c Calendar) zone() *time.Location {
	return orUTC(c.Zone)
}

// AddUnits returns t's local wall time plus n units of the local calendar, by the rules of
// [Calendar.Boundary]; n may be negative. The lengths of trials are counted with it
// (billing.md#9-trials). A nil zone means UTC. The result is in UTC, and is valid for years 1 to
// 9999. With zero units the result is t itself.
func AddUnits(t time.Time, n int, unit Unit, zone *time.Location) time.Time {
	if n == 0 {
		// Do not convert to wall time and back, because a clock that is put back shows a wall time
		// twice. A period that starts at the second occurrence starts there (billing.md#reset), and
		// not an hour earlier.
		return time.Unix(t.Unix(), 0).UTC()
	}
	zone = orUTC(zone)
	w := wallOf(t, zone)
	switch unit {
	case Month:
		w = w.addMonths(int64(n))
	case Year:
		w = w.addMonths(12 * int64(n))
	case Week:
		w += wall(7*n) * secondsPerDay
	default:
		w += wall(n) * secondsPerDay
	}
	return w.instant(zone)
}

// month returns the months since January of year 0.
func (w wall) month() int64 {
	year, month, _ := w.inUTC().Date()
	return int64(year)*12 + int64(month) - 1
}

// addMonths keeps the time of day and the day of the month, which is clamped to the last day of the
// new month.
func (w wall) addMonths(n int64) wall {
	year, month, day := w.inUTC().Date()
	total := int64(year)*12 + int64(month) - 1 + n
	first := monthStart(total)
	last := monthStart(total+1) - first
	return midnight(first+min(int64(day), last)-1) + wall(w.clock())
}

// monthStart returns the date of the first day of a month. Months count from January of year 0.
func monthStart(month int64) int64 {
	return time.Date(0, time.Month(month+1), 1, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay
}

func (w wall) inUTC() time.Time {
	return time.Unix(int64(w), 0).UTC()
}
