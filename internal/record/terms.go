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
	"github.com/seatplane/seatplane/internal/facts"
)

// Terms reads what a subscription's spec declares.
func Terms(s *v1alpha1.Subscription) subscription.Terms {
	t := subscription.Terms{
		Created:     Instant(s.Status.SeenTime),
		Start:       Instant(s.Spec.StartTime),
		Anchor:      Instant(s.Spec.BillingCycleAnchor),
		BilledUntil: Instant(s.Spec.BilledUntil),
		Zone:        s.Spec.TimeZone,
		Policy:      PolicyRef(s.Spec.ProrationPolicyRef),
		Generation:  s.Generation,
		Seen:        s.Status.ObservedGeneration == s.Generation,
		ByHand:      facts.IsByHand(s),
		Suspended:   s.Spec.Suspend,
		Deleted:     !s.DeletionTimestamp.IsZero(),
	}
	if t.Deleted && !t.ByHand {
		t.DeletedAt = s.DeletionTimestamp.UTC()
	}
	if t.Created.IsZero() {
		t.Created = s.CreationTimestamp.UTC()
	}
	t.Items = Items(s.Spec.Items)
	if p := s.Spec.ChangePolicy; p != nil {
		t.Change = changePolicy(p.ApplicationSchedule, p.PaymentSchedule, p.CalculationMethod)
		t.Change.Renewal = subscription.Renewal(p.RenewalPolicy)
		t.Change.KeepTrial, t.Change.IgnoreRecurring = p.KeepTrial, p.IgnoreRecurring
	}
	if trial := s.Spec.Trial; trial != nil {
		t.TrialEnd, t.TrialOnly = Instant(trial.EndTime), trial.Only
	}
	if c := s.Spec.Cancel; c != nil {
		t.Cancel = subscription.Cancellation{
			At: Instant(c.At), AtPeriodEnd: c.AtPeriodEnd, Method: proration.Method(c.CalculationMethod),
			Seen: c.At.Equal(s.Status.ScheduledCancelTime),
		}
	}
	return t
}

// Items reads a list of items as declared. A limit that cannot be read, which
// admission refuses, limits nothing.
func Items(items []v1alpha1.SubscriptionItem) []subscription.TermsItem {
	declared := make([]subscription.TermsItem, 0, len(items))
	for _, item := range items {
		declared = append(declared, subscription.TermsItem{
			Name: item.Name, Product: item.ProductRef.Name, Plan: item.Plan,
			Quantity: item.Quantity, Recurring: ptr.Deref(item.Recurring, true), Limits: readLimits(item.UsageLimits),
		})
	}
	return declared
}

func changePolicy(a v1alpha1.ApplicationSchedule, p v1alpha1.PaymentSchedule, m v1alpha1.CalculationMethod) subscription.ChangePolicy {
	return subscription.ChangePolicy{
		Application: subscription.Application(a), Payment: subscription.Payment(p), Method: proration.Method(m),
	}
}

// PolicyRef reads a reference to a proration policy; nil names none.
func PolicyRef(ref *v1alpha1.ProrationPolicyReference) subscription.PolicyRef {
	if ref == nil {
		return subscription.PolicyRef{}
	}
	return subscription.PolicyRef{Kind: string(ref.Kind), Name: ref.Name}
}

// Policy reads a proration policy. The unit is a day when left out.
func Policy(name string, spec v1alpha1.ProrationPolicySpec, generation int64) subscription.Policy {
	unit := proration.Day
	if spec.Unit != "" {
		unit = proration.Unit(spec.Unit)
	}
	return subscription.Policy{
		Policy:     proration.Policy{Name: name, Unit: unit, Rounding: proration.Rounding(spec.Rounding)},
		Generation: generation,
	}
}

// Product reads a seat product, with its refreshes on the named clock (""
// is the wall clock). An amount that cannot be read is an error that names it.
func Product(p *v1alpha1.SeatProduct, clock string) (subscription.Product, error) {
	product := subscription.Product{
		ExternalRef: p.Spec.ExternalRef,
		Plans:       make(map[string]subscription.Plan, len(p.Spec.Plans)),
		Policy:      PolicyRef(p.Spec.ProrationPolicyRef),
		Loader:      p.Spec.DataLoader != nil,
	}
	for i := range p.Spec.Plans {
		plan, err := readPlan(&p.Spec.Plans[i])
		if err != nil {
			return product, fmt.Errorf("plan %q of SeatProduct %q: %w", p.Spec.Plans[i].Name, p.Name, err)
		}
		product.Plans[p.Spec.Plans[i].Name] = plan
	}
	if c := p.Spec.OnIncrease; c != nil {
		product.OnIncrease = changePolicy(c.ApplicationSchedule, c.PaymentSchedule, c.CalculationMethod)
	}
	if c := p.Spec.OnDecrease; c != nil {
		product.OnDecrease = changePolicy(c.ApplicationSchedule, c.PaymentSchedule, c.CalculationMethod)
	}
	for _, refresh := range p.Status.Refreshes {
		if refresh.Clock == clock {
			product.LastRefresh = Instant(refresh.LastRefreshTime)
			product.NextRefresh = Instant(refresh.NextRefreshTime)
		}
	}
	if p.Spec.Refresh != nil && p.Spec.Refresh.Guard != nil {
		product.Guard = readGuard(p.Spec.Refresh.Guard)
	}
	return product, nil
}

func readGuard(g *v1alpha1.Guard) subscription.Guard {
	guard := subscription.Guard{FromSeats: ptr.Deref(g.FromSeats, 0)}
	if g.MaxIncreasePercent != nil {
		guard.MaxIncreasePercent = ptr.To(int64(*g.MaxIncreasePercent))
	}
	if g.MaxDecreasePercent != nil {
		guard.MaxDecreasePercent = ptr.To(int64(*g.MaxDecreasePercent))
	}
	return guard
}

func readPlan(p *v1alpha1.Plan) (subscription.Plan, error) {
	price, err := ReadPrice(p.Pricing)
	if err != nil {
		return subscription.Plan{}, err
	}
	plan := subscription.Plan{
		Currency: string(p.Currency),
		Interval: readInterval(p.Interval),
		Charge:   subscription.InAdvance,
		Price:    price,
	}
	if p.Charge == v1alpha1.ChargeInArrears || p.Usage == v1alpha1.UsageMetered {
		plan.Charge = subscription.InArrears
	}
	plan.Metered = p.Usage == v1alpha1.UsageMetered
	if p.Seats != nil {
		plan.Minimum, plan.Maximum = ptr.Deref(p.Seats.Minimum, 0), ptr.Deref(p.Seats.Maximum, 0)
	}
	if p.Trial != nil {
		plan.Trial = readInterval(*p.Trial)
	}
	return plan, nil
}

func readInterval(i v1alpha1.Interval) calendar.Interval {
	return calendar.Interval{Unit: calendar.Unit(i.Unit), Count: int(i.Count)}
}

// ReadPrice reads what a plan costs.
func ReadPrice(p v1alpha1.Pricing) (pricing.Price, error) {
	price := pricing.Price{
		Model:         pricing.Model(p.Model),
		PackageSize:   ptr.Deref(p.PackageSize, 0),
		IncludedUnits: ptr.Deref(p.IncludedUnits, 0),
	}
	var err error
	if price.UnitAmount, err = amount(p.UnitAmount); err != nil {
		return price, err
	}
	for _, tier := range p.Tiers {
		t := pricing.Tier{UpTo: ptr.Deref(tier.UpTo, 0)}
		if t.UnitAmount, err = amount(tier.UnitAmount); err != nil {
			return price, err
		}
		if t.FlatAmount, err = amount(tier.FlatAmount); err != nil {
			return price, err
		}
		price.Tiers = append(price.Tiers, t)
	}
	return price, price.Validate()
}

// amount reads an amount; one that is left out is zero.
func amount(a v1alpha1.Amount) (money.Decimal, error) {
	if a == "" {
		return money.Decimal{}, nil
	}
	return money.ParseDecimal(string(a))
}

// Update reads an open update.
func Update(u *v1alpha1.SubscriptionUpdate) subscription.Update {
	update := subscription.Update{
		Name: u.Name, UID: string(u.UID), Origin: subscription.Origin(OriginOf(u)),
		Created:    u.CreationTimestamp.UTC(),
		Seen:       Instant(u.Status.SeenTime),
		Approved:   u.Spec.Approved,
		ApprovedAt: Instant(u.Status.ApprovedTime),
		Overdue:    u.Status.Overdue,
		Policy:     changePolicy(u.Spec.ApplicationSchedule, u.Spec.PaymentSchedule, u.Spec.CalculationMethod),
		ApplyAt:    Instant(u.Spec.ApplyAt), Effective: Instant(u.Spec.EffectiveTime), BillAt: Instant(u.Spec.BillAt),
		Proration: PolicyRef(u.Spec.ProrationPolicyRef),
		Preview:   u.Spec.Preview, ExpectedHash: u.Spec.ExpectedHash,
	}
	if p := u.Spec.Proration; p != "" {
		update.Policy.Method, update.Policy.Payment = shortForm(p)
	}
	if s := u.Spec.Seats; s != nil {
		update.Change = subscription.QuantityChange{
			Item: s.Item, Increment: s.Increment, Decrement: s.Decrement, Count: s.Count,
		}
	}
	if c := u.Spec.ChangeItems; c != nil {
		update.Items = Items(c.Items)
		update.Policy.Renewal = subscription.Renewal(c.RenewalPolicy)
		update.Policy.KeepTrial, update.Policy.IgnoreRecurring = c.KeepTrial, c.IgnoreRecurring
	}
	if c := u.Spec.Cause; c != nil {
		update.Cause = subscription.Cause{
			Item: c.Item, Observed: Instant(c.ObservedTime), Loaded: Instant(c.LoadedTime),
			Generation: ptr.Deref(c.Generation, 0),
		}
	}
	return update
}

// shortForm spells out what other systems call create_prorations,
// always_invoice and none (billing.md#7-schedules).
func shortForm(p v1alpha1.Proration) (proration.Method, subscription.Payment) {
	switch p {
	case v1alpha1.ProrationAlwaysInvoice:
		return proration.ProRata, subscription.PayImmediately
	case v1alpha1.ProrationNone:
		return proration.DoNotCharge, ""
	default:
		return proration.ProRata, subscription.PayNextInvoice
	}
}

// OriginOf says who found the change that an update makes.
func OriginOf(u *v1alpha1.SubscriptionUpdate) v1alpha1.UpdateOrigin {
	switch {
	case u.Spec.Cause == nil:
		return v1alpha1.OriginUser
	case u.Spec.Cause.Type == v1alpha1.CauseRefresh:
		return v1alpha1.OriginRefresh
	default:
		return v1alpha1.OriginSpec
	}
}
