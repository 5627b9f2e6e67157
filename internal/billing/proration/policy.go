// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"cmp"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// Unit is the unit of time in which a part of a period is measured
// (billing.md#2-ratio).
type Unit string

// The units of a proration. Second, Minute and Hour measure elapsed time; Day
// measures local days, each by its true length.
const (
	Second Unit = "Second"
	Minute Unit = "Minute"
	Hour   Unit = "Hour"
	Day    Unit = "Day"
)

// seconds returns the seconds in a unit of elapsed time. It is 0 for Day, which is not such a unit.
func (u Unit) seconds() int64 {
	switch u {
	case Day:
		return 0
	case Hour:
		return 3600
	case Minute:
		return 60
	default:
		return 1
	}
}

// Rounding is how units of time are rounded. It never affects money (billing.md#2-ratio).
type Rounding string

// The roundings of a proration policy.
const (
	// None keeps fractions of a unit.
	None Rounding = "None"
	// Up charges for partial use: a debit is rounded up, a credit down.
	Up Rounding = "Up"
	// Down makes partial use free: a debit is rounded down, a credit up.
	Down Rounding = "Down"
	// Nearest rounds both half up.
	Nearest Rounding = "Nearest"
)

// Side is the side of a proration. It decides the direction of rounding.
type Side int

// The sides of a proration.
const (
	// Debit charges for time to come.
	Debit Side = iota
	// Credit gives unused time back.
	Credit
)

// Policy is how parts of a period are measured.
type Policy struct {
	// Name is the policy's name, for records. It does not affect the result.
	Name string
	// Unit defaults to Second.
	Unit Unit
	// Rounding defaults to None.
	Rounding Rounding
}

// NoPolicy applies if no proration policy is named: seconds, not rounded (billing.md#2-ratio).
var NoPolicy = Policy{Unit: Second, Rounding: None}

// withDefaults sets empty fields to their defaults.
func (p Policy) withDefaults() Policy {
	p.Unit = cmp.Or(p.Unit, Second)
	p.Rounding = cmp.Or(p.Rounding, None)
	return p
}

// round rounds units of time, which are not negative.
func (r Rounding) round(units money.Fraction, side Side) money.Fraction {
	switch {
	case r == Nearest:
		return money.NewFraction(units.HalfUp(), 1)
	case r == Up && side == Debit, r == Down && side == Credit:
		return money.NewFraction(units.Ceil(), 1)
	case r == Up && side == Credit, r == Down && side == Debit:
		return money.NewFraction(units.Floor(), 1)
	}
	return units
}
