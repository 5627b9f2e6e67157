// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// metered are the objects of one subscription to units of ten cents, with limits. Its meter stands at
// 100 when it starts.
func metered(ns string) []client.Object {
	objects := counted(ns)
	objects[1] = countsMap(ns, map[string]string{"acme": "100"})
	product, subscription := objects[2].(*v1alpha1.SeatProduct), objects[3].(*v1alpha1.Subscription)
	product.Spec.Plans[0].Usage, product.Spec.Plans[0].Pricing.UnitAmount = v1alpha1.UsageMetered, "0.10"
	product.Spec.Plans[1].Usage, product.Spec.Plans[1].Pricing.UnitAmount = v1alpha1.UsageMetered, "0.20"
	subscription.Spec.Items[0].UsageLimits = &v1alpha1.UsageLimits{
		SoftLimit: &v1alpha1.UsageLimit{Quantity: ptr.To[int64](800)},
		HardLimit: &v1alpha1.UsageLimit{Quantity: ptr.To[int64](1000)},
	}
	return objects
}

// meteredOverBoundary: a reading comes before a boundary, which bills it, and one after it.
var meteredOverBoundary = Scenario{
	Name:    "a metered item over a boundary",
	Setup:   metered,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		countAcme("first", "900"),
		moveClock("05-01"),
		together("a reading", moveClock("05-02"), countAcme("second", "950")),
	},
}

// meterReplaced: what was used of an item falls due early when the item goes. Of two readings that nobody
// has taken only the newer one is left, and says no more what was used before: the first is taken up.
var meterReplaced = Scenario{
	Name:    "a metered item that is replaced",
	Setup:   metered,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		countAcme("first", "500"),
		takenUp(together("another plan", moveClock("04-21"), ask("plus", switchTo("", item("editors", "plus"))), countAcme("second", "600"))),
		moveClock("05-01"),
	},
}
