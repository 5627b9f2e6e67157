// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering

import (
	"math"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// Largest returns the largest whole quantity within both dimensions of l: the
// largest up to which no quantity is above l.Quantity and none costs more than
// l.Amount. The price must be valid. Of a Volume price a quantity beyond may
// cost less again; usage would have to pass the dearer ones to get there, so
// that it does not count.
//
// It is 0 when even the first unit is too much, or a Flat price is above the
// amount. Where nothing that 64 bits can hold is too much, there is no limit:
// limited is false and q is [math.MaxInt64]. That is so without a dimension, for
// a unit that costs nothing, and for a Flat price within the amount.
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

// largestWithin returns the largest quantity up to which none costs more than
// amount, and 0 when even T(0) is above it.
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

// stretches returns the last quantities of the stretches in which T(q) never
// falls: it falls only where a tier begins. The last stretch is open.
func stretches(price pricing.Price) []int64 {
	ends := make([]int64, 0, len(price.Tiers)+1)
	for _, tier := range price.Tiers {
		if tier.UpTo > 0 {
			ends = append(ends, plus(tier.UpTo, max(0, price.IncludedUnits)))
		}
	}
	return append(ends, math.MaxInt64)
}

// lastOf returns the last quantity from within on that fits, before beyond, which
// does not; after one that does not fit none does. It is within when none does.
// It halves the distance at each step.
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

// plus returns a + b, neither below 0, held at the end of 64 bits: a total that
// grows for ever never turns negative.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
