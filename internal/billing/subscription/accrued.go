// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// Kept is what is kept of an accrued line (consistency.md#5-size-bounds).
type Kept struct {
	proration.Line
	// Whole: nothing was left out.
	Whole bool
	// Carries: what the line carries is kept. Otherwise it is what the line before it left, of the same item and plan.
	Carries bool
}

// AbridgeAccrued returns what has to be kept of accrued lines so that [State.RestateAccrued] gives them back. Most lines
// follow from the items as they are held, their captured prices and the period; see [proration.Change.Abridge].
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

// RestateAccrued returns the lines of which a part was kept. Their unrounded amounts are as records have them, cut to
// twelve digits, so that a folded line comes to the sum of the lines on the updates. It is an error if the state does not have the item of a
// line that is not whole.
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

// changeOf is what a change of an item as it is held goes by.
func (t accruedTerms) changeOf(name string) (c proration.Change, known bool) {
	item := t.state.item(name)
	if item == nil {
		return c, false
	}
	return proration.Change{
		Item: item.Name, Product: item.Product, Plan: item.Plan, Price: item.Price, Currency: t.state.Currency, Window: t.window,
	}, true
}

// left is what the line before one left to be carried; zero where there is none.
func (t accruedTerms) left(line proration.Line) money.Fraction { return t.remainders[placeOf(line)] }

// leave remembers what a line leaves.
func (t accruedTerms) leave(line proration.Line) {
	t.remainders[placeOf(line)] = line.Unrounded.Add(line.Carried).Sub(money.FractionOf(line.Amount))
}

// recorded is an unrounded amount as it is written down.
func recorded(unrounded money.Fraction) money.Fraction { return money.FractionOf(unrounded.Decimal()) }

// startAnew forgets what was left before a whole line, whose numbers may have been cut.
func (t accruedTerms) startAnew(whole proration.Line) { delete(t.remainders, placeOf(whole)) }

func placeOf(line proration.Line) place {
	return place{line.Item, line.Product, line.Plan}
}
