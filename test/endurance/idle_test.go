// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package endurance

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// many subscriptions, of each of the ways to get a quantity a part.
const many = 200

// settledFor is how many looks at the counters in a row have to find nothing new.
const settledFor = 10

// TestIdleClusterWritesNothing: over two resyncs of 200 subscriptions the API server sees no write, of
// any kind of ours, and no event. Every object is looked at again in each.
func TestIdleClusterWritesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, "--sync-period=10s")
	populate(s)
	s.eventually("all has come to rest", atRest(s))

	writes, versions, passes := s.writes(), s.versions(), s.passes()
	s.eventually("everything was looked at twice", func(context.Context) (bool, string) {
		looked := since(passes, s.passes())
		return looked["subscription"] >= 2*many && looked["testclock"] >= 2 && looked["prorationpolicy"] >= 2, fmt.Sprint(looked)
	})
	if made := since(writes, s.writes()); len(made) > 0 {
		t.Errorf("an idle cluster made writes: %v", made)
	}
	if diff := cmp.Diff(versions, s.versions()); diff != "" {
		t.Errorf("objects changed (-before +after):\n%s", diff)
	}
	t.Logf("%d subscriptions, looked at %d times: %d writes; it took %d writes to come to rest",
		many, since(passes, s.passes())["subscription"], total(since(writes, s.writes())), total(writes))
}

// populate fills a namespace with subscriptions: counted by a loader, declared, by updates, on a TestClock;
// with a policy, an assignment, an update that waits for the renewal, and one that waits for a product.
func populate(s *system) {
	s.Helper()
	const namespace = "idle"
	s.namespaced(namespace)
	counts := &corev1.ConfigMap{Data: map[string]string{}}
	counts.Namespace, counts.Name = namespace, "counts"
	subscriptions := make([]*builders.Subscription, many)
	for i := range many {
		name := fmt.Sprintf("customer-%03d", i)
		subscriptions[i] = builders.MakeSubscription(name, namespace)
		switch i % 4 {
		case 0:
			counts.Data[name] = "3"
			subscriptions[i].LoadedItem("editors", "counted", "monthly")
		case 1:
			subscriptions[i].Item("editors", "seat", "monthly", 3).Policy(v1alpha1.KindProrationPolicy, "by-day")
		case 2:
			subscriptions[i].LoadedItem("editors", "seat", "monthly")
		case 3:
			subscriptions[i].Item("editors", "seat", "monthly", 3).TestClock("clock").Start(april)
		}
	}
	s.create(counts,
		builders.MakeSeatProduct("seat", namespace).Plan("monthly", "EUR", "10").Obj(),
		builders.MakeSeatProduct("counted", namespace).Plan("monthly", "EUR", "10").ConfigMapLoader("counts").
			Refresh(v1alpha1.Refresh{Schedule: "0 0 1 1 *"}).Obj(),
		builders.MakeProrationPolicy("by-day", namespace, v1alpha1.RoundUp).Obj(),
		builders.MakeTestClock("clock", namespace, april).Obj(),
	)
	var group errgroup.Group
	group.SetLimit(16)
	for _, each := range subscriptions {
		group.Go(func() error { return s.Create(s.Context(), each.Obj()) })
	}
	if err := group.Wait(); err != nil {
		s.Fatal(err)
	}
	later := v1alpha1.SubscriptionItem{Name: "editors", ProductRef: v1alpha1.LocalReference{Name: "later"}, Plan: "monthly"}
	s.create(
		builders.MakeSeatAssignment("ada", namespace, "customer-001", "editors").Obj(),
		builders.MakeSubscriptionUpdate("at-renewal", namespace, "customer-002").Increment("editors", 1).Apply(v1alpha1.ApplyNextPeriod).Obj(),
		builders.MakeSubscriptionUpdate("for-a-product", namespace, "customer-006").ChangeItems(later).Obj(),
	)
}

// atRest waits until everybody has started, every product has its totals, and nobody writes any more.
func atRest(s *system) func(context.Context) (bool, string) {
	last, quiet := -1, 0
	return func(ctx context.Context) (bool, string) {
		var list v1alpha1.SubscriptionList
		if err := s.List(ctx, &list, client.InNamespace("idle")); err != nil {
			return false, err.Error()
		}
		active := 0
		for i := range list.Items {
			if list.Items[i].Status.State == v1alpha1.SubscriptionActive {
				active++
			}
		}
		for name, seats := range map[string]int64{"counted": many / 4 * 3, "seat": many / 4 * (3 + 0 + 3)} {
			var product v1alpha1.SeatProduct
			if err := s.Get(ctx, client.ObjectKey{Namespace: "idle", Name: name}, &product); err != nil {
				return false, err.Error()
			}
			if got := ptr.Deref(product.Status.Seats, 0); got != seats {
				return false, fmt.Sprintf("SeatProduct %s says %d seats, not %d; %d subscriptions are active", name, got, seats, active)
			}
		}
		now := total(s.writes())
		quiet++
		if now != last {
			last, quiet = now, 0
		}
		return active == many && quiet >= settledFor, fmt.Sprintf("%d subscriptions are active, %d writes", active, now)
	}
}

// april is when the TestClocks of this suite begin.
var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
