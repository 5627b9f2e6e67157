// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/testing/builders"
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
		"Steady": {"a request each 10 ms, for ten seconds: the window begins again after each pass", 10 * time.Millisecond, 20},
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
	metered := on("editor")
	metered.Status.Items[0].Usage = v1alpha1.UsageMetered
	replaced := on("editor")
	replaced.Status.Items[0].Name = "more"
	declaring := func(s *v1alpha1.Subscription) *v1alpha1.Subscription {
		s.Spec.Items = append(s.Spec.Items, v1alpha1.SubscriptionItem{Name: "more", ProductRef: v1alpha1.LocalReference{Name: "editor"}})
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
		"Replaced": {
			reason: "one is removed while another takes effect as it is declared",
			before: declaring(on("editor")), after: declaring(replaced), want: true,
		},
		"Metered": {reason: "a plan without readings becomes one with them", before: on("editor"), after: metered, want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := concernsLoading(tc.before, tc.after); got != tc.want {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}

// wakes is a queue that records which products are woken, and in how long.
type wakes struct {
	workQueue
	after map[string]time.Duration
}

// AddAfter records a wake-up.
func (w *wakes) AddAfter(request reconcile.Request, after time.Duration) {
	w.after[request.Name] = after
}

// A product counts the items that are on it, regardless of the spec. It is triggered when one is added or removed.
func TestWakesProductsInForce(t *testing.T) {
	acme := func(change func(*v1alpha1.Subscription)) *v1alpha1.Subscription {
		s := makeSubscription("acme", 1, 5)
		change(s)
		return s
	}
	unchanged := func(*v1alpha1.Subscription) {}
	on := func(product string) func(*v1alpha1.Subscription) {
		return func(s *v1alpha1.Subscription) { s.Status.Items[0].Product = product }
	}
	added := func(s *v1alpha1.Subscription) {
		s.Status.Items = append(s.Status.Items, v1alpha1.SubscriptionItemStatus{Name: "viewers", Product: "viewer", Plan: "monthly"})
	}
	soon, totals := arrivalDelay, totalsDelay
	cases := map[string]struct {
		reason        string
		before, after *v1alpha1.Subscription
		want          map[string]time.Duration
	}{
		"Added": {
			reason: "an item that an update adds is counted at once, although the spec does not name its product",
			before: acme(unchanged), after: acme(added), want: map[string]time.Duration{"editor": soon, "viewer": soon},
		},
		"Removed": {
			reason: "the product that it was on has fewer seats",
			before: acme(added), after: acme(unchanged), want: map[string]time.Duration{"editor": soon, "viewer": soon},
		},
		"Moved": {
			reason: "a move takes effect at the renewal: the product left behind refreshes its totals, the other counts",
			before: acme(on("viewer")), after: acme(unchanged), want: map[string]time.Duration{"editor": soon, "viewer": soon},
		},
		"Quantity": {
			reason: "a quantity changes on a product that the spec does not name",
			before: acme(on("viewer")),
			after:  acme(func(s *v1alpha1.Subscription) { on("viewer")(s); s.Status.Items[0].Quantity = 6 }),
			want:   map[string]time.Duration{"editor": totals, "viewer": totals},
		},
		"Nothing": {reason: "nothing happened", before: acme(added), after: acme(added), want: map[string]time.Duration{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			queue := &wakes{after: map[string]time.Duration{}}
			subscriptionHandler().Update(t.Context(), event.UpdateEvent{ObjectOld: tc.before, ObjectNew: tc.after}, queue)
			if diff := cmp.Diff(tc.want, queue.after); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// A TestClock that moves wakes the products that the items on it are on, and those that they are to come to.
func TestClockWakesProductsInForce(t *testing.T) {
	moving := makeSubscription("acme", 1, 5)
	moving.Spec.Items[0].ProductRef.Name = "viewer"
	moving.Spec.TestClockRef = &v1alpha1.LocalReference{Name: "clock"}
	elsewhere := makeSubscription("bolt", 1, 5)
	elsewhere.Spec.Items[0].ProductRef.Name = "other"
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	build := fake.NewClientBuilder().WithScheme(scheme).WithObjects(moving, elsewhere)
	for _, each := range index.All() {
		build = build.WithIndex(each.Object, each.Name, each.Extract)
	}
	r := &Reconciler{Client: build.Build()}
	var woken []string
	for _, request := range r.productsOfClock(t.Context(), builders.MakeTestClock("clock", "shop", noon).Obj()) {
		woken = append(woken, request.Name)
	}
	if diff := cmp.Diff([]string{"editor", "viewer"}, woken); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The seats of an item that moved are those of the product that it is on.
func TestTotalsFollowAMove(t *testing.T) {
	moved := makeSubscription("acme", 1, 5)
	moved.Status.Items[0].Product = "viewer"
	for product, want := range map[string]int64{"editor": 7, "viewer": 5} {
		s := makeSituation(makeProduct(hourly), moved, makeSubscription("bolt", 1, 7))
		s.product.Name = product
		describeTotals(s.product, s)
		if got := *s.product.Status.Seats; got != want {
			t.Errorf("%s has %d seats, want %d", product, got, want)
		}
	}
}
