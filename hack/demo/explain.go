// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// explainUpdate shows how the adjustment of an update was computed, from its status.
func (s *stage) explainUpdate(u *v1alpha1.SubscriptionUpdate) {
	status := u.Status
	s.say("SubscriptionUpdate %s, %s: found by a %s and applied on %s. Its adjustment of %s %s goes on the next invoice:",
		u.Name, status.Summary, strings.ToLower(string(status.Origin)), day(status.AppliedTime), status.Currency, status.AdjustmentAmount)
	for _, line := range status.Lines {
		s.point("%s", inWords(line))
	}
}

// explainInvoice shows how the total of an invoice was computed, from its spec.
func (s *stage) explainInvoice(invoice *v1alpha1.Invoice) {
	spec := invoice.Spec
	s.say("Invoice %s to %s, issued on %s for the reason %s:", invoice.Name, spec.Customer.DisplayName, day(&spec.IssueTime), spec.Reason)
	amounts := make([]string, 0, len(spec.Lines))
	for _, line := range spec.Lines {
		s.point("%s: %s", line.Item, inWords(line))
		amounts = append(amounts, string(line.Amount))
	}
	s.say("%s = %s. The customer has no credit to set off (%s), so %s %s is due.",
		strings.Join(amounts, " + "), spec.Subtotal, spec.CreditApplied, spec.Currency, spec.AmountDue)
}

// inWords shows how the amount of a line was computed: from the full amount, by the share of the
// period, to the rounded amount.
func inWords(l v1alpha1.Line) string {
	full := string(l.FullAmount)
	if l.UnitAmount != "" && l.Quantity != nil {
		full = fmt.Sprintf("%d × %s = %s", *l.Quantity, l.UnitAmount, l.FullAmount)
	}
	if l.UnitsInPeriod == "" {
		return fmt.Sprintf("%s, from %s to %s. %s.", l.Description, day(l.From), day(l.To), full)
	}
	unit := strings.ToLower(string(l.Unit)) + "s"
	words := fmt.Sprintf("%s. For a whole period: %s. From %s to %s it is %s of %s %s", l.Description, full,
		day(l.From), day(l.To), l.Units, l.UnitsInPeriod, unit)
	if l.Rounding != v1alpha1.LineNotRounded {
		words += fmt.Sprintf(" (the policy rounds %s %s)", unit, strings.ToLower(string(l.Rounding)))
	}
	return words + fmt.Sprintf(": %s × %s ÷ %s = %s. Carried from rounding before: %s. Rounded to the cent: %s.",
		l.FullAmount, l.Units, l.UnitsInPeriod, l.UnroundedAmount, l.Carried, l.Amount)
}

// day formats an instant as people do: the time of day is left out at midnight.
func day(t *metav1.Time) string {
	if t == nil {
		return "an unknown day"
	}
	at := t.UTC()
	if at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0 {
		return at.Format("2 January")
	}
	return at.Format("2 January 15:04")
}
