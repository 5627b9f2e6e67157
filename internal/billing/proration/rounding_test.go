// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"testing"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// Rounding once at the line, half away from zero, to the minor unit.
func TestRoundingOfALine(t *testing.T) {
	tests := map[string]struct {
		reason   string
		currency string
		price    string
		from, to int64
		want     string
	}{
		"yen":           {reason: "no digits: 1000 × 15/30", currency: "JPY", price: "1001", from: 1, to: 2, want: "501"},
		"euro":          {reason: "two digits: half a cent is away from zero", currency: "EUR", price: "0.01", from: 1, to: 2, want: "0.01"},
		"euro credit":   {reason: "away from zero for a credit too", currency: "EUR", price: "0.01", from: 2, to: 1, want: "-0.01"},
		"dinar":         {reason: "three digits", currency: "KWD", price: "0.0123", from: 0, to: 1, want: "0.006"},
		"finer price":   {reason: "unit prices are never rounded: 100 × 0.0123 × 1/2", currency: "EUR", price: "0.0123", from: 0, to: 100, want: "0.62"},
		"rounds to nil": {reason: "a line that rounds to zero is still returned", currency: "EUR", price: "0.0099", from: 0, to: 1, want: "0.00"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, 0, proration.NoPolicy)
			a.currency, a.price = currency(tc.currency), perUnit(tc.price)
			a.charge(tc.from)
			if got := a.to(tc.to, proration.ProRata, "2026-04-16T00:00:00Z"); got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// The lines of changes carry their remainder; recurring charges do not.
func TestNoDrift(t *testing.T) {
	a := charged(t, 0, proration.NoPolicy)
	a.price = perUnit("10")
	var got []string
	for q := int64(1); q <= 4; q++ { // 20/30 of 10.00 each: 6.666…
		got = append(got, a.to(q, proration.ProRata, "2026-04-11T00:00:00Z"))
	}
	want := []string{"6.67", "6.66", "6.67", "6.67"}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d: got %s, want %s", i+1, got[i], want[i])
		}
	}
	if c := a.lines[1].Carried.String(); c != "-1/300" {
		t.Errorf("the second line states that it carried %s, want -1/300", c)
	}

	line := a.charge(7) // a new period
	if !line.Carried.IsZero() || !a.pos.Remainder.IsZero() {
		t.Errorf("the recurring charge carried %s and passed %s on, want 0 and 0", line.Carried, a.pos.Remainder)
	}
}

// A line that covers no time takes nothing over, however large the remainder.
func TestLineWithoutTime(t *testing.T) {
	a := charged(t, 1, byDayDown)
	a.pos.Remainder = money.NewFraction(-1, 200) // half a cent
	if got := a.to(2, proration.ProRata, "2026-04-30T12:00:00Z"); got != "0.00" {
		t.Errorf("floor(0.5) = 0 days came to %s, want 0.00 and no line against the direction of its change", got)
	}
	if line := a.lines[0]; !line.Carried.IsZero() {
		t.Errorf("carried %s, want 0", line.Carried)
	}
	if want := money.NewFraction(-1, 200); !a.pos.Remainder.Equal(want) {
		t.Errorf("passes %s on, want %s", a.pos.Remainder, want)
	}
}
