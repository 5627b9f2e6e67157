// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// Position is an item's current quantity and what its next change in the current period is measured
// against (billing.md#5-coverage). It is immutable: a change returns a new one.
type Position struct {
	// Held is the current quantity, h.
	Held int64
	// Coverage lists the units that need no further charge in this period. It covers at least Held
	// once the period has been charged.
	Coverage Coverage
	// Charged is the charged total V, in major units for a full period. It caps credits. It is
	// never negative.
	Charged money.Decimal
	// Remainder is the rounding remainder that the next line of a change of this item on this plan
	// carries (billing.md#3-rounding). It is at most half a minor unit in either direction, and 0
	// when a period starts.
	Remainder money.Fraction

	// DebitUnits is the smallest number of units of time, in units of DebitUnit, that a debit still
	// in force was charged for. A credit never covers more (billing.md#time-rounding). A stub's
	// recurring charge counts as a debit. It is nil if everything was charged for the whole period,
	// so that there is no cap.
	DebitUnits *money.Fraction
	DebitUnit  Unit

	// CreditUnits is what the newest credit covered, in units of CreditUnit, and CreditTime its
	// instant. A debit at the same instant covers no fewer, so that removing units and adding them
	// again at once has no cost and no gain. It is nil without a credit in this period.
	CreditUnits *money.Fraction
	CreditUnit  Unit
	CreditTime  time.Time
}

// debit returns the share of a debit at t.
func (p Position) debit(w Window, t time.Time, policy Policy) Share {
	s := w.Share(t, policy, Debit, nil)
	if p.CreditUnits != nil && p.CreditTime.Equal(t) {
		s.Units = atMost(atLeast(s.Units, w.convert(*p.CreditUnits, p.CreditUnit, policy.Unit)), s.UnitsInPeriod)
	}
	return s
}

// convert expresses units of time in another unit, as the same part of the period, because a policy
// can change its unit during the period.
func (w Window) convert(units money.Fraction, from, to Unit) money.Fraction {
	if from == to || from == "" {
		return units
	}
	period := w.size(from)
	if period.IsZero() {
		return units
	}
	return units.Quo(period).Mul(w.size(to))
}

// debited records a debit of amount for a full period.
func (p Position) debited(amount money.Decimal) Position {
	if p.Charged.IsZero() {
		p.DebitUnits, p.DebitUnit = nil, "" // there is nothing left for a cap to protect
	}
	p.Charged = p.Charged.Add(amount)
	return p
}
