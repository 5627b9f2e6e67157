// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// eachCalculation: one change by each method of calculation.
var eachCalculation = Scenario{
	Name:    "each calculation method",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		together("one rise by each method",
			ask("a-pro-rata", calculated(v1alpha1.CalculateProRata)),
			ask("b-in-full", calculated(v1alpha1.CalculatePayInFull)),
			ask("c-for-nothing", calculated(v1alpha1.CalculateDoNotCharge))),
		moveClock("05-01"),
	},
}

func calculated(method v1alpha1.CalculationMethod) func(request) request {
	return func(u request) request { return more(3)(u).Calculate(method) }
}

// eachPayment: one change by each payment schedule, and the dates on which they are billed.
var eachPayment = Scenario{
	Name:    "each payment schedule",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		together("one rise by each schedule",
			ask("a-at-once", func(u request) request { return more(1)(u).Pay(v1alpha1.PayImmediately) }),
			ask("b-next-invoice", func(u request) request { return more(2)(u).Pay(v1alpha1.PayNextInvoice) }),
			ask("c-on-the-20th", func(u request) request { return more(3)(u).BillAt(at("04-20")) })),
		moveClock("04-20"),
	},
}

// atTheVeryBoundary: what takes effect at the boundary's instant is in the renewal when it is known
// before, and a change of the new period's first instant when it is not.
var atTheVeryBoundary = Scenario{
	Name:    "a change at the boundary's very instant",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		ask("on-the-first", func(u request) request { return more(5)(u).ApplyAt(at("05-01")) }),
		moveClock("05-01"),
		ask("after-the-renewal", func(u request) request { return more(2)(u).Calculate(v1alpha1.CalculatePayInFull) }),
	},
}

// boundaryMeetsUpdate: an update arrives together with the boundary.
var boundaryMeetsUpdate = Scenario{
	Name:    "a boundary while updates arrive",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-30T23:59:59")},
	Steps: []Step{
		together("the boundary and two updates",
			ask("two-less", lessNextPeriod(2)), moveClock("05-01"), ask("five-more", more(5))),
	},
}

// withdrawnWhilePending: of two updates that wait for the boundary one is deleted, and one that was
// not yet seen.
var withdrawnWhilePending = Scenario{
	Name:    "an update that is deleted while it waits",
	Setup:   seatsByUpdate,
	Prelude: []Step{rest(), moveClock("04-16"), ask("five-more", more(5))},
	Steps: []Step{
		together("two for the renewal", ask("a-two-less", lessNextPeriod(2)), ask("b-one-less", lessNextPeriod(1))),
		together("one is withdrawn, one never seen",
			withdraw("a-two-less"), ask("c-three-more", more(3)), withdraw("c-three-more")),
		moveClock("05-01"),
	},
}

// withdraw deletes an update.
func withdraw(name string) Step {
	return Step{Name: "delete update " + name, Do: func(ctx context.Context, s *stage) error {
		return s.truth.Delete(ctx, builders.MakeSubscriptionUpdate(name, s.namespace, "acme").Obj())
	}}
}

// policyAndPriceEdited: an update waits for its day while the policy and the price change.
var policyAndPriceEdited = Scenario{
	Name: "a policy and a price that are edited half-way",
	Setup: func(ns string) []client.Object {
		return append(seatsByUpdate(ns), ask20th(ns))
	},
	Prelude: []Step{rest(), moveClock("04-11T12:00:00")},
	Steps: []Step{
		together("both are edited, and a change comes with it",
			edit("round up", "by-day", func(p *v1alpha1.ProrationPolicy) { p.Spec.Rounding = v1alpha1.RoundUp }),
			edit("raise the price", productName, func(p *v1alpha1.SeatProduct) { p.Spec.Plans[0].Pricing.UnitAmount = "12" }),
			ask("one-more", more(1))),
		moveClock("04-20T06:00:00"),
		moveClock("05-01"),
	},
}

func ask20th(ns string) client.Object {
	return more(5)(builders.MakeSubscriptionUpdate("five-more-on-the-20th", ns, "acme")).ApplyAt(at("04-20T06:00:00")).Obj()
}
