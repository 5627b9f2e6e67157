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
func TestSection5(t *testing.T) {
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
			reason: "PayInFull: no line where a rise costs less, and P stays the larger", price: volume, start: 10,
			steps: []step{{11, inFull, april16, ""}, {13, inFull, april20, "10.00"}},
		},
		"effective in the future": {
			reason: "section 6: 10 → 15 effective 29 April, then 15 → 10: credited from 29 April", start: 10,
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

// The column "after" of the table in section 5: b, P and V.
func TestSection5After(t *testing.T) {
	d := money.MustDecimal
	tests := map[string]struct {
		reason string
		to     int64
		method proration.Method
		want   proration.Position
	}{
		"ProRata, a rise":     {"V grows by D", 15, proration.ProRata, proration.Position{Held: 15, Billed: 15, Reference: d("150"), Charged: d("150")}},
		"ProRata, a fall":     {"V shrinks by the same", 4, proration.ProRata, proration.Position{Held: 4, Billed: 4, Reference: d("40"), Charged: d("40")}},
		"PayInFull, a rise":   {"V grows by D", 15, proration.PayInFull, proration.Position{Held: 15, Billed: 15, Reference: d("150"), Charged: d("150")}},
		"PayInFull, a fall":   {"unchanged", 4, proration.PayInFull, proration.Position{Held: 4, Billed: 10, Reference: d("100"), Charged: d("100")}},
		"DoNotCharge, a rise": {"unchanged", 15, proration.DoNotCharge, proration.Position{Held: 15, Billed: 10, Reference: d("100"), Charged: d("100")}},
		"DoNotCharge, a fall": {"unchanged", 4, proration.DoNotCharge, proration.Position{Held: 4, Billed: 10, Reference: d("100"), Charged: d("100")}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, 10, proration.NoPolicy)
			a.to(tc.to, tc.method, april16)
			got := proration.Position{Held: a.pos.Held, Billed: a.pos.Billed, Reference: a.pos.Reference, Charged: a.pos.Charged}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
