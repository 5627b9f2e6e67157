// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"math/big"
	"slices"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// The oracle keeps what is settled as a list of single units, where the engine keeps
// runs of them: each was charged, or is free.

// cover covers units up to a quantity.
func (o *oracle) cover(quantity int64, charged bool) {
	units := slices.Clone(o.units)
	for int64(len(units)) < quantity {
		units = append(units, charged)
	}
	o.units = units
	for o.runs() > proration.MaxRuns {
		for i, joined := 1, 0; i < len(units) && joined < 2; i++ {
			if units[i] != units[i-1] {
				joined++
			}
			if joined == 2 {
				clear(units[:i])
			}
		}
	}
}

// runs counts how often the covered units change their kind, and the first.
func (o *oracle) runs() int {
	n := min(len(o.units), 1)
	for i := 1; i < len(o.units); i++ {
		if o.units[i] != o.units[i-1] {
			n++
		}
	}
	return n
}

// adds sums up, unit by unit, what the charged ones from one place to another add
// to T.
func (o *oracle) adds(units []bool, from, to int) *big.Rat {
	sum := new(big.Rat)
	for i := from; i < min(to, len(units)); i++ {
		if units[i] {
			sum.Add(sum, naiveTotal(o.price, int64(i+1)))
			sum.Sub(sum, naiveTotal(o.price, int64(i)))
		}
	}
	return sum
}

// worth is what the charged ones among the first units come to.
func (o *oracle) worth(units []bool, first int) *big.Rat {
	return new(big.Rat).Add(naiveTotal(o.price, 0), o.adds(units, 0, first))
}

// rise covers more units.
func (o *oracle) rise(c change) []expected {
	d := new(big.Rat).Sub(naiveTotal(o.price, c.quantity), naiveTotal(o.price, int64(len(o.units))))
	o.cover(c.quantity, c.method != proration.DoNotCharge)
	switch {
	case c.method == proration.DoNotCharge, c.method == proration.PayInFull && d.Sign() <= 0:
		return nil
	case d.Sign() > 0:
		return o.debit(d, c, c.method == proration.PayInFull)
	default:
		return o.credit(d.Neg(d), c)
	}
}

// fall takes the charged ones among the last held units away, the newest first.
func (o *oracle) fall(c change, held int64) []expected {
	before := o.units
	var kept []bool
	for i, charged := range before {
		if charged && int64(i) >= c.quantity && int64(i) < held {
			continue
		}
		kept = append(kept, charged)
	}
	if len(kept) == len(before) {
		return nil
	}
	o.units = kept
	full := o.adds(before, int(c.quantity), int(held))
	left := o.worth(kept, len(kept))
	if full.Sign() < 0 {
		full.Neg(full)
		if room := new(big.Rat).Sub(left, o.v); room.Cmp(full) < 0 {
			full = room
		}
		if full.Sign() <= 0 {
			return nil
		}
		return o.debit(full, c, false)
	}
	if less := new(big.Rat).Sub(o.worth(before, len(before)), left); less.Cmp(full) < 0 {
		full = less
	}
	return o.credit(full, c)
}
