// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering

import (
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// Limit bounds the usage of a period. A dimension that is nil does not bound
// it; of two, the one that is reached first counts. A dimension below 0 counts
// as 0.
type Limit struct {
	// Quantity is the limit in units.
	Quantity *int64
	// Amount is the limit in major units, on T(usage) before it is rounded.
	Amount *money.Decimal
}

// IsZero reports whether l has no dimension and so bounds nothing.
func (l Limit) IsZero() bool {
	return l.Quantity == nil && l.Amount == nil
}

// equal reports whether l and o bound usage alike: 1.5 is 1.50, no limit is not
// a limit of 0.
func (l Limit) equal(o Limit) bool {
	if (l.Quantity == nil) != (o.Quantity == nil) || (l.Amount == nil) != (o.Amount == nil) {
		return false
	}
	if l.Quantity != nil && *l.Quantity != *o.Quantity {
		return false
	}
	return l.Amount == nil || l.Amount.Equal(*o.Amount)
}

// Limits are the limits on the usage of a metered item (billing.md#11-usage). The
// zero value is none.
type Limits struct {
	// Soft is announced at 75 %, 90 % and 100 %, and bounds nothing.
	Soft Limit
	// Trial is announced when it is reached; during a trial usage beyond it is not
	// taken. After the trial it means nothing.
	Trial Limit
	// Hard is announced when it is reached; usage beyond it is not taken, in a
	// trial or not.
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

// The limits that a notice can be of.
const (
	SoftLimit  LimitKind = "Soft"
	TrialLimit LimitKind = "Trial"
	HardLimit  LimitKind = "Hard"
)

// LimitKind says which of the [Limits] is meant.
type LimitKind string

// Percent returns how far usage is towards l, in whole percent rounded down: the
// greater of its dimensions, T(used) being what counts against the amount. So a
// threshold in whole percent is reached exactly when Percent is at least it.
//
// It is not capped at 100: 130 says that a soft limit is exceeded by 30 %. What
// 64 bits cannot hold is [math.MaxInt64]. A limit of 0 is reached at once,
// whatever was used, since nothing can be used below it: it is 100, never more.
// Without a limit it is 0. A usage below 0 counts as 0.
//
// Of a Volume price the amount may fall as usage grows, and Percent with it. A
// Flat price costs the same whatever was used.
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

// percentOf returns part / whole in percent, rounded down, and 100 when the
// whole is nothing.
func percentOf(part, whole money.Fraction) int64 {
	if whole.Sign() <= 0 {
		return 100
	}
	return part.Mul(money.NewFraction(100, 1)).Quo(whole).Floor()
}
