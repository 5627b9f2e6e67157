// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering

import (
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// Limit bounds the usage of a period. A nil dimension does not bound it. With two dimensions, the
// one that is reached first counts. A dimension below 0 counts as 0.
type Limit struct {
	// Quantity is the limit in units.
	Quantity *int64
	// Amount is the limit in major units. It bounds T(usage) before rounding.
	Amount *money.Decimal
}

// IsZero reports whether l has no dimension, so that it bounds nothing.
func (l Limit) IsZero() bool {
	return l.Quantity == nil && l.Amount == nil
}

// equal reports whether l and o bound usage in the same way: 1.5 equals 1.50, and no limit differs
// from a limit of 0.
func (l Limit) equal(o Limit) bool {
	if (l.Quantity == nil) != (o.Quantity == nil) || (l.Amount == nil) != (o.Amount == nil) {
		return false
	}
	if l.Quantity != nil && *l.Quantity != *o.Quantity {
		return false
	}
	return l.Amount == nil || l.Amount.Equal(*o.Amount)
}

// Limits are the limits on the usage of a metered item (billing.md#11-usage). The zero value has no
// limits.
type Limits struct {
	// Soft is announced at 75 %, 90 % and 100 %. It does not stop usage.
	Soft Limit
	// Trial is announced when it is reached. During a trial, usage above it does not count. After
	// the trial it has no effect.
	Trial Limit
	// Hard is announced when it is reached. Usage above it does not count, in a trial or after it.
	Hard Limit
}

// IsZero reports whether there are no limits.
func (l Limits) IsZero() bool {
	return l.Soft.IsZero() && l.Trial.IsZero() && l.Hard.IsZero()
}

// Equal reports whether l and o are the same limits: 1.5 equals 1.50.
func (l Limits) Equal(o Limits) bool {
	return l.Soft.equal(o.Soft) && l.Trial.equal(o.Trial) && l.Hard.equal(o.Hard)
}

// The kinds of limits that a notice can be about.
const (
	SoftLimit  LimitKind = "Soft"
	TrialLimit LimitKind = "Trial"
	HardLimit  LimitKind = "Hard"
)

// LimitKind identifies one of the [Limits].
type LimitKind string

// Percent returns how far usage is toward l, in whole percent rounded down. It is the larger value
// of the two dimensions, where T(used) counts against the amount. A threshold in whole percent is
// reached exactly when Percent is at least that threshold.
//
// It is not capped at 100: 130 means that a soft limit is exceeded by 30 %. A value that does not
// fit in 64 bits becomes [math.MaxInt64]. A limit of 0 is always reached, because no usage is below
// it, and gives 100 and never more. Without a limit the result is 0. A usage below 0 counts as 0.
//
// With a Volume price the amount may decrease as usage grows, and Percent with it. A Flat price
// costs the same for any usage.
func Percent(used int64, price pricing.Price, l Limit) int64 {
	used = max(0, used)
	var furthest int64
	if l.Quantity != nil {
		furthest = percentOf(money.NewFraction(used, 1), money.NewFraction(*l.Quantity, 1))
	}
	if l.Amount != nil {
		furthest = max(furthest, percentOf(money.FractionOf(price.Total(used)), money.FractionOf(*l.Amount)))
	}
	return furthest
}

// percentOf returns part / whole in percent, rounded down, or 100 if the whole is 0.
func percentOf(part, whole money.Fraction) int64 {
	if whole.Sign() <= 0 {
		return 100
	}
	return part.Mul(money.NewFraction(100, 1)).Quo(whole).Floor()
}
