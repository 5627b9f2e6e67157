// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering_test

import (
	"math/big"
	"time"

	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

var (
	start   = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	unit    = pricing.Price{Model: pricing.PerUnit, UnitAmount: money.MustDecimal("1")}
	free    = pricing.Price{Model: pricing.PerUnit}
	flatTen = pricing.Price{Model: pricing.Flat, UnitAmount: money.MustDecimal("10")}
)

func quantity(n int64) metering.Limit { return metering.Limit{Quantity: &n} }

func amount(s string) metering.Limit {
	d := money.MustDecimal(s)
	return metering.Limit{Amount: &d}
}

func both(n int64, s string) metering.Limit {
	return metering.Limit{Quantity: quantity(n).Quantity, Amount: amount(s).Amount}
}

// read is the n-th reading, a minute after the one before.
func read(n int, total int64) metering.Reading {
	at := start.Add(time.Duration(n) * time.Minute)
	return metering.Reading{Total: total, Observed: at, Loaded: at.Add(time.Second)}
}

func tier(upTo int64, unit, flat string) pricing.Tier {
	return pricing.Tier{UpTo: upTo, UnitAmount: money.MustDecimal(unit), FlatAmount: money.MustDecimal(flat)}
}

// prices draws valid prices of every model, coarse ones, so that totals often
// equal a limit, and free ones.
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
			p.UnitAmount = amounts(20).Draw(t, "unit")
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
			all = append(all, pricing.Tier{UpTo: below, UnitAmount: amounts(20).Draw(t, "unit"), FlatAmount: amounts(40).Draw(t, "flat")})
		}
		return append(all, pricing.Tier{UnitAmount: amounts(20).Draw(t, "unit"), FlatAmount: amounts(40).Draw(t, "flat")})
	})
}

// amounts draws multiples of 0.5, 0 among them.
func amounts(most int64) *rapid.Generator[money.Decimal] {
	return rapid.Map(rapid.Int64Range(0, most), func(n int64) money.Decimal {
		return money.FromInt(n).Mul(money.MustDecimal("0.5"))
	})
}

// limit draws a limit with any of the dimensions, or none.
func limit() *rapid.Generator[metering.Limit] {
	return rapid.Custom(func(t *rapid.T) metering.Limit {
		var l metering.Limit
		if rapid.Bool().Draw(t, "by quantity") {
			q := rapid.Int64Range(0, 300).Draw(t, "quantity")
			l.Quantity = &q
		}
		if rapid.Bool().Draw(t, "by amount") {
			a := amounts(1000).Draw(t, "amount")
			l.Amount = &a
		}
		return l
	})
}

func limits() *rapid.Generator[metering.Limits] {
	return rapid.Custom(func(t *rapid.T) metering.Limits {
		return metering.Limits{Soft: limit().Draw(t, "soft"), Trial: limit().Draw(t, "trial"), Hard: limit().Draw(t, "hard")}
	})
}

// totals draws what counters say: small, for limits to matter, or anything.
func totals() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64Range(0, 100), rapid.Int64Range(0, 500), rapid.Int64())
}

// reached compares exactly and crosswise, with no division: whether usage is at
// least a threshold, in percent, of a limit.
func reached(used int64, p pricing.Price, l metering.Limit, threshold int64) bool {
	if l.Quantity != nil {
		left := new(big.Int).Mul(big.NewInt(used), big.NewInt(100))
		right := new(big.Int).Mul(big.NewInt(*l.Quantity), big.NewInt(threshold))
		if left.Cmp(right) >= 0 && (*l.Quantity > 0 || threshold <= 100) {
			return true
		}
	}
	if l.Amount == nil || l.Amount.IsZero() && threshold > 100 {
		return false
	}
	return p.Total(used).MulInt(100).Cmp(l.Amount.MulInt(threshold)) >= 0
}

// naiveLargest counts unit by unit, up to a quantity.
func naiveLargest(p pricing.Price, l metering.Limit, upTo int64) int64 {
	fits := func(q int64) bool {
		return (l.Quantity == nil || q <= *l.Quantity) && (l.Amount == nil || p.Total(q).Cmp(*l.Amount) <= 0)
	}
	var q int64
	for q < upTo && fits(q) && fits(q+1) {
		q++
	}
	return q
}
