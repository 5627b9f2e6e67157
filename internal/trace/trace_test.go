// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message}
}

func update(name string, age int, state v1alpha1.UpdateState) v1alpha1.SubscriptionUpdate {
	u := v1alpha1.SubscriptionUpdate{}
	u.Name, u.CreationTimestamp = name, metav1.NewTime(time.Unix(int64(1_000_000-age), 0))
	u.Status.State, u.Status.Summary = state, "editors 10 → 15"
	return u
}

func TestText(t *testing.T) {
	s := &v1alpha1.Subscription{}
	s.Name, s.UID = "acme", "u1"
	s.Status.State, s.Status.RecurringAmount, s.Status.Currency = v1alpha1.SubscriptionActive, "125.00", "EUR"
	s.Status.Items = []v1alpha1.SubscriptionItemStatus{{Name: "editors", Product: "editor-seat", Plan: "monthly", Quantity: 10}}
	s.Status.Conditions = []metav1.Condition{
		condition("InSync", "False", "AboveMaximum", "30 is above the plan's maximum of 20."), condition("Ready", "True", "Reconciled", "All is well."),
	}
	product := v1alpha1.SeatProduct{}
	product.Name = "editor-seat"
	product.Status.Conditions = []metav1.Condition{condition("Ready", "False", "SourceError", "The source says:\x1b[2J no.")}
	held := update("five-more", 5, v1alpha1.UpdateHeld)
	held.Status.AdjustmentText = "(31.25)"
	held.Status.Conditions = []metav1.Condition{condition("Applied", "False", "AwaitingApproval", "It is held.")}
	updates := []v1alpha1.SubscriptionUpdate{held}
	for n := range 12 {
		updates = append(updates, update(fmt.Sprintf("done-%02d", n), n, v1alpha1.UpdateApplied))
	}
	invoice := v1alpha1.Invoice{}
	invoice.Name, invoice.Spec.SubscriptionRef.UID, invoice.Spec.Reason = "acme-000001", "u1", v1alpha1.InvoiceInitial
	invoice.Spec.AmountDue, invoice.Spec.Currency = "125.00", "EUR"
	got := Of(Objects{
		Subscription: s, Products: []v1alpha1.SeatProduct{product}, Missing: []string{"gone"},
		Policies: []Policy{{Kind: "ProrationPolicy", Name: "by-day", Found: true, Spec: v1alpha1.ProrationPolicySpec{Rounding: v1alpha1.RoundUp}}},
		Updates:  updates, Invoices: []v1alpha1.Invoice{invoice},
	}).Text()
	finished := &strings.Builder{}
	for n := range 10 {
		fmt.Fprintf(finished, "├─ SubscriptionUpdate/done-%02d  (Applied, editors 10 → 15)\n", n)
	}
	want := `Subscription/acme  (Active, 125.00 EUR a period)  Ready=True (Reconciled)  InSync=False (AboveMaximum)
│   30 is above the plan's maximum of 20.
├─ SeatProduct/editor-seat  (editors: 10 on monthly)  Ready=False (SourceError)
│    The source says: [2J no.
├─ SeatProduct/gone  (does not exist)
├─ ProrationPolicy/by-day  (Day, Up)
├─ SubscriptionUpdate/five-more  (Held, editors 10 → 15, (31.25))  Applied=False (AwaitingApproval)
` + finished.String() + `├─ SubscriptionUpdate/and 2 older ones
└─ Invoice/acme-000001  (Initial, 125.00 EUR due)
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A sink that selects other subscriptions does not belong to this one.
func TestSinks(t *testing.T) {
	s := &v1alpha1.Subscription{}
	s.Name, s.Labels = "acme", map[string]string{"tier": "gold"}
	var sinks []v1alpha1.EventSink
	for name, selector := range map[string]*v1alpha1.LabelSelector{
		"all": nil, "gold": {MatchLabels: map[string]v1alpha1.LabelValue{"tier": "gold"}}, "iron": {MatchLabels: map[string]v1alpha1.LabelValue{"tier": "iron"}},
	} {
		sink := v1alpha1.EventSink{Spec: v1alpha1.EventSinkSpec{SubscriptionSelector: selector}}
		sink.Name = name
		sinks = append(sinks, sink)
	}
	got := map[string]bool{}
	for _, node := range Of(Objects{Subscription: s, Sinks: sinks}).Children {
		got[node.Name] = true
	}
	if diff := cmp.Diff(map[string]bool{"all": true, "gold": true}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
