// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package assembly

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/seating"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
)

// Describe writes an outcome into the status of its subscription, as a commit does (consistency.md#1-one-commit). plans
// describe who has the seats in the new state; see [Seating]. It does not touch the outbox and the conditions, which the
// committer writes.
func Describe(sub *v1alpha1.Subscription, in subscription.Input, outcome subscription.Outcome, plans map[string]seating.Plan, s *v1alpha1.SubscriptionStatus) {
	switch {
	case Happened(outcome):
		record.WriteState(outcome.State, subscription.UpcomingInvoice(outcome.State, outcome.Open(in)), s)
		s.LastHandledUnpark = facts.UnparkRequest(sub)
	case looksAhead(sub, outcome):
		record.WriteUpcoming(&outcome.State, subscription.UpcomingInvoice(outcome.State, outcome.Open(in)), s)
	}
	if outcome.InvoicedNow {
		s.LastHandledInvoiceRequest = facts.InvoiceRequest(sub)
	}
	for _, e := range outcome.Effects {
		if e.Document == nil {
			continue
		}
		summary := record.Summary(sub, *e.Document, outcome.State.Currency)
		s.RecentInvoice = summary
		if s.InitialInvoice == nil {
			s.InitialInvoice = summary
		}
	}
	describeSeats(plans, s)
	s.ObservedGeneration = sub.Generation
	s.ScheduledCancelTime = facts.ScheduledCancel(sub)
	s.State = displayState(outcome.State, in.Terms)
	s.PendingUpdates = ptr.To(int64(len(outcome.Waiting)))
	s.NextEventTime = record.Time(outcome.Next)
	if in.Terms.ByHand {
		See(in, s)
		if !outcome.More {
			s.ClockTime = record.Time(in.Now)
		}
	}
}

// See writes down when a subscription on a TestClock was first seen, on that clock. Its start may not lie before that, so
// it must be written before the clock moves on, even if nothing else can be committed yet.
func See(in subscription.Input, s *v1alpha1.SubscriptionStatus) {
	if in.Terms.ByHand && s.SeenTime == nil {
		s.SeenTime = record.Time(in.Now)
	}
}

// Happened reports whether an outcome has a new state to commit.
func Happened(outcome subscription.Outcome) bool { return outcome.Events > 0 || outcome.Readings > 0 }

// looksAhead reports whether the future may have changed although nothing happened: the spec was edited, or an update
// waits that did not wait before. Changes of other objects count from the next event, so that an edit of a product does
// not rewrite all of its subscriptions.
func looksAhead(sub *v1alpha1.Subscription, outcome subscription.Outcome) bool {
	return sub.Status.ObservedGeneration != sub.Generation || WasRefused(sub) ||
		ptr.Deref(sub.Status.PendingUpdates, 0) != int64(len(outcome.Waiting))
}

// WasRefused reports whether the last commit of a subscription was refused by the API server.
func WasRefused(sub *v1alpha1.Subscription) bool {
	ready := meta.FindStatusCondition(sub.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Reason == v1alpha1.ReasonCommitRefused
}

// describeSeats writes how many seats of each item have an assignee.
func describeSeats(plans map[string]seating.Plan, s *v1alpha1.SubscriptionStatus) {
	for i := range s.Items {
		item := &s.Items[i]
		item.Assigned, item.Available = nil, nil
		if plan, ok := plans[item.Name]; ok {
			item.Assigned = ptr.To(plan.Assigned)
			item.Available = ptr.To(max(item.Quantity-plan.Assigned, 0))
		}
	}
}

// displayState is the state that people read.
func displayState(state subscription.State, terms subscription.Terms) v1alpha1.SubscriptionState {
	if terms.OnHold() && state.Phase != subscription.Canceled {
		return v1alpha1.SubscriptionSuspended
	}
	return v1alpha1.SubscriptionState(state.Phase)
}

// DecidedUpdate is the final status of an update that an outcome decides, except for who made and who approved it. The
// conditions carry now, the wall clock's time.
func DecidedUpdate(sub *v1alpha1.Subscription, in subscription.Input, outcome subscription.Outcome, d subscription.Decision, now time.Time) v1alpha1.SubscriptionUpdateStatus {
	currency := outcome.State.Currency
	if d.Preview != nil {
		currency = d.Preview.Currency
	}
	return record.Decided(sub, d, currency, in.Policies, now)
}

// IssuedInvoice is the name and the content of the invoice that a document of an outcome becomes.
func IssuedInvoice(sub *v1alpha1.Subscription, outcome subscription.Outcome, d subscription.Document) (name string, spec v1alpha1.InvoiceSpec) {
	return record.InvoiceName(sub.Name, string(facts.Identity(sub)), d.Number), record.Invoice(sub, d, outcome.State.Currency)
}
