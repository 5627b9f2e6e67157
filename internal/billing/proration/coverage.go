// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// MaxRuns is how many runs a coverage has at most. A longer one joins its two
// oldest runs into a free one, which is never credited (billing.md#5-coverage).
const MaxRuns = 64

// Run is a number of neighbouring units of a coverage that are alike.
type Run struct {
	// Units is how many there are, at least 1.
	Units int64
	// Charged units were paid for and can be credited. Free ones were not, and
	// cannot.
	Charged bool
}

// Coverage lists the units of an item whose time to the end of the current period
// is settled, oldest first: nothing more is charged for them in this period
// (billing.md#5-coverage). Neighbouring runs differ. The first units of it are
// the ones held; those above were given up without a credit. A Coverage is a
// value: its methods return a new one.
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

// with returns the coverage with units put on top.
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

// push puts a run on top, joined with one of its kind. It changes c.
func (c Coverage) push(run Run) Coverage {
	if last := len(c) - 1; last >= 0 && c[last].Charged == run.Charged {
		c[last].Units += run.Units
		return c
	}
	return append(c, run)
}

// joined puts neighbouring runs that are alike together.
func (c Coverage) joined() Coverage {
	var joined Coverage
	for _, run := range c {
		joined = joined.push(run)
	}
	return joined
}

// covering returns the coverage with free units on top where it covers fewer
// than a quantity. Only a quantity that was never priced, in a trial for example,
// is not covered.
func (c Coverage) covering(quantity int64) Coverage {
	return c.with(quantity-c.Units(), false)
}

// without returns the coverage without the charged units among those above the
// first low ones and up to the first high ones, and how many these were. Free
// units stay, and what lies above moves down.
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

// adds returns what the charged units among those above the first low ones and up
// to the first high ones add to T, each where it stands.
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

// worth returns what the charged units among the first held ones come to: what
// they add to T, and what the item costs whatever its quantity.
func (c Coverage) worth(price pricing.Price, held int64) money.Decimal {
	return price.Total(0).Add(c.adds(price, 0, held))
}

// overlap is the length of what (a, b] and (low, high] share.
func overlap(a, b, low, high int64) int64 {
	return max(0, min(b, high)-max(a, low))
}
