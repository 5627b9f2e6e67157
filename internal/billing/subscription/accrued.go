// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// Kept is the part of an accrued line that is stored (consistency.md#5-size-bounds).
type Kept struct {
	proration.Line
	// Whole: nothing was left out.
	Whole bool
	// Carries means that the carried remainder is stored. Otherwise it is the one that the previous line of the same
	// item and plan left.
	Carries bool
}

// AbridgeAccrued returns the parts of accrued lines that have to be stored so that [State.RestateAccrued] can restore
// the lines. Most of a line follows from the current items, their captured prices and the period; see
// [proration.Change.Abridge].
func (s *State) AbridgeAccrued(lines []proration.Line) []Kept {
	kept := make([]Kept, 0, len(lines))
	terms := s.accruedTerms()
	for _, line := range lines {
		change, known := terms.changeOf(line.Item)
		short, abridged := line, false
		if known {
			short, abridged = change.Abridge(line)
		}
		if !abridged {
			terms.startAnew(line)
			kept = append(kept, Kept{Line: line, Whole: true})
			continue
		}
		follows := terms.left(line).Equal(line.Carried)
		terms.leave(change.Restate(short))
		kept = append(kept, Kept{Line: short, Carries: !follows})
	}
	return kept
}

// RestateAccrued restores the lines from their stored parts. As in records, unrounded amounts are cut to twelve digits,
// so that a folded line equals the sum of the lines on the updates. It is an error if the state does not have the item
// of a line that was not stored whole.
func (s *State) RestateAccrued(kept []Kept) ([]proration.Line, error) {
	lines := make([]proration.Line, 0, len(kept))
	terms := s.accruedTerms()
	for _, k := range kept {
		if k.Whole {
			terms.startAnew(k.Line)
			lines = append(lines, k.Line)
			continue
		}
		change, known := terms.changeOf(k.Item)
		if !known {
			return nil, fmt.Errorf("line %q: the subscription has no item %q", k.Key, k.Item)
		}
		line := change.Restate(k.Line)
		if !k.Carries {
			line.Carried = terms.left(line)
		}
		terms.leave(line)
		line.Unrounded = recorded(line.Unrounded)
		lines = append(lines, line)
	}
	return lines, nil
}

// accruedTerms is what accrued lines follow from.
type accruedTerms struct {
	state  *State
	window proration.Window
	// remainders are what the last line left, by item and plan.
	remainders map[place]money.Fraction
}

// place is an item on a plan.
type place struct{ item, product, plan string }

func (s *State) accruedTerms() accruedTerms {
	v := view{state: s, zone: zoneOrUTC(s.Period.Zone)}
	return accruedTerms{state: s, window: v.window(), remainders: map[place]money.Fraction{}}
}

// changeOf returns the values that a change of an item in its current state is priced by.
func (t accruedTerms) changeOf(name string) (c proration.Change, known bool) {
	item := t.state.item(name)
	if item == nil {
		return c, false
	}
	return proration.Change{
		Item: item.Name, Product: item.Product, Plan: item.Plan, Price: item.Price, Currency: t.state.Currency, Window: t.window,
	}, true
}

// left is the remainder that the previous line left, or zero if there is none.
func (t accruedTerms) left(line proration.Line) money.Fraction { return t.remainders[placeOf(line)] }

// leave remembers what a line leaves.
func (t accruedTerms) leave(line proration.Line) {
	t.remainders[placeOf(line)] = line.Unrounded.Add(line.Carried).Sub(money.FractionOf(line.Amount))
}

// recorded is an unrounded amount as it is stored.
func recorded(unrounded money.Fraction) money.Fraction { return money.FractionOf(unrounded.Decimal()) }

// startAnew forgets the remainder before a line that was stored whole, because the numbers of that
// line may have been cut.
func (t accruedTerms) startAnew(whole proration.Line) { delete(t.remainders, placeOf(whole)) }

func placeOf(line proration.Line) place {
	return place{line.Item, line.Product, line.Plan}
}
