// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
)

// Share is the part of a period that a line is charged or credited for: R' of N units of time
// (billing.md#2-ratio).
type Share struct {
	// Units is R', the size of the part after rounding, from 0 to UnitsInPeriod.
	Units money.Fraction
	// UnitsInPeriod is N, the size of the whole natural period. It is above 0 for any period that
	// is not empty.
	UnitsInPeriod money.Fraction
	// Unit and Rounding are those of the policy in force.
	Unit     Unit
	Rounding Rounding
}

// Ratio returns R' / N: 0 to 1, exactly. The ratio of an empty period is 0.
func (s Share) Ratio() money.Fraction {
	if s.UnitsInPeriod.Sign() <= 0 || s.Units.Sign() <= 0 {
		return money.Fraction{}
	}
	if s.Units.Cmp(s.UnitsInPeriod) >= 0 {
		return money.NewFraction(1, 1)
	}
	return s.Units.Quo(s.UnitsInPeriod)
}

// Window is the period in which a change takes effect.
type Window struct {
	// Natural is the whole natural period, the denominator. For a stub it is the period that the
	// stub is a part of.
	Natural calendar.Span
	// End is when the period ends: Natural.End, or earlier if something cuts it short.
	End time.Time
	// Zone is the subscription's time zone, for local days. Nil means UTC.
	Zone *time.Location
}

// Share returns how much of the period a change at t covers, from t to the end of the period,
// measured and rounded by a policy (billing.md#2-ratio). An instant before the natural period
// counts as its start, and one after it as its end.
//
// At the start of the natural period the share is the whole period, R = N, and there is nothing to
// round (billing.md#13-time). This is also true if the clock changes within the period and the
// local days at its two ends differ in length.
//
// debitUnits, in units of p.Unit, caps a credit: it never covers more units than the debits that it
// reverses were charged for. Nil means no cap. The design requires the cap under Down
// (billing.md#time-rounding). Under the other roundings it only matters if the policy changed in
// mid-period.
func (w Window) Share(t time.Time, p Policy, side Side, debitUnits *money.Fraction) Share {
	p = p.withDefaults()
	period := w.size(p.Unit)
	units := w.remaining(t, p.Unit)
	if units.Cmp(period) < 0 {
		units = atMost(p.Rounding.round(units, side), period)
	}
	if side == Credit && debitUnits != nil {
		units = atMost(units, *debitUnits)
	}
	return Share{Units: units, UnitsInPeriod: period, Unit: p.Unit, Rounding: p.Rounding}
}

// Whole reports whether a charge from an instant on covers the whole natural period, so that it is not
// a stub.
func (w Window) Whole(from time.Time) bool {
	return !from.After(w.Natural.Start) && !w.End.Before(w.Natural.End)
}

// size returns N.
func (w Window) size(unit Unit) money.Fraction {
	if unit != Day {
		return elapsed(w.Natural.Start, w.Natural.End, unit)
	}
	days := calendar.DayOf(w.Natural.End, w.Zone).Date - calendar.DayOf(w.Natural.Start, w.Zone).Date
	// If a clock is put forward over midnight, a period can begin and end on the same local day. It
	// is one day long.
	return money.NewFraction(max(days, 1), 1)
}

// remaining returns R, the size of [t, End), at most N.
func (w Window) remaining(t time.Time, unit Unit) money.Fraction {
	period := w.size(unit)
	switch {
	case w.Whole(t):
		return period
	case !t.Before(w.End):
		return money.Fraction{}
	case t.Before(w.Natural.Start):
		t = w.Natural.Start
	}
	if unit != Day {
		return atMost(elapsed(t, w.End, unit), period)
	}
	return atMost(localDays(t, w.End, w.Zone), period)
}

// localDays returns the rest of from's local day, the whole local days between, and the elapsed
// part of to's local day, each part as a fraction of that day's true length. If both are on the
// same day, it returns the part of that day between them. A date that the zone skipped counts as a
// day, as it does in N.
func localDays(from, to time.Time, zone *time.Location) money.Fraction {
	first, last := calendar.DayOf(from, zone), calendar.DayOf(to, zone)
	if first.Date == last.Date {
		return partOf(first, from, to)
	}
	between := money.NewFraction(last.Date-first.Date-1, 1)
	return partOf(first, from, first.End).Add(between).Add(partOf(last, last.Start, to))
}

// partOf returns the part of a local day between from and to.
func partOf(day calendar.LocalDay, from, to time.Time) money.Fraction {
	return money.NewFraction(to.Unix()-from.Unix(), day.End.Unix()-day.Start.Unix())
}

func elapsed(from, to time.Time, unit Unit) money.Fraction {
	return money.NewFraction(to.Unix()-from.Unix(), unit.seconds())
}

func atMost(f, limit money.Fraction) money.Fraction {
	if f.Cmp(limit) > 0 {
		return limit
	}
	return f
}

func atLeast(f, limit money.Fraction) money.Fraction {
	if f.Cmp(limit) < 0 {
		return limit
	}
	return f
}
