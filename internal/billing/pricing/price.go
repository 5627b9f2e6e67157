// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package pricing

import (
	"fmt"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// Model is how a price depends on the quantity. See [models] for the values.
type Model string

// Price is the price of a plan for a full period. Amounts are in major units of the plan's
// currency, which is not a part of a Price, and may be finer than its minor unit. A Price is never
// modified after it is captured.
type Price struct {
	Model Model
	// UnitAmount is the price of one unit (PerUnit), of one package (Package) or
	// of the whole (Flat). Tiered models have none.
	UnitAmount money.Decimal
	// Tiers of Graduated and Volume, in ascending order.
	Tiers []Tier
	// PackageSize is the number of units in a package: at least 1 for Package, and 0 for other
	// models.
	PackageSize int64
	// IncludedUnits are free. Flat has none.
	IncludedUnits int64
}

// Tier is a range of quantities with its own price. It begins one unit above the previous tier. The
// first tier begins at one unit.
type Tier struct {
	// UpTo is the last unit of the tier. It is 0 for the last tier, which is open, and for no
	// other.
	UpTo int64
	// UnitAmount is the price of one unit in this tier.
	UnitAmount money.Decimal
	// FlatAmount is added once when the quantity reaches this tier.
	FlatAmount money.Decimal
}

// Total returns T(q), the exact cost of q units for a full period, in major units and before rounding
// (billing.md#4-prices). T(0) is 0 except for Flat. A quantity below 0 counts as 0. Included units are
// deducted first.
//
// The price must be valid. The total of a price that [Price.Validate] refuses for its model is 0.
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

// Validate returns an error, as a sentence, if p is not valid. Prices below 0 are refused, because
// a line would then have the opposite sign of its change.
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
