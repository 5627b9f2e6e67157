// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"slices"
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// itemsChange is a change of items or plans in the making.
type itemsChange struct {
	p             *pending
	targets       []target
	at, effective time.Time
	inForce       InForce
	// once is the method for what is charged once, which being late does not change.
	once proration.Method
	// before are the items that were held.
	before []Item
	// after are the items that the change leads to.
	after []Item
	// lines are the doing of the update.
	lines []owed
	// charges would have come anyway at the end of the period, and fall due now: of
	// items in arrears that end.
	charges []proration.Line
	// policies priced it, in order.
	policies []PolicyRef
	// atOnce: the lines are the first charge after a trial, and billed at once.
	atOnce bool
	// withAccrued: what has accrued so far is billed on the same document.
	withAccrued bool
}

// owed is a line of an update, and when its item is charged.
type owed struct {
	line   proration.Line
	charge Charge
}

// applyItems makes a change of items or plans take hold (billing.md#6-items). It
// works on a copy, which is kept when nothing stands in the way.
func (r *replay) applyItems(e event) *Fault {
	before, zone := r.state, r.zone
	r.state = before.clone()
	c, fault := r.changeItems(e)
	var decision Decision
	if fault == nil {
		decision = r.decisionOn(c)
		fault = checkHash(e.update, decision)
	}
	if fault != nil {
		r.state, r.zone = before, zone
		if !fault.Reason.WaitsByItself() {
			return fault
		}
		return r.refuse(e.update, e.at, *fault)
	}
	r.commitItems(c, decision)
	return nil
}

// changeItems works a change out, up to the new items and all lines.
func (r *replay) changeItems(e event) (*itemsChange, *Fault) {
	p := e.update
	d := r.dueTime(p)
	if d.at.IsZero() {
		d.at = e.at
	}
	c := &itemsChange{p: p, at: e.at, inForce: r.inForce(p), before: r.state.Items}
	c.inForce.ApplyAt = e.at
	var fault *Fault
	if c.targets, fault = r.checkedTargets(p, c.inForce, e.at); fault != nil {
		return c, fault
	}
	if c.effective, fault = r.effectiveTime(p, r.boundsOf(c), d); fault != nil {
		return c, fault
	}
	c.inForce.Effective = c.effective
	r.invoiceReset(c)
	c.inForce.BillAt = r.billAt(p, c.inForce.Payment, e.at)
	c.once = c.inForce.Method
	c.inForce.Method = r.methodOf(c, d.tooLate)
	fault = r.shape(c)
	r.namePolicy(c)
	return c, fault
}

// invoiceReset has a Reset for which nothing names a payment schedule invoiced
// together with what has accrued. At a boundary that has not been charged, the
// renewal does that.
func (r *replay) invoiceReset(c *itemsChange) {
	if !r.invoicesReset(c.p) {
		return
	}
	if c.effective.Before(r.state.Period.Span.End) {
		c.withAccrued = true
		return
	}
	c.inForce.Payment = PayNextInvoice
}

// namePolicy records the policy that priced the change where all its items share
// one.
func (r *replay) namePolicy(c *itemsChange) {
	if !c.inForce.Proration.IsZero() || len(c.policies) == 0 {
		return
	}
	for _, ref := range c.policies {
		if ref != c.policies[0] {
			return
		}
	}
	c.inForce.Proration = c.policies[0]
	c.inForce.PolicyGeneration = r.in.Policies[c.policies[0]].Generation
}

// methodOf is the calculation method once the circumstances had their say: inside
// a trial that goes on nothing is charged, and what was seen too late is priced as
// if it had come in time.
func (r *replay) methodOf(c *itemsChange, tooLate bool) proration.Method {
	switch {
	case r.state.Period.Trial && c.inForce.Renewal != Reset && !r.endsTrial(c):
		return proration.DoNotCharge
	case tooLate:
		return proration.ProRata
	default:
		return c.inForce.Method
	}
}

// checkTrialFlags refuses ignoreRecurring where there is nothing to ignore
// (billing.md#9-trials).
func (r *replay) checkTrialFlags(f InForce) *Fault {
	trialOnly := r.trialOnly() && r.state.Period.Trial
	if f.IgnoreRecurring && (!f.KeepTrial || !trialOnly) {
		return &Fault{InvalidItems, "ignoreRecurring needs keepTrial: true and a trial-only subscription in its trial: " +
			"leave it out."}
	}
	return nil
}

// boundsOf are the bounds of the effective time of a change of items: that of the
// newest change of any item that it touches. One that ends the period, or the
// trial, touches them all.
func (r *replay) boundsOf(c *itemsChange) bounds {
	var b bounds
	touch := func(item *Item) {
		if item != nil && item.LastEffective.After(b.newest) {
			b = bounds{newest: item.LastEffective, item: item.Name}
		}
	}
	for i := range c.before {
		if c.inForce.Renewal == Reset || r.endsTrial(c) || !stays(c.targets, c.before[i].Name) {
			touch(&c.before[i])
		}
	}
	for _, t := range c.targets {
		if t.touched() {
			touch(t.before)
		}
		for _, l := range r.state.Leftovers {
			if l.Item == t.Name && t.begins() && l.Left.After(b.newest) {
				b = bounds{newest: l.Left, item: t.Name}
			}
		}
	}
	return b
}

// shape chooses how the current period takes the change.
func (r *replay) shape(c *itemsChange) *Fault {
	atBoundary := !c.effective.Before(r.state.Period.Span.End)
	reset := c.inForce.Renewal == Reset
	switch {
	case atBoundary && reset:
		return r.exchangeAndReset(c)
	case atBoundary:
		return r.exchange(c)
	case reset:
		return r.reset(c)
	case r.endsTrial(c):
		return r.endTrial(c)
	case r.state.Period.Trial:
		return r.exchange(c)
	default:
		return r.retain(c)
	}
}

// endsTrial reports whether a change that retains the period ends a trial.
func (r *replay) endsTrial(c *itemsChange) bool {
	return r.state.Period.Trial && c.inForce.Renewal != Reset && !c.inForce.KeepTrial && c.changesItems()
}

// changesItems reports whether an item comes, goes or moves to another plan;
// quantities and limits alone never end a trial (billing.md#9-trials).
func (c *itemsChange) changesItems() bool {
	for i := range c.before {
		if !stays(c.targets, c.before[i].Name) {
			return true
		}
	}
	for _, t := range c.targets {
		if t.begins() || t.replaced() {
			return true
		}
	}
	return false
}

// begin is an item as the change leaves it, before it is priced.
func (r *replay) begin(c *itemsChange, t target) Item {
	item := Item{Name: t.Name}
	if !t.begins() {
		item = *t.before
	}
	product := item.Product
	item.Product, item.Plan, item.Recurring = t.Product, t.Plan, t.Recurring
	item.Limits = t.Limits
	if t.begins() || t.replaced() {
		item.AtStart, item.SeatsNoticed = NotThere, 0
		r.capture(&item)
		r.startMeter(&item, product, c.effective)
	}
	if t.touched() {
		item.LastEffective = c.effective
	}
	switch {
	case t.count != nil:
		item.Loaded, item.Observed, item.LoadedAt = t.count.Change.Count, t.count.Cause.Observed, t.count.Cause.Loaded
	case product != t.Product && product != "":
		// What the loader of another product counted says nothing here.
		item.Loaded, item.Observed, item.LoadedAt = nil, c.at, time.Time{}
	}
	return item
}

// add takes a line of the update in.
func (c *itemsChange) add(line *proration.Line, charge Charge) {
	if line == nil {
		return
	}
	line.Update = c.p.Name
	c.lines = append(c.lines, owed{*line, charge})
}

// commitItems makes a change that was worked out.
func (r *replay) commitItems(c *itemsChange, decision Decision) {
	r.state.Items = c.after
	r.noticeChanges(c)
	for _, line := range c.charges {
		if !line.Amount.IsZero() {
			r.state.Accrued = append(r.state.Accrued, line)
		}
	}
	r.bookItems(c, decision)
	if c.p.Origin == OriginSpec {
		r.actOnItems(c.p)
	} else {
		r.letGoOf(decision.Changes)
	}
	r.decide(c.p, decision)
	for _, t := range c.targets {
		if t.count != nil {
			r.decide(t.count, r.startedWith(t.count, c.at))
		}
	}
}

// bookItems puts the lines of a change where they are billed. The first charge
// after a trial is billed at once.
func (r *replay) bookItems(c *itemsChange, decision Decision) {
	if !c.atOnce {
		for _, o := range c.lines {
			r.owe(o.line, o.charge, c.inForce, c.at)
		}
		if c.withAccrued {
			r.deferAccrued(c.at)
		}
		return
	}
	lines := decision.Lines
	if c.withAccrued {
		lines = append(slices.Clone(r.state.Accrued), lines...)
		r.state.Accrued = nil
	}
	r.issue(DocumentInitial, c.at, r.state.Period.Span, lines)
}

// deferAccrued has everything accrued so far billed at an instant, before what else
// is billed then.
func (r *replay) deferAccrued(at time.Time) {
	var deferred []Deferred
	for _, line := range r.state.Accrued {
		deferred = append(deferred, Deferred{BillAt: at, Reason: DocumentUpdate, Line: line})
	}
	r.state.Accrued = nil
	r.state.Deferred = append(deferred, r.state.Deferred...)
}

// letGoOf remembers of every item that a person changed that the spec no longer
// declares its quantity, unless it does.
func (r *replay) letGoOf(changes []Change) {
	for _, change := range changes {
		if declared, _ := r.in.Terms.item(change.Item); declared.Quantity == nil {
			r.letGo(change.Item)
		}
	}
}

// actOnItems remembers the list of an edit that was acted on. The quantities of
// items of which it changed nothing else are edits of their own.
func (r *replay) actOnItems(p *pending) {
	acted := &r.state.ActedOn
	acted.Generation = max(acted.Generation, p.Cause.Generation)
	var items []ActedOnItem
	for _, edited := range p.Items {
		before, known := acted.item(edited.Name)
		if known && before.sameButQuantity(edited) {
			items = append(items, before)
			continue
		}
		items = append(items, ActedOnItem{TermsItem: edited, Generation: p.Cause.Generation})
	}
	acted.Items = items
}

// decisionOn is what the record will say of a change of items.
func (r *replay) decisionOn(c *itemsChange) Decision {
	d := Decision{
		Verdict: IsApplied, Fault: Fault{ReasonApplied, "Applied."}, InForce: c.inForce, AppliedAt: c.at,
		Renewal: r.state.Period.Span.End,
	}
	amounts := map[string]money.Decimal{}
	for i := range c.lines {
		line := &c.lines[i].line
		line.Key = r.lineKey(len(c.charges) + i)
		amounts[line.Item] = amounts[line.Item].Add(line.Amount)
		d.Lines = append(d.Lines, *line)
	}
	for i := range c.charges {
		c.charges[i].Key = r.lineKey(i)
	}
	if len(d.Lines) > 0 || c.inForce.Method != proration.DoNotCharge {
		sum := Total(d.Lines)
		d.Adjustment = &sum
	}
	d.Changes = r.changesOf(c, amounts, d.Adjustment != nil)
	d.Summary = summaryOfChanges(d.Changes)
	return d
}

// changesOf says what a change of items does to each item that it touches.
func (r *replay) changesOf(c *itemsChange, amounts map[string]money.Decimal, priced bool) []Change {
	var changes []Change
	add := func(change Change) {
		if priced {
			amount := amounts[change.Item]
			change.Adjustment = &amount
		}
		product := r.in.Products[change.Product]
		change.ProductRef, change.NextRefresh = product.ExternalRef, product.NextRefresh
		changes = append(changes, change)
	}
	for i := range c.before {
		item := &c.before[i]
		if !stays(c.targets, item.Name) {
			add(Change{Item: item.Name, Product: item.Product, PreviousPlan: item.Plan, PreviousCount: item.Position.Held})
		}
	}
	for _, t := range c.targets {
		change := Change{Item: t.Name, Product: t.Product, NewPlan: t.Plan, NewCount: t.quantity}
		if t.before != nil {
			change.PreviousPlan, change.PreviousCount = t.before.Plan, t.before.Position.Held
		}
		if _, charged := amounts[t.Name]; t.touched() || charged || !t.before.Limits.Equal(t.Limits) {
			add(change)
		}
	}
	return changes
}

// summaryOfList is an update that asks for a list of items in a few words, before
// it was worked out.
func (r *replay) summaryOfList(p *pending) string {
	c := &itemsChange{p: p, before: r.state.Items}
	targets, fault := r.targets(p, r.in.Now)
	if fault != nil {
		return fmt.Sprintf("%d items", len(p.Items))
	}
	c.targets = targets
	return summaryOfChanges(r.changesOf(c, nil, false))
}

// summaryOfChanges is a change of items in a few words.
func summaryOfChanges(changes []Change) string {
	switch len(changes) {
	case 0:
		return "nothing changes"
	case 1:
	default:
		return fmt.Sprintf("%d items", len(changes))
	}
	c := changes[0]
	switch {
	case c.PreviousPlan == "":
		return fmt.Sprintf("%s added, %d", c.Item, c.NewCount)
	case c.NewPlan == "":
		return c.Item + " removed"
	case c.PreviousPlan != c.NewPlan && c.PreviousCount == c.NewCount:
		return fmt.Sprintf("%s %s → %s", c.Item, c.PreviousPlan, c.NewPlan)
	case c.PreviousPlan != c.NewPlan:
		return fmt.Sprintf("%s %s → %s, %d → %d", c.Item, c.PreviousPlan, c.NewPlan, c.PreviousCount, c.NewCount)
	default:
		return summaryOf(c.Item, c.PreviousCount, c.NewCount)
	}
}
