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

// The worked figures of billing.md#15-figures that price one change: 1 to 4 and
// 8 to 11. Figures 5 to 7 are in items_test.go, 12 in package calendar, 13
// and 14 in stub_test.go.
func TestFigures(t *testing.T) {
	const noon = "2026-04-11T12:00:00Z"
	graduated := pricing.Price{Model: pricing.Graduated, Tiers: []pricing.Tier{
		{UpTo: 10, UnitAmount: money.MustDecimal("12")}, {UnitAmount: money.MustDecimal("10")},
	}}
	paris := window("2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", zone("Europe/Paris"))
	tests := map[string]struct {
		reason   string
		price    pricing.Price
		currency string
		window   proration.Window
		policy   proration.Policy
		start    int64
		steps    []step
		explain  []string
	}{
		"1": {
			reason: "5 × 12.50 × 15/30", price: perUnit("12.50"), start: 2,
			steps:   []step{{7, proration.ProRata, april16, "31.25"}},
			explain: []string{"5 seats added × 12.50 × 15 of 30 days = 31.25"},
		},
		"2, up": {
			reason: "R = 19.5 days", policy: byDayUp, start: 5,
			steps:   []step{{6, proration.ProRata, noon, "6.67"}},
			explain: []string{"1 seat added × 10.00 × 20 of 30 days (rounding Up) = 6.67, rounded from 6.666666666667"},
		},
		"2, down":    {reason: "R = 19.5 days", policy: byDayDown, start: 5, steps: []step{{6, proration.ProRata, noon, "6.33"}}},
		"2, nearest": {reason: "R = 19.5 days", policy: byDayNearest, start: 5, steps: []step{{6, proration.ProRata, noon, "6.67"}}},
		"3, up": {
			reason: "six billed since the 1st", policy: byDayUp, start: 6,
			steps:   []step{{5, proration.ProRata, noon, "-6.33"}},
			explain: []string{"1 seat removed × -10.00 × 19 of 30 days (rounding Up) = -6.33, rounded from -6.333333333333"},
		},
		"3, down":    {reason: "six billed since the 1st", policy: byDayDown, start: 6, steps: []step{{5, proration.ProRata, noon, "-6.67"}}},
		"3, nearest": {reason: "six billed since the 1st", policy: byDayNearest, start: 6, steps: []step{{5, proration.ProRata, noon, "-6.67"}}},
		"4": {
			reason: "capped at the 19 days charged", policy: byDayDown, start: 5,
			steps: []step{{6, proration.ProRata, noon, "6.33"}, {5, proration.ProRata, noon, "-6.33"}},
			explain: []string{
				"1 seat added × 10.00 × 19 of 30 days (rounding Down) = 6.33, rounded from 6.333333333333",
				"1 seat removed × -10.00 × 19 of 30 days (rounding Down) + 1/300 carried = -6.33",
			},
		},
		"8": {
			reason: "T = 96 → 140; 44 × 15/30", price: graduated, start: 8,
			steps:   []step{{12, proration.ProRata, april16, "22.00"}},
			explain: []string{"4 seats added: 44.00 × 15 of 30 days = 22.00"},
		},
		"9": {
			reason: "0.00, then 5 × 10 × 15/30", start: 10,
			steps:   []step{{5, proration.DoNotCharge, april6, ""}, {15, proration.ProRata, april16, "25.00"}},
			explain: []string{"5 → 15 seats: 5 × 10.00 × 15 of 30 days = 25.00"},
		},
		"10": {
			reason: "1000 × 20/30", price: perUnit("1000"), currency: "JPY", start: 1,
			steps:   []step{{2, proration.ProRata, "2026-04-11T00:00:00Z", "667"}},
			explain: []string{"1 seat added × 1000 × 20 of 30 days = 667, rounded from 666.666666666667"},
		},
		"11": {
			reason: "R = 12/23 + 2; R' = 3", price: perUnit("31"), window: paris, policy: byDayUp, start: 1,
			steps:   []step{{2, proration.ProRata, "2026-03-29T10:00:00Z", "3.00"}},
			explain: []string{"1 seat added × 31.00 × 3 of 31 days (rounding Up) = 3.00"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, tc.start, tc.policy)
			if tc.price.Model != "" {
				a.price = tc.price
			}
			if tc.currency != "" {
				a.currency = currency(tc.currency)
			}
			if tc.window.Zone != nil {
				a.window = tc.window
			}
			a.charge(tc.start)
			for _, s := range tc.steps {
				if got := a.to(s.to, s.method, s.at); got != s.want {
					t.Errorf("%s: → %d: got %q, want %q", tc.reason, s.to, got, s.want)
				}
			}
			var explained []string
			for _, line := range a.lines {
				explained = append(explained, proration.Explain(line, a.currency))
			}
			if diff := cmp.Diff(tc.explain, explained); tc.explain != nil && diff != "" {
				t.Errorf("%s: explained (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// Figure 9 ends with the renewal: 15 seats, 150.00.
func TestFigure9Renewal(t *testing.T) {
	a := charged(t, 15, proration.NoPolicy)
	a.window = window("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z", nil)
	line := a.charge(15)
	if got := proration.Explain(line, eur); got != "15 seats × 10.00 = 150.00" {
		t.Errorf("got %q", got)
	}
}

// At a boundary that has been charged, R = N (billing.md#13-time).
func TestAtTheBoundary(t *testing.T) {
	a := charged(t, 10, proration.NoPolicy)
	if got := a.to(15, proration.PayInFull, "2026-04-01T00:00:00Z"); got != "50.00" {
		t.Errorf("10 → 15 PayInFull at the start: got %s, want 50.00", got)
	}
	a = charged(t, 10, byDayDown)
	if got := a.to(5, proration.ProRata, "2026-04-01T00:00:00Z"); got != "-50.00" {
		t.Errorf("10 → 5 seen too late, at the start: got %s, want -50.00", got)
	}
}
