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

// Predecessor sums up the invoices of earlier subscriptions for their successor
// (billing.md#14-start-and-end). The newest one names the last end. Without invoices it returns the
// zero value.
func Predecessor(invoices []v1alpha1.Invoice) subscription.Predecessor {
	if len(invoices) == 0 {
		return subscription.Predecessor{}
	}
	newest := slices.MaxFunc(invoices, compareIssued)
	issued := newest.Spec.IssueTime.UTC()
	claims := claimsAfter(invoices, issued)
	until := billedUntil(claims, issued)
	last := subscription.Predecessor{Invoice: newest.Name, Issued: issued, BilledUntil: until}
	if until.After(issued) {
		last.Paid, last.Currency = paidBefore(claims, until), string(newest.Spec.Currency)
	}
	return last
}

// SettledUntil is the last instant that an invoice settles: the end of its period, of what it
// charges or credits, or of what was billed elsewhere.
func SettledUntil(invoice *v1alpha1.Invoice) time.Time {
	until := Instant(invoice.Spec.BilledUntil)
	if end := Instant(invoice.Spec.PeriodEnd); end.After(until) {
		until = end
	}
	for i := range invoice.Spec.Lines {
		if to := Instant(invoice.Spec.Lines[i].To); to.After(until) {
			until = to
		}
	}
	return until
}

// compareIssued orders invoices by when they fell due, and then by name.
func compareIssued(a, b v1alpha1.Invoice) int {
	return cmp.Or(a.Spec.IssueTime.Compare(b.Spec.IssueTime.Time), cmp.Compare(a.Name, b.Name))
}

// claim is what an invoice records about a span of time.
type claim struct {
	from, until time.Time
	// full is what was credited (positive) or charged (negative), as the amount for a full period.
	full money.Decimal
	// billed means that the time was charged, or billed elsewhere.
	billed bool
}

// lasts reports whether a claim covers an instant.
func (c claim) lasts(at time.Time) bool { return !c.from.After(at) && c.until.After(at) }

// billedUntil is until when all time from an instant on was billed and not credited.
func billedUntil(claims []claim, at time.Time) time.Time {
	for {
		billed, balance := false, money.Decimal{}
		var next time.Time
		for _, c := range claims {
			if c.lasts(at) {
				billed, balance = billed || c.billed, money.Max(balance.Add(c.full), money.Decimal{})
			}
			for _, edge := range []time.Time{c.from, c.until} {
				if edge.After(at) && (next.IsZero() || edge.Before(next)) {
					next = edge
				}
			}
		}
		// A credit counts unless later charges make up for it.
		if !billed || balance.Sign() > 0 {
			return at
		}
		at = next
	}
}

// paidBefore is what was charged for the time just before an instant and not credited. It is nil if
// no line charges for that time.
func paidBefore(claims []claim, until time.Time) *money.Decimal {
	var paid *money.Decimal
	for _, c := range claims {
		if !c.lasts(until.Add(-time.Second)) || c.from.IsZero() {
			continue
		}
		if paid == nil {
			paid = &money.Decimal{}
		}
		*paid = paid.Sub(c.full)
	}
	if paid != nil && paid.Sign() < 0 {
		*paid = money.Decimal{}
	}
	return paid
}

// claimsAfter are the claims on the time after an instant, oldest first.
func claimsAfter(invoices []v1alpha1.Invoice, end time.Time) []claim {
	invoices = slices.SortedFunc(slices.Values(invoices), compareIssued)
	var claims []claim
	for i := range invoices {
		spec := &invoices[i].Spec
		claims = append(claims, claim{until: Instant(spec.BilledUntil), billed: true})
		for j := range spec.Lines {
			claims = append(claims, claimOf(spec, &spec.Lines[j]))
		}
	}
	claims = slices.DeleteFunc(claims, func(c claim) bool { return !c.until.After(end) })
	slices.SortStableFunc(claims, func(a, b claim) int { return a.from.Compare(b.from) })
	return claims
}

// claimOf is what a line credits or charges. Until is zero for a line that does neither, such as
// one of an abandoned subscription. A charge in arrears on a Final document stops at the end, and
// the rest of its period counts as credited. A folded debit stands for changes at several instants,
// so it makes up for nothing.
func claimOf(i *v1alpha1.InvoiceSpec, line *v1alpha1.Line) claim {
	full, err := money.ParseDecimal(string(line.FullAmount))
	if err != nil || line.From == nil || line.To == nil {
		return claim{}
	}
	c := claim{from: line.From.UTC(), until: line.To.UTC()}
	switch {
	case line.Kind == v1alpha1.LineCredit:
		c.full = full.Abs()
	case line.Kind == v1alpha1.LineRecurring && i.Reason == v1alpha1.InvoiceFinal && line.To.Before(i.PeriodEnd):
		c.from, c.until, c.full = c.until, i.PeriodEnd.UTC(), full
	case line.Kind == v1alpha1.LineRecurring, line.Kind == v1alpha1.LineDebit && line.Count == nil:
		c.full, c.billed = full.Neg(), true
	case line.Kind == v1alpha1.LineDebit:
		c.billed = true
	default:
		return claim{}
	}
	return c
}
