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
