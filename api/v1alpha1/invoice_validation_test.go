// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import "testing"

const invoiceImmutable = "an issued document never changes: change the subscription, and another document corrects it"

func TestInvoiceValidation(t *testing.T) {
	validate(t, "Invoice",
		instants("spec.issueTime", "", ""),
		instants("spec.periodStart", "", ""),
		instants("spec.periodEnd", "", ""),
		instants("spec.billedUntil", "", ""),
		objectNames("spec.subscriptionRef.name", ""),
		map[string]row{
			"without lines": {reason: "a final document may only pay the balance out"},
			"a credit note": {
				reason: "amounts are signed",
				with:   `{spec.type: CreditNote, spec.subtotal: "-6.33", spec.creditApplied: "-6.33", spec.amountDue: "0.00"}`,
			},
			"a customer stored before names were checked": {
				reason: "what was charged has to be issued, and a stored name cannot be corrected by the operator",
				with:   `{spec.customer.displayName: "Acme\u202E\u0007 Corp", spec.customer.email: "a\u200B@example.com"}`,
			},
			"paid": {
				reason: "the status belongs to whoever collects",
				from:   "full/invoice",
				status: `{status.conditions: [{type: Paid, status: "True", reason: Settled, message: "", lastTransitionTime: "2026-05-02T00:00:00Z"}]}`,
				edit:   "{metadata.labels.archive: done}",
			},
			"another amount": {
				reason: "the customer has the document", from: "full/invoice",
				edit: `{spec.amountDue: "0.00"}`, refused: invoiceImmutable,
			},
			"another line": {
				reason: "the customer has the document", from: "full/invoice",
				edit: `{spec.lines.0.description: A discount}`, refused: invoiceImmutable,
			},
			"a line less": {
				reason: "the customer has the document", from: "full/invoice",
				edit: `{spec.lines: null}`, refused: invoiceImmutable,
			},
			"another customer": {
				reason: "the customer has the document", from: "full/invoice",
				edit: `{spec.customer.displayName: Globex}`, refused: invoiceImmutable,
			},
		})
}
