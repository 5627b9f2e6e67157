// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import "github.com/seatplane/seatplane/internal/billing/money"

// settle computes the amount of a line from its full amount and its share (billing.md#3-rounding):
// Full × ratio + carried, rounded once, half away from zero, to the minor unit. It returns the
// remainder, which the next line of a change of the item on its plan carries.
//
// A line that covers no time does not use the carried remainder. The remainder may be half a minor
// unit, which rounded alone would give a line with the opposite sign of its change. The next line
// carries it.
func (l *Line) settle(carried money.Fraction, currency money.Currency) (remainder money.Fraction) {
	l.Unrounded = money.FractionOf(l.Full)
	if l.Share != nil {
		l.Unrounded = l.Unrounded.Mul(l.Share.Ratio())
	}
	if l.Unrounded.IsZero() {
		return carried
	}
	l.Carried = carried
	exact := l.Unrounded.Add(carried)
	l.Amount = currency.Round(exact)
	return exact.Sub(money.FractionOf(l.Amount))
}
