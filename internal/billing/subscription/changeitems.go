// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"slices"
	"time"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// itemsProposal is a change of items or plans whose terms are settled, but which is not priced yet.
// Pricing does not modify it.
type itemsProposal struct {
	proposal
	targets []target
	// before are the items before the change.
	before []Item
	// asked is the method that was asked for. It applies to one-time items even if the change was seen too
	// late.
	asked proration.Method
}

// itemsChange is a change of items or plans, and its result so far.
type itemsChange struct {
	itemsProposal
	// after are the items after the change.
	after []Item
	// lines are the doing of the update.
	lines []bookedLine
	// charges would have come anyway at the end of the period, and fall due now: of
	// items in arrears that end.
	charges []proration.Line
	// policies are those that priced the change, in order.
	policies []PolicyRef
	// atOnce means that the lines are the first charge after a trial, and are billed at once.
	atOnce bool
}

// bookedLine is a line of an update, and when its item is charged.
type bookedLine struct {
	line   proration.Line
	charge Charge
}

// applyItems applies a change of items or plans (billing.md#6-items).
func (r *replay) applyItems(e event) *Fault {
	c, fault := r.changeItems(e)
	if fault != nil {
		return fault
	}
	decision := r.decisionOnItems(c)
	if fault := checkHash(e.update, decision); fault != nil {
		return fault
	}
	r.commitItems(c, decision)
	return nil
}

// changeItems computes a change up to the new items and all lines.
func (r *replay) changeItems(e event) (*itemsChange, *Fault) {
	proposed, fault := r.proposeItems(e.update, e.at)
	c := &itemsChange{itemsProposal: proposed}
	if fault != nil {
		return c, fault
	}
	return c, r.priceItems(c)
}

// proposeItems checks a change of items and settles its terms.
func (v view) proposeItems(p *pending, at time.Time) (itemsProposal, *Fault) {
	c := itemsProposal{proposal: v.propose(p, at), before: v.state.Items}
	var fault *Fault
	if c.targets, fault = v.checkedTargets(p, c.inForce, at); fault != nil {
		return c, fault
	}
	if fault := v.settleTerms(&c.proposal, v.boundsOf(c)); fault != nil {
		return c, fault
	}
	c.asked = c.inForce.Method
	c.inForce.Method = v.methodOfItems(c)
	return c, nil
}

// namePolicy records the policy that priced a change if all of its items share one.
func (v view) namePolicy(f *InForce, policies []PolicyRef) {
	if shared := slices.Compact(policies); f.Proration.IsZero() && len(shared) == 1 {
		f.Proration, f.PolicyGeneration = shared[0], v.in.Policies[shared[0]].Generation
	}
}

// checkTrialFlags refuses ignoreRecurring where there is nothing to ignore
// (billing.md#9-trials).
func (v view) checkTrialFlags(f InForce) *Fault {
	trialOnly := v.trialOnly() && v.state.Period.Trial
	if f.IgnoreRecurring && (!f.KeepTrial || !trialOnly) {
		return &Fault{InvalidItems, "ignoreRecurring needs keepTrial: true and a trial-only subscription in its trial: " +
			"remove it."}
	}
	return nil
}

// boundsOf are the bounds of the effective time of a change of items: that of the newest change of
// any item that it changes. A change that ends the period, or the trial, changes all items.
func (v view) boundsOf(c itemsProposal) bounds {
	var b bounds
	touch := func(item *Item) {
		if item != nil && item.LastEffective.After(b.newest) {
			b = bounds{newest: item.LastEffective, item: item.Name}
		}
	}
	for i := range c.before {
		if c.inForce.Renewal == Reset || v.endsTrial(c) || !listed(c.targets, c.before[i].Name) {
			touch(&c.before[i])
		}
	}
	for _, t := range c.targets {
		if t.changesPrice() {
			touch(t.before)
		}
		for _, l := range v.state.Leftovers {
			if l.Item == t.Name && t.isNew() && l.Left.After(b.newest) {
				b = bounds{newest: l.Left, item: t.Name}
			}
		}
	}
	return b
}

// priceItems chooses how a change is priced in the current period.
func (r *replay) priceItems(c *itemsChange) *Fault {
	atBoundary := !c.effective.Before(r.state.Period.Span.End)
	reset := c.inForce.Renewal == Reset
	switch {
	case atBoundary && reset:
		return r.replaceUnpricedAndReset(c)
	case atBoundary:
		return r.replaceUnpriced(c)
	case reset:
		return r.reset(c)
	case r.endsTrial(c.itemsProposal):
		return r.endTrial(c)
	case r.state.Period.Trial:
		return r.replaceUnpriced(c)
	default:
		return r.retain(c)
	}
}

// endsTrial reports whether a change that retains the period ends a trial.
func (v view) endsTrial(c itemsProposal) bool {
	return v.state.Period.Trial && c.inForce.Renewal != Reset && !c.inForce.KeepTrial && c.changesItems()
}

// changesItems reports whether an item is added, removed or moved to another plan. Changes of
// quantities and limits alone never end a trial (billing.md#9-trials).
func (c itemsProposal) changesItems() bool {
	for i := range c.before {
		if !listed(c.targets, c.before[i].Name) {
			return true
		}
	}
	for _, t := range c.targets {
		if t.isNew() || t.replaced() {
			return true
		}
	}
	return false
}

// unpriced is an item after the change, before it is priced.
func (r *replay) unpriced(c *itemsChange, t target) Item {
	item := Item{Name: t.Name}
	if !t.isNew() {
		item = *t.before
	}
	product := item.Product
	item.Product, item.Plan, item.Recurring = t.Product, t.Plan, t.Recurring
	item.Limits = t.Limits
	if t.isNew() || t.replaced() {
		item.AtStart, item.SeatsNoticed = NotAtStart, 0
		r.capture(&item)
		r.startMeter(&item, product, c.effective)
	}
	if t.changesPrice() {
		item.LastEffective = c.effective
	}
	switch {
	case t.count != nil:
		item.Loaded, item.Observed, item.LoadedAt = t.count.Change.Count, t.count.Cause.Observed, t.count.Cause.Loaded
	case product != t.Product && product != "":
		// No count that was loaded for the product before applies here. One that was observed between the event time of
		// the move and this pass is such a count too: the new product counts the item once the move is committed.
		item.Loaded, item.Observed, item.LoadedAt = nil, latest(c.at, r.in.Now), time.Time{}
	}
	return item
}

// add adds a line to the update.
func (c *itemsChange) add(line *proration.Line, charge Charge) {
	if line == nil {
		return
	}
	line.Update = c.p.Name
	c.lines = append(c.lines, bookedLine{*line, charge})
}

// commitItems applies a computed change.
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
		r.forgetDeclaredOf(decision.Changes)
	}
	r.decide(c.p, decision)
	for _, count := range c.firstCounts() {
		r.decide(count, r.startedWith(count, c.at))
	}
}

// firstCounts are the first counts that a change of items uses and decides.
func (c itemsProposal) firstCounts() []*pending {
	var counts []*pending
	for _, t := range c.targets {
		if t.count != nil {
			counts = append(counts, t.count)
		}
	}
	return counts[:min(len(counts), maxFirstCounts)]
}

// bookItems puts the lines of a change where they will be billed. The first charge after a trial is
// billed at once.
func (r *replay) bookItems(c *itemsChange, decision Decision) {
	if !c.atOnce {
		for _, booked := range c.lines {
			r.book(booked.line, booked.charge, c.inForce, c.at)
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

// deferAccrued makes everything accrued so far due at an instant, ahead of what else is billed
// then.
func (r *replay) deferAccrued(at time.Time) {
	var deferred []Deferred
	for _, line := range r.state.Accrued {
		deferred = append(deferred, Deferred{BillAt: at, Reason: DocumentUpdate, Line: line})
	}
	r.state.Accrued = nil
	r.state.Deferred = append(deferred, r.state.Deferred...)
}

// forgetDeclaredOf records, for every item that a person changed, that its quantity no longer comes
// from the spec. It skips items whose quantity the spec still declares.
func (r *replay) forgetDeclaredOf(changes []Change) {
	for _, change := range changes {
		if declared, _ := r.in.Terms.item(change.Item); declared.Quantity == nil {
			r.forgetDeclared(change.Item)
		}
	}
}

// actOnItems records that an edit of the list was acted on. If an edit changes only the quantity of
// an item, that is a separate update.
func (v view) actOnItems(p *pending) {
	acted := &v.state.ActedOn
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

// decisionOnItems is the decision that is recorded for a change of items.
func (v view) decisionOnItems(c *itemsChange) Decision {
	var lines []proration.Line
	for i := range c.lines {
		c.lines[i].line.Key = v.lineKey(len(c.charges) + i)
		lines = append(lines, c.lines[i].line)
	}
	for i := range c.charges {
		c.charges[i].Key = v.lineKey(i)
	}
	d := v.applied(c.proposal, lines, c.changes(lines))
	v.namePolicy(&d.InForce, c.policies)
	return d
}

// changes says what a change of items does to each item that it touches.
func (c itemsProposal) changes(lines []proration.Line) []Change {
	var changes []Change
	for i := range c.before {
		item := &c.before[i]
		if !listed(c.targets, item.Name) {
			changes = append(changes, Change{
				Item: item.Name, Product: item.Product, PreviousPlan: item.Plan, PreviousCount: item.Position.Held,
			})
		}
	}
	for _, t := range c.targets {
		change := Change{Item: t.Name, Product: t.Product, NewPlan: t.Plan, NewCount: t.quantity}
		if t.before != nil {
			change.PreviousPlan, change.PreviousCount = t.before.Plan, t.before.Position.Held
		}
		if _, charged := amountOf(lines, t.Name); t.changesPrice() || charged || !t.before.Limits.Equal(t.Limits) {
			changes = append(changes, change)
		}
	}
	return changes
}

// summaryOfList briefly describes an update that asks for a list of items, before it is computed.
func (v view) summaryOfList(p *pending) string {
	targets, fault := v.targets(p, v.in.Now)
	if fault != nil {
		return fmt.Sprintf("%d items", len(p.Items))
	}
	return summaryOfChanges(itemsProposal{targets: targets, before: v.state.Items}.changes(nil))
}

// summaryOfChanges briefly describes a change of items.
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
