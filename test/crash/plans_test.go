// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"fmt"
	"slices"

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

// planner makes the plans of one sort for a scenario, from its undisturbed run.
type planner struct {
	name  string
	plans func(undisturbed *evidence) []plan
}

// crashes stop the process at every write.
var crashes = planner{"crashes", everyWrite(faults.CrashBefore, faults.CrashAfter)}

// refusals answer every write with an error, whether it happened or not.
// A server that is busy and one that is broken refuse in turn: to a caller both are the same.
var refusals = planner{"lost replies and refusals", func(undisturbed *evidence) []plan {
	plans := everyWrite(faults.Ambiguous, faults.Conflict)(undisturbed)
	for number := 1; number <= len(undisturbed.writes); number++ {
		fault := faults.TooManyRequests
		if number%2 == 0 {
			fault = faults.InternalError
		}
		plans = append(plans, plan{name: fmt.Sprintf("%s-%d", fault, number), faults: faults.Plan{number: fault}})
	}
	return plans
}}

// everything is all that steps depend on.
func everything() []client.ObjectList {
	return []client.ObjectList{
		&v1alpha1.SubscriptionList{}, &v1alpha1.SubscriptionUpdateList{}, &v1alpha1.InvoiceList{},
		&v1alpha1.SeatProductList{}, &v1alpha1.TestClockList{}, &v1alpha1.ProrationPolicyList{},
		&v1alpha1.SeatAssignmentList{},
	}
}

// everyKind are the kinds whose cache can show the past alone, by name, and what shows it together.
var everyKind = []string{"Subscription", "SubscriptionUpdate", "Invoice", "SeatProduct", "SeatAssignment", "everything"}

// listsOf are the lists of a kind.
func listsOf(kind string) []client.ObjectList {
	all := everything()
	if kind == "everything" {
		return all
	}
	return slices.DeleteFunc(all, func(list client.ObjectList) bool { return kindOfList(list) != kind })
}

// pasts let the cache of one kind, or of everything, stand still from every write on.
var pasts = pastsOf(everyKind...)

// pastsOf are the pasts of some kinds, as far as a scenario has objects of them.
func pastsOf(kinds ...string) planner {
	return planner{"stale caches", func(undisturbed *evidence) []plan {
		var plans []plan
		for number := 1; number <= len(undisturbed.writes); number++ {
			for _, kind := range kinds {
				if kind != "everything" && !undisturbed.saw(kind) {
					continue
				}
				plans = append(plans, plan{
					name:  fmt.Sprintf("stale-%s-from-%d", kind, number),
					stale: listsOf(kind), staleFrom: number,
				})
			}
		}
		return plans
	}}
}

// faultsOnPasts lose the reply to a write, or stop the process after it, and show to whoever goes on
// what was before it.
var faultsOnPasts = planner{"faults on stale caches", func(undisturbed *evidence) []plan {
	var plans []plan
	for number := 1; number <= len(undisturbed.writes); number++ {
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
var twice = planner{"pairs of crashes", func(undisturbed *evidence) []plan {
	var plans []plan
	writes := len(undisturbed.writes)
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

// middle stops the process after one write, in the middle of the story: the plan of every scenario that is
// tried whenever tests run.
var middle = planner{"a crash in the middle", func(undisturbed *evidence) []plan {
	number := (len(undisturbed.writes) + 1) / 2
	return []plan{{name: fmt.Sprintf("%s-%d", faults.CrashAfter, number), faults: faults.Plan{number: faults.CrashAfter}}}
}}

// everyWrite returns a plan for each of the faults at each write.
func everyWrite(each ...faults.Fault) func(*evidence) []plan {
	return func(undisturbed *evidence) []plan {
		var plans []plan
		for number := 1; number <= len(undisturbed.writes); number++ {
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
