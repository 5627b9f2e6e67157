// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package pricing

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// The pricing models (billing.md#4-prices).
const (
	// PerUnit means q × unitAmount.
	PerUnit Model = "PerUnit"
	// Graduated means that each unit is priced in its own tier, plus the flat amounts of the tiers
	// reached.
	Graduated Model = "Graduated"
	// Volume means that all units are priced in the tier that q reaches, plus its flat amount. One
	// more unit may make the total smaller.
	Volume Model = "Volume"
	// Package means ceil(q / packageSize) × unitAmount.
	Package Model = "Package"
	// Flat means unitAmount for any q, including 0.
	Flat Model = "Flat"
)

// model defines a pricing model.
type model struct {
	// total prices q > 0 units after included ones are deducted. If whateverQuantity is set, it is
	// called for any q.
	total func(p Price, q int64) money.Decimal
	// check returns an error if a field that the model reads is not valid, or if a field that it
	// does not read is set.
	check func(Price) error
	// whateverQuantity means that the total does not depend on the quantity.
	whateverQuantity bool
}

// models defines every model. To add a model, add a row.
var models = map[Model]model{
	PerUnit:   {total: perUnit, check: checkPerUnit},
	Graduated: {total: graduated, check: checkTiers},
	Volume:    {total: volume, check: checkTiers},
	Package:   {total: packages, check: checkPackage},
	Flat:      {total: flat, check: checkFlat, whateverQuantity: true},
}

func perUnit(p Price, q int64) money.Decimal {
	return p.UnitAmount.MulInt(q)
}

func graduated(p Price, q int64) money.Decimal {
	var total money.Decimal
	var below int64 // units in the previous tiers
	for _, tier := range p.Tiers {
		if q <= below {
			break
		}
		last := q
		if tier.UpTo != 0 {
			last = min(q, tier.UpTo)
		}
		total = total.Add(tier.UnitAmount.MulInt(last - below)).Add(tier.FlatAmount)
		below = last
	}
	return total
}

func volume(p Price, q int64) money.Decimal {
	for _, tier := range p.Tiers {
		if tier.UpTo == 0 || q <= tier.UpTo {
			return tier.UnitAmount.MulInt(q).Add(tier.FlatAmount)
		}
	}
	return money.Decimal{}
}

func packages(p Price, q int64) money.Decimal {
	if p.PackageSize < 1 {
		return money.Decimal{}
	}
	full := q / p.PackageSize
	if q%p.PackageSize != 0 {
		full++
	}
	return p.UnitAmount.MulInt(full)
}

func flat(p Price, _ int64) money.Decimal {
	return p.UnitAmount
}

func checkPerUnit(p Price) error {
	return cmp.Or(noTiers(p), noPackage(p))
}

func checkPackage(p Price) error {
	if p.PackageSize < 1 {
		return fmt.Errorf("packageSize is %d; a package holds at least one unit", p.PackageSize)
	}
	return noTiers(p)
}

func checkFlat(p Price) error {
	if p.IncludedUnits != 0 {
		return errors.New("includedUnits cannot be combined with the model Flat, whose price does not depend on the quantity")
	}
	return cmp.Or(noTiers(p), noPackage(p))
}

func noTiers(p Price) error {
	if len(p.Tiers) > 0 {
		return fmt.Errorf("the model %s has no tiers: they belong to Graduated and Volume", p.Model)
	}
	return nil
}

func noPackage(p Price) error {
	if p.PackageSize != 0 {
		return fmt.Errorf("the model %s has no packageSize: it belongs to Package", p.Model)
	}
	return nil
}

// checkTiers checks that tiers are contiguous, start at one unit, and that only the last one is
// open.
func checkTiers(p Price) error {
	if len(p.Tiers) == 0 {
		return fmt.Errorf("the model %s needs tiers", p.Model)
	}
	if !p.UnitAmount.IsZero() {
		return fmt.Errorf("the model %s has its prices in its tiers: remove unitAmount", p.Model)
	}
	var below int64
	for i, tier := range p.Tiers {
		if err := checkTier(tier, below, i == len(p.Tiers)-1); err != nil {
			return fmt.Errorf("tier %d: %w", i+1, err)
		}
		below = tier.UpTo
	}
	return noPackage(p)
}

func checkTier(tier Tier, below int64, last bool) error {
	switch {
	case last && tier.UpTo != 0:
		return errors.New("the last tier must not have an upTo: remove it")
	case !last && tier.UpTo == 0:
		return errors.New("only the last tier may have no upTo: set it")
	case !last && tier.UpTo <= below:
		return fmt.Errorf("upTo is %d; it must be above %d, where the tier before ends", tier.UpTo, below)
	}
	return cmp.Or(checkAmount("unitAmount", tier.UnitAmount), checkAmount("flatAmount", tier.FlatAmount))
}
