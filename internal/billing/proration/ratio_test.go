// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// The ratio R' / N of billing.md#2-ratio, with each unit, each rounding and
// each side.
func TestRatio(t *testing.T) {
	paris := zone("Europe/Paris")
	march := window("2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", paris) // with the start of DST: 31 days, 743 hours
	tests := map[string]struct {
		reason  string
		window  proration.Window
		at      string
		policy  proration.Policy
		side    proration.Side
		units   string
		inTotal string
	}{
		"mid-afternoon anchors": {
			reason: "[16 April 15:00, 16 May 15:00) at 1 May 15:00: R = 15",
			window: window("2026-04-16T15:00:00Z", "2026-05-16T15:00:00Z", time.UTC),
			at:     "2026-05-01T15:00:00Z", policy: proration.Policy{Unit: proration.Day, Rounding: proration.None},
			units: "15", inTotal: "30",
		},
		"no policy": {
			reason: "unit Second, no rounding",
			window: april, at: "2026-04-16T00:00:01Z", policy: proration.NoPolicy, units: "1295999", inTotal: "2592000",
		},
		"no policy, left out": {
			reason: "the zero policy is no policy",
			window: april, at: "2026-04-16T00:00:01Z", units: "1295999", inTotal: "2592000",
		},
		"minutes": {
			reason: "elapsed time, fractional",
			window: april, at: "2026-04-30T23:58:30Z", policy: proration.Policy{Unit: proration.Minute}, units: "3/2", inTotal: "43200",
		},
		"hours up": {
			reason: "elapsed hours, the debit rounded up",
			window: march, at: "2026-03-31T21:10:00Z", policy: proration.Policy{Unit: proration.Hour, Rounding: proration.Up},
			units: "1", inTotal: "743",
		},
		"figure 11": {
			reason: "R = 12/23 + 2",
			window: march, at: "2026-03-29T10:00:00Z", policy: proration.Policy{Unit: proration.Day, Rounding: proration.None},
			units: "58/23", inTotal: "31",
		},
		"figure 11 rounded": {
			reason: "R' = 3",
			window: march, at: "2026-03-29T10:00:00Z", policy: byDayUp, units: "3", inTotal: "31",
		},
		"the last day": {
			reason: "when t and e share a day, their distance by it",
			window: window("2026-02-28T15:00:00Z", "2026-03-31T14:00:00Z", paris),
			at:     "2026-03-31T12:00:00Z", policy: proration.Policy{Unit: proration.Day, Rounding: proration.None},
			units: "1/12", inTotal: "31",
		},
		"a day of 25 hours": {
			reason: "each part by that day's true length: 25 October 2026 has 25 hours",
			window: window("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z", paris),
			at:     "2026-10-25T10:00:00Z", policy: proration.Policy{Unit: proration.Day, Rounding: proration.None},
			units: "163/25", inTotal: "31", // 11:00 local, 13 h of 25 left, and 6 days
		},
		"at most N": {
			reason: "from the 24-hour 25 September 15:00 to the 25-hour 25 October 15:00 the parts add up to more than a day",
			window: window("2026-09-25T13:00:00Z", "2026-10-25T14:00:00Z", paris),
			at:     "2026-09-25T13:00:01Z", policy: proration.Policy{Unit: proration.Day, Rounding: proration.None},
			units: "30", inTotal: "30",
		},
		"the start of the period": {
			reason: "the same instant is the start of the new period, R = N (billing.md#13-time), also where the last day has 23 hours",
			window: window("2026-03-01T14:00:00Z", "2026-03-29T13:00:00Z", paris),
			at:     "2026-03-01T14:00:00Z", policy: byDayDown, units: "28", inTotal: "28",
		},
		"the end of the period": {
			reason: "nothing is left",
			window: april, at: "2026-05-01T00:00:00Z", policy: byDayUp, units: "0", inTotal: "30",
		},
		"before the period": {
			reason: "counts as its start",
			window: april, at: "2026-03-01T00:00:00Z", policy: byDayUp, units: "30", inTotal: "30",
		},
		"a period cut short": {
			reason: "R ends where the period does, N does not",
			window: proration.Window{Natural: april.Natural, End: at("2026-04-21T00:00:00Z"), Zone: time.UTC},
			at:     "2026-04-16T00:00:00Z", policy: byDayUp, units: "5", inTotal: "30",
		},
		"a period cut short, in seconds": {
			reason: "R ends where the period does, N does not",
			window: proration.Window{Natural: april.Natural, End: at("2026-04-21T00:00:00Z"), Zone: time.UTC},
			at:     "2026-04-16T00:00:00Z", policy: proration.NoPolicy, units: "432000", inTotal: "2592000",
		},
		"a period within one local day": {
			reason: "Nuuk moves 23:30 of 28 March 2026 to 00:30 of the 29th: a daily period from there ends on its own date and is one day long",
			window: window("2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z", zone("America/Nuuk")),
			at:     "2026-03-29T13:00:00Z", policy: proration.Policy{Unit: proration.Day, Rounding: proration.None},
			units: "23/48", inTotal: "1",
		},
		"a period of half hours": {
			reason: "Lord Howe Island moves its clocks by 30 minutes: N = 743.5 hours is a whole period, no partial use",
			window: window("2025-09-30T13:30:00Z", "2025-10-31T13:00:00Z", zone("Australia/Lord_Howe")),
			at:     "2025-09-30T13:30:00Z", policy: proration.Policy{Unit: proration.Hour, Rounding: proration.Down},
			units: "1487/2", inTotal: "1487/2",
		},
		"rounding stays in the period": {
			reason: "ceil(743.4…) = 744 hours are more than there are",
			window: window("2025-09-30T13:30:00Z", "2025-10-31T13:00:00Z", zone("Australia/Lord_Howe")),
			at:     "2025-09-30T13:31:00Z", policy: proration.Policy{Unit: proration.Hour, Rounding: proration.Up},
			units: "1487/2", inTotal: "1487/2",
		},
		"a day that the zone skipped": {
			reason: "Samoa had no 30 December 2011: it counts in R as it does in N",
			window: window("2011-12-29T22:00:00Z", "2011-12-31T22:00:00Z", zone("Pacific/Apia")),
			at:     "2011-12-30T10:00:00Z", policy: proration.Policy{Unit: proration.Day, Rounding: proration.None},
			units: "3/2", inTotal: "3",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := tc.window.Share(at(tc.at), tc.policy, tc.side, nil)
			if s.Units.String() != tc.units || s.UnitsInPeriod.String() != tc.inTotal {
				t.Errorf("%s: got %s of %s, want %s of %s", tc.reason, s.Units, s.UnitsInPeriod, tc.units, tc.inTotal)
			}
		})
	}
}

// The table of roundings in billing.md#2-ratio, at R = 19.5 days.
func TestRatioRounding(t *testing.T) {
	nineteen := money.NewFraction(19, 1)
	tests := map[string]struct {
		reason string
		policy proration.Policy
		side   proration.Side
		debit  *money.Fraction
		want   string
	}{
		"debit up":           {reason: "partial use is paid for", policy: byDayUp, side: proration.Debit, want: "20"},
		"credit up":          {reason: "partial use is paid for", policy: byDayUp, side: proration.Credit, want: "19"},
		"debit down":         {reason: "partial use is free", policy: byDayDown, side: proration.Debit, want: "19"},
		"credit down":        {reason: "partial use is free", policy: byDayDown, side: proration.Credit, want: "20"},
		"credit down capped": {reason: "never more units than the newest debit was charged for", policy: byDayDown, side: proration.Credit, debit: &nineteen, want: "19"},
		"debit nearest":      {reason: "half up", policy: byDayNearest, side: proration.Debit, want: "20"},
		"credit nearest":     {reason: "half up", policy: byDayNearest, side: proration.Credit, want: "20"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := april.Share(at("2026-04-11T12:00:00Z"), tc.policy, tc.side, tc.debit)
			if got := s.Units.String(); got != tc.want {
				t.Errorf("%s: got %s days, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// Removing and taking again at one instant, the reverse of figure 4, must not
// pay the subscriber either.
func TestRatioGivenBackAndTakenAgain(t *testing.T) {
	tests := map[string]struct {
		reason string
		policy proration.Policy
		again  string
		back   string
		want   string
	}{
		"down, at once":    {reason: "the debit covers what the credit covered", policy: byDayDown, again: "2026-04-11T12:00:00Z", back: "-6.67", want: "6.67"},
		"down, later":      {reason: "partial use is free: 19 days, with a third of a cent carried", policy: byDayDown, again: "2026-04-11T12:00:01Z", back: "-6.67", want: "6.34"},
		"up, at once":      {reason: "costs one unit", policy: byDayUp, again: "2026-04-11T12:00:00Z", back: "-6.33", want: "6.66"},
		"nearest":          {reason: "nets to zero", policy: byDayNearest, again: "2026-04-11T12:00:00Z", back: "-6.67", want: "6.67"},
		"without rounding": {reason: "nets to zero", policy: proration.NoPolicy, again: "2026-04-11T12:00:00Z", back: "-6.50", want: "6.50"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, 6, tc.policy)
			if got := a.to(5, proration.ProRata, "2026-04-11T12:00:00Z"); got != tc.back {
				t.Errorf("%s: gave back %s, want %s", tc.reason, got, tc.back)
			}
			if got := a.to(6, proration.ProRata, tc.again); got != tc.want {
				t.Errorf("%s: taken again for %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// Histories in which more than one debit is in force.
func TestRatioCapOfCredits(t *testing.T) {
	const noon, later = "2026-04-11T12:00:00Z", "2026-04-11T18:00:00Z"
	tests := map[string]struct {
		reason string
		start  int64
		steps  []step
	}{
		"the fewest of several debits": {
			reason: "6 → 7 in full leaves the cap of the sixth seat: what was charged for 19 days is credited for 19",
			start:  5,
			steps: []step{
				{6, proration.ProRata, noon, "6.33"},
				{7, proration.PayInFull, noon, "10.00"},
				{6, proration.ProRata, later, "-6.33"},
				{5, proration.ProRata, later, "-6.33"},
			},
		},
		"nothing left of it": {
			reason: "once all is given back, the next debit sets a cap of its own: charged in full, 20 days are credited",
			start:  0,
			steps: []step{
				{1, proration.ProRata, noon, "6.33"},
				{0, proration.ProRata, noon, "-6.33"},
				{1, proration.PayInFull, noon, "10.00"},
				{0, proration.ProRata, noon, "-6.67"},
			},
		},
		"a recurring charge counts as one": {
			reason: "charged for 30 days, 20 are credited",
			start:  1,
			steps:  []step{{0, proration.ProRata, noon, "-6.67"}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, tc.start, byDayDown)
			for _, s := range tc.steps {
				if got := a.to(s.to, s.method, s.at); got != s.want {
					t.Errorf("%s: → %d %s: got %s, want %s", tc.reason, s.to, s.method, got, s.want)
				}
			}
		})
	}
}

// A policy that is given another unit or rounding in mid-period never makes a
// credit cover more than was charged.
func TestRatioPolicyChangedInMidPeriod(t *testing.T) {
	a := charged(t, 5, byDayDown)
	if got := a.to(6, proration.ProRata, "2026-04-11T12:00:00Z"); got != "6.33" {
		t.Fatalf("added for %s, want 6.33", got)
	}
	a.policy = proration.Policy{Unit: proration.Hour, Rounding: proration.Nearest}
	if got := a.to(5, proration.ProRata, "2026-04-11T12:00:00Z"); got != "-6.33" {
		t.Errorf("removed for %s, want -6.33: 456 of 720 hours are the 19 days charged", got)
	}
}
