// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// The stubs of billing.md#1-calendar and those of billing.md#9-trials and
// billing.md#15-figures that a trial leaves.
func TestStub(t *testing.T) {
	tests := map[string]struct {
		reason   string
		from     string
		anchor   string
		quantity int64
		policy   proration.Policy
		want     string
		words    string
	}{
		"anchor in July": {
			reason: "start 10 April, anchor 1 July: stub to 1 May, 5 seats: 50 × 21/30",
			from:   "2026-04-10T00:00:00Z", anchor: "2026-07-01T00:00:00Z", quantity: 5,
			want: "35.00", words: "5 seats, 21 of 30 days",
		},
		"anchor in January": {
			reason: "the anchor may lie before the start",
			from:   "2026-04-10T00:00:00Z", anchor: "2026-01-01T00:00:00Z", quantity: 5,
			want: "35.00", words: "5 seats, 21 of 30 days",
		},
		"rounded up like a debit": {
			reason: "a stub is priced like a debit at its start: R = 20.5 days, Up, 21",
			from:   "2026-04-10T12:00:00Z", anchor: "2026-07-01T00:00:00Z", quantity: 5, policy: byDayUp,
			want: "35.00", words: "5 seats, 21 of 30 days",
		},
		"rounded down like a debit": {
			reason: "Down makes the half day free",
			from:   "2026-04-10T12:00:00Z", anchor: "2026-07-01T00:00:00Z", quantity: 5, policy: byDayDown,
			want: "33.33", words: "5 seats, 20 of 30 days",
		},
		"after a trial": {
			reason: "figure 14: trial to 11 April, anchor on 1 May: 50 × 20/30",
			from:   "2026-04-11T00:00:00Z", anchor: "2026-05-01T00:00:00Z", quantity: 5,
			want: "33.33", words: "5 seats, 20 of 30 days",
		},
		"after a trial that a change ended": {
			reason: "billing.md#9-trials: change on 10 April, boundaries on the 15th: 50 × 5/31",
			from:   "2026-04-10T00:00:00Z", anchor: "2026-04-15T00:00:00Z", quantity: 5,
			want: "8.06", words: "5 seats, 5 of 31 days",
		},
		"no stub": {
			reason: "figure 13: trial to 11 April, no anchor: a whole period",
			from:   "2026-04-11T00:00:00Z", anchor: "2026-04-11T00:00:00Z", quantity: 5,
			want: "50.00", words: "5 seats",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			cal := calendar.Calendar{Anchor: at(tc.anchor), Interval: calendar.Interval{Unit: calendar.Month, Count: 1}, Zone: time.UTC}
			_, natural := cal.PeriodAt(at(tc.from))
			_, line := proration.PeriodCharge(proration.Charge{
				Price: seat, Currency: eur, Quantity: tc.quantity, From: at(tc.from), Policy: tc.policy,
				Window: proration.Window{Natural: natural, End: natural.End, Zone: time.UTC},
			})
			if got := eur.Format(line.Amount); got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
			}
			if line.Description != tc.words {
				t.Errorf("%s: got %q, want %q", tc.reason, line.Description, tc.words)
			}
		})
	}
}

// A stub's position: credits in it are capped by what it was charged for.
func TestStubCredit(t *testing.T) {
	stub := proration.Charge{Price: seat, Currency: eur, Quantity: 5, From: at("2026-04-10T12:00:00Z"), Window: april, Policy: byDayDown}
	pos, line := proration.PeriodCharge(stub)
	if got := line.Share.Units; !got.Equal(money.NewFraction(20, 1)) {
		t.Fatalf("the stub was charged for %s days, want 20", got)
	}
	a := &account{t: t, price: seat, currency: eur, window: april, policy: byDayDown, pos: pos}
	if got := a.to(0, proration.ProRata, "2026-04-10T12:00:00Z"); got != "-33.33" {
		t.Errorf("giving all back at the start of the stub: got %s, want -33.33: the credit is capped at the 20 days charged", got)
	}
}

// The plan's minimum is billed where less is held (billing.md#10-seats), and
// says so.
func TestMinimum(t *testing.T) {
	pos, line := proration.PeriodCharge(proration.Charge{
		Price: seat, Currency: eur, Quantity: 2, Minimum: 5, From: april.Natural.Start, Window: april,
	})
	if got := eur.Format(line.Amount); got != "50.00" || line.Description != "5 seats, the plan's minimum" {
		t.Errorf("got %s for %q, want 50.00 for the minimum of 5", got, line.Description)
	}
	if pos.Held != 2 || pos.Coverage.Charged() != 5 {
		t.Errorf("holds %d, charged for %d; want 2 held and 5 charged", pos.Held, pos.Coverage.Charged())
	}
}
