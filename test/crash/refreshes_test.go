// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"fmt"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// refreshOfThreeInTen: one refresh of one product finds three changes in ten subscriptions.
var refreshOfThreeInTen = Scenario{
	Name: "a refresh finds three changes in ten",
	Setup: func(ns string) []client.Object {
		objects := []client.Object{
			builders.MakeTestClock(clockName, ns, at("04-16")).Obj(),
			countsMap(ns, countsOf(10, nil)),
			builders.MakeSeatProduct(productName, ns).Plan(planName, "EUR", "10").ConfigMapLoader(countsName).Obj(),
		}
		for i := range 10 {
			objects = append(objects, builders.MakeSubscription(customer(i), ns).TestClock(clockName).
				Start(at("04-01")).LoadedItem("editors", productName, planName).Obj())
		}
		return objects
	},
	Prelude: []Step{rest()},
	Steps:   []Step{count("first", countsOf(10, map[int]int{2: 9, 5: 3, 7: 6}))},
}

func customer(i int) string { return fmt.Sprintf("acme-%d", i) }

// countsOf are the counts of so many customers: five each, but for some.
func countsOf(customers int, but map[int]int) map[string]string {
	counts := map[string]string{}
	for i := range customers {
		seats := 5
		if other, ok := but[i]; ok {
			seats = other
		}
		counts[customer(i)] = fmt.Sprint(seats)
	}
	return counts
}

// firstCounts: subscriptions start with their first loaded counts, and one of them waits for its own.
var firstCounts = Scenario{
	Name: "a start with first loaded counts",
	Setup: func(ns string) []client.Object {
		objects := []client.Object{
			builders.MakeTestClock(clockName, ns, at("04-01")).Obj(),
			countsMap(ns, countsOf(1, nil)),
			builders.MakeSeatProduct(productName, ns).Plan(planName, "EUR", "10").ConfigMapLoader(countsName).Obj(),
		}
		for i := range 2 {
			objects = append(objects, builders.MakeSubscription(customer(i), ns).TestClock(clockName).
				Start(at("04-01")).LoadedItem("editors", productName, planName).Obj())
		}
		return objects
	},
	Steps: []Step{rest(), count("second", countsOf(2, nil))},
}

// sameCountAgain: a refresh finds a change, and the next one the same count.
var sameCountAgain = Scenario{
	Name: "a refresh that finds the same count again",
	Setup: func(ns string) []client.Object {
		return []client.Object{
			builders.MakeTestClock(clockName, ns, at("04-01")).Obj(),
			countsMap(ns, countsOf(1, nil)),
			builders.MakeSeatProduct(productName, ns).Plan(planName, "EUR", "10").ConfigMapLoader(countsName).Obj(),
			builders.MakeSubscription(customer(0), ns).TestClock(clockName).
				Start(at("04-01")).LoadedItem("editors", productName, planName).Obj(),
		}
	},
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		count("first", countsOf(1, map[int]int{0: 9})),
		count("second", countsOf(1, map[int]int{0: 9})),
	},
}

// counted are the objects of one subscription whose quantity a source counts, five at first.
func counted(ns string) []client.Object {
	return []client.Object{
		builders.MakeTestClock(clockName, ns, at("04-01")).Obj(),
		countsMap(ns, map[string]string{"acme": "5"}),
		builders.MakeSeatProduct(productName, ns).Plan(planName, "EUR", "10").Plan("plus", "EUR", "15").ConfigMapLoader(countsName).Obj(),
		builders.MakeSubscription("acme", ns).TestClock(clockName).Start(at("04-01")).LoadedItem("editors", productName, planName).Obj(),
	}
}

// countAcme changes what the source says about acme, and asks for a refresh.
func countAcme(request, seats string) Step { return count(request, map[string]string{"acme": seats}) }

// heldAndApproved: a count that looks absurd is held; the next one takes its place, and is approved.
var heldAndApproved = Scenario{
	Name: "a held update and its approval",
	Setup: func(ns string) []client.Object {
		objects := counted(ns)
		objects[2].(*v1alpha1.SeatProduct).Spec.Refresh = &v1alpha1.Refresh{
			Guard: &v1alpha1.Guard{MaxIncreasePercent: ptr.To[int32](50), FromSeats: ptr.To[int64](1)},
		}
		return objects
	},
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		countAcme("first", "50"),
		moveClock("04-17"),
		countAcme("second", "20"),
		{Name: "approve what is held", Answers: true, Do: approveHeld},
	},
}

// approveHeld approves the one update that is held.
func approveHeld(ctx context.Context, s *stage) error {
	for _, object := range s.truth.all(v1alpha1.GroupVersion.WithKind("SubscriptionUpdate")) {
		if object.(*v1alpha1.SubscriptionUpdate).Status.State == v1alpha1.UpdateHeld {
			return change(ctx, s, object.GetName(), func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Approved = true })
		}
	}
	return fmt.Errorf("no update is held")
}

// refreshRacesUpdate: the source counts while a user changes the plan of another item, and asks for seats
// that are not the user's to change.
var refreshRacesUpdate = Scenario{
	Name: "a refresh that races an update",
	Setup: func(ns string) []client.Object {
		objects := counted(ns)
		extra := item("extra", planName)
		extra.Quantity = ptr.To[int64](1)
		subscription := objects[3].(*v1alpha1.Subscription)
		subscription.Spec.Items = append(subscription.Spec.Items, extra)
		return objects
	},
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		together("a count and a plan",
			countAcme("first", "9"), ask("plus", switchTo("", item("editors", planName), item("extra", "plus")))),
		moveClock("04-18"),
		together("a count, and a refused quantity", countAcme("second", "4"), ask("one-more", func(u request) request { return u.Increment("extra", 1) })),
	},
}

// appliedWithTheRefresh: a change waits for the next refresh of its product.
var appliedWithTheRefresh = Scenario{
	Name:    "a change that applies with the next refresh",
	Setup:   counted,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		ask("plus", func(u request) request {
			return switchTo("", item("editors", "plus"))(u).Apply(v1alpha1.ApplyScheduled)
		}),
		countAcme("first", "7"),
	},
}
