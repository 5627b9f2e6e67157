// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/event"
)

// The history has what the status holds and what the records rebuild, each event once and in order.
func TestHistory(t *testing.T) {
	at := metav1.NewTime(time.Date(2026, 4, 16, 0, 0, 0, 0, time.UTC))
	sub := &v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "acme", UID: "u1"}}
	updateOf := func(uid types.UID, of types.UID, sequence int64, state v1alpha1.UpdateState) v1alpha1.SubscriptionUpdate {
		return v1alpha1.SubscriptionUpdate{
			ObjectMeta: metav1.ObjectMeta{Name: string(uid), UID: uid},
			Status:     v1alpha1.SubscriptionUpdateStatus{State: state, SubscriptionUID: of, EventSequence: sequence, EventTime: &at},
		}
	}
	updates := []v1alpha1.SubscriptionUpdate{
		updateOf("second", "u1", 4, v1alpha1.UpdateApplied),
		updateOf("first", "u1", 2, v1alpha1.UpdateRejected),
		updateOf("open", "u1", 0, v1alpha1.UpdatePending),
		updateOf("untold", "u1", 0, v1alpha1.UpdateApplied),
		updateOf("predecessor's", "u0", 3, v1alpha1.UpdateApplied),
	}
	invoice := v1alpha1.Invoice{ObjectMeta: metav1.ObjectMeta{Name: "acme-000001"}}
	invoice.Spec.SubscriptionRef.UID, invoice.Spec.EventSequence, invoice.Spec.IssueTime = "u1", 1, at
	inStatus, _ := OfUpdate(&updates[0])
	sub.Status.Notifications = []v1alpha1.Notification{
		{Sequence: 3, Type: string(event.SeatsLimitReached), Time: at},
		inStatus,
		{Sequence: 5, Type: string(event.SubscriptionRenewed), Time: at},
	}
	history := History(sub, updates, []v1alpha1.Invoice{invoice})
	var got []event.Type
	for n, each := range history {
		got = append(got, event.Type(each.Type))
		if each.Sequence != int64(n+1) {
			t.Errorf("event %d has the number %d", n+1, each.Sequence)
		}
	}
	want := []event.Type{event.InvoiceIssued, event.UpdateRejected, event.SeatsLimitReached, event.UpdateApplied, event.SubscriptionRenewed}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
