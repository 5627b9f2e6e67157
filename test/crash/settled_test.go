// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// free has an update charge nothing.
func free(what func(request) request) func(request) request {
	return func(u request) request {
		return what(u).With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.CalculationMethod = v1alpha1.CalculateDoNotCharge })
	}
}

// unitsSettled: seats that were not charged stay free, seats given up without a credit are taken again for nothing.
var unitsSettled = Scenario{
	Name:    "seats that are free, charged and given up",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-06")},
	Steps: []Step{
		ask("five-free", free(more(5))),
		ask("one-more", more(1)),
		moveClock("04-16"),
		ask("five-fewer", less(5)),
		ask("two-again", more(2)),
		ask("three-given-up", free(less(3))),
		ask("five-again", more(5)),
		moveClock("05-01"),
	},
}

// creditedPredecessor: a subscription that was cancelled with a credit comes back, and is charged for the rest of
// the period.
var creditedPredecessor = Scenario{
	Name:    "a subscription that comes back after a credit",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-11")},
	Steps: []Step{
		cancelOf("cancel now", &v1alpha1.Cancellation{At: &metav1.Time{Time: at("04-11")}, CalculationMethod: v1alpha1.CalculateProRata}),
		remove("acme"),
		takenUp(add("acme again", func(ns string) client.Object { return seatsByUpdate(ns)[3] })),
		edit("bill from the 11th", "acme", func(s *v1alpha1.Subscription) { s.Spec.BilledUntil = &metav1.Time{Time: at("04-11")} }),
		moveClock("05-01"),
	},
}

// trialLeavesTrace: a subscription is deleted in its trial, and its successor finds that.
var trialLeavesTrace = Scenario{
	Name: "a trial that leaves a trace",
	Setup: func(ns string) []client.Object {
		return append(plans30And90(ns)[:2], onTrial("acme", ns, false))
	},
	Prelude: []Step{rest(), moveClock("04-10")},
	Steps: []Step{
		remove("acme"),
		takenUp(add("acme again", func(ns string) client.Object { return onTrial("acme", ns, false) })),
		edit("come back with a contract and without a trial", "acme", func(s *v1alpha1.Subscription) {
			s.Spec.Trial, s.Spec.StartTime, s.Spec.BilledUntil = nil, &metav1.Time{Time: at("04-15")}, &metav1.Time{Time: at("04-15")}
		}),
		moveClock("04-15"),
	},
}

// endOfTrial edits the end of acme's trial.
func endOfTrial(what, when string) Step {
	return edit(what, "acme", func(s *v1alpha1.Subscription) { s.Spec.Trial.EndTime = &metav1.Time{Time: at(when)} })
}

// trialMoved: a trial is extended, and then ended at once.
var trialMoved = Scenario{
	Name: "a trial whose end is moved",
	Setup: func(ns string) []client.Object {
		return append(plans30And90(ns)[:2], onTrial("acme", ns, false))
	},
	Prelude: []Step{rest(), moveClock("04-05")},
	Steps: []Step{
		endOfTrial("extend the trial", "04-25"),
		moveClock("04-15"),
		endOfTrial("end the trial", "04-10"),
		moveClock("05-15"),
	},
}

// invoiceAhead: the upcoming invoice follows a cancellation and its withdrawal, and what has accrued is invoiced on
// request.
var invoiceAhead = Scenario{
	Name:    "an upcoming invoice that follows a cancellation",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		together("change", ask("five-more", more(5)), ask("two-less", lessNextPeriod(2))),
		cancelOf("cancel at the period's end", &v1alpha1.Cancellation{AtPeriodEnd: true}),
		cancelOf("take it back", nil),
		edit("ask for an invoice", "acme", func(s *v1alpha1.Subscription) {
			s.Annotations = map[string]string{v1alpha1.AnnotationInvoiceRequestedAt: "now"}
		}),
	},
}

// parkedReplay: on the wall clock, a start in 1970 with daily periods waits for a person.
var parkedReplay = Scenario{
	Name: "more periods than are replayed at once",
	Setup: func(ns string) []client.Object {
		daily := builders.MakeSeatProduct(productName, ns).Plan(planName, "EUR", "10").With(func(p *v1alpha1.SeatProduct) {
			p.Spec.Plans[0].Interval.Unit = v1alpha1.IntervalDay
		})
		start := at("01-01").AddDate(-55, 0, 0)
		acme := builders.MakeSubscription("acme", ns).Start(start).Item("editors", productName, planName, 5).
			With(func(s *v1alpha1.Subscription) { s.Spec.BilledUntil = &metav1.Time{Time: start.AddDate(0, 0, 1)} })
		return []client.Object{daily.Obj(), acme.Obj()}
	},
	Steps: []Step{rest()},
}

// withoutCoverage shows subscriptions as if no unit of their items were settled.
func withoutCoverage(object client.Object) {
	if s, ok := object.(*v1alpha1.Subscription); ok {
		for i := range s.Status.Items {
			s.Status.Items[i].Coverage = nil
		}
	}
}

// withoutInvoiceRequests shows subscriptions as if no request for an invoice had been answered.
func withoutInvoiceRequests(object client.Object) {
	if s, ok := object.(*v1alpha1.Subscription); ok {
		s.Status.LastHandledInvoiceRequest = ""
	}
}
