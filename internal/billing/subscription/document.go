// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// bill issues a document for all deferred lines with the same billing date
// (billing.md#7-schedules). Changes with the same event time share a document, others never do.
func (r *replay) bill(e event) *Fault {
	same := func(d Deferred) bool {
		return d.BillAt.Equal(e.deferred.BillAt) && d.Reason == e.deferred.Reason
	}
	var lines []proration.Line
	for _, d := range r.state.Deferred {
		if same(d) {
			lines = append(lines, d.Line)
		}
	}
	r.state.Deferred = slices.DeleteFunc(r.state.Deferred, same)
	r.issue(e.deferred.Reason, e.at, r.state.Period.Span, lines)
	return nil
}

// invoiceNow issues one document for everything accrued so far (billing.md#invoiced-on-request). It
// issues none if nothing has accrued.
func (r *replay) invoiceNow(e event) {
	lines := r.state.Accrued
	r.state.Accrued = nil
	r.out.InvoicedNow = true
	r.issue(DocumentCustom, e.at, r.state.Period.Span, lines)
}

// issue makes a document of the given lines. It makes none without lines, and omits lines that come
// to zero. If a Reset moved the boundary into the past, the document is billed now.
func (r *replay) issue(reason DocumentReason, at time.Time, period calendar.Span, lines []proration.Line) {
	lines = slices.DeleteFunc(slices.Clone(lines), func(l proration.Line) bool { return l.Amount.IsZero() })
	if len(lines) == 0 && (reason != DocumentFinal || r.state.Balance.IsZero()) {
		return
	}
	r.issueDocument(reason, at, period, lines, creditApplied(reason, Total(lines), r.state.Balance))
}

// issueDocument makes a document of the given lines, and applies the credit balance to it.
func (r *replay) issueDocument(reason DocumentReason, at time.Time, period calendar.Span, lines []proration.Line, credit money.Decimal) {
	subtotal := Total(lines)
	due := subtotal.Sub(credit)
	r.state.Balance = r.state.Balance.Sub(credit)
	r.state.NextNumber = max(r.state.NextNumber, 1)
	r.out.Effects = append(r.out.Effects, Effect{Document: &Document{
		CreditNote: isCreditNote(reason, subtotal, due), Reason: reason, Number: r.state.NextNumber,
		Issued: r.notBeforeLast(at), Period: period, Lines: lines,
		Subtotal: subtotal, CreditApplied: credit, AmountDue: due, BalanceAfter: r.state.Balance,
	}})
	r.state.NextNumber++
}

// Total sums the rounded amounts of lines.
func Total(lines []proration.Line) money.Decimal {
	var sum money.Decimal
	for _, l := range lines {
		sum = sum.Add(l.Amount)
	}
	return sum
}

// creditApplied is what a document takes from the credit balance (positive) or adds to it
// (negative); see billing.md#balance. Only the Final document pays the balance out.
func creditApplied(reason DocumentReason, subtotal, balance money.Decimal) money.Decimal {
	switch {
	case reason == DocumentFinal:
		return balance
	case subtotal.Sign() < 0:
		return subtotal
	default:
		return money.Min(balance, subtotal)
	}
}

// isCreditNote reports whether a document gives money back. A renewal remains an invoice even if
// its credits outweigh its charges.
func isCreditNote(reason DocumentReason, subtotal, due money.Decimal) bool {
	switch reason {
	case DocumentInitial, DocumentRenewal:
		return false
	case DocumentFinal:
		return due.Sign() < 0
	default:
		return subtotal.Sign() < 0
	}
}
