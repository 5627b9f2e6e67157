// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// Charge describes an item to be charged: for a period, once, or for its usage.
type Charge struct {
	Item, Product, Plan string
	// Price is the price captured for the period.
	Price    pricing.Price
	Currency money.Currency
	// Quantity is the number of units: the current quantity, those bought once, or the usage.
	Quantity int64
	// Minimum is the smallest quantity that a recurring charge bills (billing.md#10-seats). 0 means
	// no minimum. Other charges ignore it.
	Minimum int64
	// From is when the charge begins: the start of the period, which in a stub is later than the
	// start of Window.Natural.
	From   time.Time
	Window Window
	// Policy measures a stub. Nothing else is prorated.
	Policy Policy
}

// PeriodCharge returns the recurring charge of a period, T(b) for the billed quantity b, and the
// position that the period starts with: b charged units are covered, V = T(b), the remainder is 0
// (billing.md#4-prices and billing.md#5-coverage). The line's amount may be 0.
//
// A stub, which starts after its natural period, is priced like a debit at its start, by the policy's
// unit and rounding (billing.md#1-calendar): its line has a Share. V is the full T(b) even in a stub,
// because credits are multiplied by a ratio that is not larger than the stub's.
//
// For an item in arrears the line is billed at the end of the period, where the same Charge gives the
// same line.
func PeriodCharge(c Charge) (Position, Line) {
	billed := max(c.Quantity, c.Minimum)
	total := c.Price.Total(billed)
	pos := Position{Held: c.Quantity, Coverage: charged(billed), Charged: total}
	line := c.line(KindRecurring, billed, total)
	line.Description = c.words()
	if !c.Window.Whole(c.From) {
		share := c.Window.Share(c.From, c.Policy, Debit, nil)
		line.Share = &share
		line.Description = describe(line.Description, &share)
		pos = pos.capped(c.Window, share)
	}
	line.settle(money.Fraction{}, c.Currency)
	return pos, line
}

// words describes what a recurring charge is for, and whether it is the plan's minimum.
func (c Charge) words() string {
	if c.Minimum > c.Quantity {
		return seats(c.Minimum) + ", the plan's minimum"
	}
	return seats(c.Quantity)
}

// OneTimeCharge returns the charge of an item that is charged once, T(q) in full, and the position
// that later additions are measured against (billing.md#6-items). It is never prorated. The line's
// amount may be 0.
func OneTimeCharge(c Charge) (Position, Line) {
	total := c.Price.Total(c.Quantity)
	line := c.line(KindOneTime, c.Quantity, total)
	line.To = line.From
	line.Description = seats(c.Quantity)
	line.settle(money.Fraction{}, c.Currency)
	return Position{Held: c.Quantity, Coverage: charged(c.Quantity), Charged: total}, line
}

// UsageCharge returns what the usage of a period costs: T(usage), never
// prorated (billing.md#11-usage).
func UsageCharge(c Charge) Line {
	line := c.line(KindUsage, c.Quantity, c.Price.Total(c.Quantity))
	line.Description = count(c.Quantity, "unit", "units") + " used"
	line.settle(money.Fraction{}, c.Currency)
	return line
}

func (c Charge) line(kind Kind, quantity int64, full money.Decimal) Line {
	return Line{
		Item: c.Item, Product: c.Product, Plan: c.Plan,
		Kind:       kind,
		Quantity:   quantity,
		UnitAmount: unitAmount(c.Price, quantity, full),
		Full:       full,
		From:       c.From, To: c.Window.End,
	}
}

// unitAmount returns the price of one unit if it multiplies out to the full amount, and otherwise
// nil: for other models, with included units, or if a credit is capped.
func unitAmount(p pricing.Price, quantity int64, full money.Decimal) *money.Decimal {
	if p.Model != pricing.PerUnit || !p.UnitAmount.MulInt(quantity).Equal(full.Abs()) {
		return nil
	}
	unit := p.UnitAmount
	return &unit
}
