// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering

import (
	"math"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// Largest returns the largest whole quantity within both dimensions of l: up to it, no quantity is
// above l.Quantity and none costs more than l.Amount. The price must be valid. With a Volume price
// a larger quantity may cost less again. It does not count, because usage would have to pass the
// more expensive quantities to reach it.
//
// The result is 0 if even the first unit is too much, or if a Flat price is above the amount. If
// nothing that fits in 64 bits is too much, there is no limit: limited is false and q is
// [math.MaxInt64]. This is the case without a dimension, for a unit that costs nothing, and for a
// Flat price within the amount.
func Largest(price pricing.Price, l Limit) (q int64, limited bool) {
	q = math.MaxInt64
	if l.Amount != nil {
		q = largestWithin(price, *l.Amount)
		limited = q < math.MaxInt64
	}
	if l.Quantity != nil {
		q, limited = min(q, max(0, *l.Quantity)), true
	}
	return q, limited
}

// largestWithin returns the largest quantity up to which none costs more than amount, or 0 if even
// T(0) is above it.
func largestWithin(price pricing.Price, amount money.Decimal) int64 {
	fits := func(q int64) bool { return price.Total(q).Cmp(amount) <= 0 }
	var within int64
	for _, end := range stretches(price) {
		if !fits(end) {
			return lastOf(fits, within, end)
		}
		within = end
	}
	return within
}

// stretches returns the last quantity of each range in which T(q) never decreases. It can only
// decrease where a tier begins. The last range is open.
func stretches(price pricing.Price) []int64 {
	ends := make([]int64, 0, len(price.Tiers)+1)
	for _, tier := range price.Tiers {
		if tier.UpTo > 0 {
			ends = append(ends, plus(tier.UpTo, max(0, price.IncludedUnits)))
		}
	}
	return append(ends, math.MaxInt64)
}

// lastOf returns the last quantity that fits, by bisection. It starts at within, and beyond does
// not fit. After a quantity that does not fit, none does. The result is within if nothing above it
// fits.
func lastOf(fits func(int64) bool, within, beyond int64) int64 {
	for beyond-within > 1 {
		middle := within + (beyond-within)/2
		if fits(middle) {
			within = middle
		} else {
			beyond = middle
		}
	}
	return within
}

// plus returns a + b for values of at least 0, and saturates at the end of 64 bits, so that a
// growing total never turns negative.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
