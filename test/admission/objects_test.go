// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// april is when everything here takes place on TestClocks.
var april = time.Date(2026, 4, 16, 0, 0, 0, 0, time.UTC)

// acmeUID is the UID that the records here name.
const acmeUID = types.UID("3b2f5c1e-6f2a-4b7e-9d3c-1a2b3c4d5e6f")

// acme is a subscription to five seats.
func acme() *builders.Subscription {
	return builders.MakeSubscription("acme", "").Customer("acme").Item("editors", "seat", "monthly", 5)
}

// update is what a user creates: one more seat.
func update(name string) *builders.SubscriptionUpdate {
	return builders.MakeSubscriptionUpdate(name, "", "acme").Increment("editors", 1)
}

// forged returns an update that claims to be created by the operator.
func forged(name string, cause v1alpha1.CauseType) *v1alpha1.SubscriptionUpdate {
	b := builders.MakeSubscriptionUpdate(name, "", "acme").SubscriptionUID(acmeUID).Count("editors", 1)
	if cause == v1alpha1.CauseSpec {
		return b.FromSpec("editors", 2).Obj()
	}
	return b.FromRefresh("editors", "t", april).Obj()
}

// invoice is a whole invoice, of the name that the operator gives acme's first.
func invoice(due v1alpha1.Amount) *v1alpha1.Invoice {
	return &v1alpha1.Invoice{
		ObjectMeta: metav1.ObjectMeta{Name: "acme-7f3k2x-000001"},
		Spec: v1alpha1.InvoiceSpec{
			SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: acmeUID},
			Customer:        v1alpha1.Customer{ID: "acme"},
			Type:            v1alpha1.TypeInvoice, Reason: v1alpha1.InvoiceInitial, Sequence: 1,
			IssueTime: metav1.NewTime(april), Currency: "EUR",
			CreditBalanceAfter: "0.00", Subtotal: due, CreditApplied: "0.00", AmountDue: due,
		},
	}
}
