// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// start starts the subscription as of its start time, no matter how late the last of the required
// counts arrived (billing.md#1-calendar, billing.md#9-trials and billing.md#first-counts).
func (r *replay) start(e event) *Fault {
	s, fault := r.prepare(e.at)
	if fault != nil {
		return fault
	}
	r.state, r.zone = &s.state, s.zone
	lines, fault := r.firstPeriod(e.at)
	if fault != nil {
		return fault
	}
	for i := range r.state.Items {
		r.noticeSeats(&r.state.Items[i], 0, e.at)
	}
	for _, p := range s.counts[:min(len(s.counts), maxFirstCounts)] {
		r.decide(p, r.startedWith(p, e.at))
	}
	r.issue(DocumentInitial, r.firstIssued(e.at), r.state.Period.Span, lines)
	return nil
}

// beginning is a subscription that is ready to start.
type beginning struct {
	state State
	zone  *time.Location
	// counts are the first loaded counts, which the start uses.
	counts []*pending
}

// prepare checks everything that a start needs, and returns the first state without a period.
func (r *replay) prepare(at time.Time) (beginning, *Fault) {
	zone, err := calendar.LoadZone(r.in.Terms.Zone)
	if err != nil {
		return beginning{}, &Fault{InvalidTimeZone, fmt.Sprintf("spec.timeZone: %v.", err)}
	}
	b := beginning{state: r.state.clone(), zone: zone}
	if fault := r.agreedTerms(&b.state); fault != nil {
		return beginning{}, fault
	}
	if fault := r.checkStartTime(at, b); fault != nil {
		return beginning{}, fault
	}
	b.state.Items = nil
	var faults []Fault
	for _, t := range r.in.Terms.Items {
		item, count, fault := r.firstItem(t)
		faults = collect(faults, fault)
		b.state.Items = append(b.state.Items, item)
		b.state.ActedOn.Items = append(b.state.ActedOn.Items, ActedOnItem{TermsItem: t, Generation: r.in.Terms.Generation})
		if count != nil {
			b.counts = append(b.counts, count)
		}
	}
	if fault := Together(faults); fault != nil {
		return beginning{}, fault
	}
	b.state.ActedOn.Generation = r.in.Terms.Generation
	b.state.Start, b.state.Anchor = at, at
	if !r.in.Terms.Anchor.IsZero() {
		b.state.Anchor = r.in.Terms.Anchor
	}
	b.state.NextNumber = 1
	return b, nil
}

// agreedTerms finds the currency and the interval that all items share (billing.md#1-calendar). The
// currency never changes after this.
func (r *replay) agreedTerms(s *State) *Fault {
	if len(r.in.Terms.Items) == 0 {
		return &Fault{InvalidItems, "The subscription has no items: add one."}
	}
	var unusable, mixed []Fault
	for i, t := range r.in.Terms.Items {
		currency, fault := r.usablePlan(t)
		if fault != nil {
			unusable = append(unusable, *fault)
			continue
		}
		plan := r.in.Products[t.Product].Plans[t.Plan]
		if i == 0 {
			s.Currency, s.Interval = currency, plan.Interval
		}
		first := r.in.Terms.Items[0]
		switch {
		case len(unusable) > 0:
			// The shared values are compared after each item was found to have a plan.
		case currency.Code() != s.Currency.Code():
			mixed = append(mixed, Fault{MixedCurrency, fmt.Sprintf("Item %q is priced in %s, the items before it in %s: use plans of "+
				"one currency.", t.Name, currency.Code(), s.Currency.Code())})
		case !plan.Interval.Equal(s.Interval):
			mixed = append(mixed, Fault{MixedInterval, fmt.Sprintf("Item %q is on plan %q, billed every %s, and item %q on plan %q, billed "+
				"every %s. Use plans of one interval.", first.Name, first.Plan, s.Interval, t.Name, t.Plan, plan.Interval)})
		}
	}
	return Together(append(unusable, mixed...))
}

// usablePlan checks that the plan of an item exists and can be billed, and returns its currency.
func (v view) usablePlan(t TermsItem) (money.Currency, *Fault) {
	if fault := v.checkProduct(t.Product, t.Plan); fault != nil {
		return money.Currency{}, fault
	}
	plan := v.in.Products[t.Product].Plans[t.Plan]
	currency, err := money.ParseCurrency(plan.Currency)
	if err == nil {
		err = plan.Interval.Validate()
	}
	if err != nil {
		return money.Currency{}, &Fault{PlanNotFound, fmt.Sprintf("Plan %q of SeatProduct %q cannot be used: %v.", t.Plan, t.Product, err)}
	}
	return currency, nil
}

// firstItem is an item at the start. Its quantity is declared, loaded, or the plan's minimum.
func (r *replay) firstItem(t TermsItem) (Item, *pending, *Fault) {
	plan := r.in.Products[t.Product].Plans[t.Plan]
	item := Item{
		Name: t.Name, Product: t.Product, Plan: t.Plan, Recurring: t.Recurring, Limits: t.Limits,
	}
	r.capture(&item)
	if item.Metered {
		return r.firstMeteredItem(t, item)
	}
	switch {
	case t.Quantity != nil:
		if fault := r.checkLimits(&item, *t.Quantity); fault != nil {
			return item, nil, fault
		}
		item.Position.Held = *t.Quantity
		return item, nil, nil
	case !r.in.Products[t.Product].Loader:
		item.Position.Held = max(plan.Minimum, r.in.Assigned[t.Name])
		return item, nil, nil
	}
	count := r.firstCount(t.Name, r.startTime())
	if count == nil {
		return item, nil, &Fault{WaitingForSeats, fmt.Sprintf("The seats of item %q have not been counted yet by the data "+
			"loader of SeatProduct %q.", t.Name, t.Product)}
	}
	item.Position.Held = Clamp(*count.Change.Count, plan.Minimum, plan.Maximum, r.in.Assigned[t.Name])
	item.Loaded, item.Observed, item.LoadedAt = count.Change.Count, count.Cause.Observed, count.Cause.Loaded
	return item, count, nil
}

// firstMeteredItem is a metered item at the start, with its first reading. Its quantity costs
// nothing.
func (v view) firstMeteredItem(t TermsItem, item Item) (Item, *pending, *Fault) {
	product := v.in.Products[t.Product]
	item.Position.Held = max(product.Plans[t.Plan].Minimum, v.in.Assigned[t.Name])
	if t.Quantity != nil {
		item.Position.Held = *t.Quantity
	}
	reading, found := v.firstReading(&item, v.startTime())
	if !found && product.Loader {
		return item, nil, &Fault{WaitingForSeats, fmt.Sprintf("The usage of item %q has not been read yet by the data loader "+
			"of SeatProduct %q.", t.Name, t.Product)}
	}
	if found {
		item.Meter = metering.Meter{Known: true, Last: reading.Reading}
	}
	return item, nil, nil
}

// firstCount is the count that an item starts with: the newest one observed by the start, or else
// the first one after it. Later counts apply at their own event times, even if the start is
// replayed late.
func (v view) firstCount(item string, start time.Time) *pending {
	var first *pending
	for _, p := range v.updates {
		if p.Origin != OriginRefresh || p.Change.Item != item || p.Change.Count == nil || p.Late() {
			continue
		}
		observed := p.Cause.Observed
		switch {
		case first == nil,
			observed.After(first.Cause.Observed) && !observed.After(start),
			observed.Before(first.Cause.Observed) && first.Cause.Observed.After(start):
			first = p
		}
	}
	return first
}

// firstPeriod opens the trial or the first paid period, and charges what is due at the start.
func (r *replay) firstPeriod(at time.Time) ([]proration.Line, *Fault) {
	trialEnd, fault := r.trialEnd(at)
	if fault != nil {
		return nil, fault
	}
	first := latest(at, trialEnd)
	c := calendar.Calendar{Anchor: r.state.Anchor, Interval: r.state.Interval, Zone: r.zone}
	if r.in.Terms.Anchor.IsZero() {
		c.Anchor = first
	}
	if fault := r.checkBilledUntil(at, first, c); fault != nil {
		return nil, fault
	}
	if fault := r.checkManyPeriods(first, c); fault != nil {
		return nil, fault
	}
	once := r.chargeOnce()
	if r.billedElsewhere(at) {
		once = nil
	}
	if !trialEnd.IsZero() && !trialEnd.Before(r.in.Terms.BilledUntil) {
		r.startTrial(at, trialEnd)
		return once, nil
	}
	r.state.Phase, r.state.Anchor = Active, c.Anchor
	return r.firstPaidPeriod(first, c, once)
}

// firstPaidPeriod opens the first paid period and charges it, unless it was charged elsewhere. If
// billing resumes at billedUntil, the rest of the period is a stub; [replay.checkSuccession] bounds
// billedUntil.
func (r *replay) firstPaidPeriod(first time.Time, c calendar.Calendar, once []proration.Line) ([]proration.Line, *Fault) {
	until := r.in.Terms.BilledUntil
	if !first.Before(until) || r.resumes() {
		from := latest(first, until)
		r.setPeriod(c.IndexOf(from), from, c, r.in.Terms.Zone)
		lines, fault := r.chargePeriod(len(once))
		return append(once, lines...), fault
	}
	index := c.IndexOf(until.Add(-time.Second))
	r.setPeriod(index, latest(first, c.Boundary(index)), c, r.in.Terms.Zone)
	_, fault := r.chargePeriod(0) // treated as charged, without a document
	r.creditAtMostPaid()
	return nil, fault
}

// creditAtMostPaid limits the credit for a period that a predecessor was charged for to what was paid,
// no matter how many seats the successor has.
func (r *replay) creditAtMostPaid() {
	last := r.in.Predecessor
	if last.Paid == nil {
		return
	}
	left := *last.Paid
	if last.Currency != r.state.Currency.Code() {
		left = money.Decimal{}
	}
	for i := range r.state.Items {
		if !r.state.Items[i].Recurring {
			continue // it is never credited, so it takes no share of the limit
		}
		position := &r.state.Items[i].Position
		position.Charged = money.Min(position.Charged, left)
		left = left.Sub(position.Charged)
	}
}

// startTrial opens the trial. Without an anchor, periods are counted from the end of the trial
// (billing.md#9-trials).
func (r *replay) startTrial(at, end time.Time) {
	r.state.Phase = Trialing
	span := calendar.Span{Start: at, End: end}
	r.state.Period = Period{Span: span, Natural: span, Zone: r.in.Terms.Zone, Trial: true, Renewed: at}
	if r.in.Terms.Anchor.IsZero() {
		r.state.Anchor = end
	}
}

// trialEnd is the end of the subscription's one trial: the one in the spec, or else the longest of
// its plans' trials at the start, in local calendar units (billing.md#9-trials), up to
// [MaxTrialYears]. It is zero without a trial. A customer who had a subscription with this name
// does not get another trial (billing.md#14-start-and-end).
func (v view) trialEnd(at time.Time) (time.Time, *Fault) {
	end := v.in.Terms.TrialEnd
	if !end.IsZero() {
		return end, v.checkTrialEnd(at, end)
	}
	for _, t := range v.in.Terms.Items {
		trial := v.in.Products[t.Product].Plans[t.Plan].Trial
		if trial.Count == 0 || v.in.Predecessor.exists() {
			continue
		}
		end = earlier(latest(end, calendar.AddUnits(at, trial.Count, trial.Unit, v.zone)), latestTrialEnd(at))
	}
	if end.IsZero() && v.in.Terms.TrialOnly {
		return end, &Fault{InvalidTrial, "spec.trial.only needs a trial: set spec.trial.endTime, or use a plan with a trial. " +
			"A customer who had a subscription with this name does not get a second trial from a plan."}
	}
	return end, nil
}

// startedWith is the decision on the first count of an item. It prices nothing, because the start
// charges the quantity.
func (v view) startedWith(p *pending, at time.Time) Decision {
	item := v.itemOf(p)
	c := v.propose(p, at)
	c.inForce.Effective, c.inForce.Method = at, v.methodOfQuantity(c, item)
	d := v.applied(c, nil, []Change{{
		Item: item.Name, Product: item.Product, NewPlan: item.Plan, NewCount: item.Position.Held,
	}})
	d.Fault.Message = "Applied: the subscription started with this count."
	d.Renewal, d.Summary = time.Time{}, summaryOf(item.Name, 0, item.Position.Held)
	return d
}
