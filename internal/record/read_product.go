// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
)

// Product reads a seat product, with its refreshes on the named clock ("" is the wall clock). An
// amount that cannot be parsed is an error that names it.
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
	refresh := facts.RefreshOn(p, clock)
	product.LastRefresh, product.NextRefresh = Instant(refresh.LastRefreshTime), Instant(refresh.NextRefreshTime)
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

// ReadPrice reads the price of a plan.
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

// LoadingProduct reads what internal/loading needs to know about a product.
func LoadingProduct(p *v1alpha1.SeatProduct) loading.Product {
	product := loading.Product{
		Name: p.Name, UID: string(facts.Identity(p)),
		HasLoader: p.Spec.DataLoader != nil,
		Plans:     make([]loading.Plan, 0, len(p.Spec.Plans)),
		Edited:    p.Status.ObservedGeneration != p.Generation,
		Request:   loading.Unanswered(facts.RefreshRequest(p), p.Status.LastHandledRefreshRequest),
	}
	if loader := p.Spec.DataLoader; loader != nil {
		product.Keys = loading.KeyKind(loader.Key)
		if loader.SeatAssignments != nil {
			product.Keys = loading.ByItem
		}
	}
	for n := range p.Spec.Plans {
		product.Plans = append(product.Plans, loadingPlan(&p.Spec.Plans[n]))
	}
	if refresh := p.Spec.Refresh; refresh != nil {
		product.Refresh = loading.Refresh{
			Schedule: refresh.Schedule, Every: refresh.Every, TimeZone: string(refresh.TimeZone),
			Suspended: refresh.Suspend,
			Rules:     dataloader.Rules{OnMissing: dataloader.Missing(refresh.OnMissing), AllowEmpty: refresh.AllowEmpty},
		}
	}
	for _, entry := range p.Status.Refreshes {
		product.Entries = append(product.Entries, LoadingEntry(entry))
	}
	return product
}

func loadingPlan(p *v1alpha1.Plan) loading.Plan {
	plan := loading.Plan{Name: p.Name, Metered: p.Usage == v1alpha1.UsageMetered}
	if p.Seats != nil {
		plan.Minimum, plan.Maximum = ptr.Deref(p.Seats.Minimum, 0), ptr.Deref(p.Seats.Maximum, 0)
	}
	return plan
}

// LoadingEntry reads the state of the refreshes on one clock.
func LoadingEntry(r v1alpha1.RefreshStatus) loading.Entry {
	return loading.Entry{
		Clock:          r.Clock,
		LastRefresh:    Instant(r.LastRefreshTime),
		LastAttempt:    Instant(r.LastAttemptTime),
		NextTick:       Instant(r.NextRefreshTime),
		Failures:       r.ConsecutiveFailures,
		HandledRequest: r.LastHandledRefreshRequest,
	}
}
