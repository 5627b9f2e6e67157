// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
)

// Update reads an open update.
func Update(u *v1alpha1.SubscriptionUpdate) subscription.Update {
	update := subscription.Update{
		Name: u.Name, UID: string(u.UID), Origin: subscription.Origin(facts.Origin(u)),
		Created:    facts.Created(u).UTC(),
		SeenAt:     Instant(u.Status.SeenTime),
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

// shortForm expands the values that other systems call create_prorations, always_invoice and none
// (billing.md#7-schedules).
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

// LoadingPending reads an open update of a refresh. It returns false for any other update, and for one that
// was created too late after its answer, which counts are not compared with.
func LoadingPending(u *v1alpha1.SubscriptionUpdate) (loading.ItemID, loading.Pending, bool) {
	cause, seats := u.Spec.Cause, u.Spec.Seats
	if cause == nil || cause.Type != v1alpha1.CauseRefresh || seats == nil || seats.Count == nil {
		return loading.ItemID{}, loading.Pending{}, false
	}
	loaded := Instant(cause.LoadedTime)
	if !loaded.IsZero() && facts.Created(u).Sub(loaded) > loading.MaxAnswerAge {
		return loading.ItemID{}, loading.Pending{}, false
	}
	return loading.ItemID{Subscription: string(u.Spec.SubscriptionRef.UID), Item: cause.Item}, loading.Pending{
		Count:    *seats.Count,
		Observed: Instant(cause.ObservedTime),
		Loaded:   loaded,
		Held:     u.Status.State == v1alpha1.UpdateHeld,
	}, true
}
