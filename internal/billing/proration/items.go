// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// Replacement describes how an item moves to another plan while its period stays
// (billing.md#retain).
type Replacement struct {
	Item, Update string
	// OldProduct, OldPlan and OldPrice are what the item leaves. The price is the captured one.
	OldProduct, OldPlan string
	OldPrice            pricing.Price
	// Product, Plan and Price are what it moves to.
	Product, Plan string
	Price         pricing.Price
	Currency      money.Currency
	// Quantity is the new quantity, q, on the new plan.
	Quantity int64
	Method   Method
	At       time.Time
	Window   Window
	Policy   Policy
	// Carried is the remainder that the item's earlier lines on the new plan left in this period
	// (billing.md#3-rounding), or 0.
	Carried money.Fraction
}

// ReplaceItem returns what a change of an item's plan costs with Retain: the position on the new
// plan, up to two lines, the credit first, and the remainder of the lines on the old plan, for
// [Replacement.Carried] if the item returns to that plan in this period (billing.md#6-items). If
// the quantity changes too, the lines describe both.
//
// ProRata: a credit of min(C, V) × ratio, where C is the value of the charged units within the
// current quantity, and a debit of T_new(q) × ratio. Both use the same R', rounded by the sign of
// the full-period difference. PayInFull: the debit in full, no credit. DoNotCharge: no lines; the
// new plan bills from the next period.
func ReplaceItem(pos Position, r Replacement) (Position, []Line, money.Fraction) {
	total := r.Price.Total(r.Quantity)
	after := pos
	after.Held, after.Coverage = r.Quantity, charged(r.Quantity)
	after.Remainder = r.Carried
	switch r.Method {
	case ProRata:
		return r.proRata(pos, after, total)
	case PayInFull:
		after.Charged = money.Decimal{}
		after, debit := r.next().replaceDebit(after, total, nil)
		return after, lines(nil, debit), pos.Remainder
	default: // DoNotCharge
		return after, nil, pos.Remainder
	}
}

func (r Replacement) proRata(pos, after Position, total money.Decimal) (Position, []Line, money.Fraction) {
	back := chargedAndHeld(pos, r.OldPrice)
	share := pos.debit(r.Window, r.At, r.Policy)
	if total.Cmp(back) < 0 {
		share = pos.credit(r.Window, r.At, r.Policy)
		after = after.credited(money.Decimal{}, r.At, share)
	}
	credit, left := r.old().replaceCredit(pos, back, share)
	after.Charged = money.Decimal{} // V is what is charged for the new plan
	after, debit := r.next().replaceDebit(after, total, &share)
	return after, lines(credit, debit), left
}

// replaceDebit charges the new plan, in full without a share.
func (c Change) replaceDebit(pos Position, full money.Decimal, share *Share) (Position, *Line) {
	pos = pos.debited(full)
	if share != nil {
		pos = pos.capped(c.Window, *share)
	}
	if full.IsZero() {
		return pos, nil
	}
	line := c.line(KindDebit, full, share, part{c.Quantity, onPlan(c.Quantity, c.Plan)})
	pos.Remainder = line.settle(pos.Remainder, c.Currency)
	return pos, line
}

// old is the side of a replacement that ends.
func (r Replacement) old() Change {
	return Change{
		Item: r.Item, Product: r.OldProduct, Plan: r.OldPlan, Update: r.Update,
		Price: r.OldPrice, Currency: r.Currency, At: r.At, Window: r.Window, Policy: r.Policy,
	}
}

// next is the side of a replacement that begins.
func (r Replacement) next() Change {
	return Change{
		Item: r.Item, Product: r.Product, Plan: r.Plan, Update: r.Update,
		Price: r.Price, Currency: r.Currency, Quantity: r.Quantity, At: r.At, Window: r.Window, Policy: r.Policy,
	}
}

// RemoveItem returns the credit for an item that is removed with Retain: min(C, V) × ratio under
// ProRata, nothing under the other methods (billing.md#6-items). It also returns the remainder of
// its lines, for [Change.Carried] if the item is added again in this period. c.Plan and c.Price are
// the current ones. c.Quantity is ignored.
func RemoveItem(pos Position, c Change) (*Line, money.Fraction) {
	after, line := c.giveBack(pos, unused(pos.Held, c.Plan))
	return line, after.Remainder
}

// SettleItem returns the credit for an item whose period ends early by Reset or by a cancellation,
// as [RemoveItem] does. It only credits, and rounds as a credit.
func SettleItem(pos Position, c Change) *Line {
	_, line := c.giveBack(pos, unused(pos.Held, c.Plan))
	return line
}

func (c Change) giveBack(pos Position, words string) (Position, *Line) {
	if c.Method != ProRata {
		return pos, nil
	}
	return c.credit(pos, chargedAndHeld(pos, c.Price), part{pos.Held, words})
}

// AddItem returns the charge for an item that is added in mid-period with Retain: T(q) × ratio
// under ProRata, T(q) in full under PayInFull, nothing until the next period under DoNotCharge. It
// also returns the position that the item starts with (billing.md#6-items). Units that were not
// charged are free for the period.
func AddItem(c Change) (Position, *Line) {
	total := c.Price.Total(c.Quantity)
	pos := Position{Held: c.Quantity, Remainder: c.Carried}
	pos.Coverage = pos.Coverage.with(c.Quantity, c.Method == ProRata || c.Method == PayInFull)
	words := part{c.Quantity, seats(c.Quantity) + " added"}
	switch {
	case total.IsZero():
		return pos, nil
	case c.Method == ProRata:
		return c.debit(pos, total, words)
	case c.Method == PayInFull:
		return c.debitInFull(pos, total, words)
	}
	return pos, nil
}

func lines(credit, debit *Line) []Line {
	var all []Line
	for _, line := range []*Line{credit, debit} {
		if line != nil {
			all = append(all, *line)
		}
	}
	return all
}
