// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"strings"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/verify"
)

// Invoice explains the lines and the totals of an invoice or a credit note.
func Invoice(i *v1alpha1.Invoice) Explanation {
	spec := &i.Spec
	e := Explanation{
		SchemaVersion: SchemaVersion, Kind: "Invoice", Namespace: i.Namespace, Name: i.Name,
		Headline: fmt.Sprintf("%s %s due from %s", spec.AmountDue, spec.Currency, CustomerName(spec.Customer)),
		Currency: string(spec.Currency),
		Problems: verify.Invoice(i),
	}
	if spec.Type == v1alpha1.TypeCreditNote {
		e.Headline = fmt.Sprintf("a credit note of %s %s for %s", spec.Subtotal, spec.Currency, CustomerName(spec.Customer))
	}
	e.AddsUp = len(e.Problems) == 0
	e.Facts = append(e.Facts, fmt.Sprintf("Issued on %s: %s.", When(&spec.IssueTime), occasion(spec.Reason)))
	if spec.PeriodStart != nil && spec.PeriodEnd != nil {
		e.Facts = append(e.Facts, fmt.Sprintf("It belongs to the period from %s to %s.", When(spec.PeriodStart), When(spec.PeriodEnd)))
	}
	currency, err := money.ParseCurrency(string(spec.Currency))
	if err != nil {
		return e
	}
	e.Lines = linesOf(spec.Lines, currency)
	e.Sums = []string{sumsOfInvoice(spec, currency) + " " + itAddsUp(e.AddsUp)}
	return e
}

// CustomerName names a customer for people: the ID, and the display name when there is one.
func CustomerName(c v1alpha1.Customer) string {
	if c.DisplayName == "" || c.DisplayName == c.ID {
		return c.ID
	}
	return fmt.Sprintf("%s (%s)", c.ID, c.DisplayName)
}

// occasion says why a document exists.
func occasion(reason v1alpha1.InvoiceReason) string {
	switch reason {
	case v1alpha1.InvoiceInitial:
		return "the subscription started"
	case v1alpha1.InvoiceRenewal:
		return "a billing period began"
	case v1alpha1.InvoiceUpdate:
		return "a change is billed at once"
	case v1alpha1.InvoiceCustom:
		return "it was requested, or a change is billed on this date"
	case v1alpha1.InvoiceFinal:
		return "the subscription ended"
	default:
		return string(reason)
	}
}

func sumsOfInvoice(spec *v1alpha1.InvoiceSpec, currency money.Currency) string {
	sums := []string{"Total: " + sumOf(amountsOf(spec.Lines), string(spec.Subtotal)+" "+string(spec.Currency)) + "."}
	credit, err := money.ParseDecimal(string(spec.CreditApplied))
	switch {
	case err != nil, credit.IsZero():
	case credit.Sign() > 0:
		sums = append(sums, fmt.Sprintf("%s - %s from the customer's credit = %s %s due.", spec.Subtotal, spec.CreditApplied,
			spec.AmountDue, spec.Currency))
	default:
		sums = append(sums, fmt.Sprintf("%s is added to the customer's credit, and %s %s is due.",
			currency.Format(credit.Neg()), spec.AmountDue, spec.Currency))
	}
	if spec.CreditBalanceAfter != "" && spec.CreditBalanceAfter != v1alpha1.Amount(currency.Format(money.Decimal{})) {
		sums = append(sums, fmt.Sprintf("The customer's credit is then %s %s.", spec.CreditBalanceAfter, spec.Currency))
	}
	return strings.Join(sums, " ")
}
