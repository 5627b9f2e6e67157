// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"slices"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
)

// LoadingSubscription reads what internal/loading needs to know about a subscription with items of
// a product.
func LoadingSubscription(s *v1alpha1.Subscription, product string) loading.Subscription {
	var into loading.Subscription
	ReadLoading(&into, s, product)
	return into
}

// ReadLoading is LoadingSubscription without allocations for many subscriptions: it reads into a
// value that is reused.
func ReadLoading(into *loading.Subscription, s *v1alpha1.Subscription, product string) {
	load := facts.Load(s, product)
	*into = loading.Subscription{
		UID: string(facts.Identity(s)), Name: s.Name, Created: facts.Created(s),
		Clock: facts.Clock(s), CustomerID: s.Spec.Customer.ID, ExternalRef: string(s.Spec.ExternalRef),
		Ended:     s.Status.State == v1alpha1.SubscriptionCanceled || !s.DeletionTimestamp.IsZero(),
		Request:   loading.Unanswered(facts.RefreshRequest(s), s.Status.LastHandledRefreshRequest, load.LastHandledRefreshRequest),
		KeyFailed: load.Reason == v1alpha1.ReasonBadCounts || load.Reason == v1alpha1.ReasonKeyMissing,
		Items:     into.Items[:0],
	}
	for n := range s.Spec.Items {
		declared := &s.Spec.Items[n]
		item := loading.Item{
			Name: declared.Name, IsDeclared: true,
			Declared: loading.Declared{
				Product: declared.ProductRef.Name, Plan: declared.Plan,
				HasQuantity: declared.Quantity != nil, Recurring: ptr.Deref(declared.Recurring, true),
			},
			ActedOn: actedOn(s, declared.Name),
		}
		into.Items = append(into.Items, item)
	}
	readInForce(into, s)
	for n := range into.Items {
		into.Items[n].Reading = readingOf(s, &into.Items[n])
	}
}

// readInForce reads the items that the subscription has.
func readInForce(into *loading.Subscription, s *v1alpha1.Subscription) {
	for n := range s.Status.Items {
		state := &s.Status.Items[n]
		at := slices.IndexFunc(into.Items, func(i loading.Item) bool { return i.Name == state.Name })
		if at < 0 {
			at = len(into.Items)
			into.Items = append(into.Items, loading.Item{Name: state.Name})
		}
		into.Items[at].IsInForce = true
		into.Items[at].InForce = loading.InForce{
			Product: state.Product, Plan: state.Plan, Metered: state.Usage == v1alpha1.UsageMetered,
			Quantity: state.Quantity, HasCount: state.LoadedQuantity != nil,
			Minimum: ptr.Deref(state.Minimum, 0), Maximum: ptr.Deref(state.Maximum, 0), Assigned: ptr.Deref(state.Assigned, 0),
		}
	}
}

func actedOn(s *v1alpha1.Subscription, name string) bool {
	acted := s.Status.ActedOn
	return acted != nil && slices.ContainsFunc(acted.Items, func(i v1alpha1.ActedOnItem) bool { return i.Name == name })
}

// readingOf returns the newest loaded reading of a metered item, even if its subscription has not
// taken it yet. It is nil if there is none. A reading of another product does not count.
func readingOf(s *v1alpha1.Subscription, item *loading.Item) *int64 {
	product := item.Declared.Product
	if item.IsInForce {
		product = item.InForce.Product
	}
	for n := len(s.Status.LoadedReadings) - 1; n >= 0; n-- { // the last one of an item is its newest
		if loaded := &s.Status.LoadedReadings[n]; loaded.Item == item.Name && loaded.Product == product {
			return &loaded.Reading
		}
	}
	for n := range s.Status.Usage {
		if usage := &s.Status.Usage[n]; usage.Item == item.Name {
			return usage.Reading
		}
	}
	return nil
}

// Terms reads what a subscription's spec declares.
func Terms(s *v1alpha1.Subscription) subscription.Terms {
	t := subscription.Terms{
		Created:     Instant(s.Status.SeenTime),
		Start:       Instant(s.Spec.StartTime),
		Anchor:      Instant(s.Spec.BillingCycleAnchor),
		BilledUntil: Instant(s.Spec.BilledUntil),
		Zone:        s.Spec.TimeZone,
		Policy:      PolicyRef(s.Spec.ProrationPolicyRef),
		Generation:  facts.Generation(s),
		SpecSeen:    s.Status.ObservedGeneration == s.Generation,
		ByHand:      facts.IsByHand(s),
		Suspended:   s.Spec.Suspend,
		Deleted:     !s.DeletionTimestamp.IsZero(),
	}
	if t.Deleted && !t.ByHand {
		t.DeletedAt = facts.DeletionAsked(s).UTC()
	}
	if t.Created.IsZero() {
		t.Created = facts.Created(s).UTC()
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
			DateSeen: c.At.Equal(s.Status.ScheduledCancelTime),
		}
	}
	return t
}

// Items reads a list of items as declared. A limit that is not valid, which admission refuses, is
// ignored.
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
