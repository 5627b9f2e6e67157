// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// Whatever a loader says and a status holds, under whatever price and limits:
// nothing panics, and usage is never negative, falls or passes a limit that it
// was within.
func FuzzTake(f *testing.F) {
	f.Add("PerUnit", "12.50", int64(0), int64(0), int64(0), "90", int64(800), int64(100), int64(900), int64(0), 1, true)
	f.Add("Volume", "1", int64(0), int64(3), int64(10), "7", int64(12), int64(math.MaxInt64), int64(1), int64(5), 1, false)
	f.Add("Graduated", "0.000000000001", int64(0), int64(math.MaxInt64), int64(math.MaxInt64), "0", int64(0), int64(5), int64(math.MaxInt64), int64(math.MaxInt64), 2, true)
	f.Add("Package", "999999999999999", int64(math.MaxInt64), int64(0), int64(0), "999999999999999", int64(math.MaxInt64), int64(0), int64(math.MaxInt64), int64(1), 0, true)
	f.Add("Flat", "10", int64(0), int64(0), int64(0), "-10", int64(-5), int64(math.MinInt64), int64(math.MaxInt64), int64(math.MinInt64), 1, true)
	f.Fuzz(func(t *testing.T, model, unit string, size, included, upTo int64, limit string, most, last, total, used int64, minutes int, trial bool) {
		u, err := money.ParseDecimal(unit)
		if err != nil {
			t.Skip("no amount")
		}
		a, err := money.ParseDecimal(limit)
		if err != nil {
			t.Skip("no amount")
		}
		p := pricing.Price{Model: pricing.Model(model), UnitAmount: u, PackageSize: size, IncludedUnits: included}
		if upTo != 0 {
			p.UnitAmount = money.Decimal{}
			p.Tiers = []pricing.Tier{{UpTo: upTo, UnitAmount: u, FlatAmount: a}, {UnitAmount: a}}
		}
		l := metering.Limits{Soft: metering.Limit{Amount: &a}, Trial: metering.Limit{Quantity: &most}, Hard: metering.Limit{Amount: &a, Quantity: &most}}
		before := metering.Meter{Known: trial, Last: read(1, last), Used: used}
		after, _ := before.Take(read(1+minutes%100, total), p, l, trial)
		if after.Used < before.Used || used >= 0 && after.Used < 0 {
			t.Fatalf("%d used, after %d", after.Used, used)
		}
		room, limited := metering.Largest(p, l.Hard)
		if room < 0 || !limited {
			t.Fatalf("room for %d, %t", room, limited)
		}
		if before.Used <= room && after.Used > room {
			t.Fatalf("%d used, of %d at most", after.Used, room)
		}
		if percent := metering.Percent(after.Used, p, l.Soft); p.Validate() == nil && percent < 0 {
			t.Fatalf("%d %%", percent)
		}
		again, notices := after.Take(after.Last, p, l, trial)
		if diff := cmp.Diff(after, again); diff != "" && after.Known || notices != nil && after.Known {
			t.Fatalf("the same reading again: notices %v, meter (-want +got):\n%s", notices, diff)
		}
	})
}
