// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func on(day int) metav1.Time { return metav1.NewTime(time.Date(2026, 4, day, 0, 0, 0, 0, time.UTC)) }

// invoiceOf is an invoice with one line.
func invoiceOf(sequence int64) *v1alpha1.Invoice {
	i := &v1alpha1.Invoice{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "acme-000001", UID: "i-uid", ResourceVersion: "7", CreationTimestamp: on(1),
		Labels: map[string]string{"team": "billing"},
	}}
	i.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: "s-uid"}, Customer: v1alpha1.Customer{ID: "acme"},
		Type: v1alpha1.TypeInvoice, Reason: v1alpha1.InvoiceRenewal, Sequence: sequence, IssueTime: on(1), Currency: "EUR",
		Subtotal: "10.00", CreditApplied: "0.00", AmountDue: "10.00", CreditBalanceAfter: "0.00",
		Lines: []v1alpha1.Line{{Key: "k", Item: "editors", Kind: v1alpha1.LineRecurring, Quantity: ptr.To[int64](1), Amount: "10.00", From: ptr.To(on(1))}},
	}
	return i
}

func updateOf() *v1alpha1.SubscriptionUpdate {
	u := &v1alpha1.SubscriptionUpdate{}
	u.Namespace, u.Name, u.UID, u.CreationTimestamp = "shop", "more", "u-uid", on(16)
	u.Spec = v1alpha1.SubscriptionUpdateSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme"}, Seats: &v1alpha1.SeatsChange{Item: "editors", Increment: ptr.To[int64](5)},
		Reason: "they grew",
	}
	u.Status = v1alpha1.SubscriptionUpdateStatus{
		State: v1alpha1.UpdateApplied, Origin: v1alpha1.OriginUser, SubscriptionUID: "s-uid", Summary: "editors 2 → 7",
		AppliedTime: ptr.To(on(16)), EffectiveTime: ptr.To(on(16)), AdjustmentAmount: "31.25", Currency: "EUR",
		Changes:    []v1alpha1.ItemChange{{Item: "editors", Product: "editor", PreviousPlan: "monthly", NewPlan: "monthly", PreviousCount: 2, NewCount: 7, AdjustmentAmount: "31.25"}},
		Lines:      []v1alpha1.Line{{Key: "k", Item: "editors", Kind: v1alpha1.LineDebit, Amount: "31.25", Units: "15", UnitsInPeriod: "30"}},
		Conditions: []metav1.Condition{{Type: v1alpha1.ConditionApplied, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonApplied, LastTransitionTime: on(16)}},
	}
	return u
}

// valueOf returns a value of a row by the name of its column; "NULL" for none.
func valueOf(t *testing.T, table Table, row Row, column string) string {
	t.Helper()
	at := table.At(column)
	if at < 0 || at >= len(row) {
		t.Fatalf("%s has no column %s, or the row of %d values has not", table.Name, column, len(row))
	}
	if row[at] == nil {
		return "NULL"
	}
	return *row[at]
}

func valuesOf(t *testing.T, table Table, row Row, columns ...string) []string {
	t.Helper()
	if len(row) != len(table.Columns) {
		t.Fatalf("the row of %s has %d values for %d columns", table.Name, len(row), len(table.Columns))
	}
	var values []string
	for _, column := range columns {
		values = append(values, valueOf(t, table, row, column))
	}
	return values
}

func TestRowsOfAnUpdate(t *testing.T) {
	r, err := OfUpdate("eu-1", updateOf())
	if err != nil {
		t.Fatal(err)
	}
	got := valuesOf(t, Updates, r.Head, "uid", "cell", "subscription_uid", "state", "reason", "applied_at", "adjustment", "invoice")
	if diff := cmp.Diff([]string{"u-uid", "eu-1", "s-uid", "Applied", "Applied", "2026-04-16T00:00:00Z", "31.25", "NULL"}, got); diff != "" {
		t.Error(diff)
	}
	item := valuesOf(t, UpdateItems, r.Parts[0][0], "update_uid", "position", "item", "previous_count", "new_count", "adjustment")
	if diff := cmp.Diff([]string{"u-uid", "0", "editors", "2", "7", "31.25"}, item); diff != "" {
		t.Error(diff)
	}
	line := valuesOf(t, UpdateLines, r.Parts[1][0], "kind", "amount", "units", "quantity", "from_at")
	if diff := cmp.Diff([]string{"Debit", "31.25", "15", "NULL", "NULL"}, line); diff != "" {
		t.Error(diff)
	}
}

func TestRowsOfAnInvoice(t *testing.T) {
	i := invoiceOf(3)
	i.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionPaid, Status: metav1.ConditionTrue, LastTransitionTime: on(9)}}
	r, err := OfInvoice("eu-1", i)
	if err != nil {
		t.Fatal(err)
	}
	got := valuesOf(t, Invoices, r.Head, "uid", "subscription_uid", "sequence", "issued_at", "amount_due", "customer_name", "period_end")
	if diff := cmp.Diff([]string{"i-uid", "s-uid", "3", "2026-04-01T00:00:00Z", "10.00", "NULL", "NULL"}, got); diff != "" {
		t.Error(diff)
	}
	state := valuesOf(t, InvoiceStates, r.State, "invoice_uid", "resource_version", "paid", "paid_at", "void", "void_at")
	if diff := cmp.Diff([]string{"i-uid", "7", "true", "2026-04-09T00:00:00Z", "false", "NULL"}, state); diff != "" {
		t.Error(diff)
	}
	if object := valueOf(t, Invoices, r.Head, "object"); strings.Contains(object, "Paid") || strings.Contains(object, "team") {
		t.Errorf("what others may change is in the record: %s", object)
	}
	if values := valuesOf(t, InvoiceLines, r.Parts[0][0], "invoice_uid", "quantity", "from_at"); !cmp.Equal(values, []string{"i-uid", "1", "2026-04-01T00:00:00Z"}) {
		t.Errorf("the line is %v", values)
	}
}

func TestRowsOfTerms(t *testing.T) {
	s := &v1alpha1.Subscription{}
	s.Namespace, s.Name, s.UID, s.Generation, s.CreationTimestamp = "shop", "acme", "s-uid", 2, on(1)
	s.Spec.Customer = v1alpha1.Customer{ID: "acme", DisplayName: "Acme"}
	first, err := OfSubscription("eu-1", s)
	if err != nil {
		t.Fatal(err)
	}
	if got := valuesOf(t, Subscriptions, first.Head, "uid", "generation", "customer_name", "external_ref"); !cmp.Equal(got, []string{"s-uid", "2", "Acme", "NULL"}) {
		t.Errorf("the terms are %v", got)
	}
	s.Labels = map[string]string{"a": "b"}
	if same, _ := OfSubscription("eu-1", s); !cmp.Equal(same.Head, first.Head) {
		t.Error("a label makes other terms")
	}
	s.Spec.Customer.DisplayName = "Acme Ltd"
	if other, _ := OfSubscription("eu-1", s); valueOf(t, Subscriptions, other.Head, "digest") == valueOf(t, Subscriptions, first.Head, "digest") {
		t.Error("other terms have the same digest")
	}
}

// A text that PostgreSQL cannot hold must not keep other records out of the archive.
func TestUnstorableTexts(t *testing.T) {
	u := updateOf()
	u.Spec.Reason, u.Status.Summary = "a\x00b\\u0000", "c\x00"
	r, err := OfUpdate("eu-1", u)
	if err != nil {
		t.Fatal(err)
	}
	object := valueOf(t, Updates, r.Head, "object")
	if strings.Contains(strings.ReplaceAll(object, `\\u0000`, ""), `\u0000`) {
		t.Errorf("a zero byte is left in %s", object)
	}
	if !strings.Contains(object, "a\uFFFDb") || valueOf(t, Updates, r.Head, "summary") != "c\uFFFD" {
		t.Errorf("the rest of the text is lost: %s", object)
	}
}

func TestDifference(t *testing.T) {
	change := func(table Table, row Row, column, to string) Row {
		changed := append(Row{}, row...)
		changed[table.At(column)] = &to
		return changed
	}
	type stored = func(r Record) Stored
	same := func(r Record) Stored { return Stored{Head: r.Head, Parts: r.Parts} }
	head := func(column, to string) stored {
		return func(r Record) Stored {
			table, _, _ := TableOf(r.Kind)
			return Stored{Head: change(table, r.Head, column, to), Parts: r.Parts}
		}
	}
	cases := map[string]struct {
		reason string
		update bool
		stored stored
		want   string
	}{
		"Same":           {reason: "nothing differs", stored: same},
		"SameUpdate":     {reason: "nothing differs", update: true, stored: same},
		"OtherDigits":    {reason: "10.0 and 10.00 are one amount", stored: head("amount_due", "10.0")},
		"OtherAmount":    {reason: "a cent is a difference", stored: head("amount_due", "10.01"), want: "invoices.amount_due"},
		"NoNumber":       {reason: "NaN is no amount", stored: head("amount_due", "NaN"), want: "invoices.amount_due"},
		"OtherCell":      {reason: "another cell bills the same subscription", stored: head("cell", "us-1"), want: "invoices.cell"},
		"OtherUID":       {reason: "after a restore the same document is issued again", stored: head("uid", "x")},
		"OtherUpdateUID": {reason: "an update is one object", update: true, stored: head("uid", "x"), want: "updates.uid"},
		"OtherLine": {reason: "a line was changed", stored: func(r Record) Stored {
			return Stored{Head: r.Head, Parts: [][]Row{{change(InvoiceLines, r.Parts[0][0], "quantity", "2")}}}
		}, want: "invoice_lines.quantity"},
		"NoLine": {reason: "a line is missing", stored: func(r Record) Stored { return Stored{Head: r.Head, Parts: [][]Row{nil}} }, want: "invoice_lines"},
		"MoreLines": {reason: "the database has a line that the invoice has not", stored: func(r Record) Stored {
			return Stored{Head: r.Head, Parts: [][]Row{append(append([]Row{}, r.Parts[0]...), r.Parts[0][0])}}
		}, want: "invoice_lines"},
		"OtherJSON": {reason: "the object itself counts", stored: head("object", `{"spec": {}}`), want: "invoices.object"},
		"Metadata": {reason: "of an invoice, only the content is the record", stored: func(r Record) Stored {
			return Stored{Head: change(Invoices, r.Head, "object", strings.Replace(*r.Head[Invoices.At("object")], "i-uid", "x", 1)), Parts: r.Parts}
		}},
		"Short": {reason: "a hostile server sends too little", stored: func(r Record) Stored { return Stored{Head: r.Head[:3], Parts: r.Parts} }, want: "invoices.3 columns"},
		"Empty": {reason: "a hostile server sends nothing", stored: func(Record) Stored { return Stored{} }, want: "Invoice"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			record, err := OfInvoice("eu-1", invoiceOf(1))
			if tc.update {
				record, err = OfUpdate("eu-1", updateOf())
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := Difference(record, tc.stored(record)); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}

// Editing approved after an update finished changes nothing, so it makes no other record.
func TestApprovalAfterwards(t *testing.T) {
	before, _ := OfUpdate("eu-1", updateOf())
	approved := updateOf()
	approved.Spec.Approved = true
	after, _ := OfUpdate("eu-1", approved)
	if got := Difference(after, Stored{Head: before.Head, Parts: before.Parts}); got != "" {
		t.Errorf("the record differs in %s", got)
	}
}

func TestMigrations(t *testing.T) {
	for n, each := range Migrations() {
		if each.Version != n+1 {
			t.Errorf("migration %d has the version %d", n+1, each.Version)
		}
		if strings.TrimSpace(each.SQL) == "" {
			t.Errorf("migration %d is empty", each.Version)
		}
	}
	if Version() != len(Migrations()) {
		t.Errorf("the version is %d", Version())
	}
}

// TestImportedUpdateIsTheSame: an update that was archived, exported and imported has the rows that it had. Its generations
// begin again then.
func TestImportedUpdateIsTheSame(t *testing.T) {
	before := updateOf()
	before.Generation, before.Status.ObservedGeneration, before.Status.Conditions[0].ObservedGeneration = 2, 2, 2
	after := before.DeepCopy()
	after.UID, after.CreationTimestamp, after.Generation = "copy", on(20), 1
	after.Status.ObservedGeneration, after.Status.Conditions[0].ObservedGeneration = 1, 1
	after.Status.Imported = &v1alpha1.Imported{Export: "0123456789abcdef", UID: "u-uid", CreationTime: on(16), Generations: 1}
	want, err := OfUpdate("eu-1", before)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OfUpdate("eu-1", after)
	if err != nil {
		t.Fatal(err)
	}
	if column := Difference(want, Stored{Head: got.Head, Parts: got.Parts}); column != "" {
		t.Errorf("the rows differ in %s", column)
	}
	if before.Status.Conditions[0].ObservedGeneration != 2 {
		t.Error("the update was changed")
	}
}
