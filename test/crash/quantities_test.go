// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// request is an update in the making.
type request = *builders.SubscriptionUpdate

// ask creates an update of acme.
func ask(name string, what func(request) request) Step {
	return add("update "+name, func(ns string) client.Object {
		return what(builders.MakeSubscriptionUpdate(name, ns, "acme")).Obj()
	})
}

// more, fewer and the others below are what rows ask for.
func more(by int64) func(request) request {
	return func(u request) request { return u.Increment("editors", by) }
}

func less(by int64) func(request) request {
	return func(u request) request { return u.Decrement("editors", by) }
}

// lessNextPeriod takes seats away at the renewal.
func lessNextPeriod(by int64) func(request) request {
	return func(u request) request { return u.Decrement("editors", by).Apply(v1alpha1.ApplyNextPeriod) }
}

// atOnce has an update billed on a document of its own.
func atOnce(what func(request) request) func(request) request {
	return func(u request) request {
		return what(u).With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Proration = v1alpha1.ProrationAlwaysInvoice })
	}
}

// setQuantities edits the quantities of acme's first items.
func setQuantities(what string, quantities ...int64) Step {
	return edit(what, "acme", func(s *v1alpha1.Subscription) {
		for i, quantity := range quantities {
			s.Spec.Items[i].Quantity = ptr.To(quantity)
		}
	})
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

// twoItems are the objects of a subscription whose spec declares two quantities.
func twoItems(ns string) []client.Object {
	return []client.Object{
		builders.MakeTestClock(clockName, ns, at("04-01")).Obj(),
		builders.MakeSeatProduct(productName, ns).Plan(planName, "EUR", "10").Plan("plus", "EUR", "15").Obj(),
		builders.MakeSubscription("acme", ns).TestClock(clockName).Start(at("04-01")).
			Item("editors", productName, planName, 5).Item("viewers", productName, "plus", 3).Obj(),
	}
}

// renewal: lines have accrued, an update waits for the boundary, and the boundary comes.
var renewal = Scenario{
	Name:    "a renewal with accrued lines and an update for it",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16T12:00:00")},
	Steps: []Step{
		ask("five-more", more(5)),
		ask("two-less", lessNextPeriod(2)),
		moveClock("05-01"),
	},
}

// upAndDown: three changes in one period: the first goes up, the second is half of it back, and the
// third down and up again at one instant.
var upAndDown = Scenario{
	Name:    "seats up, down and both in one period",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-06")},
	Steps: []Step{
		ask("six-more", more(6)),
		together("ten days later, fewer", moveClock("04-16"), ask("three-less", less(3))),
		together("five days later, both", moveClock("04-21"), ask("a-two-less", less(2)), ask("b-four-more", more(4))),
	},
}

// invoicedAtOnce: a user's update is applied now and billed on a document of its own.
var invoicedAtOnce = Scenario{
	Name:    "an update that is invoiced at once",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-11T12:00:00")},
	Steps: []Step{
		ask("five-more", atOnce(more(5))),
		ask("three-less", atOnce(less(3))),
	},
}

// twoItemsEdited: one edit of the spec changes the quantity of two items.
var twoItemsEdited = Scenario{
	Name:    "an edit of two items together",
	Setup:   twoItems,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		setQuantities("edit both quantities", 8, 2),
		setQuantities("edit one back", 5),
	},
}

// quantityToZero: an item without seats costs nothing, stays, and is given seats again.
var quantityToZero = Scenario{
	Name:    "a quantity to zero, and back after a renewal",
	Setup:   twoItems,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		setQuantities("no editors any more", 0),
		moveClock("05-01"),
		setQuantities("four editors again", 4),
	},
}

// twoAtOnce: two updates and one for the boundary are there before the operator looks.
var twoAtOnce = Scenario{
	Name:    "two updates at once",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		together("two updates", ask("a-five-more", more(5)), ask("b-three-less", less(3))),
		together("two more, each invoiced", ask("c-two-more", atOnce(more(2))), ask("d-one-more", atOnce(more(1)))),
	},
}

// invalidBetweenValid: one of three updates is refused, and the others are not held up by it.
var invalidBetweenValid = Scenario{
	Name:    "an invalid update between two valid ones",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		together("three updates",
			ask("a-five-more", more(5)), ask("b-far-too-many", more(500)), ask("c-two-less", less(2))),
	},
}

// effectsOwed: an operator committed the change and a document, and died. Another comes upon what is
// owed, a new update and the next boundary.
var effectsOwed = Scenario{
	Name:    "a restart with effects owed",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16"), dieOwing(ask("five-more", atOnce(more(5))))},
	Steps: []Step{
		together("the boundary and another update", ask("one-more", more(1)), moveClock("05-01")),
	},
}
