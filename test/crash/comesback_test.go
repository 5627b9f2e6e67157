// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

// comesBackAtOnce: a manifest is applied, changed, pruned and applied again, all within the delay of a cache. The
// second subscription waits for its user: the period was charged for the first.
var comesBackAtOnce = Scenario{
	Name: "a manifest that is pruned and comes back at once",
	Setup: func(ns string) []client.Object {
		return []client.Object{
			builders.MakeTestClock(clockName, ns, at("04-01")).Obj(),
			builders.MakeSeatProduct(productName, ns).Plan(planName, "EUR", "10").Obj(),
		}
	},
	Steps: []Step{
		add("acme", acmeByTheManifest),
		setQuantities("two more seats", 5),
		remove("acme"),
		add("acme again", acmeByTheManifest),
		edit("bill from May", "acme", func(s *v1alpha1.Subscription) {
			s.Spec.BilledUntil = &metav1.Time{Time: at("05-01")}
		}),
	},
}

func acmeByTheManifest(ns string) client.Object {
	return builders.MakeSubscription("acme", ns).TestClock(clockName).Start(at("04-01")).
		Item("editors", productName, planName, 3).Obj()
}

// neverShown lets the cache of a kind show nothing that was made since the first write, until the story is over, also to
// a process that starts; and has every fault befall every write in addition.
var neverShown = neverShownOf("Invoice", "SubscriptionUpdate")

func neverShownOf(kinds ...string) planner {
	return planner{"caches that never catch up", func(undisturbed *evidence) []plan {
		var plans []plan
		for _, kind := range kinds {
			if !undisturbed.saw(kind) {
				continue
			}
			frozen := plan{
				name: "never-shown-" + kind, stale: listsOf(kind), staleFrom: 1, staleAfterCrash: true,
				rests: len(undisturbed.stepEnds) + 1,
			}
			plans = append(plans, frozen)
			for number := 1; number <= len(undisturbed.writes); number++ {
				for _, fault := range []faults.Fault{faults.CrashBefore, faults.CrashAfter, faults.Ambiguous, faults.Conflict} {
					each := frozen
					each.name, each.faults = fmt.Sprintf("%s-%s-%d", frozen.name, fault, number), faults.Plan{number: fault}
					plans = append(plans, each)
				}
			}
		}
		return plans
	}}
}

// The undisturbed story is what every run is compared with: one Initial document, and a second subscription that says
// what it waits for.
func TestComesBackAtOnce(t *testing.T) {
	t.Parallel()
	undisturbed := undisturbedRun(t, comesBackAtOnce)
	initial, waited := map[string]bool{}, false
	for _, s := range undisturbed.history {
		switch o := s.object.(type) {
		case *v1alpha1.Invoice:
			if o.Spec.Reason == v1alpha1.InvoiceInitial {
				initial[o.Name] = true
			}
		case *v1alpha1.Subscription:
			ready := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady)
			found := ready != nil && ready.Reason == v1alpha1.ReasonPredecessorFound
			waited = waited || (found && o.Status.State == v1alpha1.SubscriptionPending)
		}
	}
	if len(initial) != 1 {
		t.Errorf("the month was charged by %d Initial documents, not by one", len(initial))
	}
	if !waited {
		t.Error("the second subscription was never Pending because of PredecessorFound")
	}
}
