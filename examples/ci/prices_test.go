// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"os"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Eight editors cost 96.00 a month, and twelve 140.00. The four from 16 April cost half of the difference.
func TestFourEditorsMore(t *testing.T) {
	cluster := startSeatplane(t)
	first := metav1.Date(2026, time.April, 1, 0, 0, 0, 0, time.UTC)
	middle := metav1.Date(2026, time.April, 16, 0, 0, 0, 0, time.UTC)
	clock := &v1alpha1.TestClock{ObjectMeta: named("clock"), Spec: v1alpha1.TestClockSpec{Now: first}}
	fourMore := &v1alpha1.SubscriptionUpdate{ObjectMeta: named("four-more"), Spec: v1alpha1.SubscriptionUpdateSpec{
		SubscriptionRef:     v1alpha1.SubscriptionReference{Name: "acme"},
		ChangeItems:         &v1alpha1.ItemsChange{Items: editors(12)},
		ApplicationSchedule: v1alpha1.ApplyCustom,
		ApplyAt:             &middle,
	}}
	create(t, cluster, product(t), clock,
		&v1alpha1.Subscription{ObjectMeta: named("acme"), Spec: v1alpha1.SubscriptionSpec{
			Customer:     v1alpha1.Customer{ID: "acme"},
			StartTime:    &first,
			Items:        editors(8),
			TestClockRef: &v1alpha1.LocalReference{Name: "clock"},
		}}, fourMore)

	// What the operator first sees after the move counts from then.
	await(t, cluster, fourMore, func() bool { return fourMore.Status.State == v1alpha1.UpdateScheduled })
	moveTo(t, cluster, clock, "2026-05-01T00:00:00Z")

	if got, want := amountsDue(t, cluster), []v1alpha1.Amount{"96.00", "162.00"}; !slices.Equal(got, want) {
		t.Errorf("Acme is invoiced %v, not %v", got, want)
	}
}

// product reads the manifest that you sell by.
func product(t *testing.T) *v1alpha1.SeatProduct {
	t.Helper()
	text, err := os.ReadFile("product.yaml")
	if err != nil {
		t.Fatal(err)
	}
	product := &v1alpha1.SeatProduct{}
	if err := yaml.UnmarshalStrict(text, product); err != nil {
		t.Fatal(err)
	}
	product.Namespace = metav1.NamespaceDefault
	return product
}

func editors(quantity int64) []v1alpha1.SubscriptionItem {
	return []v1alpha1.SubscriptionItem{{
		Name: "editors", ProductRef: v1alpha1.LocalReference{Name: "editor-seat"}, Plan: "monthly", Quantity: &quantity,
	}}
}

func named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: name}
}

func create(t *testing.T, cluster client.Client, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := cluster.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
}

// amountsDue returns what the invoices of Acme ask for, in the order in which they were issued.
func amountsDue(t *testing.T, cluster client.Client) []v1alpha1.Amount {
	t.Helper()
	var invoices v1alpha1.InvoiceList
	if err := cluster.List(t.Context(), &invoices, client.MatchingFields{"spec.subscriptionRef.name": "acme"}); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(invoices.Items, func(a, b v1alpha1.Invoice) int { return int(a.Spec.Sequence - b.Spec.Sequence) })
	var amounts []v1alpha1.Amount
	for i := range invoices.Items {
		amounts = append(amounts, invoices.Items[i].Spec.AmountDue)
	}
	return amounts
}
