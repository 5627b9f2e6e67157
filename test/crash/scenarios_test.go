// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"fmt"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// scenarios is the table. Every plan applies to every entry.
var scenarios = []Scenario{
	refreshOfThreeInTen, renewal, invoicedAtOnce, twoItemsEdited, deletion, firstCounts, sameCountAgain, seatsHeld,
}

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

// seatsByUpdate are the objects of a subscription whose quantity only updates change; it begins with
// ten seats.
func seatsByUpdate(ns string) []client.Object {
	return []client.Object{
		builders.MakeTestClock(clockName, ns, at("04-01")).Obj(),
		builders.MakeProrationPolicy("by-day", ns, v1alpha1.RoundDown).Obj(),
		builders.MakeSeatProduct(productName, ns).Plan(planName, "EUR", "10").Seats(10, 100).Obj(),
		builders.MakeSubscription("acme", ns).TestClock(clockName).Start(at("04-01")).
			LoadedItem("editors", productName, planName).Policy(v1alpha1.KindProrationPolicy, "by-day").Obj(),
	}
}

// renewal: lines have accrued, an update waits for the boundary, and the boundary comes.
var renewal = Scenario{
	Name:    "a renewal with accrued lines and an update for it",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16T12:00:00")},
	Steps: []Step{
		add("an update for now", func(ns string) client.Object {
			return builders.MakeSubscriptionUpdate("five-more", ns, "acme").Increment("editors", 5).Obj()
		}),
		add("an update for the renewal", func(ns string) client.Object {
			return builders.MakeSubscriptionUpdate("two-less", ns, "acme").Decrement("editors", 2).Apply(v1alpha1.ApplyNextPeriod).Obj()
		}),
		moveClock("05-01"),
	},
}

// invoicedAtOnce: a user's update is applied now and billed on a document of its own.
var invoicedAtOnce = Scenario{
	Name:    "an update that is invoiced at once",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-11T12:00:00")},
	Steps: []Step{
		add("an update with AlwaysInvoice", func(ns string) client.Object {
			return builders.MakeSubscriptionUpdate("five-more", ns, "acme").Increment("editors", 5).
				With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Proration = v1alpha1.ProrationAlwaysInvoice }).Obj()
		}),
		add("a decrease with AlwaysInvoice", func(ns string) client.Object {
			return builders.MakeSubscriptionUpdate("three-less", ns, "acme").Decrement("editors", 3).
				With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Proration = v1alpha1.ProrationAlwaysInvoice }).Obj()
		}),
	},
}

// twoItemsEdited: one edit of the spec changes the quantity of two items.
var twoItemsEdited = Scenario{
	Name: "an edit of two items together",
	Setup: func(ns string) []client.Object {
		return []client.Object{
			builders.MakeTestClock(clockName, ns, at("04-01")).Obj(),
			builders.MakeSeatProduct(productName, ns).Plan(planName, "EUR", "10").Plan("plus", "EUR", "15").Obj(),
			builders.MakeSubscription("acme", ns).TestClock(clockName).Start(at("04-01")).
				Item("editors", productName, planName, 5).Item("viewers", productName, "plus", 3).Obj(),
		}
	},
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		edit("edit both quantities", "acme", func(s *v1alpha1.Subscription) {
			s.Spec.Items[0].Quantity, s.Spec.Items[1].Quantity = ptr.To[int64](8), ptr.To[int64](2)
		}),
		edit("edit one back", "acme", func(s *v1alpha1.Subscription) { s.Spec.Items[0].Quantity = ptr.To[int64](5) }),
	},
}

// deletion: a subscription with accrued lines and an open update is deleted, which settles it.
var deletion = Scenario{
	Name:    "a deletion that settles",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		add("an update for now", func(ns string) client.Object {
			return builders.MakeSubscriptionUpdate("five-more", ns, "acme").Increment("editors", 5).Obj()
		}),
		add("an update for the renewal", func(ns string) client.Object {
			return builders.MakeSubscriptionUpdate("two-less", ns, "acme").Decrement("editors", 2).Apply(v1alpha1.ApplyNextPeriod).Obj()
		}),
		remove("acme"),
	},
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
