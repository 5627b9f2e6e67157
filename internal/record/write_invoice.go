// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
)

// Invoice is the whole content of a document, which the commit that issues it freezes into the
// outbox.
func Invoice(s *v1alpha1.Subscription, d subscription.Document, c money.Currency) v1alpha1.InvoiceSpec {
	spec := v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: s.Name, UID: facts.Identity(s)},
		Customer:        s.Spec.Customer,
		Type:            v1alpha1.TypeInvoice,
		Reason:          v1alpha1.InvoiceReason(d.Reason),
		Sequence:        d.Number,
		IssueTime:       *Time(d.Issued),
		PeriodStart:     Time(d.Period.Start), PeriodEnd: Time(d.Period.End),
		Currency:           v1alpha1.Currency(c.Code()),
		Lines:              Lines(d.Lines, c),
		CreditBalanceAfter: rounded(d.BalanceAfter, c),
		Subtotal:           rounded(d.Subtotal, c),
		CreditApplied:      rounded(d.CreditApplied, c),
		AmountDue:          rounded(d.AmountDue, c),
	}
	if !d.BilledUntil.IsZero() {
		spec.BilledUntil = Time(d.BilledUntil)
	}
	if d.CreditNote {
		spec.Type = v1alpha1.TypeCreditNote
	}
	if d.Number > 1 {
		spec.Previous = InvoiceName(s.Name, string(facts.Identity(s)), d.Number-1)
	}
	return spec
}

// Summary describes an issued document for the subscription's status.
func Summary(s *v1alpha1.Subscription, d subscription.Document, c money.Currency) *v1alpha1.InvoiceSummary {
	return &v1alpha1.InvoiceSummary{
		Name: InvoiceName(s.Name, string(facts.Identity(s)), d.Number), AmountDue: rounded(d.AmountDue, c), Time: *Time(d.Issued),
	}
}

// totals writes the sums of a document that is not issued yet. It leaves out sums that exceed the range of an
// amount, because such a document is refused when it falls due.
func totals(t subscription.Totals, c money.Currency) v1alpha1.DocumentTotals {
	for _, sum := range []money.Decimal{t.Subtotal, t.CreditApplied, t.AmountDue} {
		if sum.CheckRange() != nil {
			return v1alpha1.DocumentTotals{}
		}
	}
	return v1alpha1.DocumentTotals{
		Subtotal: rounded(t.Subtotal, c), CreditApplied: rounded(t.CreditApplied, c), AmountDue: rounded(t.AmountDue, c),
	}
}
