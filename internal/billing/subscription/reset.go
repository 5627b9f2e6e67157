// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// reset ends the period at the effective time and starts a new one there, which becomes the new
// anchor (billing.md#reset). Every recurring item is settled and charged again, whether it changes
// or not. Items that are charged once are skipped.
func (r *replay) reset(c *itemsChange) *Fault {
	c.atOnce = r.state.Period.Trial
	for i := range c.before {
		if fault := r.settleForReset(c, &c.before[i]); fault != nil {
			return fault
		}
	}
	r.setItems(c)
	r.startCycle(c)
	return r.chargeAnew(c)
}

// settleForReset credits by ProRata what was charged in advance, and charges the time elapsed for
// items billed in arrears.
func (v view) settleForReset(c *itemsChange, item *Item) *Fault {
	if !item.Recurring || v.state.Period.Trial {
		return nil
	}
	if item.Charge == InArrears {
		lines, fault := v.elapsed(item, c.effective)
		c.charges = append(c.charges, lines...)
		return fault
	}
	change, fault := v.change(c, item)
	if fault != nil {
		return fault
	}
	c.add(proration.SettleItem(item.Position, change), item.Charge)
	return nil
}

// setItems makes the new list the current items, for a period that is charged as a whole. Items
// that are bought once are priced at once.
func (r *replay) setItems(c *itemsChange) {
	for _, t := range c.targets {
		item := r.unpriced(c, t)
		switch {
		case !t.Recurring && t.changesPrice():
			r.buy(c, t, &item)
		case t.Recurring:
			item.Position = proration.Position{Held: t.quantity}
		}
		c.after = append(c.after, item)
	}
	r.state.Items = c.after
	r.takeInterval(c)
}

// takeInterval sets the length of periods to the interval of the new items' plans, which is the
// same for all of them.
func (r *replay) takeInterval(c *itemsChange) {
	first := c.targets[0]
	r.state.Interval = r.in.Products[first.Product].Plans[first.Plan].Interval
}

// startCycle starts a period at the effective time, and counts periods from there.
func (r *replay) startCycle(c *itemsChange) {
	r.state.Phase = Active
	r.state.Anchor = c.effective
	name, zone := r.nextZone()
	renewed := r.state.Period.Renewed
	r.setPeriod(0, c.effective, calendar.Calendar{Anchor: c.effective, Interval: r.state.Interval, Zone: zone}, name)
	r.state.Period.Renewed = renewed
}

// chargeAnew charges every recurring item for the period that begins, in lines of the update.
func (r *replay) chargeAnew(c *itemsChange) *Fault {
	lines, fault := r.chargePeriod(0)
	if fault != nil {
		return fault
	}
	for i := range lines {
		c.add(&lines[i], InAdvance)
	}
	c.after = r.state.Items
	return nil
}

// endTrial ends a trial by a change of items that retains the period. The rest of the trial becomes
// the first paid period, a stub that ends when the trial would have (billing.md#9-trials). A
// trial-only subscription continues, because the new items are paid for.
func (r *replay) endTrial(c *itemsChange) *Fault {
	end, renewed := r.state.Period.Span.End, r.state.Period.Renewed
	r.setItems(c)
	r.state.Phase = Active
	cycle := calendar.Calendar{Anchor: r.state.Anchor, Interval: r.state.Interval, Zone: r.zone}
	r.setPeriod(cycle.IndexOf(c.effective), c.effective, cycle, r.state.Period.Zone)
	r.state.Period.Span.End, r.state.Period.Renewed = earlier(r.state.Period.Span.End, end), renewed
	c.atOnce = true
	return r.chargeAnew(c)
}

// replaceUnpriced replaces the items where nothing is priced: in a trial that continues, and at a
// boundary that has not been charged, where the renewal charges the new items (billing.md#9-trials
// and billing.md#13-time). Items that are bought once are charged nevertheless, outside a trial.
func (r *replay) replaceUnpriced(c *itemsChange) *Fault {
	trial := r.state.Period.Trial
	if trial && r.trialOnly() && c.changesItems() {
		r.state.Continues = !c.inForce.IgnoreRecurring
	}
	for i := range c.before {
		if item := &c.before[i]; !listed(c.targets, item.Name) {
			r.keepLeftover(c, item, money.Fraction{})
			if fault := r.chargeEnding(c, item); fault != nil {
				return fault
			}
		}
	}
	for _, t := range c.targets {
		item := r.unpriced(c, t)
		if t.before != nil && (t.replaced() || t.changesRecurrence()) {
			if fault := r.chargeEnding(c, t.before); fault != nil {
				return fault
			}
		}
		switch {
		case !t.Recurring && t.changesPrice() && !trial:
			r.buy(c, t, &item)
		case t.isNew() || t.replaced():
			item.Position = proration.Position{Held: t.quantity}
		default:
			item.Position.Held = t.quantity
		}
		c.after = append(c.after, item)
	}
	return nil
}

// replaceUnpricedAndReset replaces the items at a boundary that has not been charged, and counts
// periods from there. The renewal at that instant charges the new items.
func (r *replay) replaceUnpricedAndReset(c *itemsChange) *Fault {
	if fault := r.replaceUnpriced(c); fault != nil {
		return fault
	}
	r.takeInterval(c)
	r.state.Anchor = r.state.Period.Span.End
	r.state.Period.Index = -1
	return nil
}
