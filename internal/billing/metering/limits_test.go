// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering_test

import (
	"math"
	"testing"

	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

func TestUsagePercent(t *testing.T) {
	volume := pricing.Price{Model: pricing.Volume, Tiers: []pricing.Tier{tier(10, "12", "0"), tier(0, "10", "0")}}
	tests := map[string]struct {
		reason string
		used   int64
		price  pricing.Price
		limit  metering.Limit
		want   int64
	}{
		"no limit":               {"towards nothing", 50, unit, metering.Limit{}, 0},
		"nothing used":           {"", 0, unit, both(10, "10"), 0},
		"rounded down":           {"2 of 3", 2, unit, quantity(3), 66},
		"almost":                 {"99.9 % is not reached", 999, unit, quantity(1000), 99},
		"the amount is further":  {"the greater", 5, unit, both(10, "8"), 62},
		"the quantity further":   {"the greater", 5, unit, both(8, "10"), 62},
		"exceeded":               {"not capped", 13, unit, quantity(10), 130},
		"of nothing":             {"100 %, whatever was used", 13, unit, quantity(0), 100},
		"nothing of nothing":     {"100 %", 0, unit, amount("0"), 100},
		"included":               {"costs nothing yet", 3, pricing.Price{Model: pricing.PerUnit, UnitAmount: *amount("1").Amount, IncludedUnits: 3}, amount("1"), 0},
		"Flat":                   {"for good", 0, flatTen, amount("20"), 50},
		"Volume, before a tier":  {"120 of 100", 10, volume, amount("100"), 120},
		"Volume, in the next":    {"110 of 100: one unit more costs less", 11, volume, amount("100"), 110},
		"64 bits":                {"no overflow", math.MaxInt64, unit, quantity(math.MaxInt64), 100},
		"beyond 64 bits":         {"held at their end", math.MaxInt64, unit, quantity(1), math.MaxInt64},
		"an amount beyond":       {"held at their end", math.MaxInt64, unit, amount("0.000000000001"), math.MaxInt64},
		"below zero":             {"counts as none", -5, unit, quantity(10), 0},
		"a limit below zero":     {"counts as 0", 0, unit, quantity(-10), 100},
		"an amount below zero":   {"counts as 0", 5, unit, amount("-10"), 100},
		"a tiny part of a large": {"0 %, not an error", 1, unit, amount("999999999999999.999999999999"), 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := metering.Percent(tc.used, tc.price, tc.limit); got != tc.want {
				t.Errorf("%s: got %d, want %d", tc.reason, got, tc.want)
			}
		})
	}
}

func TestUsageLargest(t *testing.T) {
	const none = math.MaxInt64
	cheaper := []pricing.Tier{tier(10, "12", "0"), tier(0, "10", "0")}
	flats := []pricing.Tier{tier(5, "3", "100"), tier(10, "2", "50"), tier(0, "1", "7.50")}
	tests := map[string]struct {
		reason  string
		price   pricing.Price
		limit   metering.Limit
		want    int64
		limited bool
	}{
		"no dimension":              {"no limit", unit, metering.Limit{}, none, false},
		"by quantity":               {"", unit, quantity(7), 7, true},
		"by quantity, all of it":    {"a limit, though nothing exceeds it", unit, quantity(none), none, true},
		"below zero":                {"counts as 0", unit, quantity(-7), 0, true},
		"an amount below zero":      {"counts as 0", free, amount("-7"), 0, true},
		"PerUnit":                   {"9.99 buys nine", unit, amount("9.99"), 9, true},
		"PerUnit, exactly":          {"10 is within 10", unit, amount("10"), 10, true},
		"PerUnit, too dear":         {"not even one", unit, amount("0.99"), 0, true},
		"PerUnit, free":             {"no bound by amount", free, amount("0"), none, false},
		"free, by both":             {"the quantity alone", free, both(7, "0"), 7, true},
		"PerUnit, included":         {"three are free", pricing.Price{Model: pricing.PerUnit, UnitAmount: *amount("1").Amount, IncludedUnits: 3}, amount("2"), 5, true},
		"PerUnit, all included":     {"none is ever charged", pricing.Price{Model: pricing.PerUnit, UnitAmount: *amount("1").Amount, IncludedUnits: none}, amount("0"), none, false},
		"PerUnit, beyond 64 bits":   {"no quantity is too much", pricing.Price{Model: pricing.PerUnit, UnitAmount: *amount("0.000000000001").Amount}, amount("999999999999999"), none, false},
		"Package":                   {"whole packages", pricing.Price{Model: pricing.Package, UnitAmount: *amount("10").Amount, PackageSize: 5}, amount("29"), 10, true},
		"Package, included":         {"whole packages and five", pricing.Price{Model: pricing.Package, UnitAmount: *amount("10").Amount, PackageSize: 5, IncludedUnits: 5}, amount("20"), 15, true},
		"Package of all":            {"one package holds all there can be", pricing.Price{Model: pricing.Package, UnitAmount: *amount("10").Amount, PackageSize: none}, amount("10"), none, false},
		"Graduated":                 {"120 for ten, 10 for each more", pricing.Price{Model: pricing.Graduated, Tiers: cheaper}, amount("149.99"), 12, true},
		"Graduated, at a flat":      {"a tier's flat amount is due with its first unit", pricing.Price{Model: pricing.Graduated, Tiers: flats}, amount("166"), 5, true},
		"Volume, within":            {"108 for nine", pricing.Price{Model: pricing.Volume, Tiers: cheaper}, amount("119"), 9, true},
		"Volume, past the first":    {"120 for ten, 110 for eleven, 120 for twelve", pricing.Price{Model: pricing.Volume, Tiers: cheaper}, amount("120"), 12, true},
		"Volume, cheaper beyond":    {"11 would cost 18.50, but one costs 103", pricing.Price{Model: pricing.Volume, Tiers: flats}, amount("100"), 0, true},
		"Volume, included":          {"the tiers are those of charged units", pricing.Price{Model: pricing.Volume, Tiers: cheaper, IncludedUnits: 4}, amount("120"), 16, true},
		"Volume, included, within":  {"9 charged cost 108, 10 cost 120, 11 again 110", pricing.Price{Model: pricing.Volume, Tiers: cheaper, IncludedUnits: 4}, amount("119"), 13, true},
		"Volume, included, at most": {"where a tier ends is beyond 64 bits", pricing.Price{Model: pricing.Volume, Tiers: cheaper, IncludedUnits: none - 3}, amount("24"), none - 1, true},
		"Volume, all free":          {"no bound by amount", pricing.Price{Model: pricing.Volume, Tiers: []pricing.Tier{tier(10, "0", "0"), tier(0, "0", "0")}}, amount("0"), none, false},
		"Volume, free at last":      {"the tiers before are within", pricing.Price{Model: pricing.Volume, Tiers: []pricing.Tier{tier(10, "1", "0"), tier(0, "0", "10")}}, amount("10"), none, false},
		"Flat, above":               {"too much before anything is used", flatTen, amount("9.99"), 0, true},
		"Flat, within":              {"never more than that", flatTen, amount("10"), none, false},
		"by both":                   {"the smaller", unit, both(7, "5"), 5, true},
		"an unknown model":          {"costs nothing", pricing.Price{Model: "Auction"}, amount("5"), none, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, limited := metering.Largest(tc.price, tc.limit)
			if got != tc.want || limited != tc.limited {
				t.Errorf("%s: got %d, %t, want %d, %t", tc.reason, got, limited, tc.want, tc.limited)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	every := func(l metering.Limit) []metering.Limits { return []metering.Limits{{Soft: l}, {Trial: l}, {Hard: l}} }
	tests := map[string]struct {
		reason string
		a, b   metering.Limit
		equal  bool
	}{
		"none":              {"", metering.Limit{}, metering.Limit{}, true},
		"quantities":        {"by value, not by pointer", quantity(5), quantity(5), true},
		"amounts":           {"trailing zeros do not count", amount("1.5"), amount("1.50"), true},
		"other quantities":  {"", quantity(5), quantity(6), false},
		"other amounts":     {"", amount("5"), amount("6"), false},
		"none and 0":        {"0 is a limit", metering.Limit{}, quantity(0), false},
		"none and 0.00":     {"0 is a limit", metering.Limit{}, amount("0"), false},
		"one and both":      {"", amount("5"), both(5, "5"), false},
		"other dimensions":  {"", amount("5"), quantity(5), false},
		"both, one differs": {"", both(5, "5"), both(5, "6"), false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			for i, a := range every(tc.a) {
				b := every(tc.b)[i]
				if a.Equal(b) != tc.equal || b.Equal(a) != tc.equal {
					t.Errorf("%s: %+v and %+v: want %t", tc.reason, a, b, tc.equal)
				}
			}
			none := (tc.b == metering.Limit{})
			for _, b := range every(tc.b) {
				if tc.b.IsZero() != none || b.IsZero() != none {
					t.Errorf("%+v: IsZero, want %t", b, none)
				}
			}
		})
	}
}
