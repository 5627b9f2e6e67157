// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"cmp"
	"slices"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

// Predecessor reads what the invoices of earlier subscriptions say to their
// successor (billing design, section 14). The newest one names the last end. They
// gave time back when, over all of them, credits cover time after that end and later
// charges do not make up for these. The zero value stands for no invoices.
func Predecessor(invoices []v1alpha1.Invoice) subscription.Predecessor {
	if len(invoices) == 0 {
		return subscription.Predecessor{}
	}
	newest := slices.MaxFunc(invoices, compareIssued)
	p := subscription.Predecessor{Invoice: newest.Name, Issued: newest.Spec.IssueTime.UTC()}
	p.GaveBack = outstanding(claimsAfter(invoices, p.Issued)).Sign() > 0
	return p
}

// compareIssued orders invoices by when they fell due. Names decide between two of one
// instant.
func compareIssued(a, b v1alpha1.Invoice) int {
	return cmp.Or(a.Spec.IssueTime.Compare(b.Spec.IssueTime.Time), cmp.Compare(a.Name, b.Name))
}

// claim is time after the last end that was given back (positive) or charged
// (negative), as the amount for a full period.
type claim struct {
	from time.Time
	full money.Decimal
}

// claimsAfter are the claims on the time after an instant, oldest first.
func claimsAfter(invoices []v1alpha1.Invoice, end time.Time) []claim {
	invoices = slices.SortedFunc(slices.Values(invoices), compareIssued)
	var claims []claim
	for i := range invoices {
		for j := range invoices[i].Spec.Lines {
			if c, until := claimOf(&invoices[i].Spec, &invoices[i].Spec.Lines[j]); until.After(end) {
				claims = append(claims, c)
			}
		}
	}
	slices.SortStableFunc(claims, func(a, b claim) int { return a.from.Compare(b.from) })
	return claims
}

// claimOf is what a line gives back or charges, and until when; until is zero for a
// line that does neither. A charge in arrears of a Final document stops at the end: the
// rest of its period counts as given back. A folded debit stands for changes of several
// instants, so it makes up for nothing.
func claimOf(i *v1alpha1.InvoiceSpec, line *v1alpha1.Line) (c claim, until time.Time) {
	full, err := money.ParseDecimal(string(line.FullAmount))
	if err != nil || line.From == nil || line.To == nil {
		return claim{}, time.Time{}
	}
	from, to := line.From.UTC(), line.To.UTC()
	switch {
	case line.Kind == v1alpha1.LineCredit:
		return claim{from, full.Abs()}, to
	case line.Kind == v1alpha1.LineRecurring && i.Reason == v1alpha1.InvoiceFinal && line.To.Before(i.PeriodEnd):
		return claim{to, full}, i.PeriodEnd.UTC()
	case line.Kind == v1alpha1.LineRecurring, line.Kind == v1alpha1.LineDebit && line.Count == nil:
		return claim{from, full.Neg()}, to
	default:
		return claim{}, time.Time{}
	}
}

// outstanding is how much of what was given back was not charged again later.
func outstanding(claims []claim) money.Decimal {
	var sum money.Decimal
	for _, c := range claims {
		sum = money.Max(sum.Add(c.full), money.Decimal{})
	}
	return sum
}
