// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package pricing

import (
	"fmt"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// Model is the way a price grows with the quantity. The models are those of
// [models].
type Model string

// Price is what a plan asks for a full period. Amounts are in major units of
// the plan's currency, which a Price does not know, and may be finer than its
// minor unit. A Price is never changed once captured.
type Price struct {
	Model Model
	// UnitAmount is the price of one unit (PerUnit), of one package (Package) or
	// of the whole (Flat). Tiered models have none.
	UnitAmount money.Decimal
	// Tiers of Graduated and Volume, from the first unit upwards.
	Tiers []Tier
	// PackageSize is how many units one package holds: 1 or more for Package,
	// else 0.
	PackageSize int64
	// IncludedUnits are free. 0 is none; Flat has none.
	IncludedUnits int64
}

// Tier is a range of quantities with a price of its own. It begins one unit
// above the tier before; the first begins at one unit.
type Tier struct {
	// UpTo is the last unit of the tier; 0 leaves it open, which the last tier is
	// and no other.
	UpTo int64
	// UnitAmount is the price of one unit in this tier.
	UnitAmount money.Decimal
	// FlatAmount is added once when the quantity reaches this tier.
	FlatAmount money.Decimal
}

// Total returns T(q), exactly: what q units cost for a full period, in major units, before any rounding
// (billing.md#4-prices). T(0) is 0 except for Flat; a quantity below 0 counts as 0. Included units are
// taken off first.
//
// The price must be valid; the total of one that [Price.Validate] refuses for
// its model is 0.
func (p Price) Total(q int64) money.Decimal {
	m, known := models[p.Model]
	if !known {
		return money.Decimal{}
	}
	if m.whateverQuantity {
		return m.total(p, q)
	}
	charged := max(0, q) - p.IncludedUnits
	if charged <= 0 {
		return money.Decimal{}
	}
	return m.total(p, charged)
}

// Validate says in a sentence what is wrong with p, if anything is. Prices
// below 0 are refused: a line would then run against the direction of its
// change.
func (p Price) Validate() error {
	m, known := models[p.Model]
	if !known {
		return fmt.Errorf("%q is not a pricing model: it is PerUnit, Graduated, Volume, Package or Flat", string(p.Model))
	}
	if p.IncludedUnits < 0 {
		return fmt.Errorf("includedUnits is %d; it must not be negative", p.IncludedUnits)
	}
	if err := m.check(p); err != nil {
		return err
	}
	return checkAmount("unitAmount", p.UnitAmount)
}

func checkAmount(field string, amount money.Decimal) error {
	if amount.Sign() < 0 {
		return fmt.Errorf("%s is %s; a price must not be negative", field, amount)
	}
	if err := amount.CheckRange(); err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	return nil
}
