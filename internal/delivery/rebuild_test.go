// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
)

func updateOf(uid types.UID, state v1alpha1.UpdateState, sequence int64) v1alpha1.SubscriptionUpdate {
	var u v1alpha1.SubscriptionUpdate
	u.Name, u.UID = "u-"+string(uid), uid
	u.Status = v1alpha1.SubscriptionUpdateStatus{State: state, SubscriptionUID: "s", EventSequence: sequence, EventTime: &noon}
	return u
}

func invoiceOf(name string, subscription types.UID, sequence int64) v1alpha1.Invoice {
	var i v1alpha1.Invoice
	i.Name = name
	i.Spec = v1alpha1.InvoiceSpec{SubscriptionRef: v1alpha1.SubscriptionReference{UID: subscription}, EventSequence: sequence, IssueTime: noon}
	return i
}

func TestRebuild(t *testing.T) {
	sub := &v1alpha1.Subscription{}
	sub.UID = "s"
	earlier := updateOf("d", v1alpha1.UpdateApplied, 4)
	earlier.Status.SubscriptionUID = "another"
	updates := []v1alpha1.SubscriptionUpdate{
		updateOf("c", v1alpha1.UpdateSuperseded, 5), updateOf("a", v1alpha1.UpdateApplied, 2), updateOf("b", v1alpha1.UpdateScheduled, 0), earlier,
		updateOf("e", v1alpha1.UpdatePreviewed, 0), updateOf("f", v1alpha1.UpdateRejected, 9),
	}
	invoices := []v1alpha1.Invoice{invoiceOf("i-3", "s", 3), invoiceOf("i-1", "s", 1), invoiceOf("x", "another", 4), invoiceOf("y", "s", 0)}
	var got []string
	for _, n := range delivery.Rebuild(sub, updates, invoices, 1, 5) {
		got = append(got, n.Type+" "+n.Ref.Name)
		if !n.Time.Equal(&noon) || !delivery.HasRecord(&n) {
			t.Errorf("it is rebuilt as %+v", n)
		}
	}
	want := []string{"subscription-update.applied u-a", "invoice.issued i-3", "subscription-update.superseded u-c"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is after one event, up to another, of this subscription alone (-want +got):\n%s", diff)
	}
}

func TestOwes(t *testing.T) {
	cases := map[string]struct {
		reason   string
		effect   v1alpha1.Effect
		updates  []v1alpha1.SubscriptionUpdate
		invoices []v1alpha1.Invoice
		want     bool
	}{
		"Marked":   {reason: "the update is finished", effect: v1alpha1.Effect{Type: v1alpha1.EffectMarkUpdate, Name: "u-a", UID: "a"}, updates: []v1alpha1.SubscriptionUpdate{updateOf("a", v1alpha1.UpdateApplied, 1)}},
		"Unmarked": {reason: "the update will be finished", effect: v1alpha1.Effect{Type: v1alpha1.EffectMarkUpdate, Name: "u-a", UID: "a"}, updates: []v1alpha1.SubscriptionUpdate{updateOf("a", v1alpha1.UpdatePending, 0)}, want: true},
		"Deleted":  {reason: "nobody waits for what a user deleted", effect: v1alpha1.Effect{Type: v1alpha1.EffectMarkUpdate, Name: "u-a", UID: "a"}},
		"Issued":   {reason: "the invoice is there", effect: v1alpha1.Effect{Type: v1alpha1.EffectCreateInvoice, Name: "i"}, invoices: []v1alpha1.Invoice{invoiceOf("i", "s", 1)}},
		"Unissued": {reason: "the invoice will be there", effect: v1alpha1.Effect{Type: v1alpha1.EffectCreateInvoice, Name: "i"}, want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			sub := &v1alpha1.Subscription{}
			sub.Status.Outbox = []v1alpha1.Effect{tc.effect}
			if got := delivery.Owes(sub, tc.updates, tc.invoices); got != tc.want {
				t.Errorf("%s: got %t", tc.reason, got)
			}
		})
	}
}
