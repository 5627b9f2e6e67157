// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package calendar_test

import (
	"testing"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

func TestLargestUnit(t *testing.T) {
	for name, c := range map[string]struct {
		reason string
		unit   calendar.Unit
		count  int
		want   calendar.Unit
	}{
		"month":       {reason: "a month is not a whole number of years", unit: calendar.Month, count: 1, want: calendar.Month},
		"18 months":   {reason: "a year and a half is not a whole number of years", unit: calendar.Month, count: 18, want: calendar.Month},
		"12 months":   {reason: "12 months are a year", unit: calendar.Month, count: 12, want: calendar.Year},
		"two years":   {reason: "a year stays a year", unit: calendar.Year, count: 2, want: calendar.Year},
		"10 days":     {reason: "10 days are not a whole number of weeks", unit: calendar.Day, count: 10, want: calendar.Day},
		"14 days":     {reason: "14 days are two weeks", unit: calendar.Day, count: 14, want: calendar.Week},
		"three weeks": {reason: "a week stays a week", unit: calendar.Week, count: 3, want: calendar.Week},
		"52 weeks":    {reason: "a year has a day or two more than 52 weeks", unit: calendar.Week, count: 52, want: calendar.Week},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (calendar.Interval{Unit: c.unit, Count: c.count}).LargestUnit(); got != c.want {
				t.Errorf("%s: got %s, want %s", c.reason, got, c.want)
			}
		})
	}
}
