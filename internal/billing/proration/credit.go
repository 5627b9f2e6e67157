// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// credit credits an amount for the rest of the period, but never more than was charged.
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

// credit returns the share of a credit at t.
func (p Position) credit(w Window, t time.Time, policy Policy) Share {
	if p.DebitUnits == nil {
		return w.Share(t, policy, Credit, nil)
	}
	units := w.convert(*p.DebitUnits, p.DebitUnit, policy.Unit)
	return w.Share(t, policy, Credit, &units)
}

// credited records a credit for a full period. The amount is at most Charged.
func (p Position) credited(amount money.Decimal, t time.Time, s Share) Position {
	units := s.Units
	p.CreditUnits, p.CreditUnit, p.CreditTime = &units, s.Unit, t
	p.Charged = p.Charged.Sub(amount)
	return p
}

// capped records that a debit was charged for no more units of time than s has.
func (p Position) capped(w Window, s Share) Position {
	units := s.Units
	if p.DebitUnits != nil {
		units = atMost(units, w.convert(*p.DebitUnits, p.DebitUnit, s.Unit))
	}
	p.DebitUnits, p.DebitUnit = &units, s.Unit
	return p
}

// replaceCredit credits the old plan.
func (c Change) replaceCredit(pos Position, full money.Decimal, share Share) (*Line, money.Fraction) {
	if full.Sign() <= 0 {
		return nil, pos.Remainder
	}
	line := c.line(KindCredit, full.Neg(), &share, part{pos.Held, unused(pos.Held, c.Plan)})
	left := line.settle(pos.Remainder, c.Currency)
	return line, left
}

// chargedAndHeld returns min(C, V), where C is the value of the charged units within the current
// quantity for a full period.
func chargedAndHeld(pos Position, p pricing.Price) money.Decimal {
	return money.Min(pos.Coverage.worth(p, pos.Held), pos.Charged)
}
