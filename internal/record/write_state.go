// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"cmp"
	"slices"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

func writeCoverage(c proration.Coverage) []v1alpha1.CoverageRun {
	var runs []v1alpha1.CoverageRun
	for _, run := range c {
		runs = append(runs, v1alpha1.CoverageRun{Units: run.Units, Charged: run.Charged})
	}
	return runs
}

// WriteState writes the billing state into a subscription's status, and does not touch the rest of
// it (outbox, conditions, acknowledgements).
func WriteState(state subscription.State, upcoming subscription.Upcoming, s *v1alpha1.SubscriptionStatus) {
	s.Sequence = state.Sequence
	s.NextInvoiceNumber = state.NextNumber
	s.LastEventTime = Time(state.LastEvent)
	s.Parked = state.Parked
	s.CatchUpTime = Time(state.CatchUpTo)
	s.EventsOnDay = nil
	if state.Day.Date != "" {
		s.EventsOnDay = &v1alpha1.DayCount{Date: state.Day.Date, Count: int64(state.Day.Count)}
	}
	if state.Phase == subscription.Canceled && s.CancelTime == nil {
		s.CancelTime = Time(state.LastEvent)
	}
	if state.Start.IsZero() {
		WriteUpcoming(&state, upcoming, s)
		return
	}
	s.StartTime, s.BillingCycleAnchor = Time(state.Start), Time(state.Anchor)
	s.Interval = &v1alpha1.Interval{Unit: v1alpha1.IntervalUnit(state.Interval.Unit), Count: int32(state.Interval.Count)}
	s.Currency = v1alpha1.Currency(state.Currency.Code())
	s.CreditBalance = rounded(state.Balance, state.Currency)
	s.CurrentPeriod = writePeriod(state.Period)
	s.Seats = ptr.To(state.Seats())
	s.Items = make([]v1alpha1.SubscriptionItemStatus, 0, len(state.Items))
	for i := range state.Items {
		s.Items = append(s.Items, writeItem(&state.Items[i], state.Currency))
	}
	s.Deferred = nil
	for _, d := range state.Deferred {
		s.Deferred = append(s.Deferred, v1alpha1.DeferredLine{
			BillAt: *Time(d.BillAt), Reason: v1alpha1.InvoiceReason(d.Reason), Line: Line(d.Line, state.Currency),
		})
	}
	s.ActedOn = writeActedOn(state.ActedOn)
	s.ContinuesAfterTrial = state.Continues
	s.Leftovers = nil
	for _, l := range state.Leftovers {
		left := v1alpha1.Leftover{Item: l.Item, Product: l.Product, Plan: l.Plan, LeftTime: *Time(l.Left)}
		if !l.Remainder.IsZero() {
			left.Remainder = v1alpha1.Rational(l.Remainder.String())
		}
		s.Leftovers = append(s.Leftovers, left)
	}
	s.Usage, s.LoadedReadings = writeUsage(&state), dropTaken(&state, s.LoadedReadings)
	WriteUpcoming(&state, upcoming, s)
}

// WriteUpcoming writes the future of a subscription: its next invoice, its renewal and its end. It is derived
// from the state and the spec, and is shown to people. The lines of the next invoice are part of the state.
func WriteUpcoming(state *subscription.State, upcoming subscription.Upcoming, s *v1alpha1.SubscriptionStatus) {
	s.RenewalTime, s.TrialEndTime, s.UpcomingInvoice, s.RecurringAmount = nil, nil, nil, ""
	s.EndTime, s.TrialOnly = Time(upcoming.End), upcoming.TrialOnly
	if !state.Started() {
		if len(state.Accrued) > 0 { // lines of an abandoned subscription, which no invoice bills
			s.UpcomingInvoice = &v1alpha1.UpcomingInvoice{Lines: Lines(state.Accrued, state.Currency)}
		}
		return
	}
	if upcoming.Renews {
		s.RenewalTime = Time(state.Period.Span.End)
	}
	if state.Period.Trial {
		s.TrialEndTime = Time(state.Period.Span.End)
	}
	s.RecurringAmount = rounded(state.Recurring(), state.Currency)
	if upcoming.Absent && len(state.Accrued) == 0 {
		return
	}
	s.UpcomingInvoice = &v1alpha1.UpcomingInvoice{
		DueTime: Time(upcoming.DueTime), Lines: writeAccrued(state, upcoming.Lines),
		DocumentTotals: totals(upcoming.Totals, state.Currency),
	}
}

func writePeriod(p subscription.Period) *v1alpha1.BillingPeriod {
	period := &v1alpha1.BillingPeriod{
		Start: *Time(p.Span.Start), End: *Time(p.Span.End), Index: int64(p.Index), TimeZone: p.Zone, Trial: p.Trial,
	}
	if p.Natural != p.Span {
		period.NaturalStart, period.NaturalEnd = Time(p.Natural.Start), Time(p.Natural.End)
	}
	if !p.Renewed.Equal(p.Span.Start) {
		period.RenewedTime = Time(p.Renewed)
	}
	return period
}

func writeItem(i *subscription.Item, c money.Currency) v1alpha1.SubscriptionItemStatus {
	item := v1alpha1.SubscriptionItemStatus{
		Name: i.Name, Product: i.Product, Plan: i.Plan, Recurring: i.Recurring,
		Quantity: i.Position.Held, Source: v1alpha1.QuantitySource(i.Source),
		Charge: v1alpha1.Charge(i.Charge), Usage: v1alpha1.UsageLicensed,
		CapturedPrice: writeCapturedPrice(i.Price, c),
		UsageLimits:   writeLimits(i.Limits), SeatsThresholdPercent: int32(i.SeatsNoticed), // 0 to 100
		BilledQuantity: ptr.To(i.Position.Coverage.Charged()), Coverage: writeCoverage(i.Position.Coverage),
		ChargedTotal:      exact(i.Position.Charged, c),
		LastEffectiveTime: Time(i.LastEffective),
		LoadedQuantity:    i.Loaded, ObservedTime: Time(i.Observed), LoadedTime: Time(i.LoadedAt),
	}
	if i.AtStart != subscription.NotAtStart {
		item.StartQuantity = ptr.To(i.AtStart)
	}
	if i.Metered {
		item.Usage = v1alpha1.UsageMetered
	}
	if i.Minimum > 0 {
		item.Minimum = ptr.To(i.Minimum)
	}
	if i.Maximum > 0 {
		item.Maximum = ptr.To(i.Maximum)
	}
	if !i.Position.Remainder.IsZero() {
		item.Remainder = v1alpha1.Rational(i.Position.Remainder.String())
	}
	if i.Position.DebitUnits != nil {
		item.DebitUnits = v1alpha1.Rational(i.Position.DebitUnits.String())
		item.DebitUnit = v1alpha1.TimeUnit(i.Position.DebitUnit)
	}
	if i.Position.CreditUnits != nil {
		item.CreditUnits = v1alpha1.Rational(i.Position.CreditUnits.String())
		item.CreditUnit = v1alpha1.TimeUnit(i.Position.CreditUnit)
		item.CreditTime = Time(i.Position.CreditTime)
	}
	return item
}

func writeCapturedPrice(p pricing.Price, c money.Currency) *v1alpha1.CapturedPrice {
	captured := &v1alpha1.CapturedPrice{Model: v1alpha1.PricingModel(p.Model)}
	if len(p.Tiers) == 0 {
		captured.UnitAmount = exact(p.UnitAmount, c)
	}
	for _, t := range p.Tiers {
		tier := v1alpha1.CapturedTier{UnitAmount: exact(t.UnitAmount, c), FlatAmount: exact(t.FlatAmount, c)}
		if t.UpTo > 0 {
			tier.UpTo = ptr.To(t.UpTo)
		}
		captured.Tiers = append(captured.Tiers, tier)
	}
	if p.PackageSize > 0 {
		captured.PackageSize = ptr.To(p.PackageSize)
	}
	if p.IncludedUnits > 0 {
		captured.IncludedUnits = ptr.To(p.IncludedUnits)
	}
	return captured
}

func writeActedOn(a subscription.ActedOn) *v1alpha1.ActedOn {
	acted := &v1alpha1.ActedOn{Generation: a.Generation}
	for _, i := range a.Items {
		acted.Items = append(acted.Items, v1alpha1.ActedOnItem{
			Name: i.Name, Generation: i.Generation, Product: i.Product, Plan: i.Plan,
			Quantity: i.Quantity, Recurring: ptr.To(i.Recurring), UsageLimits: writeLimits(i.Limits),
		})
	}
	slices.SortFunc(acted.Items, func(a, b v1alpha1.ActedOnItem) int { return cmp.Compare(a.Name, b.Name) })
	return acted
}
