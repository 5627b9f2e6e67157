// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// Change asks what a change of one item in mid-period costs.
type Change struct {
	// Item, Product and Plan name what changes; Update what changes it.
	Item, Product, Plan, Update string
	// Price is the price captured for the current period.
	Price    pricing.Price
	Currency money.Currency
	// Quantity is the new quantity, q.
	Quantity int64
	// Carried is the remainder that an item which is added left on this plan
	// earlier in the period (section 3); else 0. Only [AddItem] reads it: any other
	// change finds it in the position.
	Carried money.Fraction
	Method  Method
	// At is the effective time, for the period and the ratio. Per item, effective
	// times never go back within a period.
	At     time.Time
	Window Window
	Policy Policy
}

// ChangeQuantity returns what a change of an item's quantity costs, as one line,
// and the position after it (billing design, section 5). The line is nil when
// the change prices nothing; a line may also come to 0, and is then recorded
// with the update and left off the invoice.
//
// A quantity between the one held and the billed one, the billed one included,
// prices nothing: such seats were never charged, or are paid already.
func ChangeQuantity(pos Position, c Change) (Position, *Line) {
	held := pos.Held
	pos.Held = c.Quantity
	if within(c.Quantity, held, pos.Billed) {
		return pos, nil
	}
	switch {
	case c.Method == ProRata:
		return changeProRata(pos, c)
	case c.Method == PayInFull && c.Quantity > held:
		return risePaidInFull(pos, c)
	}
	return pos, nil
}

// changeProRata: a debit of D × ratio, or a credit of min(−D, V) × ratio.
func changeProRata(pos Position, c Change) (Position, *Line) {
	total := c.Price.Total(c.Quantity)
	difference := total.Sub(pos.Reference)
	billed := pos.Billed
	pos.Billed, pos.Reference = c.Quantity, total
	switch difference.Sign() {
	case 1:
		return c.debit(pos, difference, seatsChanged(billed, c.Quantity))
	case -1:
		return c.credit(pos, difference.Neg(), seatsChanged(billed, c.Quantity))
	}
	return pos, nil
}

// risePaidInFull: a debit of D in full, and nothing where a rise costs less.
func risePaidInFull(pos Position, c Change) (Position, *Line) {
	total := c.Price.Total(c.Quantity)
	difference := total.Sub(pos.Reference)
	billed := pos.Billed
	pos.Billed, pos.Reference = c.Quantity, money.Max(pos.Reference, total)
	if difference.Sign() <= 0 {
		return pos, nil
	}
	return c.debitInFull(pos, difference, seatsChanged(billed, c.Quantity))
}

// ChangeOneTime returns what a change of the quantity of a one-time item costs:
// added units are charged in full, removed ones are not credited (billing
// design, section 6).
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

// within reports whether q lies between a and b, both included.
func within(q, a, b int64) bool {
	return min(a, b) <= q && q <= max(a, b)
}

// part is what a line of a change is about.
type part struct {
	quantity int64
	words    string
}

// seatsChanged says how the billed quantity changes.
func seatsChanged(from, to int64) part {
	if to > from {
		return part{to - from, seats(to-from) + " added"}
	}
	return part{from - to, seats(from-to) + " removed"}
}

// debit charges an amount for the rest of the period.
func (c Change) debit(pos Position, full money.Decimal, what part) (Position, *Line) {
	share := pos.debit(c.Window, c.At, c.Policy)
	line := c.line(KindDebit, full, &share, what)
	after := pos.debited(full).capped(c.Window, share)
	after.Remainder = line.settle(pos.Remainder, c.Currency)
	return after, line
}

// debitInFull charges an amount as for a full period.
func (c Change) debitInFull(pos Position, full money.Decimal, what part) (Position, *Line) {
	line := c.line(KindDebit, full, nil, what)
	after := pos.debited(full)
	after.Remainder = line.settle(pos.Remainder, c.Currency)
	return after, line
}

// credit gives back an amount for the rest of the period, but never more than
// was charged.
func (c Change) credit(pos Position, full money.Decimal, what part) (Position, *Line) {
	full = money.Min(full, pos.Charged)
	if full.Sign() <= 0 {
		return pos, nil
	}
	share := pos.credit(c.Window, c.At, c.Policy)
	line := c.line(KindCredit, full.Neg(), &share, what)
	after := pos.credited(full, c.At, share)
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
