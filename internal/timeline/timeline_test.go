// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func on(month time.Month, day int) *metav1.Time {
	return ptr.To(metav1.NewTime(time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)))
}

// acme started with 10 seats, got 5 more on 16 April, and has an update that waits.
func acme() (*v1alpha1.Subscription, []v1alpha1.SubscriptionUpdate, []v1alpha1.Invoice) {
	s := &v1alpha1.Subscription{}
	s.Name, s.UID = "acme", "u1"
	s.Spec.Customer.ID = "acme"
	s.Status.StartTime, s.Status.Currency, s.Status.Seats, s.Status.NextInvoiceNumber = on(4, 1), "EUR", ptr.To[int64](15), 3
	applied, waits, others := v1alpha1.SubscriptionUpdate{}, v1alpha1.SubscriptionUpdate{}, v1alpha1.SubscriptionUpdate{}
	applied.Name, waits.Name, others.Name = "five-more", "one-less", "of-a-predecessor"
	applied.Status = v1alpha1.SubscriptionUpdateStatus{
		State: v1alpha1.UpdateApplied, Summary: "editors 10 → 15", AppliedTime: on(4, 16), AdjustmentText: "31.25",
		Changes: []v1alpha1.ItemChange{{Item: "editors", PreviousCount: 10, NewCount: 15}},
	}
	waits.Status = v1alpha1.SubscriptionUpdateStatus{State: v1alpha1.UpdatePending}
	others.Status.SubscriptionUID = "u0"
	invoice := func(uid, name string, number int64, at *metav1.Time, due v1alpha1.Amount) v1alpha1.Invoice {
		i := v1alpha1.Invoice{}
		i.Name = name
		i.Spec.SubscriptionRef.Name, i.Spec.SubscriptionRef.UID = "acme", "u1"
		if uid != "" {
			i.Spec.SubscriptionRef.UID = "u0"
		}
		i.Spec.Sequence, i.Spec.IssueTime, i.Spec.AmountDue, i.Spec.Currency, i.Spec.Reason = number, *at, due, "EUR", v1alpha1.InvoiceRenewal
		return i
	}
	paid := invoice("", "acme-000001", 1, on(4, 1), "125.00")
	paid.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionPaid, Status: metav1.ConditionTrue}}
	return s, []v1alpha1.SubscriptionUpdate{waits, others, applied},
		[]v1alpha1.Invoice{invoice("", "acme-000002", 2, on(5, 1), "218.75"), paid, invoice("u0", "acme-000009", 9, on(1, 1), "1.00")}
}

func TestText(t *testing.T) {
	want := `TIME                   EVENT     WHAT                      STATE     AMOUNT   INVOICED   NAME
2026-04-01T00:00:00Z   Start     the subscription starts
2026-04-01T00:00:00Z   Invoice   Renewal                   Paid      125.00   125.00     acme-000001
2026-04-16T00:00:00Z   Update    editors 10 → 15           Applied   31.25               five-more
2026-05-01T00:00:00Z   Invoice   Renewal                   Open      218.75   343.75     acme-000002
-                      Update    a change                  Pending                       one-less
`
	if diff := cmp.Diff(want, Of(acme()).Text()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Records that retention deleted shorten the line of seats, and are named.
func TestMissing(t *testing.T) {
	s, _, invoices := acme()
	got := Of(s, nil, invoices[:1])
	if got.Missing != "1 archived invoice was deleted, so the totals do not include it." {
		t.Errorf("missing is %q", got.Missing)
	}
	if diff := cmp.Diff([]Point{{Time: *on(4, 1), Value: "15"}}, got.Seats); diff != "" {
		t.Errorf("seats (-want +got):\n%s", diff)
	}
}

func TestChart(t *testing.T) {
	s, updates, invoices := acme()
	got := Of(s, updates, invoices).Chart(on(6, 1).Time)
	want := `Seats
15 ┤               █████████████████████████████████████████████████
   ┤               █████████████████████████████████████████████████
   ┤▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂█████████████████████████████████████████████████
   ┤████████████████████████████████████████████████████████████████
   ┤████████████████████████████████████████████████████████████████
   ┤████████████████████████████████████████████████████████████████
   ┤████████████████████████████████████████████████████████████████
   ┤████████████████████████████████████████████████████████████████
 0 └────────────────────────────────────────────────────────────────
    2026-04-01                                            2026-06-01
`
	seats, _, _ := strings.Cut(got, "\nInvoiced")
	if diff := cmp.Diff(want, seats); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(got, "343.75 ┤") {
		t.Errorf("the money has no scale:\n%s", got)
	}
	if got := Of(&v1alpha1.Subscription{}, nil, nil).Chart(on(6, 1).Time); got != "Nothing has happened yet.\n" {
		t.Errorf("an empty chart is %q", got)
	}
}

// Whatever the numbers, a chart has its size.
func TestPropertyChart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points []Point
		at := on(1, 1).Time
		for range rapid.IntRange(1, 30).Draw(t, "points") {
			value := rapid.IntRange(0, 9).Draw(t, "value")
			points = append(points, Point{Time: metav1.NewTime(at), Value: strconv.Itoa(value)})
			at = at.Add(time.Duration(rapid.IntRange(0, 1_000_000).Draw(t, "seconds")) * time.Second)
		}
		for line := range strings.Lines(Timeline{Seats: points}.Chart(at)) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > chartWidth+4 {
				t.Fatalf("a line is %d characters wide: %s", n, line)
			}
		}
	})
}
