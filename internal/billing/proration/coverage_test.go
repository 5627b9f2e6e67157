// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// step is one change of the quantity and what it is to cost; "" is no line.
type step struct {
	to     int64
	method proration.Method
	at     string
	want   string
}

const (
	april6  = "2026-04-06T00:00:00Z"
	april16 = "2026-04-16T00:00:00Z"
	april20 = "2026-04-20T00:00:00Z"
	april26 = "2026-04-26T00:00:00Z"
	april29 = "2026-04-29T00:00:00Z"
)

// Histories of one item in April, each from a quantity charged on the 1st.
func TestCoverage(t *testing.T) {
	const proRata, inFull, doNotCharge = proration.ProRata, proration.PayInFull, proration.DoNotCharge
	volume := pricing.Price{Model: pricing.Volume, Tiers: []pricing.Tier{
		{UpTo: 10, UnitAmount: money.MustDecimal("12")}, {UnitAmount: money.MustDecimal("10")},
	}}
	tests := map[string]struct {
		reason string
		price  pricing.Price
		start  int64
		steps  []step
	}{
		"watermark, given up and taken again": {
			reason: "10 → 5 DoNotCharge, then → 6 ProRata: 0.00", start: 10,
			steps: []step{{5, doNotCharge, april6, ""}, {6, proRata, april16, ""}},
		},
		"watermark, above what was billed": {
			reason: "10 → 5 DoNotCharge, or → 15 on 16 April: 25.00", start: 10,
			steps: []step{{5, doNotCharge, april6, ""}, {15, proRata, april16, "25.00"}},
		},
		"never charged, never credited": {
			reason: "10 → 15 DoNotCharge, then → 12 ProRata: 0.00", start: 10,
			steps: []step{{15, doNotCharge, april6, ""}, {12, proRata, april16, ""}},
		},
		"below what was billed": {
			reason: "10 → 15 DoNotCharge, → 8: −10.00 on 16 April", start: 10,
			steps: []step{{15, doNotCharge, april6, ""}, {8, proRata, april16, "-10.00"}},
		},
		"back to what was billed": {
			reason: "b included", start: 10,
			steps: []step{{15, doNotCharge, april6, ""}, {10, proRata, april16, ""}},
		},
		"free units stay free": {
			reason: "2 → 7 DoNotCharge, → 8 ProRata, → 7 ProRata, → 2 ProRata: 5.00, −5.00, 0.00", start: 2,
			steps: []step{{7, doNotCharge, april16, ""}, {8, proRata, april16, "5.00"}, {7, proRata, april16, "-5.00"}, {2, proRata, april16, ""}},
		},
		"free units stay free, in full": {
			reason: "2 → 7 DoNotCharge, → 8 PayInFull: 10.00", start: 2,
			steps: []step{{7, doNotCharge, april16, ""}, {8, inFull, april16, "10.00"}},
		},
		"free units, given up and taken again": {
			reason: "10 → 15 DoNotCharge, → 12 ProRata, → 15 ProRata: what was free is not charged later", start: 10,
			steps: []step{{15, doNotCharge, april16, ""}, {12, proRata, april16, ""}, {15, proRata, april16, ""}, {16, proRata, april16, "5.00"}},
		},
		"through free units to charged ones": {
			reason: "10 → 15 DoNotCharge, → 12 ProRata, → 8 ProRata: 0.00, −10.00", start: 10,
			steps: []step{{15, doNotCharge, april16, ""}, {12, proRata, april16, ""}, {8, proRata, april16, "-10.00"}},
		},
		"given up without a credit, then more with one": {
			reason: "10 → 5 DoNotCharge, → 3 ProRata: −10.00; the five given up are taken again for nothing", start: 10,
			steps: []step{{5, doNotCharge, april16, ""}, {3, proRata, april16, "-10.00"}, {8, proRata, april16, ""}, {9, proRata, april16, "5.00"}},
		},
		"free from the start": {
			reason: "0 → 3 DoNotCharge, → 0 ProRata: nothing was charged", start: 0,
			steps: []step{{3, doNotCharge, april16, ""}, {0, proRata, april16, ""}},
		},
		"no change": {
			reason: "no change, no line", start: 10, steps: []step{{10, proRata, april16, ""}},
		},
		"in full": {
			reason: "PayInFull, a rise: debit in full; a fall: no line, and taken again for nothing", start: 10,
			steps: []step{{15, inFull, april16, "50.00"}, {12, inFull, april20, ""}, {15, inFull, april26, ""}},
		},
		"in full, then credited": {
			reason: "what was charged in full is credited for what is left of it", start: 10,
			steps: []step{{15, inFull, april16, "50.00"}, {10, proRata, april16, "-25.00"}},
		},
		"given back for a credit": {
			reason: "seats given back for a credit are new when taken again", start: 10,
			steps: []step{{5, proRata, april16, "-25.00"}, {10, proRata, april16, "25.00"}},
		},
		"all given back": {
			reason: "V is 0 then; nothing more can be credited", start: 10,
			steps: []step{{0, proRata, april16, "-50.00"}, {3, doNotCharge, april16, ""}, {1, proRata, april16, ""}},
		},
		"volume, a rise that costs less": {
			reason: "T(10) = 120, T(11) = 110: a credit of 10 × 15/30", price: volume, start: 10,
			steps: []step{{11, proRata, april16, "-5.00"}, {10, proRata, april16, "5.00"}},
		},
		"volume, in full": {
			reason: "PayInFull: no line where a rise costs less; then T(13) − T(11)", price: volume, start: 10,
			steps: []step{{11, inFull, april16, ""}, {13, inFull, april20, "20.00"}},
		},
		"volume, in full and back": {
			reason: "a rise that gave nothing back costs nothing to undo", price: volume, start: 10,
			steps: []step{{11, inFull, april16, ""}, {10, proRata, april16, ""}},
		},
		"volume, free and back": {
			reason: "nothing was charged that a cheaper rise could give back", price: volume, start: 0,
			steps: []step{{10, doNotCharge, april16, ""}, {11, proRata, april16, ""}, {10, proRata, april16, ""}},
		},
		"effective in the future": {
			reason: "billing.md#6-items: 10 → 15 effective 29 April, then 15 → 10: credited from 29 April", start: 10,
			steps: []step{{15, proRata, april29, "3.33"}, {10, proRata, april29, "-3.33"}},
		},
		"figure 9": {
			reason: "10 → 5 DoNotCharge on 6 April, 5 → 15 ProRata on 16 April", start: 10,
			steps: []step{{5, doNotCharge, april6, ""}, {15, proRata, april16, "25.00"}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, tc.start, proration.NoPolicy)
			if tc.price.Model != "" {
				a.price = tc.price
				a.charge(tc.start)
			}
			for _, s := range tc.steps {
				if got := a.to(s.to, s.method, s.at); got != s.want {
					t.Errorf("%s: → %d %s: got %q, want %q", tc.reason, s.to, s.method, got, s.want)
				}
				if a.pos.Held != s.to {
					t.Errorf("%s: holds %d, want %d", tc.reason, a.pos.Held, s.to)
				}
			}
		})
	}
}

// What the table in billing.md#5-coverage leaves: the coverage and V.
func TestCoverageAfter(t *testing.T) {
	d := money.MustDecimal
	tests := map[string]struct {
		reason string
		to     int64
		method proration.Method
		want   proration.Position
	}{
		"ProRata, a rise": {
			reason: "a charged run; V grows by D", to: 15, method: proration.ProRata,
			want: proration.Position{Held: 15, Coverage: proration.Coverage{{Units: 15, Charged: true}}, Charged: d("150")},
		},
		"ProRata, a fall": {
			reason: "the units leave; V shrinks by the same", to: 4, method: proration.ProRata,
			want: proration.Position{Held: 4, Coverage: proration.Coverage{{Units: 4, Charged: true}}, Charged: d("40")},
		},
		"PayInFull, a rise": {
			reason: "a charged run; V grows by D", to: 15, method: proration.PayInFull,
			want: proration.Position{Held: 15, Coverage: proration.Coverage{{Units: 15, Charged: true}}, Charged: d("150")},
		},
		"PayInFull, a fall": {
			reason: "unchanged", to: 4, method: proration.PayInFull,
			want: proration.Position{Held: 4, Coverage: proration.Coverage{{Units: 10, Charged: true}}, Charged: d("100")},
		},
		"DoNotCharge, a rise": {
			reason: "a free run", to: 15, method: proration.DoNotCharge,
			want: proration.Position{Held: 15, Coverage: proration.Coverage{{Units: 10, Charged: true}, {Units: 5}}, Charged: d("100")},
		},
		"DoNotCharge, a fall": {
			reason: "unchanged", to: 4, method: proration.DoNotCharge,
			want: proration.Position{Held: 4, Coverage: proration.Coverage{{Units: 10, Charged: true}}, Charged: d("100")},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, 10, proration.NoPolicy)
			a.to(tc.to, tc.method, april16)
			if diff := cmp.Diff(tc.want, settled(a.pos)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// settled is what of a position billing.md#5-coverage is about.
func settled(p proration.Position) proration.Position {
	return proration.Position{Held: p.Held, Coverage: p.Coverage, Charged: p.Charged}
}

// A quantity that was never priced, such as one that changed in a trial, is free: it is
// neither credited nor charged.
func TestCoverageNeverPriced(t *testing.T) {
	a := charged(t, 0, proration.NoPolicy)
	a.pos.Held = 5
	if got := a.to(3, proration.ProRata, april16); got != "" {
		t.Errorf("5 → 3: got %s, want no line", got)
	}
	want := proration.Position{Held: 3, Coverage: proration.Coverage{{Units: 5}}}
	if diff := cmp.Diff(want, settled(a.pos)); diff != "" {
		t.Errorf("position (-want +got):\n%s", diff)
	}
	if got := a.to(6, proration.ProRata, april16); got != "5.00" {
		t.Errorf("3 → 6: got %s, want 5.00 for the sixth", got)
	}
}

// A line describes the change; where it prices other units than those, or runs
// against its direction, by both quantities.
func TestCoverageWords(t *testing.T) {
	volume := pricing.Price{Model: pricing.Volume, Tiers: []pricing.Tier{
		{UpTo: 20, UnitAmount: money.MustDecimal("12")}, {UnitAmount: money.MustDecimal("10")},
	}}
	tests := map[string]struct {
		reason   string
		price    pricing.Price
		start    int64
		before   []step
		to       int64
		want     string
		quantity int64
	}{
		"a rise":            {reason: "all units are priced", price: seat, start: 7, to: 8, want: "1 seat added, 15 of 30 days", quantity: 1},
		"a fall":            {reason: "all units are priced", price: seat, start: 7, to: 5, want: "2 seats removed, 15 of 30 days", quantity: 2},
		"over free units":   {reason: "7 → 8 is one seat", price: seat, start: 2, before: []step{{to: 7, method: proration.DoNotCharge, at: april6}}, to: 8, want: "1 seat added, 15 of 30 days", quantity: 1},
		"partly for free":   {reason: "10 were paid for", price: seat, start: 10, before: []step{{to: 5, method: proration.DoNotCharge, at: april6}}, to: 15, want: "5 → 15 seats, 15 of 30 days", quantity: 5},
		"a credit rise":     {reason: "more seats cost less", price: volume, start: 20, to: 21, want: "20 → 21 seats, 15 of 30 days", quantity: 1},
		"a fall that costs": {reason: "fewer seats cost more", price: volume, start: 20, before: []step{{to: 21, method: proration.ProRata, at: april6}}, to: 20, want: "21 → 20 seats, 15 of 30 days", quantity: 1},
		"down to one":       {reason: "the noun agrees with the last number", price: seat, start: 2, before: []step{{to: 4, method: proration.DoNotCharge, at: april6}}, to: 1, want: "4 → 1 seat, 15 of 30 days", quantity: 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, tc.start, proration.NoPolicy)
			a.price = tc.price
			a.charge(tc.start)
			for _, s := range tc.before {
				a.to(s.to, s.method, s.at)
			}
			a.to(tc.to, proration.ProRata, april16)
			line := a.lines[len(a.lines)-1]
			if line.Description != tc.want || line.Quantity != tc.quantity {
				t.Errorf("%s: got %q for %d units, want %q for %d", tc.reason, line.Description, line.Quantity, tc.want, tc.quantity)
			}
		})
	}
}

// A coverage stays short: its two oldest runs become free.
func TestCoverageIsBounded(t *testing.T) {
	a := charged(t, 1, proration.NoPolicy)
	quantity := int64(1)
	for i := range 2 * proration.MaxRuns {
		quantity++
		method := proration.DoNotCharge
		if i%2 == 1 {
			method = proration.ProRata
		}
		a.to(quantity, method, april16)
		if n := len(a.pos.Coverage); n > proration.MaxRuns {
			t.Fatalf("%d runs after %d changes", n, i+1)
		}
		for j := range len(a.pos.Coverage) - 1 {
			if a.pos.Coverage[j].Charged == a.pos.Coverage[j+1].Charged {
				t.Fatalf("runs %d and %d are alike: %v", j, j+1, a.pos.Coverage)
			}
		}
		if a.pos.Coverage.Units() != quantity {
			t.Fatalf("%d units are covered, want %d", a.pos.Coverage.Units(), quantity)
		}
	}
	if a.pos.Coverage[0].Charged {
		t.Errorf("the oldest run is charged: %v", a.pos.Coverage)
	}
}
