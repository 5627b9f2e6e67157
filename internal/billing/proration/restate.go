// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"strings"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// Restate fills in the fields that [Change.Abridge] left out of a line, by the same rules that first priced and described
// the line. Key, Item, Kind, Quantity, From, Carried, Amount and Update do not change, and neither does any other field
// that was kept.
//
// Only the item, the price, the window and the currency of the change are read.
func (c Change) Restate(kept Line) Line {
	l := kept
	if ofChange := kept.Product == "" && kept.Plan == ""; ofChange {
		l.Product, l.Plan = c.Product, c.Plan
	}
	if l.To.IsZero() {
		l.To = c.Window.End
	}
	if l.Full.IsZero() {
		l.Full = c.usualFull(kept)
	}
	if l.UnitAmount == nil && l.Product == c.Product && l.Plan == c.Plan {
		l.UnitAmount = unitAmount(c.Price, l.Quantity, l.Full)
	}
	l.Share = c.restateShare(kept)
	if l.Description == "" {
		l.Description = describe(usualWords(kept), l.Share)
	}
	l.Unrounded = money.FractionOf(l.Full)
	if l.Share != nil {
		l.Unrounded = l.Unrounded.Mul(l.Share.Ratio())
	}
	return l
}

// Abridge returns the fields of a line that [Change.Restate] needs to restore it: those that cannot be derived from the
// current item, its captured price and the period. ok is false for a line that must be kept whole: a folded line, a line
// that no change made, or a line whose numbers have another origin.
//
// The unrounded amount is restored exactly if it was truncated to twelve digits.
func (c Change) Abridge(l Line) (kept Line, ok bool) {
	isChange := l.Kind == KindDebit || l.Kind == KindCredit
	if !isChange || l.Count > 0 || l.Full.IsZero() || l.From.IsZero() || l.Product == "" || l.Plan == "" {
		return l, false
	}
	kept = Line{
		Key: l.Key, Item: l.Item, Kind: l.Kind, Quantity: l.Quantity, From: l.From, Carried: l.Carried, Amount: l.Amount, Update: l.Update,
	}
	if l.Product != c.Product || l.Plan != c.Plan {
		kept.Product, kept.Plan, kept.UnitAmount = l.Product, l.Plan, l.UnitAmount
	}
	if !l.To.Equal(c.Window.End) {
		kept.To = l.To
	}
	if !l.Full.Equal(c.usualFull(l)) {
		kept.Full = l.Full
	}
	if l.Share == nil {
		kept.Description = l.Description
	} else if policy := NoPolicy.withDefaults(); l.Share.Unit != policy.Unit || l.Share.Rounding != policy.Rounding {
		kept.Share = &Share{Unit: l.Share.Unit, Rounding: l.Share.Rounding}
	}
	again := c.Restate(kept)
	if !again.sameShare(l) {
		kept.Share = l.Share
		again = c.Restate(kept)
	}
	if again.Description != l.Description {
		kept.Description = l.Description
		again = c.Restate(kept)
	}
	return kept, again.same(l)
}

// restateShare is the share of an abridged line. The description of a line that is charged in full says so.
func (c Change) restateShare(kept Line) *Share {
	if strings.HasSuffix(kept.Description, inFull) {
		return nil
	}
	policy, side := NoPolicy, Debit
	if kept.Share != nil {
		policy = Policy{Unit: kept.Share.Unit, Rounding: kept.Share.Rounding}
	}
	if kept.Kind == KindCredit {
		side = Credit
	}
	share := c.Window.Share(kept.From, policy, side, nil)
	if kept.Share != nil && !kept.Share.UnitsInPeriod.IsZero() {
		share.Units, share.UnitsInPeriod = kept.Share.Units, kept.Share.UnitsInPeriod
	}
	return &share
}

// usualFull is the full amount of units that all have the same price; zero in other models.
func (c Change) usualFull(l Line) money.Decimal {
	full := c.Price.UnitAmount.MulInt(l.Quantity)
	if unitAmount(c.Price, l.Quantity, full) == nil {
		return money.Decimal{}
	}
	if l.Kind == KindCredit {
		return full.Neg()
	}
	return full
}

// usualWords describes the line of a change that covers all its units.
func usualWords(l Line) string {
	if l.Kind == KindCredit {
		return seats(l.Quantity) + " removed"
	}
	return seats(l.Quantity) + " added"
}

// same reports whether two lines have the same written form.
func (l Line) same(o Line) bool {
	words := l.Key == o.Key && l.Item == o.Item && l.Product == o.Product && l.Plan == o.Plan && l.Kind == o.Kind &&
		l.Description == o.Description && l.Quantity == o.Quantity && l.Update == o.Update &&
		l.Count == o.Count && l.FirstUpdate == o.FirstUpdate && l.LastUpdate == o.LastUpdate
	sameUnit := (l.UnitAmount == nil) == (o.UnitAmount == nil) && (l.UnitAmount == nil || l.UnitAmount.Equal(*o.UnitAmount))
	return words && sameUnit && l.sameShare(o) && l.From.Equal(o.From) && l.To.Equal(o.To) && l.Full.Equal(o.Full) &&
		l.Unrounded.Decimal().Equal(o.Unrounded.Decimal()) && l.Carried.Equal(o.Carried) && l.Amount.Equal(o.Amount)
}

func (l Line) sameShare(o Line) bool {
	if l.Share == nil || o.Share == nil {
		return l.Share == o.Share
	}
	return l.Share.Unit == o.Share.Unit && l.Share.Rounding == o.Share.Rounding &&
		l.Share.Units.Equal(o.Share.Units) && l.Share.UnitsInPeriod.Equal(o.Share.UnitsInPeriod)
}
