// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// applyUpdate applies an update, and records what it costs (billing.md#5-coverage to
// billing.md#7-schedules).
func (r *replay) applyUpdate(e event) *Fault {
	switch {
	case e.update.InvalidCause != "":
		return r.refuse(e.update, e.at, Fault{InvalidCause, e.update.InvalidCause})
	case e.update.Preview:
		return r.preview(e)
	case e.update.Items != nil:
		return r.applyItems(e)
	default:
		return r.applyQuantity(e)
	}
}

// A change of one item's quantity and a change of the list of items go the same way. Each is proposed and its terms are
// settled ([view.propose], [view.settleTerms]); its method is found (method.go); it is priced; it is described
// ([view.applied]); and it is made:
//
//	one quantity   changeQuantity   decisionOnQuantity   commitQuantity   (this file)
//	the list       changeItems      decisionOnItems      commitItems      (changeitems.go)
//
// They differ in what they price and replace. A quantity has one line, and its item stays in its place. A list can add,
// remove and exchange items, end the trial or the period, and bill what falls due by that.

// applyQuantity changes the current quantity of one item.
func (r *replay) applyQuantity(e event) *Fault {
	p := e.update
	if fault := r.checkTarget(p); fault != nil {
		return fault
	}
	item := r.itemOf(p)
	if fault := r.checkProduct(item.Product, item.Plan); fault != nil {
		return fault
	}
	if fault := r.checkLimits(item, r.wanted(p, item)); fault != nil && p.Origin != OriginRefresh {
		return fault // a loaded count was clamped, and stays above the assigned seats
	}
	c, fault := r.changeQuantity(p, item, e.at)
	if fault != nil {
		return fault
	}
	decision := r.decisionOnQuantity(c)
	if fault := checkHash(p, decision); fault != nil {
		return fault
	}
	r.commitQuantity(item, c, decision)
	return nil
}

// checkTarget explains why the item that a change names cannot be changed, or that it does not
// exist.
func (v view) checkTarget(p *pending) *Fault {
	if p.InvalidCause != "" {
		return &Fault{InvalidCause, p.InvalidCause}
	}
	if p.Items != nil {
		return nil // a list names its own items
	}
	item := v.itemOf(p)
	if item == nil && p.Change.Item == "" {
		return &Fault{UnknownItem, fmt.Sprintf("The subscription has %d items: name the one to change in "+
			"spec.seats.item.", len(v.state.Items))}
	}
	if item == nil {
		return &Fault{UnknownItem, fmt.Sprintf("The subscription has no item %q: name one that it has.", p.Change.Item)}
	}
	if p.Origin != OriginUser {
		return nil
	}
	declared, _ := v.in.Terms.item(item.Name)
	if declared.Quantity != nil {
		return &Fault{DeclaredInSpec, fmt.Sprintf("The quantity of item %q is declared by the subscription: "+
			"change it there, in spec.items.", item.Name)}
	}
	if v.in.Products[item.Product].Loader {
		return loadedFromSource(item.Name, item.Product)
	}
	return nil
}

func loadedFromSource(item, product string) *Fault {
	return &Fault{LoadedFromSource, fmt.Sprintf("The seats of item %q are counted by the data loader of SeatProduct %q: "+
		"change them where they are counted.", item, product)}
}

// refuse closes an update that cannot take effect. An update made from the spec is never rejected:
// its fault is returned, and it waits.
func (r *replay) refuse(p *pending, at time.Time, fault Fault) *Fault {
	if p.Origin == OriginSpec {
		return &fault
	}
	f := r.inForce(p)
	f.ApplyAt = at
	r.decide(p, Decision{Verdict: IsRejected, Fault: fault, InForce: f, Summary: r.summary(p)})
	return nil
}

// checkProduct describes what is missing: the product or the plan.
func (v view) checkProduct(product, plan string) *Fault {
	found, ok := v.in.Products[product]
	if !ok {
		return &Fault{ProductNotFound, fmt.Sprintf("SeatProduct %q does not exist: create it, or name another.", product)}
	}
	if _, ok := found.Plans[plan]; !ok {
		return &Fault{PlanNotFound, fmt.Sprintf("SeatProduct %q has no plan %q: add it, or name another.", product, plan)}
	}
	return nil
}

// proposal is a requested change of a quantity or of items, and the values that apply to it.
type proposal struct {
	p *pending
	// at is when the change takes effect, effective the instant from which it counts.
	at, effective time.Time
	inForce       InForce
	// tooLate means that a boundary was charged without the change; see [due].
	tooLate bool
	// withAccrued means that everything accrued so far is billed on the same document.
	withAccrued bool
}

// propose is a change whose terms are not settled yet.
func (v view) propose(p *pending, at time.Time) proposal {
	c := proposal{p: p, at: at, inForce: v.inForce(p)}
	c.inForce.ApplyAt = at
	return c
}

// settleTerms decides from when a change counts and when it is billed.
//
// A Reset for which nothing names a payment schedule is invoiced together with what has accrued. At
// a boundary that has not been charged, the renewal invoices it.
func (v view) settleTerms(c *proposal, b bounds) *Fault {
	d := v.dueTime(c.p)
	if d.at.IsZero() {
		d.at = c.at
	}
	effective, fault := v.effectiveTime(c.p, b, d)
	if fault != nil {
		return fault
	}
	c.effective, c.inForce.Effective, c.tooLate = effective, effective, d.tooLate
	if v.invoicesReset(c.p) {
		c.withAccrued = effective.Before(v.state.Period.Span.End)
		if !c.withAccrued {
			c.inForce.Payment = PayNextInvoice
		}
	}
	c.inForce.BillAt = v.billAt(c.p, c.inForce.Payment, c.at)
	return nil
}

// quantityChange is a change of one item's quantity, worked out and not yet made.
type quantityChange struct {
	proposal
	// item is as it was held.
	item     Item
	quantity int64
	position proration.Position
	line     *proration.Line
}

// changeQuantity works a change out: from when it counts, by which method, and what
// it costs.
func (v view) changeQuantity(p *pending, item *Item, at time.Time) (quantityChange, *Fault) {
	c := quantityChange{proposal: v.propose(p, at), item: *item, quantity: v.wanted(p, item)}
	fault := v.settleTerms(&c.proposal, bounds{item.LastEffective, item.Name})
	if fault != nil {
		return c, fault
	}
	c.inForce.Method = v.methodOfQuantity(c.proposal, item)
	c.position, c.line, fault = v.price(c)
	return c, fault
}

// maxBillAtYears bounds how far ahead an adjustment can be billed
// (billing.md#7-schedules).
const maxBillAtYears = 10

// billAt is when an adjustment is billed. Zero means with the next invoice.
func (v view) billAt(p *pending, payment Payment, at time.Time) time.Time {
	switch payment {
	case PayImmediately:
		return at
	case PayCustom:
		return earlier(latest(p.BillAt, at), at.AddDate(maxBillAtYears, 0, 0))
	default:
		return p.BillAt
	}
}

// bounds limit how early an effective time can be, in addition to the period: the effective time of
// the newest change, and the item that it changed.
type bounds struct {
	newest time.Time
	item   string
}

// effectiveTime is the instant from which a change counts for money. A person's value must lie in
// the current period and not before the item's newest change. A derived one is moved up to those
// bounds (billing.md#6-items).
func (v view) effectiveTime(p *pending, b bounds, d due) (time.Time, *Fault) {
	period := v.state.Period.Span
	if p.Effective.IsZero() {
		t := d.at
		switch {
		case d.tooLate:
			t = period.Start
		case p.Origin == OriginRefresh && v.inForce(p).Application == ApplyImmediately:
			t = p.Cause.Observed
		}
		return latest(t, period.Start, b.newest), nil
	}
	switch t := p.Effective; {
	case t.Before(period.Start):
		return t, &Fault{EffectiveTimeInClosedPeriod, "The effective time is before the current period, whose " +
			"invoice is never edited: use one within the current period."}
	case t.Equal(period.End) && d.at.Equal(period.End):
		return t, nil // it applies at the boundary, before the boundary is charged (billing.md#13-time)
	case !t.Before(period.End):
		return t, &Fault{EffectiveTimeAfterPeriod, "The effective time is at or after the end of the current " +
			"period: use one within it, or applicationSchedule NextPeriod."}
	case t.Before(b.newest):
		return t, &Fault{EffectiveTimeBeforeLastChange, fmt.Sprintf("The effective time is before that of the "+
			"newest change of item %q: use a later one.", b.item)}
	default:
		return t, nil
	}
}

// price computes a change of quantity. At a boundary that has not been charged yet nothing is
// priced: the renewal charges what is then held (billing.md#13-time). It does not charge one-time
// items, so their added units are priced here.
func (v view) price(c quantityChange) (proration.Position, *proration.Line, *Fault) {
	atBoundary := !c.effective.Before(v.state.Period.Span.End)
	if v.state.Period.Trial || c.item.Metered || (atBoundary && c.item.Recurring) {
		position := c.item.Position
		position.Held = c.quantity
		return position, nil, nil
	}
	change := v.changeOf(c.proposal, &c.item)
	change.Quantity = c.quantity
	if c.inForce.Method == proration.ProRata {
		var fault *Fault
		if change.Policy, fault = v.policy(c.inForce.Proration); fault != nil {
			return c.item.Position, nil, fault
		}
	}
	price := proration.ChangeQuantity
	if !c.item.Recurring {
		price = proration.ChangeOneTime
	}
	position, line := price(c.item.Position, change)
	if line != nil {
		line.Key = v.lineKey(0)
	}
	return position, line, nil
}

// changeOf describes a change of an item for proration, before a policy is chosen.
func (v view) changeOf(c proposal, item *Item) proration.Change {
	return proration.Change{
		Item: item.Name, Product: item.Product, Plan: item.Plan, Update: c.p.Name, Price: item.Price,
		Currency: v.state.Currency, Method: c.inForce.Method, At: c.effective, Window: v.window(), Policy: proration.NoPolicy,
	}
}

// window is the current period as proration needs it.
func (v view) window() proration.Window {
	return proration.Window{Natural: v.state.Period.Natural, End: v.state.Period.Span.End, Zone: v.zone}
}

// lineKey is unique among a subscription's lines. It consists of the event that made the line, and
// the line's place there.
func (v view) lineKey(i int) string { return fmt.Sprintf("%d-%d", v.state.Sequence+1, i) }

// commitQuantity makes a change of a quantity that was worked out.
func (r *replay) commitQuantity(item *Item, c quantityChange, decision Decision) {
	p := c.p
	item.Position = c.position
	item.LastEffective = c.effective
	r.noticeSeats(item, c.item.Position.Held, c.at)
	if p.Origin == OriginRefresh {
		item.Loaded, item.Observed, item.LoadedAt = p.Change.Count, p.Cause.Observed, p.Cause.Loaded
	}
	if p.Origin == OriginSpec {
		r.actOn(p)
	} else {
		r.forgetDeclared(item.Name)
	}
	if c.line != nil {
		r.book(*c.line, item.Charge, c.inForce, c.at)
	}
	r.decide(p, decision)
}

// book puts a line where it will be billed (billing.md#7-schedules). A line that rounds to zero
// stays on the update only. An item in arrears is billed at the boundary.
func (r *replay) book(line proration.Line, charge Charge, f InForce, at time.Time) {
	switch {
	case line.Amount.IsZero():
	case charge == InArrears || f.Payment == PayNextInvoice:
		r.state.Accrued = fold(append(r.state.Accrued, line))
	case f.Payment == PayImmediately:
		r.state.Deferred = append(r.state.Deferred, Deferred{BillAt: at, Reason: DocumentUpdate, Line: line})
	default:
		r.state.Deferred = append(r.state.Deferred, Deferred{BillAt: f.BillAt, Reason: DocumentCustom, Line: line})
	}
}

// actOn records that an edit of the spec was acted on.
func (r *replay) actOn(p *pending) {
	name := p.Cause.Item
	for i := range r.state.ActedOn.Items {
		if a := &r.state.ActedOn.Items[i]; a.Name == name {
			a.Generation = max(a.Generation, p.Cause.Generation)
			a.Quantity = p.Change.Count
			return
		}
	}
}

// forgetDeclared records that the quantity no longer comes from the spec, because something else
// has changed it. Declaring the old quantity again is then an edit.
func (r *replay) forgetDeclared(name string) {
	for i := range r.state.ActedOn.Items {
		if a := &r.state.ActedOn.Items[i]; a.Name == name {
			a.Quantity = nil
			return
		}
	}
}

// decisionOnQuantity is the decision that is recorded for a change of a quantity.
func (v view) decisionOnQuantity(c quantityChange) Decision {
	var lines []proration.Line
	if c.line != nil {
		lines = append(lines, *c.line)
	}
	return v.applied(c.proposal, lines, []Change{{
		Item: c.item.Name, Product: c.item.Product, PreviousPlan: c.item.Plan, NewPlan: c.item.Plan,
		PreviousCount: c.item.Position.Held, NewCount: c.quantity,
	}})
}

// applied is the recorded result of a change that takes effect.
func (v view) applied(c proposal, lines []proration.Line, changes []Change) Decision {
	d := Decision{
		Verdict: IsApplied, Fault: Fault{ReasonApplied, AppliedMessage}, InForce: c.inForce, AppliedAt: c.at,
		Renewal: v.state.Period.Span.End, Lines: lines, Changes: changes, Summary: summaryOfChanges(changes),
	}
	priced := len(lines) > 0 || c.inForce.Method != proration.DoNotCharge
	if priced {
		sum := Total(lines)
		d.Adjustment = &sum
	}
	for i := range changes {
		change := &changes[i]
		product := v.in.Products[change.Product]
		change.ProductRef, change.NextRefresh = product.ExternalRef, product.NextRefresh
		if priced {
			amount, _ := amountOf(lines, change.Item)
			change.Adjustment = &amount
		}
	}
	return d
}

// amountOf sums up the lines of an item; charged says that it has any.
func amountOf(lines []proration.Line, item string) (sum money.Decimal, charged bool) {
	for i := range lines {
		if lines[i].Item == item {
			sum, charged = sum.Add(lines[i].Amount), true
		}
	}
	return sum, charged
}

// summary briefly describes an update.
func (v view) summary(p *pending) string {
	if p.Items != nil {
		return v.summaryOfList(p)
	}
	item := v.itemOf(p)
	if item == nil {
		return ""
	}
	return summaryOf(item.Name, item.Position.Held, v.wanted(p, item))
}

func summaryOf(item string, from, to int64) string {
	return fmt.Sprintf("%s %d → %d", item, from, to)
}

func latest(times ...time.Time) time.Time {
	var t time.Time
	for _, o := range times {
		if o.After(t) {
			t = o
		}
	}
	return t
}
