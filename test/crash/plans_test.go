// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"cmp"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

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
	// rests is how many times the operator comes to rest on that past; 0 is [restsFrozen].
	rests int
	// refusal has the API server refuse some writes for good; nil refuses none.
	refusal *refusal
}

// frozenRests is how many times the operator comes to rest on the past.
func (p plan) frozenRests() int { return cmp.Or(p.rests, restsFrozen) }

// planner makes the plans of one sort for a scenario, from its undisturbed run.
type planner struct {
	name  string
	plans func(undisturbed *evidence) []plan
}

// crashes stop the process at every write: after it, which is before the next one, and before those that
// the world stands before.
var crashes = planner{"crashes", func(undisturbed *evidence) []plan {
	var plans []plan
	for number := 1; number <= len(undisturbed.writes); number++ {
		if undisturbed.beginsStep(number) {
			plans = append(plans, single(faults.CrashBefore, number))
		}
		plans = append(plans, single(faults.CrashAfter, number))
	}
	return plans
}}

// refusals answer every write with an error, whether it happened or not.
// A server that is busy and one that is broken refuse in turn: to a caller both are the same.
var refusals = planner{"lost replies and refusals", func(undisturbed *evidence) []plan {
	plans := everyWrite(faults.Ambiguous, faults.Conflict)(undisturbed)
	for number := 1; number <= len(undisturbed.writes); number++ {
		fault := faults.TooManyRequests
		if number%2 == 0 {
			fault = faults.InternalError
		}
		plans = append(plans, single(fault, number))
	}
	return plans
}}

// everyKind are the kinds whose cache can show the past alone, by name, and what shows it together.
var everyKind = []string{"Subscription", "SubscriptionUpdate", "Invoice", "SeatProduct", "SeatAssignment", "everything"}

// listsOf are the lists of a kind.
func listsOf(kind string) []client.ObjectList {
	all := watched()
	if kind == "everything" {
		return all
	}
	return slices.DeleteFunc(all, func(list client.ObjectList) bool { return kindOfList(list) != kind })
}

// pasts let the cache of one kind, or of everything, stand still from every write on.
var pasts = pastsOf(everyKind...)

// pastsOf are the pasts of some kinds, as far as a scenario has objects of them, and as far as they differ.
func pastsOf(kinds ...string) planner {
	return planner{"stale caches", func(undisturbed *evidence) []plan {
		var plans []plan
		for number := 1; number <= len(undisturbed.writes); number++ {
			for _, kind := range kinds {
				if kind != "everything" && (!undisturbed.saw(kind) || undisturbed.standsStill(kind, number)) {
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

// standsStill says whether a cache of a kind that stands still from a write on shows just what one shows
// that stands still from the next write on: nobody changes the kind in between.
func (e *evidence) standsStill(kind string, number int) bool {
	last := number == len(e.writes) || e.beginsStep(number+1)
	return !last && e.writes[number-1].Kind != kind
}

// beginsStep says whether the world did something between a write and the one before.
func (e *evidence) beginsStep(number int) bool { return slices.Contains(e.stepEnds, number-1) }

// faultsOnPasts lose the reply to a write, or stop the process after it, and show to whoever continues
// what was before it.
var faultsOnPasts = planner{"faults on stale caches", func(undisturbed *evidence) []plan {
	var plans []plan
	for number := 1; number <= len(undisturbed.writes); number++ {
		for _, fault := range []faults.Fault{faults.Ambiguous, faults.CrashAfter} {
			plans = append(plans, plan{
				name:   fmt.Sprintf("%s-%d-on-the-past", fault, number),
				faults: faults.Plan{number: fault},
				stale:  watched(), staleFrom: number, staleAfterCrash: true,
			})
		}
	}
	return plans
}}

// twice stops the process twice: at every write, and again at every later one. One that is stopped before
// it does anything is as good as none.
var twice = planner{"pairs of crashes", func(undisturbed *evidence) []plan {
	var plans []plan
	writes := len(undisturbed.writes)
	for first := 1; first <= writes; first++ {
		for second := first + 1; second <= writes+1; second++ {
			if second == first+1 && !undisturbed.beginsStep(second) {
				continue
			}
			plans = append(plans, plan{
				name:   fmt.Sprintf("crash-after-%d-and-before-%d", first, second),
				faults: faults.Plan{first: faults.CrashAfter, second: faults.CrashBefore},
			})
		}
	}
	return plans
}}

// middleOf is one plan of a sort, from the middle of the story.
func middleOf(all planner) planner {
	return planner{all.name, func(undisturbed *evidence) []plan {
		plans := all.plans(undisturbed)
		return plans[len(plans)/2 : min(len(plans)/2+1, len(plans))]
	}}
}

// spreadOf is a number of plans of a sort, at equal distances, the first among them.
func spreadOf(all planner, number int) planner {
	return planner{all.name, func(undisturbed *evidence) []plan {
		plans := all.plans(undisturbed)
		var some []plan
		for i := range min(number, len(plans)) {
			some = append(some, plans[i*len(plans)/min(number, len(plans))])
		}
		return some
	}}
}

// single is one fault at one write.
func single(fault faults.Fault, number int) plan {
	return plan{name: fmt.Sprintf("%s-%d", fault, number), faults: faults.Plan{number: fault}}
}

// everyWrite returns a plan for each of the faults at each write.
func everyWrite(each ...faults.Fault) func(*evidence) []plan {
	return func(undisturbed *evidence) []plan {
		var plans []plan
		for number := 1; number <= len(undisturbed.writes); number++ {
			for _, fault := range each {
				plans = append(plans, single(fault, number))
			}
		}
		return plans
	}
}
