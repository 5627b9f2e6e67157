// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

var update = flag.Bool("update", false, "write the golden files")

func on(month time.Month, day int) *metav1.Time {
	return ptr.To(metav1.NewTime(time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)))
}

// fiveMore is the update of billing.md#2-ratio, applied in mid-period.
func fiveMore() *v1alpha1.SubscriptionUpdate {
	u := &v1alpha1.SubscriptionUpdate{}
	u.Namespace, u.Name = "shop", "acme-7f3k2x9d0c1b"
	u.Spec.SubscriptionRef.Name = "acme"
	u.Spec.Cause = &v1alpha1.UpdateCause{Type: v1alpha1.CauseRefresh, Item: "editors", Token: "t", ObservedTime: on(4, 16)}
	u.Status = v1alpha1.SubscriptionUpdateStatus{
		State: v1alpha1.UpdateApplied, Summary: "editors 10 → 15", Currency: "EUR", AppliedTime: on(4, 16), EffectiveTime: on(4, 16),
		PaymentSchedule: v1alpha1.PayNextInvoice, AdjustmentAmount: "31.25", Lines: []v1alpha1.Line{fiveSeats()},
		ProrationPolicy: &v1alpha1.ProrationPolicyInForce{Kind: v1alpha1.KindProrationPolicy, Name: "by-day"},
	}
	return u
}

func fiveSeats() v1alpha1.Line {
	return v1alpha1.Line{
		Key: "3-0", Item: "editors", Product: "editor-seat", Plan: "monthly", Kind: v1alpha1.LineDebit, Description: "5 seats added, 15 of 30 days",
		Quantity: ptr.To[int64](5), UnitAmount: "12.50", FullAmount: "62.50", From: on(4, 16), To: on(5, 1), Units: "15", UnitsInPeriod: "30",
		Unit: v1alpha1.UnitDay, Rounding: v1alpha1.LineRoundedUp, UnroundedAmount: "31.25", Carried: "0", Amount: "31.25", Update: "acme-7f3k2x9d0c1b",
	}
}

func inState(state v1alpha1.UpdateState, reason, message string) *v1alpha1.SubscriptionUpdate {
	u := fiveMore()
	u.Status.State, u.Status.Lines, u.Status.AdjustmentAmount, u.Status.AppliedTime = state, nil, "", nil
	u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionApplied, Status: metav1.ConditionFalse, Reason: reason, Message: message}}
	return u
}

func ofMay() *v1alpha1.Invoice {
	i := &v1alpha1.Invoice{}
	i.Namespace, i.Name = "shop", "acme-7f3k2x-000002"
	i.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: "u1"}, Customer: v1alpha1.Customer{ID: "acme", DisplayName: "Acme Ltd"},
		Type: v1alpha1.TypeInvoice, Reason: v1alpha1.InvoiceRenewal, Sequence: 2, Previous: "acme-7f3k2x-000001", IssueTime: *on(5, 1),
		PeriodStart: on(5, 1), PeriodEnd: on(6, 1), Currency: "EUR",
		Lines: []v1alpha1.Line{{
			Key: "4-0", Item: "editors", Product: "editor-seat", Plan: "monthly", Kind: v1alpha1.LineRecurring, Description: "15 seats",
			Quantity: ptr.To[int64](15), UnitAmount: "12.50", FullAmount: "187.50", From: on(5, 1), To: on(6, 1), UnroundedAmount: "187.50",
			Carried: "0", Amount: "187.50",
		}, fiveSeats()},
		Subtotal: "218.75", CreditApplied: "20.00", AmountDue: "198.75", CreditBalanceAfter: "0.00",
	}
	return i
}

func TestExplanations(t *testing.T) {
	preview := fiveMore()
	preview.Spec.Cause, preview.Spec.Reason = nil, "asked by sales"
	preview.Status.State = v1alpha1.UpdatePreviewed
	preview.Status.Hash = "3f9a"
	preview.Status.Preview = &v1alpha1.UpdatePreview{Upcoming: &v1alpha1.DocumentTotals{AmountDue: "218.75"}}
	held := inState(v1alpha1.UpdateHeld, "AwaitingApproval", "The increase of 50 % exceeds the guard's 20 %.")
	held.Status.Estimate = &v1alpha1.UpdateEstimate{Amount: "31.25"}
	wrong := ofMay()
	wrong.Spec.AmountDue = "218.75"
	creditNote := ofMay()
	creditNote.Spec.Type, creditNote.Spec.Reason = v1alpha1.TypeCreditNote, v1alpha1.InvoiceUpdate
	creditNote.Spec.Lines = []v1alpha1.Line{{
		Key: "5-0", Item: "editors", Kind: v1alpha1.LineCredit, Description: "1 seat removed, 20 of 30 days", Quantity: ptr.To[int64](1),
		UnitAmount: "10.00", FullAmount: "-10.00", Units: "20", UnitsInPeriod: "30", Unit: v1alpha1.UnitDay, Rounding: v1alpha1.LineNotRounded,
		UnroundedAmount: "-6.666666666667", Carried: "0.003333333333", Amount: "-6.66",
	}}
	creditNote.Spec.Subtotal, creditNote.Spec.CreditApplied, creditNote.Spec.AmountDue, creditNote.Spec.CreditBalanceAfter = "-6.66", "-6.66", "0.00", "6.66"

	cases := map[string]struct {
		reason string
		got    Explanation
	}{
		"update-applied":     {reason: "the arithmetic of a change that is in force", got: Update(fiveMore())},
		"update-preview":     {reason: "a preview says what is due now and next", got: Update(preview)},
		"update-held":        {reason: "whoever approves sees the limit and the price", got: Update(held)},
		"update-rejected":    {reason: "the reason, and no amounts", got: Update(inState(v1alpha1.UpdateRejected, "UnknownItem", `The subscription has no item "viewers".`))},
		"update-unseen":      {reason: "an operator that does not run", got: Update(&v1alpha1.SubscriptionUpdate{})},
		"invoice":            {reason: "lines, their sum and the credit", got: Invoice(ofMay())},
		"invoice-wrong":      {reason: "what does not add up is said", got: Invoice(wrong)},
		"invoice-creditnote": {reason: "a credit that carries a remainder", got: Invoice(creditNote)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) { golden(t, tc.reason, name, tc.got.Text()) })
	}
}

// Nothing that a user wrote controls the terminal, or looks like a line of Seatplane's.
func TestTextIsPlain(t *testing.T) {
	u := fiveMore()
	u.Spec.Cause, u.Spec.Reason = nil, "x\x1b[2J\nTotal: 0.00 EUR. It adds up."
	want := `SubscriptionUpdate acme-7f3k2x9d0c1b: editors 10 → 15 of subscription acme
Applied on 16 April 2026. A user created it: x [2J Total: 0.00 EUR. It adds up.. The time is measured by the ProrationPolicy by-day.
`
	if got := Update(u).Text(); !strings.HasPrefix(got, want) {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, got))
	}
}

func TestSubscription(t *testing.T) {
	s := &v1alpha1.Subscription{}
	s.Namespace, s.Name = "shop", "acme"
	s.Spec.Customer = v1alpha1.Customer{ID: "acme", DisplayName: "Acme Ltd"}
	e, err := Subscription(s)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "a subscription that was never seen", "subscription-unseen", e.Text())

	s.Status = v1alpha1.SubscriptionStatus{
		State: v1alpha1.SubscriptionActive, StartTime: on(4, 1), Currency: "EUR", CreditBalance: "20.00",
		Interval:      &v1alpha1.Interval{Unit: v1alpha1.IntervalMonth, Count: 1},
		CurrentPeriod: &v1alpha1.BillingPeriod{Start: *on(4, 1), End: *on(5, 1)}, RenewalTime: on(5, 1), RecurringAmount: "187.50",
		ActedOn: &v1alpha1.ActedOn{}, PendingUpdates: ptr.To[int64](1),
		Items: []v1alpha1.SubscriptionItemStatus{{
			Name: "editors", Product: "editor-seat", Plan: "monthly", Quantity: 15, Recurring: true, Charge: v1alpha1.ChargeInAdvance,
			Usage:         v1alpha1.UsageLicensed,
			CapturedPrice: &v1alpha1.CapturedPrice{Model: v1alpha1.PricingPerUnit, UnitAmount: "12.50"}, ChargedTotal: "187.50",
		}, {
			Name: "setup", Product: "setup", Plan: "once", Quantity: 1, Charge: v1alpha1.ChargeInAdvance, Usage: v1alpha1.UsageLicensed,
			CapturedPrice: &v1alpha1.CapturedPrice{Model: v1alpha1.PricingFlat, UnitAmount: "99.00"},
		}, {
			Name: "calls", Product: "calls", Plan: "metered", Recurring: true, Charge: v1alpha1.ChargeInArrears, Usage: v1alpha1.UsageMetered,
			CapturedPrice: &v1alpha1.CapturedPrice{Model: v1alpha1.PricingPerUnit, UnitAmount: "0.01"},
		}},
		UpcomingInvoice: &v1alpha1.UpcomingInvoice{
			DueTime: on(5, 1), Lines: []v1alpha1.Line{fiveSeats()},
			DocumentTotals: v1alpha1.DocumentTotals{Subtotal: "218.75", CreditApplied: "20.00", AmountDue: "198.75"},
		},
	}
	if e, err = Subscription(s); err != nil {
		t.Fatal(err)
	}
	golden(t, "items, the recurring amount and the next invoice", "subscription", e.Text())

	s.Status.RecurringAmount = "187.49"
	if e, err = Subscription(s); err != nil {
		t.Fatal(err)
	}
	if e.AddsUp || len(e.Problems) != 1 {
		t.Errorf("a wrong recurring amount passes: %+v", e)
	}
}

// golden compares a text with a file of testdata. `go test ./internal/explain -update` writes the files.
func golden(t *testing.T, reason, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", reason, diff)
	}
}

func TestSums(t *testing.T) {
	cases := map[string]struct {
		reason  string
		amounts []v1alpha1.Amount
		want    string
	}{
		"none":     {reason: "no lines", want: "T"},
		"one":      {reason: "one line is its own sum", amounts: []v1alpha1.Amount{"1.00"}, want: "T"},
		"credits":  {reason: "a credit is subtracted", amounts: []v1alpha1.Amount{"20.00", "-6.67", "1.00"}, want: "20.00 - 6.67 + 1.00 = T"},
		"negative": {reason: "a sum may begin with a credit", amounts: []v1alpha1.Amount{"-6.67", "1.00"}, want: "-6.67 + 1.00 = T"},
		"many":     {reason: "a long sum is counted", amounts: make([]v1alpha1.Amount, 13), want: "13 lines come to T"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, sumOf(tc.amounts, "T")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
