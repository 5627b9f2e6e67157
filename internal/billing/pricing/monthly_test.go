// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package pricing_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

func TestMonthly(t *testing.T) {
	for name, c := range map[string]struct {
		reason   string
		amount   string
		interval calendar.Interval
		want     string
	}{
		"a month":     {reason: "nothing to normalise", amount: "125.00", interval: calendar.Interval{Unit: calendar.Month, Count: 1}, want: "125"},
		"a quarter":   {reason: "a third, and exactly", amount: "100", interval: calendar.Interval{Unit: calendar.Month, Count: 3}, want: "100/3"},
		"a year":      {reason: "a yearly plan counts a twelfth", amount: "1200", interval: calendar.Interval{Unit: calendar.Year, Count: 1}, want: "100"},
		"two years":   {reason: "24 months", amount: "1200", interval: calendar.Interval{Unit: calendar.Year, Count: 2}, want: "50"},
		"a week":      {reason: "365 days hold 365/7 weeks", amount: "84", interval: calendar.Interval{Unit: calendar.Week, Count: 1}, want: "365"},
		"a day":       {reason: "365 days in twelve months", amount: "1.20", interval: calendar.Interval{Unit: calendar.Day, Count: 1}, want: "36.5"},
		"thirty days": {reason: "30 days are not a month", amount: "36", interval: calendar.Interval{Unit: calendar.Day, Count: 30}, want: "36.5"},
		"nothing":     {reason: "a free plan", amount: "0.00", interval: calendar.Interval{Unit: calendar.Year, Count: 1}, want: "0"},
	} {
		t.Run(name, func(t *testing.T) {
			amount, err := money.ParseDecimal(c.amount)
			if err != nil {
				t.Fatal(err)
			}
			if got := pricing.Monthly(amount, c.interval).Text(); got != c.want {
				t.Errorf("%s: %s every %s is %s a month, want %s", c.reason, c.amount, c.interval, got, c.want)
			}
		})
	}
}

// Intervals of the same length have the same revenue, regardless of their units.
func TestPropertyMonthlyFollowsLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := money.FromInt(rapid.Int64Range(0, 1_000_000_000).Draw(t, "cents")).Mul(money.MustDecimal("0.01"))
		count := rapid.IntRange(1, 60).Draw(t, "count")
		for unit, same := range map[calendar.Unit]calendar.Interval{
			calendar.Year: {Unit: calendar.Month, Count: 12 * count},
			calendar.Week: {Unit: calendar.Day, Count: 7 * count},
		} {
			interval := calendar.Interval{Unit: unit, Count: count}
			if got, want := pricing.Monthly(amount, interval), pricing.Monthly(amount, same); !got.Equal(want) {
				t.Errorf("every %s: %s, every %s: %s", interval, got, same, want)
			}
		}
	})
}
