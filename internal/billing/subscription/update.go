// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// applyUpdate makes an update take hold, and what that costs is owed
// (billing.md#5-coverage to billing.md#7-schedules).
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

// applyQuantity changes the quantity held of one item.
func (r *replay) applyQuantity(e event) *Fault {
	p := e.update
	if fault := r.checkTarget(p); fault != nil {
		return r.refuse(p, e.at, *fault)
	}
	item := r.itemOf(p)
	if fault := r.checkProduct(item.Product, item.Plan); fault != nil {
		return fault
	}
	if fault := r.checkLimits(item, r.wanted(p, item)); fault != nil && p.Origin != OriginRefresh {
		return r.refuse(p, e.at, *fault) // a loaded count was clamped, and assigned seats come first
	}
	c, fault := r.consider(p, item, e.at)
	if fault != nil && !fault.Reason.WaitsByItself() {
		return fault
	}
	if fault != nil {
		return r.refuse(p, e.at, *fault)
	}
	decision := c.decision(r)
	if fault := checkHash(p, decision); fault != nil {
		return r.refuse(p, e.at, *fault)
	}
	r.take(p, item, c)
	r.decide(p, decision)
	return nil
}

// refuse closes an update that cannot take hold. One that was made from the
// spec is never rejected: its fault is returned and it waits.
func (r *replay) refuse(p *pending, at time.Time, fault Fault) *Fault {
	if p.Origin == OriginSpec {
		return &fault
	}
	f := r.inForce(p)
	f.ApplyAt = at
	r.decide(p, Decision{Verdict: IsRejected, Fault: fault, InForce: f, Summary: r.summary(p)})
	return nil
}

// checkProduct says what is missing of an item's product.
func (r *replay) checkProduct(product, plan string) *Fault {
	found, ok := r.in.Products[product]
	if !ok {
		return &Fault{ProductNotFound, fmt.Sprintf("SeatProduct %q does not exist: create it, or name another.", product)}
	}
	if _, ok := found.Plans[plan]; !ok {
		return &Fault{PlanNotFound, fmt.Sprintf("SeatProduct %q has no plan %q: add it, or name another.", product, plan)}
	}
	return nil
}

// considered is a change of one item's quantity, worked out and not yet made.
type considered struct {
	item      Item
	quantity  int64
	position  proration.Position
	line      *proration.Line
	inForce   InForce
	effective time.Time
	at        time.Time
}

// consider works a change out: from when it counts, by which method, and what
// it costs.
func (r *replay) consider(p *pending, item *Item, at time.Time) (considered, *Fault) {
	d := r.dueTime(p)
	if d.at.IsZero() {
		d.at = at
	}
	c := considered{item: *item, quantity: r.wanted(p, item), at: at, inForce: r.inForce(p)}
	c.inForce.ApplyAt = at
	c.inForce.Method = r.method(item, c.inForce.Method, d.tooLate)
	var fault *Fault
	if c.effective, fault = r.effectiveTime(p, bounds{item.LastEffective, item.Name}, d); fault != nil {
		return c, fault
	}
	c.inForce.Effective = c.effective
	c.inForce.BillAt = r.billAt(p, c.inForce.Payment, at)
	c.position, c.line, fault = r.price(p, c)
	return c, fault
}

// billAt is when an adjustment is billed; zero with the next invoice.
func (r *replay) billAt(p *pending, payment Payment, at time.Time) time.Time {
	switch payment {
	case PayImmediately:
		return at
	case PayCustom:
		return latest(p.BillAt, at)
	default:
		return p.BillAt
	}
}

// method is the calculation method once the circumstances had their say.
func (r *replay) method(item *Item, asked proration.Method, tooLate bool) proration.Method {
	switch {
	case r.state.Period.Trial:
		return proration.DoNotCharge
	case tooLate && item.Recurring:
		return proration.ProRata
	case !item.Recurring && asked == proration.ProRata:
		return proration.PayInFull // never prorated (billing.md#6-items)
	default:
		return asked
	}
}

// bounds are what an effective time may not lie before, besides the period: the
// effective time of the newest change, and the item that it changed.
type bounds struct {
	newest time.Time
	item   string
}

// effectiveTime is the instant from which a change counts for money. One that a
// person wrote must lie in the current period and not before the item's newest
// change; one that was derived is moved up to those bounds
// (billing.md#6-items).
func (r *replay) effectiveTime(p *pending, b bounds, d due) (time.Time, *Fault) {
	period := r.state.Period.Span
	if p.Effective.IsZero() {
		t := d.at
		switch {
		case d.tooLate:
			t = period.Start
		case p.Origin == OriginRefresh && r.inForce(p).Application == ApplyImmediately:
			t = p.Cause.Observed
		}
		return latest(t, period.Start, b.newest), nil
	}
	switch t := p.Effective; {
	case t.Before(period.Start):
		return t, &Fault{EffectiveTimeInClosedPeriod, "The effective time lies before the current period, whose " +
			"invoice is never edited: use one within the current period."}
	case t.Equal(period.End) && d.at.Equal(period.End):
		return t, nil // it applies at the boundary, before that is charged (billing.md#13-time)
	case !t.Before(period.End):
		return t, &Fault{EffectiveTimeAfterPeriod, "The effective time lies at or after the end of the current " +
			"period: use one within it, or applicationSchedule NextPeriod."}
	case t.Before(b.newest):
		return t, &Fault{EffectiveTimeBeforeLastChange, fmt.Sprintf("The effective time lies before that of the "+
			"newest change of item %q: use a later one.", b.item)}
	default:
		return t, nil
	}
}

// price computes a change of quantity. At a boundary that has not been charged
// yet nothing is priced: the renewal charges what is then held
// (billing.md#13-time). It does not charge an item that is charged once, whose
// added units are.
func (r *replay) price(p *pending, c considered) (proration.Position, *proration.Line, *Fault) {
	atBoundary := !c.effective.Before(r.state.Period.Span.End)
	if r.state.Period.Trial || c.item.Metered || (atBoundary && c.item.Recurring) {
		position := c.item.Position
		position.Held = c.quantity
		return position, nil, nil
	}
	policy := proration.NoPolicy
	if c.inForce.Method == proration.ProRata {
		var fault *Fault
		if policy, fault = r.policy(c.inForce.Proration); fault != nil {
			return c.item.Position, nil, fault
		}
	}
	change := proration.ChangeQuantity
	if !c.item.Recurring {
		change = proration.ChangeOneTime
	}
	position, line := change(c.item.Position, proration.Change{
		Item: c.item.Name, Product: c.item.Product, Plan: c.item.Plan, Update: p.Name,
		Price: c.item.Price, Currency: r.state.Currency,
		Quantity: c.quantity, Method: c.inForce.Method,
		At: c.effective, Window: r.window(), Policy: policy,
	})
	if line != nil {
		line.Key = r.lineKey(0)
	}
	return position, line, nil
}

// window is the current period as far as proration goes.
func (r *replay) window() proration.Window {
	return proration.Window{Natural: r.state.Period.Natural, End: r.state.Period.Span.End, Zone: r.zone}
}

// lineKey is unique among a subscription's lines: the event that made it, and
// its place there.
func (r *replay) lineKey(i int) string { return fmt.Sprintf("%d-%d", r.state.Sequence+1, i) }

// take makes the considered change.
func (r *replay) take(p *pending, item *Item, c considered) {
	item.Position = c.position
	item.LastEffective = c.effective
	r.noticeSeats(item, c.item.Position.Held, c.at)
	if p.Origin == OriginRefresh {
		item.Loaded, item.Observed, item.LoadedAt = p.Change.Count, p.Cause.Observed, p.Cause.Loaded
	}
	if p.Origin == OriginSpec {
		r.actOn(p)
	} else {
		r.letGo(item.Name)
	}
	if c.line != nil {
		r.owe(*c.line, item.Charge, c.inForce, c.at)
	}
}

// owe puts a line where it will be billed (billing.md#7-schedules). One that
// rounds to zero stays on the update alone; an item in arrears is billed at the
// boundary.
func (r *replay) owe(line proration.Line, charge Charge, f InForce, at time.Time) {
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

// actOn remembers that an edit of the spec was acted on.
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

// letGo remembers that the spec no longer declares a quantity: something else has
// changed it. Declaring the old one again is an edit.
func (r *replay) letGo(name string) {
	for i := range r.state.ActedOn.Items {
		if a := &r.state.ActedOn.Items[i]; a.Name == name {
			a.Quantity = nil
			return
		}
	}
}

// decision is what the record will say of a considered change.
func (c considered) decision(r *replay) Decision {
	product := r.in.Products[c.item.Product]
	change := Change{
		Item: c.item.Name, Product: c.item.Product, ProductRef: product.ExternalRef,
		PreviousPlan: c.item.Plan, NewPlan: c.item.Plan,
		PreviousCount: c.item.Position.Held, NewCount: c.quantity,
		NextRefresh: product.NextRefresh,
	}
	d := Decision{
		Verdict: IsApplied, Fault: Fault{ReasonApplied, "Applied."}, InForce: c.inForce, AppliedAt: c.at,
		Renewal: r.state.Period.Span.End,
		Summary: summaryOf(c.item.Name, c.item.Position.Held, c.quantity),
	}
	if c.inForce.Method != proration.DoNotCharge {
		sum := money.Decimal{}
		if c.line != nil {
			sum = c.line.Amount
		}
		d.Adjustment, change.Adjustment = &sum, &sum
	}
	if c.line != nil {
		d.Lines = []proration.Line{*c.line}
	}
	d.Changes = []Change{change}
	return d
}

// summary is an update in a few words.
func (r *replay) summary(p *pending) string {
	if p.Items != nil {
		return r.summaryOfList(p)
	}
	item := r.itemOf(p)
	if item == nil {
		return ""
	}
	return summaryOf(item.Name, item.Position.Held, r.wanted(p, item))
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
