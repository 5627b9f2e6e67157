// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"strconv"
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// Change describes a change of one item in mid-period.
type Change struct {
	// Item, Product and Plan name what changes, and Update what changes it.
	Item, Product, Plan, Update string
	// Price is the price captured for the current period.
	Price    pricing.Price
	Currency money.Currency
	// Quantity is the new quantity, q.
	Quantity int64
	// Carried is the remainder that an added item left on this plan earlier in the period
	// (billing.md#3-rounding), or 0. Only [AddItem] reads it: any other change finds the remainder
	// in the position.
	Carried money.Fraction
	Method  Method
	// At is the effective time, for the period and the ratio. The effective times of an item never
	// go back within a period.
	At     time.Time
	Window Window
	Policy Policy
}

// ChangeQuantity returns what a change of an item's quantity costs, as one line, and the position
// after it (billing.md#5-coverage). The line is nil if the change prices nothing. The line may also
// come to 0. Then it is recorded with the update and left off the invoice.
func ChangeQuantity(pos Position, c Change) (Position, *Line) {
	pos.Coverage = pos.Coverage.covering(pos.Held)
	held := pos.Held
	pos.Held = c.Quantity
	switch {
	case c.Quantity > held:
		return c.rise(pos, held)
	case c.Quantity < held && c.Method == ProRata:
		return c.fall(pos, held)
	}
	return pos, nil
}

// rise charges the units that are not covered yet: D = T(q) − T(c). Covered units cost nothing. D
// is negative if tiers make more units cheaper.
func (c Change) rise(pos Position, held int64) (Position, *Line) {
	covered := pos.Coverage.Units()
	if c.Quantity <= covered {
		return pos, nil
	}
	added := c.Quantity - covered
	difference := c.Price.Total(c.Quantity).Sub(c.Price.Total(covered))
	what := c.seatsChanged(held, added, difference.Sign() > 0)
	inFull, proRata := c.Method == PayInFull, c.Method == ProRata
	pos.Coverage = pos.Coverage.with(added, inFull || proRata)
	switch {
	case inFull && difference.Sign() > 0:
		return c.debitInFull(pos, difference, what)
	case proRata && difference.Sign() > 0:
		return c.debit(pos, difference, what)
	case proRata:
		return c.credit(pos, difference.Neg(), what)
	}
	return pos, nil
}

// fall credits what the charged units among the last h − q current ones add to T. They leave the
// coverage. The credit is never larger than the drop in value of what stays charged, because units
// above that were removed without a credit move into their place.
//
// If tiers make more units cheaper, removing some has a cost: what an increase credited is charged
// again, until what stays charged is fully paid.
func (c Change) fall(pos Position, held int64) (Position, *Line) {
	before := pos.Coverage
	var released int64
	pos.Coverage, released = before.without(c.Quantity, held)
	if released == 0 {
		return pos, nil
	}
	full := before.adds(c.Price, c.Quantity, held)
	worth := pos.Coverage.worth(c.Price, pos.Coverage.Units())
	what := c.seatsChanged(held, released, full.Sign() > 0)
	if full.Sign() < 0 {
		due := money.Min(full.Neg(), worth.Sub(pos.Charged))
		if due.Sign() <= 0 {
			return pos, nil
		}
		return c.debit(pos, due, what)
	}
	less := before.worth(c.Price, before.Units()).Sub(worth)
	return c.credit(pos, money.Min(full, less), what)
}

// ChangeOneTime returns what a change of the quantity of a one-time item costs:
// added units are charged in full, removed ones are not credited
// (billing.md#6-items).
func ChangeOneTime(pos Position, c Change) (Position, *Line) {
	if c.Method == ProRata {
		c.Method = PayInFull
	}
	after, line := ChangeQuantity(pos, c)
	if line != nil {
		line.Kind = KindOneTime
	}
	return after, line
}

// part is what a line of a change is for.
type part struct {
	quantity int64
	words    string
}

// seatsChanged describes the line of a change that prices the given number of units. If the line is not for
// all units of the change, or has the opposite sign, the description is the change itself: "20 → 21 seats"
// for a credit. The same applies if the last seat decides what all of them cost.
func (c Change) seatsChanged(held, priced int64, usual bool) part {
	change := c.Quantity - held
	switch {
	case !usual || c.Price.Model == pricing.Volume || (priced != change && priced != -change):
		return part{priced, strconv.FormatInt(held, 10) + " → " + seats(c.Quantity)}
	case change > 0:
		return part{priced, seats(priced) + " added"}
	default:
		return part{priced, seats(priced) + " removed"}
	}
}

// debit charges an amount for the rest of the period.
func (c Change) debit(pos Position, full money.Decimal, what part) (Position, *Line) {
	share := pos.debit(c.Window, c.At, c.Policy)
	line := c.line(KindDebit, full, &share, what)
	after := pos.debited(full).capped(c.Window, share)
	after.Remainder = line.settle(pos.Remainder, c.Currency)
	return after, line
}

// debitInFull charges an amount for a full period.
func (c Change) debitInFull(pos Position, full money.Decimal, what part) (Position, *Line) {
	line := c.line(KindDebit, full, nil, what)
	after := pos.debited(full)
	after.Remainder = line.settle(pos.Remainder, c.Currency)
	return after, line
}

func (c Change) line(kind Kind, full money.Decimal, share *Share, what part) *Line {
	return &Line{
		Item: c.Item, Product: c.Product, Plan: c.Plan, Update: c.Update,
		Kind:        kind,
		Description: describe(what.words, share),
		Quantity:    what.quantity,
		UnitAmount:  unitAmount(c.Price, what.quantity, full),
		Full:        full,
		From:        c.At, To: c.Window.End,
		Share: share,
	}
}
