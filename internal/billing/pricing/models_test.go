// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package pricing_test

import (
	"testing"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

func tier(upTo int64, unit, flat string) pricing.Tier {
	return pricing.Tier{UpTo: upTo, UnitAmount: money.MustDecimal(unit), FlatAmount: money.MustDecimal(flat)}
}

// T(q) of billing.md#4-prices, for every model.
func TestPrices(t *testing.T) {
	ten := money.MustDecimal("10")
	tiers := []pricing.Tier{tier(10, "12", "0"), tier(0, "10", "0")}
	withFlats := []pricing.Tier{tier(5, "3", "100"), tier(10, "2", "50"), tier(0, "1", "7.50")}
	tests := map[string]struct {
		reason string
		price  pricing.Price
		want   map[int64]string
	}{
		"PerUnit": {
			reason: "q × unitAmount",
			price:  pricing.Price{Model: pricing.PerUnit, UnitAmount: money.MustDecimal("12.50")},
			want:   map[int64]string{0: "0", 1: "12.5", 5: "62.5", 10_000_000: "125000000"},
		},
		"PerUnit, finer than a cent": {
			reason: "unit prices may be finer than the minor unit",
			price:  pricing.Price{Model: pricing.PerUnit, UnitAmount: money.MustDecimal("0.0123")},
			want:   map[int64]string{1: "0.0123", 3: "0.0369"},
		},
		"PerUnit with included units": {
			reason: "T(max(0, q − includedUnits))",
			price:  pricing.Price{Model: pricing.PerUnit, UnitAmount: ten, IncludedUnits: 3},
			want:   map[int64]string{0: "0", 2: "0", 3: "0", 4: "10", 10: "70"},
		},
		"Graduated": {
			reason: "figure 8: each unit in its own tier",
			price:  pricing.Price{Model: pricing.Graduated, Tiers: tiers},
			want:   map[int64]string{0: "0", 1: "12", 8: "96", 10: "120", 11: "130", 12: "140"},
		},
		"Graduated with flat amounts": {
			reason: "plus the flat amounts of the tiers reached",
			price:  pricing.Price{Model: pricing.Graduated, Tiers: withFlats},
			want:   map[int64]string{0: "0", 1: "103", 5: "115", 6: "167", 10: "175", 11: "183.5", 12: "184.5"},
		},
		"Graduated with included units": {
			reason: "the included ones are taken off first",
			price:  pricing.Price{Model: pricing.Graduated, Tiers: tiers, IncludedUnits: 2},
			want:   map[int64]string{2: "0", 3: "12", 12: "120", 13: "130"},
		},
		"Volume": {
			reason: "all units at the tier that q reaches",
			price:  pricing.Price{Model: pricing.Volume, Tiers: tiers},
			want:   map[int64]string{0: "0", 1: "12", 10: "120", 11: "110", 20: "200"},
		},
		"Volume with flat amounts": {
			reason: "plus its flat amount",
			price:  pricing.Price{Model: pricing.Volume, Tiers: withFlats},
			want:   map[int64]string{0: "0", 1: "103", 5: "115", 6: "62", 10: "70", 11: "18.5"},
		},
		"Package": {
			reason: "ceil(q / packageSize) × unitAmount",
			price:  pricing.Price{Model: pricing.Package, UnitAmount: ten, PackageSize: 5},
			want:   map[int64]string{0: "0", 1: "10", 5: "10", 6: "20", 10: "20", 11: "30"},
		},
		"Package with included units": {
			reason: "the included ones are taken off first",
			price:  pricing.Price{Model: pricing.Package, UnitAmount: ten, PackageSize: 5, IncludedUnits: 5},
			want:   map[int64]string{5: "0", 6: "10", 10: "10", 11: "20"},
		},
		"Flat": {
			reason: "whatever q, zero included",
			price:  pricing.Price{Model: pricing.Flat, UnitAmount: ten},
			want:   map[int64]string{0: "10", 1: "10", 1000: "10"},
		},
		"below zero": {
			reason: "counts as none",
			price:  pricing.Price{Model: pricing.PerUnit, UnitAmount: ten},
			want:   map[int64]string{-1: "0"},
		},
		"unknown model": {
			reason: "Validate refuses it; its total is 0",
			price:  pricing.Price{Model: "Auction", UnitAmount: ten},
			want:   map[int64]string{5: "0"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if err := tc.price.Validate(); err != nil && tc.price.Model != "Auction" {
				t.Fatalf("%s: not valid: %v", tc.reason, err)
			}
			for q, want := range tc.want {
				if got := tc.price.Total(q).String(); got != want {
					t.Errorf("%s: T(%d) = %s, want %s", tc.reason, q, got, want)
				}
			}
		})
	}
}

func TestPriceValidate(t *testing.T) {
	one := money.FromInt(1)
	tests := map[string]struct {
		price pricing.Price
		want  string
	}{
		"unknown model":             {pricing.Price{Model: "Auction"}, `"Auction" is not a pricing model: it is PerUnit, Graduated, Volume, Package or Flat`},
		"no model":                  {pricing.Price{}, `"" is not a pricing model: it is PerUnit, Graduated, Volume, Package or Flat`},
		"free":                      {pricing.Price{Model: pricing.PerUnit}, ""},
		"negative price":            {pricing.Price{Model: pricing.PerUnit, UnitAmount: one.Neg()}, "unitAmount is -1; a price must not be negative"},
		"price out of range":        {pricing.Price{Model: pricing.Flat, UnitAmount: money.MustDecimal("999999999999999").MulInt(10)}, "unitAmount: the amount has more than 15 digits before the decimal point, which is more than can be billed"},
		"tiers without a use":       {pricing.Price{Model: pricing.PerUnit, Tiers: []pricing.Tier{tier(0, "1", "0")}}, "the model PerUnit has no tiers: they belong to Graduated and Volume"},
		"package size without use":  {pricing.Price{Model: pricing.Flat, PackageSize: 5}, "the model Flat has no packageSize: it belongs to Package"},
		"no package size":           {pricing.Price{Model: pricing.Package, UnitAmount: one}, "packageSize is 0; a package holds at least one unit"},
		"included with Flat":        {pricing.Price{Model: pricing.Flat, IncludedUnits: 1}, "includedUnits cannot be combined with the model Flat, whose price does not depend on the quantity"},
		"included below zero":       {pricing.Price{Model: pricing.PerUnit, IncludedUnits: -1}, "includedUnits is -1; it must not be negative"},
		"no tiers":                  {pricing.Price{Model: pricing.Volume}, "the model Volume needs tiers"},
		"a unit amount with tiers":  {pricing.Price{Model: pricing.Graduated, UnitAmount: one, Tiers: []pricing.Tier{tier(0, "1", "0")}}, "the model Graduated has its prices in its tiers: remove unitAmount"},
		"last tier closed":          {pricing.Price{Model: pricing.Graduated, Tiers: []pricing.Tier{tier(10, "1", "0")}}, "tier 1: the last tier must not have an upTo: remove it"},
		"an open tier before":       {pricing.Price{Model: pricing.Graduated, Tiers: []pricing.Tier{tier(0, "1", "0"), tier(0, "1", "0")}}, "tier 1: only the last tier may have no upTo: set it"},
		"tiers out of order":        {pricing.Price{Model: pricing.Volume, Tiers: []pricing.Tier{tier(10, "1", "0"), tier(10, "1", "0"), tier(0, "1", "0")}}, "tier 2: upTo is 10; it must be above 10, where the tier before ends"},
		"a tier below one unit":     {pricing.Price{Model: pricing.Volume, Tiers: []pricing.Tier{tier(-5, "1", "0"), tier(0, "1", "0")}}, "tier 1: upTo is -5; it must be above 0, where the tier before ends"},
		"a negative tier":           {pricing.Price{Model: pricing.Volume, Tiers: []pricing.Tier{tier(0, "-1", "0")}}, "tier 1: unitAmount is -1; a price must not be negative"},
		"a negative flat amount":    {pricing.Price{Model: pricing.Volume, Tiers: []pricing.Tier{tier(0, "1", "-2")}}, "tier 1: flatAmount is -2; a price must not be negative"},
		"a package size with tiers": {pricing.Price{Model: pricing.Volume, PackageSize: 2, Tiers: []pricing.Tier{tier(0, "1", "0")}}, "the model Volume has no packageSize: it belongs to Package"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var got string
			if err := tc.price.Validate(); err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}
