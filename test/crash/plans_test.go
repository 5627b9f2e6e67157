// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

// plan says what befalls one run. The zero value is the undisturbed run.
type plan struct {
	// name says it in words and replays the run: see TestScenarios.
	name string
	// faults befall writes, by number.
	faults faults.Plan
	// stale kinds are shown as they were just before write number staleFrom; 0 for never.
	stale     []client.ObjectList
	staleFrom int
	// staleAfterCrash: a new process starts on that past too, as one does that lists from a replica of
	// the API server that lags.
	staleAfterCrash bool
}

// planner makes the plans of one sort for a scenario that makes so many writes undisturbed.
type planner struct {
	name  string
	plans func(writes int) []plan
}

// crashes stop the process at every write.
var crashes = planner{"crashes", everyWrite(faults.CrashBefore, faults.CrashAfter)}

// refusals answer every write with an error, whether it happened or not.
var refusals = planner{"lost replies and refusals", everyWrite(faults.Ambiguous, faults.Conflict, faults.TooManyRequests, faults.InternalError)}

// everything is all that steps depend on.
func everything() []client.ObjectList {
	return []client.ObjectList{
		&v1alpha1.SubscriptionList{}, &v1alpha1.SubscriptionUpdateList{}, &v1alpha1.InvoiceList{},
		&v1alpha1.SeatProductList{}, &v1alpha1.TestClockList{}, &v1alpha1.ProrationPolicyList{},
		&v1alpha1.SeatAssignmentList{},
	}
}

// pasts let the cache of one kind, or of everything, stand still from every write on.
var pasts = planner{"stale caches", func(writes int) []plan {
	kinds := []struct {
		name  string
		lists []client.ObjectList
	}{
		{"Subscriptions", []client.ObjectList{&v1alpha1.SubscriptionList{}}},
		{"SubscriptionUpdates", []client.ObjectList{&v1alpha1.SubscriptionUpdateList{}}},
		{"Invoices", []client.ObjectList{&v1alpha1.InvoiceList{}}},
		{"SeatProducts", []client.ObjectList{&v1alpha1.SeatProductList{}}},
		{"SeatAssignments", []client.ObjectList{&v1alpha1.SeatAssignmentList{}}},
		{"everything", everything()},
	}
	var plans []plan
	for number := 1; number <= writes; number++ {
		for _, kind := range kinds {
			plans = append(plans, plan{
				name:  fmt.Sprintf("stale-%s-from-%d", kind.name, number),
				stale: kind.lists, staleFrom: number,
			})
		}
	}
	return plans
}}

// faultsOnPasts lose the reply to a write, or stop the process after it, and show to whoever goes on
// what was before it.
var faultsOnPasts = planner{"faults on stale caches", func(writes int) []plan {
	var plans []plan
	for number := 1; number <= writes; number++ {
		for _, fault := range []faults.Fault{faults.Ambiguous, faults.CrashAfter} {
			plans = append(plans, plan{
				name:   fmt.Sprintf("%s-%d-on-the-past", fault, number),
				faults: faults.Plan{number: fault},
				stale:  everything(), staleFrom: number, staleAfterCrash: true,
			})
		}
	}
	return plans
}}

// twice stops the process twice: at every write, and again at every later one.
var twice = planner{"pairs of crashes", func(writes int) []plan {
	var plans []plan
	for first := 1; first <= writes; first++ {
		for second := first + 1; second <= writes+1; second++ {
			plans = append(plans, plan{
				name:   fmt.Sprintf("crash-after-%d-and-before-%d", first, second),
				faults: faults.Plan{first: faults.CrashAfter, second: faults.CrashBefore},
			})
		}
	}
	return plans
}}

// everyWrite returns a plan for each of the faults at each write.
func everyWrite(each ...faults.Fault) func(writes int) []plan {
	return func(writes int) []plan {
		var plans []plan
		for number := 1; number <= writes; number++ {
			for _, fault := range each {
				plans = append(plans, plan{
					name:   fmt.Sprintf("%s-%d", fault, number),
					faults: faults.Plan{number: fault},
				})
			}
		}
		return plans
	}
}
