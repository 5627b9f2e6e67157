// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// retain prices a change of items for the rest of the period, which stays (billing.md#retain): a
// credit for what is removed, and a debit for what is added.
func (r *replay) retain(c *itemsChange) *Fault {
	for i := range c.before {
		item := &c.before[i]
		if listed(c.targets, item.Name) {
			continue
		}
		if fault := r.remove(c, item); fault != nil {
			return fault
		}
	}
	for _, t := range c.targets {
		item, fault := r.retainItem(c, t)
		if fault != nil {
			return fault
		}
		c.after = append(c.after, item)
	}
	return nil
}

// retainItem prices one item of the new list.
func (r *replay) retainItem(c *itemsChange, t target) (Item, *Fault) {
	item := r.unpriced(c, t)
	if t.changesRecurrence() {
		if fault := r.remove(c, t.before); fault != nil {
			return item, fault
		}
	}
	switch {
	case !t.changesPrice():
		return item, nil
	case !t.Recurring:
		r.buy(c, t, &item)
		return item, nil
	case item.Metered || (t.replaced() && t.before.Metered):
		return r.retainMetered(c, t, item)
	}
	change, fault := r.change(c, &item)
	if fault != nil {
		return item, fault
	}
	change.Quantity = t.quantity
	switch {
	case t.isNew():
		r.addItem(c, &item, change)
	case t.replaced():
		fault = r.replace(c, t, &item, change)
		return item, fault
	default:
		var line *proration.Line
		item.Position, line = proration.ChangeQuantity(item.Position, change)
		c.add(line, item.Charge)
	}
	return item, nil
}

// retainMetered moves an item to or from a metered plan. The licensed side ends or begins like any
// other item. Usage is billed when the metered side ends.
func (r *replay) retainMetered(c *itemsChange, t target, item Item) (Item, *Fault) {
	if t.replaced() {
		if fault := r.remove(c, t.before); fault != nil {
			return item, fault
		}
	}
	if item.Metered {
		item.Position = proration.Position{Held: t.quantity}
		return item, nil
	}
	change, fault := r.change(c, &item)
	change.Quantity = t.quantity
	if fault == nil {
		r.addItem(c, &item, change)
	}
	return item, fault
}

// remove credits what a recurring item was charged for the rest of the period. Items that were
// bought once are not credited.
func (r *replay) remove(c *itemsChange, item *Item) *Fault {
	if !item.Recurring || item.Metered {
		r.keepLeftover(c, item, money.Fraction{})
		return r.chargeEnding(c, item)
	}
	if fault := r.chargeEnding(c, item); fault != nil {
		return fault
	}
	change, fault := r.change(c, item)
	if fault != nil {
		return fault
	}
	line, left := proration.RemoveItem(item.Position, change)
	c.add(line, item.Charge)
	r.keepLeftover(c, item, left)
	return nil
}

// addItem charges a new item for the rest of the period.
func (r *replay) addItem(c *itemsChange, item *Item, change proration.Change) {
	var line *proration.Line
	change.Carried = r.takeLeftover(item)
	item.Position, line = proration.AddItem(change)
	c.add(line, item.Charge)
}

// replace moves an item to another plan, with a credit for the old one and a debit for the new one.
func (r *replay) replace(c *itemsChange, t target, item *Item, change proration.Change) *Fault {
	if fault := r.chargeEnding(c, t.before); fault != nil {
		return fault
	}
	position, lines, left := proration.ReplaceItem(t.before.Position, proration.Replacement{
		Item: t.Name, Update: c.p.Name,
		OldProduct: t.before.Product, OldPlan: t.before.Plan, OldPrice: t.before.Price,
		Product: t.Product, Plan: t.Plan, Price: item.Price, Currency: r.state.Currency, Quantity: t.quantity,
		Method: change.Method, At: change.At, Window: change.Window, Policy: change.Policy,
		Carried: r.takeLeftover(item),
	})
	r.keepLeftover(c, t.before, left)
	item.Position = position
	for i := range lines {
		charge := item.Charge
		if lines[i].Kind == proration.KindCredit {
			charge = t.before.Charge
		}
		c.add(&lines[i], charge)
	}
	return nil
}

// buy charges an item that is bought once: in full if it is new or on another plan, and otherwise
// for the added units (billing.md#6-items).
func (r *replay) buy(c *itemsChange, t target, item *Item) {
	if !t.isNew() && !t.replaced() {
		var line *proration.Line
		change := r.changeOf(c.proposal, item)
		change.Quantity, change.Method = t.quantity, c.asked
		item.Position, line = proration.ChangeOneTime(item.Position, change)
		c.add(line, item.Charge)
		return
	}
	position, line := proration.OneTimeCharge(proration.Charge{
		Item: item.Name, Product: item.Product, Plan: item.Plan, Price: item.Price, Currency: r.state.Currency,
		Quantity: t.quantity, From: c.effective, Window: r.window(),
	})
	item.Position, item.AtStart = position, t.quantity
	if c.asked != proration.DoNotCharge && !line.Full.IsZero() {
		c.add(&line, item.Charge)
	}
}

// change computes what a change of one recurring item costs.
func (v view) change(c *itemsChange, item *Item) (proration.Change, *Fault) {
	change := v.changeOf(c.proposal, item)
	if c.inForce.Method != proration.ProRata {
		return change, nil
	}
	ref := v.itemPolicy(c.p, item.Product)
	c.policies = append(c.policies, ref)
	var fault *Fault
	change.Policy, fault = v.policy(ref)
	return change, fault
}

// itemPolicy names the policy that prices one item of a change.
func (v view) itemPolicy(p *pending, product string) PolicyRef {
	if !p.Proration.IsZero() {
		return p.Proration
	}
	return v.itemPolicyRef(product)
}

// chargeEnding charges an item in arrears that ends or leaves its plan in mid-period, with what the
// plan would have charged at the end of the period. The credit for the time after that is a line of
// the update.
func (v view) chargeEnding(c *itemsChange, item *Item) *Fault {
	if item.Charge != InArrears || !item.Recurring || v.state.Period.Trial {
		return nil
	}
	if item.Metered {
		c.charges = append(c.charges, v.usage(item, c.effective)...)
		return nil
	}
	if item.AtStart == NotAtStart {
		return nil
	}
	policies, fault := v.stubPolicies()
	if fault != nil {
		return fault
	}
	_, line := proration.PeriodCharge(v.charge(item, policies[item.Name]))
	c.charges = append(c.charges, line)
	return nil
}

// keepLeftover records the remainder of an item that is removed or leaves its plan. An earlier
// remainder that was not taken over is added to it.
func (r *replay) keepLeftover(c *itemsChange, item *Item, remainder money.Fraction) {
	remainder = remainder.Add(r.takeLeftover(item))
	r.state.Leftovers = append(r.state.Leftovers, Leftover{
		Item: item.Name, Product: item.Product, Plan: item.Plan, Remainder: remainder, Left: c.effective,
	})
	if surplus := len(r.state.Leftovers) - maxLeftovers; surplus > 0 {
		r.state.Leftovers = r.state.Leftovers[surplus:]
	}
}

// takeLeftover takes over the remainder that an item left on its plan earlier in this period, or
// returns 0.
func (r *replay) takeLeftover(item *Item) money.Fraction {
	for i, l := range r.state.Leftovers {
		if l.Item == item.Name && l.Product == item.Product && l.Plan == item.Plan {
			r.state.Leftovers = slices.Delete(r.state.Leftovers, i, i+1)
			return l.Remainder
		}
	}
	return money.Fraction{}
}
