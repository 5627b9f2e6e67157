// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// ElapsedCharge returns what an item in arrears owes when its period is cut short at an instant, by
// a cancellation or a Reset: the time elapsed, under every method (billing.md#8-documents). 10
// seats at 10.00 canceled on 21 April: 100 × 20/30 = 66.67.
//
// c is the [Charge] that the period started with, whose line has not been billed; pos is the item's
// position now. The first line is the recurring charge for the time elapsed. The caller has the
// lines of the period's changes, which are priced up to the end of the period. If they raised or
// lowered the total since the start of the period, a second line credits or charges the part after
// the cut.
//
// The elapsed share is what would not be credited to an item in advance, so that both pay the same.
// It is the share charged at the start less the share of a credit at the cut, by the policy's unit
// and rounding.
func ElapsedCharge(pos Position, c Charge, cut time.Time) []Line {
	start, line := PeriodCharge(c)
	share := c.elapsed(cut)
	line.To, line.Share, line.Amount = cut, &share, money.Decimal{}
	line.Description = describe(c.words(), &share)
	line.settle(money.Fraction{}, c.Currency)

	return append([]Line{line}, changesAfter(pos, c, cut, pos.Charged.Sub(start.Charged))...)
}

// ElapsedChanges is [ElapsedCharge] for an item that was added, or moved to its plan, after the
// period started. There is no recurring charge, and the line credits what its changes were charged
// for the time after the cut.
func ElapsedChanges(pos Position, c Charge, cut time.Time) []Line {
	return changesAfter(pos, c, cut, pos.Charged)
}

func changesAfter(pos Position, c Charge, cut time.Time, added money.Decimal) []Line {
	if added.IsZero() {
		return nil
	}
	return []Line{afterCut(pos, c, cut, added)}
}

// elapsed is the share charged at the start less the share that would be credited at the cut.
func (c Charge) elapsed(cut time.Time) Share {
	share := c.Window.Share(c.From, c.Policy, Debit, nil)
	unused := c.Window.Share(cut, c.Policy, Credit, nil)
	share.Units = atLeast(share.Units.Sub(unused.Units), money.Fraction{})
	return share
}

// afterCut credits what changes added to the time after the cut, or charges what they had taken off
// it.
func afterCut(pos Position, c Charge, cut time.Time, added money.Decimal) Line {
	kind, share := KindDebit, c.Window.Share(cut, c.Policy, Credit, nil)
	switch {
	case added.Sign() > 0:
		kind, share = KindCredit, pos.credit(c.Window, cut, c.Policy)
	case pos.CreditUnits != nil:
		// A credit that takes effect after the cut covered less than that.
		share.Units = atMost(share.Units, c.Window.convert(*pos.CreditUnits, pos.CreditUnit, share.Unit))
	}
	line := Line{
		Item: c.Item, Product: c.Product, Plan: c.Plan,
		Kind:        kind,
		Description: describe("Changes for the unused rest of the period", &share),
		Full:        added.Neg(),
		From:        cut, To: c.Window.End,
		Share: &share,
	}
	line.settle(pos.Remainder, c.Currency)
	return line
}
