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

// A customer reads the words of every kind of line on an invoice.
func TestDescriptions(t *testing.T) {
	volume := pricing.Price{Model: pricing.Volume, Tiers: []pricing.Tier{
		{UpTo: 20, UnitAmount: money.MustDecimal("12")}, {UnitAmount: money.MustDecimal("10")},
	}}
	const april12 = "2026-04-12T00:00:00Z"
	tests := map[string]struct {
		reason string
		price  pricing.Price
		start  int64
		lines  func(a *account) []proration.Line
		want   []string
	}{
		"a period": {reason: "the noun agrees", price: seat, start: 1, lines: func(a *account) []proration.Line {
			return []proration.Line{a.charge(1), a.charge(10)}
		}, want: []string{"1 seat", "10 seats"}},
		"a stub": {reason: "a period that begins late says how much of it is charged", price: seat, lines: func(a *account) []proration.Line {
			c := a.recurring(5)
			c.From = at(april16)
			_, line := proration.PeriodCharge(c)
			return []proration.Line{line}
		}, want: []string{"5 seats, 15 of 30 days"}},
		"a minimum": {reason: "what is charged beyond the quantity says why", price: seat, lines: func(a *account) []proration.Line {
			c := a.recurring(1)
			c.Minimum = 5
			_, line := proration.PeriodCharge(c)
			return []proration.Line{line}
		}, want: []string{"5 seats, the plan's minimum"}},
		"once": {reason: "an item that is charged once has no share", price: seat, lines: func(a *account) []proration.Line {
			pos, first := proration.OneTimeCharge(a.recurring(1))
			_, more := proration.ChangeOneTime(pos, a.change(3, proration.ProRata, april16))
			return []proration.Line{first, *more}
		}, want: []string{"1 seat", "2 seats added, charged in full"}},
		"usage": {reason: "usage is counted in units", price: seat, lines: func(a *account) []proration.Line {
			return []proration.Line{proration.UsageCharge(a.recurring(1)), proration.UsageCharge(a.recurring(2))}
		}, want: []string{"1 unit used", "2 units used"}},
		"seats added": {reason: "an increase says how many seats", price: seat, start: 2, lines: func(a *account) []proration.Line {
			a.to(7, proration.ProRata, april16)
			a.to(8, proration.PayInFull, april16)
			return a.lines
		}, want: []string{"5 seats added, 15 of 30 days", "1 seat added, charged in full"}},
		"seats removed": {reason: "a decrease says how many seats", price: seat, start: 7, lines: func(a *account) []proration.Line {
			a.to(6, proration.ProRata, april16)
			a.to(4, proration.ProRata, april16)
			return a.lines
		}, want: []string{"1 seat removed, 15 of 30 days", "2 seats removed, 15 of 30 days"}},
		"volume": {reason: "the last seat decides what all of them cost", price: volume, start: 19, lines: func(a *account) []proration.Line {
			a.to(20, proration.ProRata, april16)
			a.to(21, proration.ProRata, april16)
			a.to(25, proration.PayInFull, april16)
			return a.lines
		}, want: []string{"19 → 20 seats, 15 of 30 days", "20 → 21 seats, 15 of 30 days", "21 → 25 seats, charged in full"}},
		"another plan": {reason: "the old plan's time is given back, the new plan's is charged", price: seat, start: 10, lines: func(a *account) []proration.Line {
			a.replace("premium", perUnit("15"), 11, proration.ProRata, april16)
			return a.lines
		}, want: []string{"Credit for unused time: 10 seats (monthly), 15 of 30 days", "11 seats (premium), 15 of 30 days"}},
		"another plan in full": {reason: "no credit, no share", price: seat, start: 1, lines: func(a *account) []proration.Line {
			a.replace("premium", perUnit("15"), 1, proration.PayInFull, april16)
			return a.lines
		}, want: []string{"1 seat (premium), charged in full"}},
		"an item added": {reason: "as seats are", price: seat, lines: func(a *account) []proration.Line {
			_, line := proration.AddItem(a.change(1, proration.ProRata, april16))
			return []proration.Line{*line}
		}, want: []string{"1 seat added, 15 of 30 days"}},
		"an item removed": {reason: "its time is given back", price: seat, start: 1, lines: func(a *account) []proration.Line {
			a.remove(proration.ProRata, april16)
			return a.lines
		}, want: []string{"Credit for unused time: 1 seat (monthly), 15 of 30 days"}},
		"a period that ends early": {reason: "a Reset or a cancellation gives time back", price: seat, start: 10, lines: func(a *account) []proration.Line {
			return []proration.Line{*proration.SettleItem(a.pos, a.change(0, proration.ProRata, april12))}
		}, want: []string{"Credit for unused time: 10 seats (monthly), 19 of 30 days"}},
		"arrears that end early": {reason: "what elapsed, and what its changes reach beyond it", price: seat, start: 10, lines: func(a *account) []proration.Line {
			a.to(20, proration.ProRata, april12)
			return proration.ElapsedCharge(a.pos, a.recurring(10), at(april16))
		}, want: []string{"10 seats, 15 of 30 days", "Changes for the unused rest of the period, 15 of 30 days"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, tc.start, proration.NoPolicy)
			a.price = tc.price
			a.charge(tc.start)
			var got []string
			for _, line := range tc.lines(a) {
				got = append(got, line.Description)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
