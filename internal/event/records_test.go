// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

const (
	acmeUID    types.UID = "5f0c2f0e-7a39-4d0c-9c7a-0d7a5d2f5a11"
	updateUID  types.UID = "0b6a9a40-53d5-4a54-8a3c-b37c7c9a2f10"
	invoiceUID types.UID = "c7d3a8de-3c60-49b4-a0e4-8a9a54a9c9a2"
	productUID types.UID = "1c9b1a55-43a5-4c0d-bb0f-8f6c3f0a7c77"
)

func day(month time.Month, day int) *metav1.Time {
	return &metav1.Time{Time: time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)}
}

// acme is a subscription of which everything differs that an event must not depend on.
func acme() *v1alpha1.Subscription {
	return &v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "acme", UID: acmeUID}}
}

func update(change func(*v1alpha1.SubscriptionUpdate)) *v1alpha1.SubscriptionUpdate {
	u := &v1alpha1.SubscriptionUpdate{
		ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "acme-7f3k2x9q1c5d", UID: updateUID},
		Spec: v1alpha1.SubscriptionUpdateSpec{
			SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: acmeUID},
			Seats:           &v1alpha1.SeatsChange{Item: "editors", Count: ptr.To[int64](7)},
			Cause:           &v1alpha1.UpdateCause{Type: v1alpha1.CauseRefresh, Item: "editors", Token: "2026-04-16T00:00:00Z", ObservedTime: day(4, 16)},
		},
	}
	change(u)
	return u
}

// ended makes an update end in a state.
func ended(state v1alpha1.UpdateState, reason, message string) func(*v1alpha1.SubscriptionUpdate) {
	return func(u *v1alpha1.SubscriptionUpdate) {
		u.Status = v1alpha1.SubscriptionUpdateStatus{
			State: state, SubscriptionUID: acmeUID, Summary: "editors 2 → 7",
			Conditions: []metav1.Condition{{Type: v1alpha1.ConditionApplied, Status: metav1.ConditionFalse, Reason: reason, Message: message}},
		}
	}
}

func applied(u *v1alpha1.SubscriptionUpdate) {
	u.Status = v1alpha1.SubscriptionUpdateStatus{
		State: v1alpha1.UpdateApplied, SubscriptionUID: acmeUID, SubscriptionExternalRef: "sub_7aWtG7Gb_fwGno",
		Summary: "editors 2 → 7", Origin: v1alpha1.OriginRefresh,
		ApplicationSchedule: v1alpha1.ApplyImmediately, ApplyAt: day(4, 16), EffectiveTime: day(4, 16), AppliedTime: day(4, 16),
		PaymentSchedule: v1alpha1.PayNextInvoice, CalculationMethod: v1alpha1.CalculateProRata,
		AdjustmentAmount: "31.25", Currency: "EUR",
		Changes: []v1alpha1.ItemChange{{
			Item: "editors", Product: "editor-seat", ProductExternalRef: "itm_G6nU9iSC7eoDsk", PreviousPlan: "monthly", NewPlan: "monthly",
			PreviousCount: 2, NewCount: 7, AdjustmentAmount: "31.25", NextRefreshTime: day(4, 17),
		}},
	}
}

func invoice() *v1alpha1.Invoice {
	return &v1alpha1.Invoice{
		ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "acme-7f3k2x-000004", UID: invoiceUID},
		Spec: v1alpha1.InvoiceSpec{
			SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: acmeUID},
			Customer: v1alpha1.Customer{
				ID: "acme", DisplayName: "Acme Corp", Email: "billing@acme.example",
				Attributes: []v1alpha1.CustomerAttribute{{Name: "region", Value: "eu"}},
			},
			Type: v1alpha1.TypeInvoice, Reason: v1alpha1.InvoiceRenewal, Sequence: 4, EventSequence: 16, Previous: "acme-7f3k2x-000003",
			IssueTime: *day(5, 1), PeriodStart: day(5, 1), PeriodEnd: day(6, 1), Currency: "EUR",
			Subtotal: "118.75", CreditApplied: "0.00", AmountDue: "118.75", CreditBalanceAfter: "0.00",
			Lines: []v1alpha1.Line{
				{
					Key: "editors/3/debit", Item: "editors", Product: "editor-seat", Plan: "monthly", Kind: v1alpha1.LineDebit,
					Description: "5 seats added, 15 of 30 days", Quantity: ptr.To[int64](5), From: day(4, 16), To: day(5, 1),
					Amount: "31.25", Update: "acme-7f3k2x9q1c5d",
				},
				{
					Key: "editors/4/recurring", Item: "editors", Product: "editor-seat", Plan: "monthly", Kind: v1alpha1.LineRecurring,
					Description: "7 seats", Quantity: ptr.To[int64](7), From: day(5, 1), To: day(6, 1), Amount: "87.50",
				},
			},
		},
	}
}

func product() *v1alpha1.SeatProduct {
	return &v1alpha1.SeatProduct{ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "editor-seat", UID: productUID}}
}

// told is an event, and what it is told from.
type told struct {
	notification v1alpha1.Notification
	record       Record
}

// source is the UID of the object whose events have the order that the event is in.
func (t told) source() types.UID {
	if strings.HasPrefix(t.notification.Type, "product.") {
		return productUID
	}
	return acmeUID
}

func refTo(kind, name string, uid types.UID) *v1alpha1.NotificationReference {
	return &v1alpha1.NotificationReference{Kind: kind, Name: name, UID: uid}
}

func aboutAcme(t Type, sequence int64, at *metav1.Time, change func(*v1alpha1.Notification)) told {
	n := v1alpha1.Notification{Sequence: sequence, Type: string(t), Time: *at}
	change(&n)
	return told{n, Record{Subscription: acme()}}
}

func aboutTheUpdate(t Type, sequence int64, at *metav1.Time, u *v1alpha1.SubscriptionUpdate, change func(*v1alpha1.Notification)) told {
	n := v1alpha1.Notification{Sequence: sequence, Type: string(t), Time: *at, Ref: refTo("SubscriptionUpdate", u.Name, u.UID)}
	change(&n)
	return told{n, Record{Update: u}}
}

func unchanged(*v1alpha1.Notification) {}

// limit makes an event about an item that reached a part of a limit.
func limit(threshold int32, quantity int64) func(*v1alpha1.Notification) {
	return func(n *v1alpha1.Notification) {
		n.Item, n.Threshold, n.Quantity = "editors", ptr.To(threshold), ptr.To(quantity)
	}
}

// examples has an event of each type. The catalogue shows them.
func examples() map[Type]told {
	asUser := func(u *v1alpha1.SubscriptionUpdate) {
		u.Spec.Cause, u.Spec.Reason = nil, "Two more editors for the launch"
		u.Spec.Seats = &v1alpha1.SeatsChange{Item: "editors", Increment: ptr.To[int64](2)}
	}
	refresh := func(t Type, sequence int64, reason, message string) told {
		n := v1alpha1.Notification{Sequence: sequence, Type: string(t), Time: *day(5, 2), Reason: reason, Message: message}
		return told{n, Record{Product: product()}}
	}
	return map[Type]told{
		SubscriptionStarted: aboutAcme(SubscriptionStarted, 1, day(4, 1), func(n *v1alpha1.Notification) {
			n.PeriodStart, n.PeriodEnd = day(4, 1), day(5, 1)
		}),
		SubscriptionRenewed: aboutAcme(SubscriptionRenewed, 15, day(5, 1), func(n *v1alpha1.Notification) {
			n.PeriodStart, n.PeriodEnd = day(5, 1), day(6, 1)
		}),
		SubscriptionTrialEnding: aboutAcme(SubscriptionTrialEnding, 2, day(4, 12), func(n *v1alpha1.Notification) {
			n.PeriodStart, n.PeriodEnd = day(4, 1), day(4, 15)
		}),
		SubscriptionCanceled: aboutAcme(SubscriptionCanceled, 21, day(7, 1), unchanged),
		SubscriptionParked: aboutAcme(SubscriptionParked, 20, day(6, 3), func(n *v1alpha1.Notification) {
			n.Message = "More than 400 billing periods would be replayed at once."
		}),
		UpdateScheduled: aboutTheUpdate(UpdateScheduled, 9, day(4, 20), update(asUser), func(n *v1alpha1.Notification) {
			n.Summary, n.ApplyAt = "editors 7 → 9", day(5, 1)
		}),
		UpdateHeld: aboutTheUpdate(UpdateHeld, 10, day(4, 21), update(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Seats.Count = ptr.To[int64](70) }),
			func(n *v1alpha1.Notification) { n.Summary = "editors 7 → 70" }),
		UpdateApplied: aboutTheUpdate(UpdateApplied, 7, day(4, 16), update(applied), unchanged),
		UpdateRejected: aboutTheUpdate(UpdateRejected, 11, day(4, 22), update(ended(v1alpha1.UpdateRejected, v1alpha1.ReasonAboveMaximum,
			"Item editors would have 600 seats, and plan monthly allows at most 500: choose a smaller number.")), unchanged),
		UpdateSuperseded: aboutTheUpdate(UpdateSuperseded, 12, day(4, 23), update(ended(v1alpha1.UpdateSuperseded, v1alpha1.ReasonSupersededByRefresh,
			"A newer count replaced this one.")), unchanged),
		SeatsLimitReached:      aboutAcme(SeatsLimitReached, 13, day(4, 24), limit(90, 450)),
		UsageSoftLimitReached:  aboutAcme(UsageSoftLimitReached, 14, day(4, 25), limit(75, 600)),
		UsageTrialLimitReached: aboutAcme(UsageTrialLimitReached, 3, day(4, 10), limit(100, 100)),
		UsageHardLimitReached:  aboutAcme(UsageHardLimitReached, 17, day(5, 20), limit(100, 1000)),
		InvoiceIssued: {
			v1alpha1.Notification{Sequence: 16, Type: string(InvoiceIssued), Time: *day(5, 1), Ref: refTo("Invoice", "acme-7f3k2x-000004", "")},
			Record{Invoice: invoice()},
		},
		ProductRefreshFailed: refresh(ProductRefreshFailed, 1, v1alpha1.ReasonSourceUnreachable,
			"The previous counts are kept: the data source cannot be reached."),
		ProductRefreshRecovered: refresh(ProductRefreshRecovered, 2, "", ""),
	}
}
