// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

// ReadState reads the committed billing state from a subscription's status. A status that the
// operator did not write is an error, and is never guessed.
func ReadState(s *v1alpha1.SubscriptionStatus) (subscription.State, error) {
	state := subscription.State{
		Phase:      subscription.Pending,
		Sequence:   s.Sequence,
		Start:      Instant(s.StartTime),
		Anchor:     Instant(s.BillingCycleAnchor),
		NextNumber: s.NextInvoiceNumber,
		LastEvent:  Instant(s.LastEventTime),
		Parked:     s.Parked,
		CatchUpTo:  Instant(s.CatchUpTime),
	}
	if s.EventsOnDay != nil {
		state.Day = subscription.DayCount{Date: s.EventsOnDay.Date, Count: int(s.EventsOnDay.Count)}
	}
	if s.CancelTime != nil {
		state.Phase = subscription.Canceled
	}
	if s.StartTime == nil {
		return state, nil
	}
	err := readStarted(s, &state)
	return state, err
}

// readStarted reads the part of the state that only a started subscription has.
func readStarted(s *v1alpha1.SubscriptionStatus, state *subscription.State) error {
	if s.CurrentPeriod == nil || s.Interval == nil || s.ActedOn == nil {
		return fmt.Errorf("status has a startTime but no currentPeriod, interval or actedOn")
	}
	var err error
	if state.Currency, err = money.ParseCurrency(string(s.Currency)); err != nil {
		return err
	}
	if state.Balance, err = amount(s.CreditBalance); err != nil {
		return err
	}
	state.Interval = readInterval(*s.Interval)
	state.Period = readPeriod(s.CurrentPeriod)
	if state.Phase == subscription.Pending {
		state.Phase = subscription.Active
		if state.Period.Trial {
			state.Phase = subscription.Trialing
		}
	}
	for i := range s.Items {
		item, err := readItem(&s.Items[i])
		if err != nil {
			return fmt.Errorf("item %q: %w", s.Items[i].Name, err)
		}
		state.Items = append(state.Items, item)
	}
	if s.UpcomingInvoice != nil {
		if state.Accrued, err = readAccrued(s.UpcomingInvoice.Lines, state); err != nil {
			return err
		}
	}
	for i := range s.Deferred {
		line, err := readLine(&s.Deferred[i].Line)
		if err != nil {
			return err
		}
		state.Deferred = append(state.Deferred, subscription.Deferred{
			BillAt: s.Deferred[i].BillAt.UTC(), Reason: subscription.DocumentReason(s.Deferred[i].Reason), Line: line,
		})
	}
	state.ActedOn = readActedOn(s.ActedOn)
	state.Continues = s.ContinuesAfterTrial
	for _, l := range s.Leftovers {
		remainder, err := fraction(l.Remainder)
		if err != nil {
			return err
		}
		state.Leftovers = append(state.Leftovers, subscription.Leftover{
			Item: l.Item, Product: l.Product, Plan: l.Plan, Remainder: remainder, Left: l.LeftTime.UTC(),
		})
	}
	return readUsage(s.Usage, state)
}

func readPeriod(p *v1alpha1.BillingPeriod) subscription.Period {
	period := subscription.Period{
		Index: int(p.Index), Zone: p.TimeZone, Trial: p.Trial,
		Span: calendar.Span{Start: p.Start.UTC(), End: p.End.UTC()}, Renewed: p.Start.UTC(),
	}
	if p.RenewedTime != nil {
		period.Renewed = p.RenewedTime.UTC()
	}
	period.Natural = period.Span
	if p.NaturalStart != nil && p.NaturalEnd != nil {
		period.Natural = calendar.Span{Start: p.NaturalStart.UTC(), End: p.NaturalEnd.UTC()}
	}
	return period
}

func readItem(i *v1alpha1.SubscriptionItemStatus) (subscription.Item, error) {
	item := subscription.Item{
		Name: i.Name, Product: i.Product, Plan: i.Plan, Recurring: i.Recurring,
		Charge: subscription.Charge(i.Charge), Source: subscription.Source(i.Source),
		Minimum: ptr.Deref(i.Minimum, 0), Maximum: ptr.Deref(i.Maximum, 0),
		AtStart: ptr.Deref(i.StartQuantity, subscription.NotAtStart), Loaded: i.LoadedQuantity,
		Metered: i.Usage == v1alpha1.UsageMetered, Limits: readLimits(i.UsageLimits), SeatsNoticed: int(i.SeatsThresholdPercent),
		Observed: Instant(i.ObservedTime), LoadedAt: Instant(i.LoadedTime), LastEffective: Instant(i.LastEffectiveTime),
	}
	var err error
	if i.CapturedPrice == nil {
		return item, fmt.Errorf("no capturedPrice")
	}
	if item.Price, err = readCapturedPrice(i.CapturedPrice); err != nil {
		return item, err
	}
	item.Position, err = readPosition(i)
	return item, err
}

func readPosition(i *v1alpha1.SubscriptionItemStatus) (proration.Position, error) {
	p := proration.Position{Held: i.Quantity, Coverage: readCoverage(i)}
	var err error
	if p.Charged, err = amount(i.ChargedTotal); err != nil {
		return p, err
	}
	if p.Remainder, err = fraction(i.Remainder); err != nil {
		return p, err
	}
	if p.DebitUnits, err = optionalFraction(i.DebitUnits); err != nil {
		return p, err
	}
	p.DebitUnit = proration.Unit(i.DebitUnit)
	p.CreditUnits, err = optionalFraction(i.CreditUnits)
	p.CreditUnit, p.CreditTime = proration.Unit(i.CreditUnit), Instant(i.CreditTime)
	return p, err
}

// readCoverage reads the units of an item that need no further charge in the period. Earlier
// versions stored no coverage: the units that they billed are charged, and the units above were not
// charged in that period.
func readCoverage(i *v1alpha1.SubscriptionItemStatus) proration.Coverage {
	if i.ReferenceTotal == "" {
		var c proration.Coverage
		for _, run := range i.Coverage {
			c = append(c, proration.Run{Units: run.Units, Charged: run.Charged})
		}
		return c
	}
	billed := ptr.Deref(i.BilledQuantity, 0)
	var c proration.Coverage
	if billed > 0 {
		c = append(c, proration.Run{Units: billed, Charged: true})
	}
	if i.Quantity > billed {
		c = append(c, proration.Run{Units: i.Quantity - billed})
	}
	return c
}

func readCapturedPrice(p *v1alpha1.CapturedPrice) (pricing.Price, error) {
	plan := v1alpha1.Pricing{
		Model: p.Model, UnitAmount: p.UnitAmount, PackageSize: p.PackageSize, IncludedUnits: p.IncludedUnits,
	}
	for _, t := range p.Tiers {
		plan.Tiers = append(plan.Tiers, v1alpha1.Tier(t))
	}
	return ReadPrice(plan)
}

func readActedOn(a *v1alpha1.ActedOn) subscription.ActedOn {
	acted := subscription.ActedOn{Generation: a.Generation}
	for _, i := range a.Items {
		acted.Items = append(acted.Items, subscription.ActedOnItem{
			TermsItem: subscription.TermsItem{
				Name: i.Name, Product: i.Product, Plan: i.Plan, Quantity: i.Quantity, Recurring: ptr.Deref(i.Recurring, true),
				Limits: readLimits(i.UsageLimits),
			},
			Generation: i.Generation,
		})
	}
	return acted
}
