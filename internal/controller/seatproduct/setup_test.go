// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Requests on many subscriptions within half a second wake the product once; those that come later do
// so again. The queue is the real one, and time is the bubble's.
func TestRequestsAreGathered(t *testing.T) {
	cases := map[string]struct {
		reason string
		every  time.Duration
		passes int
	}{
		"AtOnce": {"a GitOps controller applies them together", 0, 1},
		"Within": {"all within the window of the first", 400 * time.Microsecond, 1},
		"Steady": {"a request each 10 ms, for ten seconds: the window begins anew after each pass", 10 * time.Millisecond, 20},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := priorityqueue.New[reconcile.Request]("test")
				defer q.ShutDown()
				passes := 0
				go func() {
					for {
						request, shutdown := q.Get()
						if shutdown {
							return
						}
						passes++
						q.Forget(request)
						q.Done(request)
					}
				}()
				wakes := subscriptionHandler()
				for n := range 1000 {
					before := makeSubscription(fmt.Sprint("customer-", n), 1, 5)
					after := before.DeepCopy()
					after.Annotations = map[string]string{v1alpha1.AnnotationRefreshRequestedAt: "now"}
					wakes.Update(t.Context(), event.UpdateEvent{ObjectOld: before, ObjectNew: after}, q)
					time.Sleep(tc.every)
				}
				time.Sleep(arrivalDelay + time.Second)
				synctest.Wait()
				if passes != tc.passes {
					t.Errorf("%s: %d passes, want %d", tc.reason, passes, tc.passes)
				}
			})
		})
	}
}

func TestItemsMove(t *testing.T) {
	on := func(products ...string) *v1alpha1.Subscription {
		s := makeSubscription("acme", 1, 5)
		s.Status.Items = nil
		for n, product := range products {
			s.Status.Items = append(s.Status.Items, v1alpha1.SubscriptionItemStatus{Name: []string{"editors", "more"}[n], Product: product})
		}
		return s
	}
	cases := map[string]struct {
		reason        string
		before, after *v1alpha1.Subscription
		want          bool
	}{
		"Same":    {reason: "nothing moved", before: on("editor"), after: on("editor")},
		"Starts":  {reason: "an item takes effect as it is declared", before: on(), after: on("editor")},
		"Moves":   {reason: "it comes to the declared product from another", before: on("viewer"), after: on("editor"), want: true},
		"Away":    {reason: "an update moves it", before: on("editor"), after: on("viewer"), want: true},
		"Added":   {reason: "an update adds one that the spec does not list", before: on("editor"), after: on("editor", "viewer"), want: true},
		"Removed": {reason: "an update removes one", before: on("editor", "viewer"), after: on("editor"), want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := concernsLoading(tc.before, tc.after); got != tc.want {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}
