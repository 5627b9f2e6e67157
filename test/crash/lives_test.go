// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// cancelOf edits acme's cancellation.
func cancelOf(what string, cancel *v1alpha1.Cancellation) Step {
	return edit(what, "acme", func(s *v1alpha1.Subscription) { s.Spec.Cancel = cancel })
}

// cancelledNow: a subscription with accrued and deferred lines and an open update is cancelled, with
// a credit for the time that is left.
var cancelledNow = Scenario{
	Name:  "a cancellation now",
	Setup: seatsByUpdate,
	Prelude: []Step{
		rest(), moveClock("04-11"), ask("five-more", more(5)),
		ask("two-more", func(u request) request { return more(2)(u).BillAt(at("04-25")) }), ask("two-less", lessNextPeriod(2)),
	},
	Steps: []Step{
		together("cancel", moveClock("04-16"), cancelOf("cancel now", &v1alpha1.Cancellation{
			At: &metav1.Time{Time: at("04-16")}, CalculationMethod: v1alpha1.CalculateProRata,
		})),
		ask("too-late", more(1)),
	},
}

// cancelledAtPeriodEnd: a cancellation is taken back, asked for again, and its day comes.
var cancelledAtPeriodEnd = Scenario{
	Name:    "a cancellation at the period's end",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		cancelOf("cancel at the period's end", &v1alpha1.Cancellation{AtPeriodEnd: true}),
		cancelOf("take it back", nil),
		together("cancel after all, with a change", ask("five-more", more(5)), cancelOf("cancel", &v1alpha1.Cancellation{AtPeriodEnd: true})),
		moveClock("05-01"),
	},
}

// suspended: nothing is done for a while, and made up for afterwards.
var suspended = Scenario{
	Name:    "a suspension over a boundary",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		edit("suspend", "acme", func(s *v1alpha1.Subscription) { s.Spec.Suspend = true }),
		ask("five-more", more(5)),
		moveClock("05-01"),
		edit("lift it", "acme", func(s *v1alpha1.Subscription) { s.Spec.Suspend = false }),
	},
}

// deletion: a subscription with accrued lines and an open update is deleted, which settles it.
var deletion = Scenario{
	Name:    "a deletion that settles",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		ask("five-more", more(5)),
		ask("two-less", lessNextPeriod(2)),
		remove("acme"),
	},
}

// deletedBeforeItsStart: a subscription that waits for its clock, and an update that waits for it.
var deletedBeforeItsStart = Scenario{
	Name: "a deletion before the start",
	Setup: func(ns string) []client.Object {
		return []client.Object{
			builders.MakeSeatProduct(productName, ns).Plan(planName, "EUR", "10").Seats(10, 100).Obj(),
			builders.MakeSubscription("acme", ns).TestClock(clockName).Start(at("04-01")).LoadedItem("editors", productName, planName).Obj(),
		}
	},
	Steps: []Step{ask("five-more", more(5)), remove("acme")},
}

// abandoned: a subscription is let go without a final document, while a document that was committed
// before is owed.
var abandoned = Scenario{
	Name:  "a deletion that abandons",
	Setup: seatsByUpdate,
	Prelude: []Step{
		rest(), moveClock("04-16"), ask("five-more", more(5)), ask("two-less", lessNextPeriod(2)),
		dieOwing(ask("two-more", atOnce(more(2)))),
	},
	Steps: []Step{
		together("abandon", edit("annotate", "acme", func(s *v1alpha1.Subscription) {
			s.Annotations = map[string]string{v1alpha1.AnnotationDelete: v1alpha1.DeleteAbandon}
		}), remove("acme"), ask("one-more", more(1))),
	},
}

// recreated: under the name of one that was deleted, with an update open, another is created: it waits
// until its user says what was billed already.
var recreated = Scenario{
	Name:    "a subscription that is created again under its name",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16"), ask("five-more", more(5)), ask("two-less", lessNextPeriod(2))},
	Steps: []Step{
		remove("acme"),
		takenUp(add("acme again", func(ns string) client.Object { return seatsByUpdate(ns)[3] })),
		together("say what was billed, and ask for more", edit("bill from May", "acme", func(s *v1alpha1.Subscription) {
			s.Spec.BilledUntil = &metav1.Time{Time: at("05-01")}
		}), ask("one-more", more(1))),
	},
}

// inArrears: an item is charged when its period is over, with its changes, and at a reset for the time
// that has passed.
var inArrears = Scenario{
	Name: "an item in arrears",
	Setup: func(ns string) []client.Object {
		objects := seatsByUpdate(ns)
		product := objects[2].(*v1alpha1.SeatProduct)
		product.Spec.Plans[0].Charge = v1alpha1.ChargeInArrears
		product.Spec.Plans = append(product.Spec.Plans, builders.MakeSeatProduct(productName, ns).Plan("plus", "EUR", "15").Obj().Spec.Plans...)
		return objects
	},
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		ask("ten-more", more(10)),
		moveClock("05-01"),
		together("another plan from the 11th", moveClock("05-11"), ask("plus", switchTo(v1alpha1.RenewalReset, item("editors", "plus")))),
		remove("acme"),
	},
}
