// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"fmt"
	"slices"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
)

// Problem is an amount that does not follow from the record.
type Problem struct {
	// Kind is SubscriptionUpdate or Invoice.
	Kind string `json:"kind"`
	// Namespace and Name say which object.
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Field is the path in the object, such as spec.lines[2].
	Field string `json:"field"`
	// Message describes what does not add up, in one sentence without a full stop.
	Message string `json:"message"`
}

// String returns the problem as one line.
func (p Problem) String() string {
	name := p.Name
	if p.Namespace != "" {
		name = p.Namespace + "/" + name
	}
	return fmt.Sprintf("%s %s, %s: %s", p.Kind, name, p.Field, p.Message)
}

// Update recomputes the lines of an update and their sums, and returns what does not add up. An update without lines has
// nothing to add up.
func Update(u *v1alpha1.SubscriptionUpdate) []Problem {
	c := &checker{kind: "SubscriptionUpdate", namespace: u.Namespace, name: u.Name}
	if len(u.Status.Lines) == 0 && u.Status.AdjustmentAmount == "" {
		return nil
	}
	if !c.currencyIs(string(u.Status.Currency), "status.currency") {
		return c.found
	}
	total := c.lines(u.Status.Lines, "status.lines")
	if a := u.Status.AdjustmentAmount; a != "" {
		c.sum("status.adjustmentAmount", a, total, "the lines")
	}
	for n := range u.Status.Changes {
		change := &u.Status.Changes[n]
		if change.AdjustmentAmount == "" {
			continue
		}
		c.sum(fmt.Sprintf("status.changes[%d].adjustmentAmount", n), change.AdjustmentAmount,
			c.totalOf(u.Status.Lines, change.Item), fmt.Sprintf("the lines of item %q", change.Item))
	}
	return c.found
}

// Invoice recomputes the lines of an invoice and its totals (billing.md#8-documents), and returns what does not add up.
func Invoice(i *v1alpha1.Invoice) []Problem {
	c := &checker{kind: "Invoice", namespace: i.Namespace, name: i.Name}
	if !c.currencyIs(string(i.Spec.Currency), "spec.currency") {
		return c.found
	}
	total := c.lines(i.Spec.Lines, "spec.lines")
	c.sum("spec.subtotal", i.Spec.Subtotal, total, "the lines")
	subtotal, credit := c.amount(i.Spec.Subtotal, "spec.subtotal"), c.amount(i.Spec.CreditApplied, "spec.creditApplied")
	due := subtotal.Sub(credit)
	if got := c.amount(i.Spec.AmountDue, "spec.amountDue"); !got.Equal(due) {
		c.report("spec.amountDue", "%s - %s credit is %s, and the amount due is %s", c.currency.Format(subtotal),
			c.currency.Format(credit), c.currency.Format(due), c.currency.Format(got))
	}
	if c.amount(i.Spec.CreditBalanceAfter, "spec.creditBalanceAfter").Sign() < 0 {
		c.report("spec.creditBalanceAfter", "the credit balance after the document is negative")
	}
	return c.found
}

// checker collects the problems of one object.
type checker struct {
	kind, namespace, name string
	currency              money.Currency
	found                 []Problem
}

func (c *checker) report(field, format string, args ...any) {
	c.found = append(c.found, Problem{Kind: c.kind, Namespace: c.namespace, Name: c.name, Field: field, Message: fmt.Sprintf(format, args...)})
}

func (c *checker) currencyIs(code, field string) bool {
	currency, err := money.ParseCurrency(code)
	if err != nil {
		c.report(field, "%v", err)
		return false
	}
	c.currency = currency
	return true
}

// lines checks each line, and returns the sum of their amounts.
func (c *checker) lines(lines []v1alpha1.Line, field string) money.Decimal {
	var total money.Decimal
	for n := range lines {
		at := fmt.Sprintf("%s[%d]", field, n)
		if wrong := Line(&lines[n], c.currency); wrong != "" {
			c.report(at, "%s", wrong)
		}
		total = total.Add(c.amount(lines[n].Amount, at+".amount"))
	}
	return total
}

// totalOf sums the lines of an item. Amounts that cannot be parsed were reported with the lines.
func (c *checker) totalOf(lines []v1alpha1.Line, item string) money.Decimal {
	var total money.Decimal
	for n := range lines {
		if lines[n].Item != item {
			continue
		}
		if amount, err := money.ParseDecimal(string(lines[n].Amount)); err == nil {
			total = total.Add(amount)
		}
	}
	return total
}

func (c *checker) sum(field string, stated v1alpha1.Amount, total money.Decimal, of string) {
	if got := c.amount(stated, field); !got.Equal(total) {
		c.report(field, "%s come to %s, and the record says %s", of, c.currency.Format(total), c.currency.Format(got))
	}
}

func (c *checker) amount(a v1alpha1.Amount, field string) money.Decimal {
	d, err := money.ParseDecimal(string(a))
	if err != nil && !slices.ContainsFunc(c.found, func(p Problem) bool { return p.Field == field }) {
		c.report(field, "%v", err)
	}
	return d
}
