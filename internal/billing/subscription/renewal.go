// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// renew ends a period and charges the next one (billing.md#8-documents): items billed in arrears
// are settled, each recurring item is charged, the accrued lines are added, and one document is
// issued. The end of a trial works the same way, except that its document is the Initial one.
func (r *replay) renew(e event) *Fault {
	settled, fault := r.arrears()
	if fault != nil {
		return fault
	}
	reason := DocumentRenewal
	if r.state.Period.Trial {
		reason = DocumentInitial
	}
	r.nextPeriod(e.at)
	lines, fault := r.chargePeriod(len(settled))
	if fault != nil {
		return fault
	}
	r.state.Phase = Active
	lines = append(append(settled, lines...), r.state.Accrued...)
	r.state.Accrued = nil
	r.issue(reason, e.at, r.state.Period.Span, lines)
	return nil
}

// checkItems explains why a period of the current items cannot be priced: their products or plans are missing, or other ones
// have taken their names.
func (v view) checkItems() *Fault {
	var faults []Fault
	for i := range v.state.Items {
		item := &v.state.Items[i]
		fault := v.checkProduct(item.Product, item.Plan)
		if fault == nil && item.Recurring {
			fault = v.checkPlan(item)
		}
		faults = collect(faults, fault)
	}
	return Together(faults)
}

// checkPlan explains why the plan of an item is another one than before. The currency and the interval of a plan are
// immutable, but a plan can be removed and added again under its name.
func (v view) checkPlan(item *Item) *Fault {
	plan := v.in.Products[item.Product].Plans[item.Plan]
	const advice = "Add a plan of another name instead, and restore this one."
	switch {
	case plan.Currency != v.state.Currency.Code():
		return &Fault{MixedCurrency, fmt.Sprintf("Plan %q of SeatProduct %q was added again with prices in %s, and item %q is billed in %s. "+
			advice, item.Plan, item.Product, plan.Currency, item.Name, v.state.Currency.Code())}
	case !plan.Interval.Equal(v.state.Interval):
		return &Fault{MixedInterval, fmt.Sprintf("Plan %q of SeatProduct %q was added again and is billed every %s, and item %q is billed every "+
			"%s. "+advice, item.Plan, item.Product, plan.Interval, item.Name, v.state.Interval)}
	default:
		return nil
	}
}

// nextPeriod moves to the period that begins at the given instant. A new time zone takes effect
// here (billing.md#1-calendar).
func (r *replay) nextPeriod(at time.Time) {
	name, zone := r.nextZone()
	c := calendar.Calendar{Anchor: r.state.Anchor, Interval: r.state.Interval, Zone: zone}
	cutShort := r.state.Period.Span.End.Before(r.state.Period.Natural.End)
	if r.state.Period.Trial || cutShort {
		r.setPeriod(c.IndexOf(at), at, c, name)
		return
	}
	index := r.state.Period.Index + 1
	end := c.Boundary(index + 1)
	for !end.After(at) {
		// The zone changed, or skipped a day. No period is empty.
		index++
		end = c.Boundary(index + 1)
	}
	span := calendar.Span{Start: at, End: end}
	r.state.Period = Period{Index: index, Span: span, Natural: span, Zone: name, Renewed: at}
	r.zone = zone
}

// nextZone is the time zone of the next period: the one in the spec, unless it is invalid.
func (v view) nextZone() (string, *time.Location) {
	loaded, err := calendar.LoadZone(v.in.Terms.Zone)
	if err != nil {
		return v.state.Period.Zone, v.zone
	}
	return v.in.Terms.Zone, loaded
}

// setPeriod starts the period with the given index at an instant within it. The period is a stub
// unless the instant is its boundary.
func (r *replay) setPeriod(index int, at time.Time, c calendar.Calendar, zone string) {
	natural := calendar.Span{Start: c.Boundary(index), End: c.Boundary(index + 1)}
	r.state.Period = Period{
		Index: index, Span: calendar.Span{Start: at, End: natural.End}, Natural: natural, Zone: zone, Renewed: at,
	}
	r.zone = c.Zone
}

// chargePeriod captures the prices for the period that begins, and charges every recurring item
// that is billed in advance.
func (r *replay) chargePeriod(firstKey int) ([]proration.Line, *Fault) {
	if fault := r.checkItems(); fault != nil {
		return nil, fault
	}
	policies, fault := r.stubPolicies()
	if fault != nil {
		return nil, fault
	}
	r.state.Leftovers = nil
	var lines []proration.Line
	for i := range r.state.Items {
		item := &r.state.Items[i]
		item.LastEffective, item.SeatsNoticed = time.Time{}, 0
		if !item.Recurring {
			continue
		}
		r.capture(item)
		item.AtStart = item.Position.Held
		if item.Metered {
			item.Position, item.Meter = proration.Position{Held: item.Position.Held}, item.Meter.NextPeriod()
			continue
		}
		position, line := proration.PeriodCharge(r.charge(item, policies[item.Name]))
		item.Position = position
		if item.Charge == InAdvance {
			line.Key = r.lineKey(firstKey + len(lines))
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// stubPolicies are the policies that price each item's share of a stub. It is empty for a whole
// period, in which nothing is prorated.
func (v view) stubPolicies() (map[string]proration.Policy, *Fault) {
	policies := map[string]proration.Policy{}
	if v.window().Whole(v.state.Period.Span.Start) {
		return policies, nil
	}
	var faults []Fault
	for i := range v.state.Items {
		item := &v.state.Items[i]
		policy, fault := v.policy(v.itemPolicyRef(item.Product))
		faults = collect(faults, fault)
		policies[item.Name] = policy
	}
	return policies, Together(faults)
}

// capture records the plan's price and limits for the period that begins.
func (r *replay) capture(item *Item) {
	plan := r.in.Products[item.Product].Plans[item.Plan]
	item.Price, item.Charge, item.Metered = plan.Price, plan.Charge, plan.Metered && item.Recurring
	if item.Metered {
		item.Charge = InArrears
	}
	item.Minimum, item.Maximum = plan.Minimum, plan.Maximum
}

// charge is an item's recurring charge for the current period: for its quantity at the start, but
// at least its minimum (billing.md#10-seats).
func (v view) charge(item *Item, policy proration.Policy) proration.Charge {
	if policy == (proration.Policy{}) {
		policy = proration.NoPolicy
	}
	return proration.Charge{
		Item: item.Name, Product: item.Product, Plan: item.Plan,
		Price: item.Price, Currency: v.state.Currency,
		Quantity: item.AtStart, Minimum: item.Minimum,
		From: v.state.Period.Span.Start, Window: v.window(), Policy: policy,
	}
}

// arrears are the charges of items in arrears for the period that ends: for the quantity at its
// start, or for the usage. Changes since the start are accrued lines of their own.
func (v view) arrears() ([]proration.Line, *Fault) {
	if v.state.Period.Trial {
		return nil, nil
	}
	policies, fault := v.stubPolicies()
	if fault != nil {
		return nil, fault
	}
	var lines []proration.Line
	for i := range v.state.Items {
		item := &v.state.Items[i]
		if item.Charge != InArrears || !item.Recurring || (item.AtStart == NotAtStart && !item.Metered) {
			continue
		}
		for _, line := range v.arrearsOf(item, policies[item.Name]) {
			line.Key = v.lineKey(len(lines))
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// arrearsOf is what an item in arrears is charged for the whole current period.
func (v view) arrearsOf(item *Item, policy proration.Policy) []proration.Line {
	if item.Metered {
		return v.usage(item, v.state.Period.Span.End)
	}
	_, line := proration.PeriodCharge(v.charge(item, policy))
	return []proration.Line{line}
}

// chargeOnce charges the items that are not recurring. They are charged in full at the start, also
// in a trial (billing.md#6-items and billing.md#9-trials).
func (r *replay) chargeOnce() []proration.Line {
	var lines []proration.Line
	for i := range r.state.Items {
		item := &r.state.Items[i]
		if item.Recurring {
			continue
		}
		item.AtStart = item.Position.Held
		position, line := proration.OneTimeCharge(proration.Charge{
			Item: item.Name, Product: item.Product, Plan: item.Plan,
			Price: item.Price, Currency: r.state.Currency,
			Quantity: item.Position.Held, From: r.state.Start, Window: r.window(),
		})
		item.Position = position
		line.Key = r.lineKey(len(lines))
		lines = append(lines, line)
	}
	return lines
}
