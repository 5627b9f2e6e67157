// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// MaxRuns is the largest number of runs in a coverage. A longer coverage merges its two oldest runs
// into a free one, which is never credited (billing.md#5-coverage).
const MaxRuns = 64

// Run is a number of adjacent units of a coverage of the same kind.
type Run struct {
	// Units is the number of units, at least 1.
	Units int64
	// Charged units were paid for and can be credited. Free ones were not, and
	// cannot.
	Charged bool
}

// Coverage lists the units of an item that need no further charge in the current period, oldest
// first (billing.md#5-coverage). Adjacent runs differ in kind. The first units are those of the
// current quantity; those above were removed without a credit. A Coverage is immutable: its methods
// return a new one.
type Coverage []Run

// charged is the coverage of a quantity that was charged as a whole.
func charged(quantity int64) Coverage { return Coverage(nil).with(quantity, true) }

// Units is the number of covered units, c.
func (c Coverage) Units() int64 {
	var sum int64
	for _, run := range c {
		sum += run.Units
	}
	return sum
}

// Charged is the number of covered units that were charged.
func (c Coverage) Charged() int64 {
	var sum int64
	for _, run := range c {
		if run.Charged {
			sum += run.Units
		}
	}
	return sum
}

// with returns the coverage with units added on top.
func (c Coverage) with(units int64, charged bool) Coverage {
	grown := append(Coverage(nil), c...)
	if units <= 0 {
		return grown
	}
	grown = grown.push(Run{units, charged})
	if len(grown) > MaxRuns {
		oldest := Run{grown[0].Units + grown[1].Units, false}
		grown = append(Coverage{}.push(oldest), grown[2:]...).joined()
	}
	return grown
}

// push adds a run on top, or merges it with a run of its kind. It modifies c.
func (c Coverage) push(run Run) Coverage {
	if last := len(c) - 1; last >= 0 && c[last].Charged == run.Charged {
		c[last].Units += run.Units
		return c
	}
	return append(c, run)
}

// joined merges adjacent runs of the same kind.
func (c Coverage) joined() Coverage {
	var joined Coverage
	for _, run := range c {
		joined = joined.push(run)
	}
	return joined
}

// covering returns the coverage with free units added on top if it covers fewer units than the
// quantity. Only a quantity that was never priced, such as in a trial, is not covered.
func (c Coverage) covering(quantity int64) Coverage {
	return c.with(quantity-c.Units(), false)
}

// without returns the coverage without its charged units between low and high, and how many these
// were. Free units stay, and the units above move down.
func (c Coverage) without(low, high int64) (rest Coverage, released int64) {
	var below int64
	for _, run := range c {
		above := below + run.Units
		if run.Charged {
			gone := overlap(below, above, low, high)
			run.Units -= gone
			released += gone
		}
		if run.Units > 0 {
			rest = rest.push(run)
		}
		below = above
	}
	return rest, released
}

// adds returns what the charged units between low and high add to T, each at its place.
func (c Coverage) adds(price pricing.Price, low, high int64) money.Decimal {
	var sum money.Decimal
	var below int64
	for _, run := range c {
		above := below + run.Units
		if run.Charged && overlap(below, above, low, high) > 0 {
			sum = sum.Add(price.Total(min(above, high)).Sub(price.Total(max(below, low))))
		}
		below = above
	}
	return sum
}

// worth returns the value of the charged units within the current quantity: what they add to T, and
// the part of the price that does not depend on the quantity.
func (c Coverage) worth(price pricing.Price, held int64) money.Decimal {
	return price.Total(0).Add(c.adds(price, 0, held))
}

// overlap is the length of the intersection of (a, b] and (low, high].
func overlap(a, b, low, high int64) int64 {
	return max(0, min(b, high)-max(a, low))
}
