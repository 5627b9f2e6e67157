// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// forHistories checks a property on random histories of a shape.
func forHistories(t *testing.T, s shape, check func(*rapid.T, history)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		check(t, drawHistory(t, s))
	})
}

// drawHistory draws most histories evenly from a seed, since rapid prefers small
// numbers and with them the same few zones, and some choice by choice, which
// rapid can make smaller when they fail.
func drawHistory(t *rapid.T, s shape) history {
	c := choose(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") })
	if rapid.IntRange(0, 3).Draw(t, "seeded") > 0 {
		c = rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).IntN
	}
	h := randomHistory(c, s)
	t.Log(h)
	return h
}

// all returns the lines of every change of a history, in order.
func (p played) all() []proration.Line {
	var all []proration.Line
	for _, lines := range p.lines {
		all = append(all, lines...)
	}
	return all
}

// exact adds up what was priced, before rounding.
func exact(lines []proration.Line) money.Fraction {
	var sum money.Fraction
	for _, line := range lines {
		sum = sum.Add(line.Unrounded)
	}
	return sum
}

func minorUnit(c money.Currency) money.Fraction {
	den := int64(1)
	for range c.Digits() {
		den *= 10
	}
	return money.NewFraction(1, den)
}

func halfMinorUnit(c money.Currency) money.Fraction {
	return minorUnit(c).Mul(money.NewFraction(1, 2))
}

// onHalf reports whether a line was rounded from exactly half a minor unit.
func onHalf(l proration.Line, c money.Currency) bool {
	away := l.Unrounded.Add(l.Carried).Sub(money.FractionOf(l.Amount))
	return away.Equal(halfMinorUnit(c)) || away.Neg().Equal(halfMinorUnit(c))
}

// 0 ≤ ratio ≤ 1, and R' is between 0 and N.
func TestPropertyRatio(t *testing.T) {
	one := money.NewFraction(1, 1)
	forHistories(t, anything, func(t *rapid.T, h history) {
		p := h.play()
		for _, line := range append(p.all(), p.recurring) {
			if line.Share == nil {
				continue
			}
			if r := line.Share.Ratio(); r.Sign() < 0 || r.Cmp(one) > 0 {
				t.Fatalf("the ratio of %s of %s is %s", line.Share.Units, line.Share.UnitsInPeriod, r)
			}
			if line.Share.Units.Sign() < 0 || line.Share.Units.Cmp(line.Share.UnitsInPeriod) > 0 {
				t.Fatalf("%s of %s units", line.Share.Units, line.Share.UnitsInPeriod)
			}
		}
	})
}

// Later is never more: for each rounding and side, the share does not grow as
// time passes.
func TestPropertyShareShrinks(t *testing.T) {
	forHistories(t, quantities, func(t *rapid.T, h history) {
		choice := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
		early := randomInstant(choice, h.from, h.window.Natural)
		late := randomInstant(choice, early, h.window.Natural)
		for _, side := range []proration.Side{proration.Debit, proration.Credit} {
			a, b := h.window.Share(early, h.policy, side, nil), h.window.Share(late, h.policy, side, nil)
			if b.Units.Cmp(a.Units) > 0 {
				t.Fatalf("%s of %s units at %s, %s at %s", a.Units, a.UnitsInPeriod, early, b.Units, late)
			}
		}
	})
}

// No change, no line, at any time and by any method.
func TestPropertyNoChangeNoLine(t *testing.T) {
	forHistories(t, quantities, func(t *rapid.T, h history) {
		for i, pos := range h.play().positions {
			c := h.asked(h.changes[i])
			c.Quantity = pos.Held
			after, line := proration.ChangeQuantity(pos, c)
			if line != nil {
				t.Fatalf("after change %d: %d → %d has a line of %s", i+1, pos.Held, pos.Held, line.Amount)
			}
			if diff := cmp.Diff(pos, after); diff != "" {
				t.Fatalf("after change %d: the position changed: %s", i+1, diff)
			}
		}
	})
}

func (h history) asked(c change) proration.Change {
	return proration.Change{
		Price: h.price, Currency: h.currency, Quantity: c.quantity, Method: c.method, At: c.at, Window: h.window, Policy: c.policy,
	}
}

// A change and its reverse at one instant: net zero, whatever methods came before,
// and under Up at most one unit of time paid by the subscriber; in either order.
// One minor unit may remain where what was carried before makes the way back end on
// exactly half a minor unit, which is rounded away from zero in either direction
// (billing.md#3-rounding).
//
// Seats that were given up without a credit are left out: they are taken again for
// nothing, and can still be credited. So are free and charged seats mixed on the way
// under tiers: seats taken again come last, where tiers may price them otherwise.
func TestPropertyReverseNetsToZero(t *testing.T) {
	forHistories(t, quantities, func(t *rapid.T, h history) {
		p := h.play()
		if len(p.positions) == 0 {
			return
		}
		last := len(p.positions) - 1
		pos, there := p.positions[last], h.asked(h.changes[last])
		there.Method = proration.ProRata
		there.Quantity = rapid.Int64Range(0, 40).Draw(t, "there")
		back := there
		back.Quantity = pos.Held
		if pos.Coverage.Units() > pos.Held || (mixed(pos.Coverage, there.Quantity, pos.Held) && !linear(h.price)) {
			return
		}
		after, first := proration.ChangeQuantity(pos, there)
		_, second := proration.ChangeQuantity(after, back)
		if first == nil {
			if second != nil {
				t.Fatalf("there costs nothing and back %s", second.Amount)
			}
			return
		}
		if second == nil {
			t.Fatalf("there costs %s and back nothing", first.Amount)
		}
		net := money.FractionOf(first.Amount.Add(second.Amount))
		var least, most money.Fraction
		if first.Share.Rounding == proration.Up {
			unit := money.FractionOf(first.Full.Abs()).Quo(first.Share.UnitsInPeriod)
			most = unit.Add(minorUnit(h.currency))
		}
		if onHalf(*second, h.currency) && !first.Carried.IsZero() {
			least, most = minorUnit(h.currency).Neg(), most.Add(minorUnit(h.currency))
		}
		if net.Cmp(least) < 0 || net.Cmp(most) > 0 {
			t.Fatalf("there %s and back %s, more than %s apart", first.Amount, second.Amount, most)
		}
	})
}

// linear reports whether every unit adds the same to T.
func linear(p pricing.Price) bool {
	return p.Model == pricing.Flat || (p.Model == pricing.PerUnit && p.IncludedUnits == 0)
}

// mixed reports whether units between two quantities are partly charged and partly
// free.
func mixed(c proration.Coverage, a, b int64) bool {
	charged, free := count(c, a, b)
	return charged > 0 && free > 0
}

// count counts the covered units between two quantities.
func count(c proration.Coverage, a, b int64) (charged, free int64) {
	at := int64(0)
	for _, run := range c {
		for range run.Units {
			if at++; at <= min(a, b) || at > max(a, b) {
				continue
			}
			if run.Charged {
				charged++
			} else {
				free++
			}
		}
	}
	return charged, free
}

// What was free is never charged later in the period: no free unit is ever lost, and
// a rise is charged for the units alone that were not covered.
func TestPropertyFreeStaysFree(t *testing.T) {
	forHistories(t, quantities, func(t *rapid.T, h history) {
		p := h.play()
		covered, free := h.start, int64(0)
		for i, lines := range p.lines {
			c := p.positions[i].Coverage
			if now := c.Units() - c.Charged(); now < free {
				t.Fatalf("change %d: %d units were free, and %d are", i+1, free, now)
			} else {
				free = now
			}
			for _, line := range lines {
				if line.Kind != proration.KindDebit {
					continue
				}
				if most := h.price.Total(h.changes[i].quantity).Sub(h.price.Total(covered)); !line.Full.Equal(most) {
					t.Fatalf("change %d is charged %s, the units that were not covered cost %s", i+1, line.Full, most)
				}
				if want := h.changes[i].quantity - covered; line.Quantity != want {
					t.Fatalf("change %d is charged for %d units, %d were not covered", i+1, line.Quantity, want)
				}
			}
			covered = c.Units()
		}
	})
}

// What was not charged is never credited: a fall over free units alone has no line,
// no fall is credited more than its charged units add to T, and all credits together
// are no more than what was charged for a full period.
func TestPropertyNotChargedNotCredited(t *testing.T) {
	forHistories(t, quantities, func(t *rapid.T, h history) {
		p := h.play()
		held, before := h.start, proration.Coverage{{Units: h.start, Charged: true}}
		left := h.price.Total(h.start)
		for i, lines := range p.lines {
			to := h.changes[i].quantity
			charged, _ := count(before, to, held)
			for _, line := range lines {
				left = left.Add(line.Full)
				if line.Kind != proration.KindCredit {
					continue
				}
				if charged == 0 || line.Quantity != charged {
					t.Fatalf("change %d credits %d units, %d of them were charged", i+1, line.Quantity, charged)
				}
			}
			if left.Sign() < 0 {
				t.Fatalf("after change %d, %s more was credited than charged", i+1, left)
			}
			if v := p.positions[i].Charged; !v.Equal(left) {
				t.Fatalf("after change %d V is %s, and %s was charged", i+1, v, left)
			}
			held, before = to, p.positions[i].Coverage
		}
	})
}

// Toggling, in any order, by any methods and under any edits of the policy,
// never pays the subscriber: a period never costs less than the least count
// held; and whoever never went below the start is never paid anything.
func TestPropertyTogglingNeverPays(t *testing.T) {
	s := quantities
	s.policyEdit = true
	forHistories(t, s, func(t *rapid.T, h history) {
		p := h.play()
		least := h.start
		cost := p.recurring.Unrounded
		var billed money.Decimal
		ratio := money.NewFraction(1, 1)
		if p.recurring.Share != nil {
			ratio = p.recurring.Share.Ratio()
		}
		for i, lines := range p.lines {
			least = min(least, h.changes[i].quantity)
			cost = cost.Add(exact(lines))
			billed = billed.Add(total(lines))
			if floor := money.FractionOf(h.price.Total(least)).Mul(ratio); cost.Cmp(floor) < 0 {
				t.Fatalf("after change %d the period costs %s, less than the %s of %d", i+1, cost, floor, least)
			}
			if least == h.start && billed.Sign() < 0 {
				t.Fatalf("after change %d the changes come to %s", i+1, billed)
			}
		}
	})
}

// Credits never exceed what was charged: at no time does a period cost less than
// nothing, with changes of plans too, and V is never negative.
func TestPropertyCreditsNeverExceedCharges(t *testing.T) {
	s := anything
	s.policyEdit = false
	forHistories(t, s, func(t *rapid.T, h history) {
		p := h.play()
		cost := p.recurring.Unrounded
		for i, lines := range p.lines {
			if cost = cost.Add(exact(lines)); cost.Sign() < 0 {
				t.Fatalf("after change %d the period costs %s", i+1, cost)
			}
			if v := p.positions[i].Charged; v.Sign() < 0 {
				t.Fatalf("after change %d, V is %s", i+1, v)
			}
		}
	})
}

// In arrears and in advance cost the same, before rounding: what an item owes
// for the time elapsed is what it would have been charged in advance less what
// is left of it at the cut.
func TestPropertyArrearsCostTheSame(t *testing.T) {
	forHistories(t, quantities, func(t *rapid.T, h history) {
		if h.policy.Rounding == proration.Down {
			return // the cap of credits looks at the newest debit only
		}
		p := h.play()
		v := h.price.Total(h.start)
		if n := len(p.positions); n > 0 {
			v = p.positions[n-1].Charged
		}
		left := money.FractionOf(v).Mul(h.window.Share(h.cut, h.policy, proration.Credit, nil).Ratio())
		if got, want := exact(p.elapsed), p.recurring.Unrounded.Sub(left); !got.Equal(want) {
			t.Fatalf("in arrears %s, in advance %s", got, want)
		}
	})
}

// No drift: the rounded sum of the lines of one plan is within half a minor unit
// of the exact sum, after every line, and a line says what it carried.
func TestPropertyNoDrift(t *testing.T) {
	forHistories(t, anything, func(t *rapid.T, h history) {
		half := halfMinorUnit(h.currency)
		drift := map[string]money.Fraction{}
		for i, line := range h.play().all() {
			carried := drift[line.Plan]
			if !line.Unrounded.IsZero() && !line.Carried.Equal(carried) {
				t.Fatalf("line %d carries %s, the lines before left %s", i+1, line.Carried, carried)
			}
			d := carried.Add(line.Unrounded).Sub(money.FractionOf(line.Amount))
			if d.Cmp(half) > 0 || d.Cmp(half.Neg()) < 0 {
				t.Fatalf("after line %d, plan %s is %s off", i+1, line.Plan, d)
			}
			drift[line.Plan] = d
		}
	})
}

// A line never runs against the direction of its change; but for Volume, whose
// prices do, a rise is a debit and a fall a credit.
func TestPropertyDirection(t *testing.T) {
	forHistories(t, anything, func(t *rapid.T, h history) {
		for i, line := range h.play().all() {
			sign := 1
			if line.Kind == proration.KindCredit {
				sign = -1
			}
			if line.Full.Sign() != sign || line.Amount.Sign() == -sign || line.Unrounded.Sign() == -sign {
				t.Fatalf("line %d: a %s of %s for %s in full", i+1, line.Kind, line.Amount, line.Full)
			}
		}
	})
	forHistories(t, quantities, func(t *rapid.T, h history) {
		held := h.start
		for i, lines := range h.play().lines {
			for _, line := range lines {
				if rise := h.changes[i].quantity > held; rise != (line.Kind == proration.KindDebit) {
					t.Fatalf("change %d: %d → %d is a %s", i+1, held, h.changes[i].quantity, line.Kind)
				}
			}
			held = h.changes[i].quantity
		}
	})
}

// DoNotCharge never creates money: no line, and nothing that a later credit
// could take.
func TestPropertyDoNotCharge(t *testing.T) {
	forHistories(t, anything, func(t *rapid.T, h history) {
		p := h.play()
		before := money.Decimal{}.Add(h.price.Total(h.start))
		for i, c := range h.changes {
			after := p.positions[i].Charged
			if c.method == proration.DoNotCharge && (len(p.lines[i]) > 0 || !after.Equal(before)) {
				t.Fatalf("change %d has %d lines and moves V from %s to %s", i+1, len(p.lines[i]), before, after)
			}
			before = after
		}
	})
}

// Histories are values: playing one twice gives the same, and a position that
// was returned is not changed by what follows.
func TestPropertyPure(t *testing.T) {
	forHistories(t, anything, func(t *rapid.T, h history) {
		first, second := h.play(), h.play()
		if diff := cmp.Diff(first.all(), second.all()); diff != "" {
			t.Fatalf("played twice: %s", diff)
		}
		if diff := cmp.Diff(first.positions, second.positions); diff != "" {
			t.Fatalf("played twice: %s", diff)
		}
	})
}
