// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

// january is a day of January 2026; 32 is 1 February.
func january(d int) time.Time { return time.Date(2026, time.January, d, 0, 0, 0, 0, time.UTC) }

// issuedOn is an invoice over lines of January.
func issuedOn(day int, reason v1alpha1.InvoiceReason, name string, lines ...v1alpha1.Line) v1alpha1.Invoice {
	return v1alpha1.Invoice{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.InvoiceSpec{
			Reason: reason, IssueTime: *Time(january(day)), PeriodStart: Time(january(1)), PeriodEnd: Time(january(32)), Lines: lines,
		},
	}
}

// covers is a line over days of January, with its amount for a full period.
func covers(kind v1alpha1.LineKind, from, to int, full string) v1alpha1.Line {
	return v1alpha1.Line{Kind: kind, From: Time(january(from)), To: Time(january(to)), FullAmount: v1alpha1.Amount(full)}
}

// importedUntil has a document say that its customer was billed elsewhere up to a day.
func importedUntil(day int, i v1alpha1.Invoice) v1alpha1.Invoice {
	i.Spec.BilledUntil = Time(january(day))
	return i
}

// notBilled is a line of an abandoned subscription.
func notBilled(line v1alpha1.Line) v1alpha1.Line {
	line.FullAmount = ""
	return line
}

func ofUpdate(line v1alpha1.Line) v1alpha1.Line {
	line.Update = "acme-less"
	return line
}

func folded(line v1alpha1.Line) v1alpha1.Line {
	line.FirstUpdate, line.LastUpdate, line.Count = "acme-1", "acme-60", ptr.To[int64](60)
	return line
}

// billing.md#14-start-and-end: time that was given back is found on whichever document
// says so.
func TestPredecessor(t *testing.T) {
	const (
		recurring, debit, credit = v1alpha1.LineRecurring, v1alpha1.LineDebit, v1alpha1.LineCredit
		initial, final, byUpdate = v1alpha1.InvoiceInitial, v1alpha1.InvoiceFinal, v1alpha1.InvoiceUpdate
	)
	hundred, err := money.ParseDecimal("100.00")
	if err != nil {
		t.Fatal(err)
	}
	charged := issuedOn(1, initial, "a-1", covers(recurring, 1, 32, "100.00"))
	credited := issuedOn(11, final, "a-2", covers(credit, 11, 32, "-100.00"))
	tests := map[string]struct {
		reason   string
		invoices []v1alpha1.Invoice
		want     subscription.Predecessor
	}{
		"none": {reason: "nobody was billed"},
		"paid to the end of the period": {
			reason: "nothing was given back", invoices: []v1alpha1.Invoice{charged},
			want: subscription.Predecessor{Invoice: "a-1", Issued: january(1), BilledUntil: january(32), Paid: &hundred},
		},
		"cancelled with a credit": {
			reason: "11 January to 1 February", invoices: []v1alpha1.Invoice{charged, credited},
			want: subscription.Predecessor{Invoice: "a-2", Issued: january(11), BilledUntil: january(11)},
		},
		"a newer trace": {
			reason: "an empty document does not hide the credit", invoices: []v1alpha1.Invoice{charged, credited, issuedOn(12, final, "b-1")},
			want: subscription.Predecessor{Invoice: "b-1", Issued: january(12), BilledUntil: january(12)},
		},
		"a credit of an update on the Final document": {
			reason:   "all seats were given back before the end",
			invoices: []v1alpha1.Invoice{charged, issuedOn(11, final, "a-2", ofUpdate(covers(credit, 10, 32, "-90.00")))},
			want:     subscription.Predecessor{Invoice: "a-2", Issued: january(11), BilledUntil: january(11)},
		},
		"folded credits": {
			reason:   "sixty changes on one line",
			invoices: []v1alpha1.Invoice{charged, issuedOn(11, final, "a-2", folded(covers(credit, 2, 32, "-90.00")))},
			want:     subscription.Predecessor{Invoice: "a-2", Issued: january(11), BilledUntil: january(11)},
		},
		"a credit note of an update": {
			reason: "it was billed at once, before the end",
			invoices: []v1alpha1.Invoice{
				charged, issuedOn(10, byUpdate, "a-2", ofUpdate(covers(credit, 10, 32, "-90.00"))), issuedOn(11, final, "a-3"),
			},
			want: subscription.Predecessor{Invoice: "a-3", Issued: january(11), BilledUntil: january(11)},
		},
		"a debit before the credit, billed after it": {
			reason: "it was charged for seats that were given back after it",
			invoices: []v1alpha1.Invoice{
				charged, issuedOn(10, byUpdate, "a-2", ofUpdate(covers(credit, 10, 32, "-100.00"))),
				issuedOn(11, final, "a-3", ofUpdate(covers(debit, 5, 32, "100.00"))),
			},
			want: subscription.Predecessor{Invoice: "a-3", Issued: january(11), BilledUntil: january(11)},
		},
		"a folded debit": {
			reason: "nobody knows which of its changes came after the credit",
			invoices: []v1alpha1.Invoice{
				charged, issuedOn(11, final, "a-2", ofUpdate(covers(credit, 5, 32, "-10.00")), folded(covers(debit, 6, 32, "600.00"))),
			},
			want: subscription.Predecessor{Invoice: "a-2", Issued: january(11), BilledUntil: january(11)},
		},
		"taken again for a debit": {
			reason: "the seats are paid for",
			invoices: []v1alpha1.Invoice{
				charged, issuedOn(10, byUpdate, "a-2", ofUpdate(covers(credit, 8, 32, "-10.00")), ofUpdate(covers(debit, 10, 32, "10.00"))),
			},
			want: subscription.Predecessor{Invoice: "a-2", Issued: january(10), BilledUntil: january(32), Paid: &hundred},
		},
		"charged again by a successor": {
			reason:   "a manifest that is pruned a second time is not charged a third time",
			invoices: []v1alpha1.Invoice{charged, credited, issuedOn(12, initial, "b-1", covers(recurring, 12, 32, "100.00"))},
			want:     subscription.Predecessor{Invoice: "b-1", Issued: january(12), BilledUntil: january(32), Paid: &hundred},
		},
		"charged again for less": {
			reason:   "a successor of one seat does not pay for ten",
			invoices: []v1alpha1.Invoice{charged, credited, issuedOn(12, initial, "b-1", covers(recurring, 12, 32, "10.00"))},
			want:     subscription.Predecessor{Invoice: "b-1", Issued: january(12), BilledUntil: january(12)},
		},
		"charged again for a part of the time": {
			reason:   "what was given back after the 20th is charged by nobody",
			invoices: []v1alpha1.Invoice{charged, credited, issuedOn(12, initial, "b-1", covers(recurring, 12, 20, "100.00"))},
			want:     subscription.Predecessor{Invoice: "b-1", Issued: january(12), BilledUntil: january(20), Paid: &hundred},
		},
		"with a gap": {
			reason:   "what was billed after it does not make up for it",
			invoices: []v1alpha1.Invoice{issuedOn(1, initial, "a-1", covers(recurring, 1, 11, "100.00"), covers(debit, 20, 32, "10.00"))},
			want:     subscription.Predecessor{Invoice: "a-1", Issued: january(1), BilledUntil: january(11), Paid: &hundred},
		},
		"a credit of an earlier period": {
			reason:   "nothing of it lies after the end",
			invoices: []v1alpha1.Invoice{charged, credited, issuedOn(32, initial, "b-1")},
			want:     subscription.Predecessor{Invoice: "b-1", Issued: january(32), BilledUntil: january(32)},
		},
		"in arrears": {
			reason: "the time after the end was never charged", invoices: []v1alpha1.Invoice{issuedOn(11, final, "a-1", covers(recurring, 1, 11, "100.00"))},
			want: subscription.Predecessor{Invoice: "a-1", Issued: january(11), BilledUntil: january(11)},
		},
		"in arrears, and a newer trace": {
			reason:   "an empty document does not hide it",
			invoices: []v1alpha1.Invoice{issuedOn(11, final, "a-1", covers(recurring, 1, 11, "100.00")), issuedOn(12, final, "b-1")},
			want:     subscription.Predecessor{Invoice: "b-1", Issued: january(12), BilledUntil: january(12)},
		},
		"usage": {
			reason: "it was charged up to the end", invoices: []v1alpha1.Invoice{issuedOn(11, final, "a-1", covers(v1alpha1.LineUsage, 1, 11, "7.00"))},
			want: subscription.Predecessor{Invoice: "a-1", Issued: january(11), BilledUntil: january(11)},
		},
		"an import that was deleted before anything was charged": {
			reason: "what was billed elsewhere stays billed", invoices: []v1alpha1.Invoice{importedUntil(32, issuedOn(11, final, "a-1"))},
			want: subscription.Predecessor{Invoice: "a-1", Issued: january(11), BilledUntil: january(32)},
		},
		"an import that was deleted after it paid here": {
			reason: "what is credited later is at most what was paid", invoices: []v1alpha1.Invoice{charged, importedUntil(32, issuedOn(11, final, "b-1"))},
			want: subscription.Predecessor{Invoice: "b-1", Issued: january(11), BilledUntil: january(32), Paid: &hundred},
		},
		"an import that gave time back": {
			reason:   "the credit covers what was billed elsewhere",
			invoices: []v1alpha1.Invoice{importedUntil(32, issuedOn(11, final, "a-1", covers(credit, 11, 32, "-100.00")))},
			want:     subscription.Predecessor{Invoice: "a-1", Issued: january(11), BilledUntil: january(11)},
		},
		"abandoned": {
			reason:   "what is named and not billed is not charged",
			invoices: []v1alpha1.Invoice{issuedOn(11, final, "a-1", notBilled(covers(recurring, 1, 32, "100.00")))},
			want:     subscription.Predecessor{Invoice: "a-1", Issued: january(11), BilledUntil: january(11)},
		},
		"an abandoned credit": {
			reason:   "it is named and not given",
			invoices: []v1alpha1.Invoice{charged, issuedOn(11, final, "a-2", covers(credit, 10, 32, "0.00"))},
			want:     subscription.Predecessor{Invoice: "a-2", Issued: january(11), BilledUntil: january(32), Paid: &hundred},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Predecessor(tc.invoices); !cmp.Equal(got, tc.want) {
				t.Errorf("%s: %s", tc.reason, cmp.Diff(tc.want, got))
			}
			backwards := slices.Clone(tc.invoices)
			slices.Reverse(backwards)
			if got := Predecessor(backwards); !cmp.Equal(got, tc.want) {
				t.Errorf("in another order: %s", cmp.Diff(tc.want, got))
			}
		})
	}
}
