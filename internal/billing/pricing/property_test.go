// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package pricing_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// prices draws valid prices of every model.
func prices() *rapid.Generator[pricing.Price] {
	return rapid.Custom(func(t *rapid.T) pricing.Price {
		p := pricing.Price{
			Model: rapid.SampledFrom([]pricing.Model{
				pricing.PerUnit, pricing.Graduated, pricing.Volume, pricing.Package, pricing.Flat,
			}).Draw(t, "model"),
		}
		if p.Model != pricing.Flat {
			p.IncludedUnits = rapid.Int64Range(0, 5).Draw(t, "included")
		}
		switch p.Model {
		case pricing.Graduated, pricing.Volume:
			p.Tiers = tiers().Draw(t, "tiers")
		case pricing.Package:
			p.PackageSize = rapid.Int64Range(1, 20).Draw(t, "size")
			fallthrough
		default:
			p.UnitAmount = amount().Draw(t, "unit")
		}
		return p
	})
}

func tiers() *rapid.Generator[[]pricing.Tier] {
	return rapid.Custom(func(t *rapid.T) []pricing.Tier {
		var all []pricing.Tier
		var below int64
		for range rapid.IntRange(0, 4).Draw(t, "closed") {
			below += rapid.Int64Range(1, 30).Draw(t, "width")
			all = append(all, pricing.Tier{UpTo: below, UnitAmount: amount().Draw(t, "unit"), FlatAmount: amount().Draw(t, "flat")})
		}
		return append(all, pricing.Tier{UnitAmount: amount().Draw(t, "unit"), FlatAmount: amount().Draw(t, "flat")})
	})
}

func amount() *rapid.Generator[money.Decimal] {
	return rapid.Map(rapid.Int64Range(0, 1_000_000), func(n int64) money.Decimal {
		return money.FromInt(n).Mul(money.MustDecimal("0.0001"))
	})
}

// A price that validates costs the same however the units are counted: the
// naive sum over single units.
func TestPropertyTotalIsTheSumOverUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := prices().Draw(t, "price")
		if err := p.Validate(); err != nil {
			t.Fatalf("not valid: %v", err)
		}
		q := rapid.Int64Range(0, 150).Draw(t, "q")
		if got, want := p.Total(q), naiveTotal(p, q); !got.Equal(want) {
			t.Fatalf("T(%d) = %s, want %s", q, got, want)
		}
	})
}

// naiveTotal counts unit by unit.
func naiveTotal(p pricing.Price, q int64) money.Decimal {
	if p.Model == pricing.Flat {
		return p.UnitAmount
	}
	var sum money.Decimal
	n := q - p.IncludedUnits
	for unit := int64(1); unit <= n; unit++ {
		switch p.Model {
		case pricing.PerUnit, pricing.Flat:
			sum = sum.Add(p.UnitAmount)
		case pricing.Package:
			if (unit-1)%p.PackageSize == 0 {
				sum = sum.Add(p.UnitAmount)
			}
		case pricing.Graduated:
			i := tierOf(p, unit)
			sum = sum.Add(p.Tiers[i].UnitAmount)
			if unit == 1 || tierOf(p, unit-1) != i {
				sum = sum.Add(p.Tiers[i].FlatAmount)
			}
		case pricing.Volume:
			sum = sum.Add(p.Tiers[tierOf(p, n)].UnitAmount)
			if unit == n {
				sum = sum.Add(p.Tiers[tierOf(p, n)].FlatAmount)
			}
		}
	}
	return sum
}

func tierOf(p pricing.Price, unit int64) int {
	for i, tier := range p.Tiers {
		if tier.UpTo == 0 || unit <= tier.UpTo {
			return i
		}
	}
	panic("no tier")
}

// More never costs less, Volume apart.
func TestPropertyTotalGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := prices().Filter(func(p pricing.Price) bool { return p.Model != pricing.Volume }).Draw(t, "price")
		q := rapid.Int64Range(0, 1000).Draw(t, "q")
		if p.Total(q+1).Cmp(p.Total(q)) < 0 {
			t.Fatalf("T(%d) = %s, T(%d) = %s", q, p.Total(q), q+1, p.Total(q+1))
		}
	})
}

func FuzzPrice(f *testing.F) {
	f.Add("PerUnit", "12.50", int64(0), int64(0), int64(0), "0", int64(5))
	f.Add("Graduated", "0", int64(0), int64(3), int64(10), "7", int64(12))
	f.Add("Volume", "0", int64(0), int64(0), int64(-1), "-7", int64(-12))
	f.Add("Package", "1", int64(5), int64(-1), int64(0), "0", int64(1<<62))
	f.Add("Flat", "999999999999999", int64(0), int64(0), int64(0), "0", int64(-1<<63))
	f.Fuzz(func(t *testing.T, model, unit string, size, included, upTo int64, flat string, q int64) {
		u, err := money.ParseDecimal(unit)
		if err != nil {
			t.Skip("no amount")
		}
		v, err := money.ParseDecimal(flat)
		if err != nil {
			t.Skip("no amount")
		}
		p := pricing.Price{Model: pricing.Model(model), UnitAmount: u, PackageSize: size, IncludedUnits: included}
		if upTo != 0 {
			p.UnitAmount = money.Decimal{}
			p.Tiers = []pricing.Tier{{UpTo: upTo, UnitAmount: u, FlatAmount: v}, {UnitAmount: v}}
		}
		total := p.Total(q) // never panics
		if p.Validate() == nil && total.Sign() < 0 {
			t.Fatalf("%+v: T(%d) = %s", p, q, total)
		}
	})
}
