// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"
)

// whole says that everything is to be tried, not the slice that fits into every run of the tests.
var whole = os.Getenv("SEATPLANE_CRASH") == "all"

// only names one plan, such as CrashAfter-3, to replay it alone.
var only = os.Getenv("SEATPLANE_CRASH_PLAN")

// slots bound how many runs there are at once, of all tests together. They are more than the cores: most of
// a run is waiting for the API server.
var slots = make(chan struct{}, 6)

// slice says which planners run for a scenario: by default a crash in the middle and one plan of another
// sort, which differs from one scenario to the next.
func slice(number int, s Scenario) []planner {
	others := []planner{refusals, pasts, faultsOnPasts, twice, lastingRefusals, faultsOnRefusals}
	switch {
	case whole && s.Name == comesBackAtOnce.Name:
		return append(others, crashes, neverShown)
	case whole:
		return append(others, crashes)
	case s.Name == comesBackAtOnce.Name:
		return []planner{spreadOf(neverShown, 12)}
	case s.Name == renewal.Name:
		return []planner{crashes, spreadOf(lastingRefusals, 8)}
	case s.Name == parkedThenUnparked.Name:
		return []planner{crashes}
	default:
		return []planner{middleOf(crashes), middleOf(others[number%len(others)])}
	}
}

// TestScenarios tells every scenario again under every plan, and judges each run by the five criteria.
//
//	go test ./test/crash -run 'TestScenarios/a_renewal' -v
//	SEATPLANE_CRASH=all SEATPLANE_CRASH_PLAN=CrashAfter-3 go test ./test/crash -run 'TestScenarios/a_renewal' -v
func TestScenarios(t *testing.T) {
	t.Parallel()
	tried := newTotals()
	t.Cleanup(func() { report(t, tried.String()) })
	for i, s := range scenarios {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			undisturbed := undisturbedRun(t, s)
			checkRepeatable(t, s, undisturbed)
			for _, each := range slice(i, s) {
				tried.add(each.name, tryAll(t, s, undisturbed, each))
			}
			tried.addScenario(len(undisturbed.writes))
		})
	}
}

// checkRepeatable judges the undisturbed run, when everything is tried by a second one: what differs
// between the two would differ by chance in any other run too.
func checkRepeatable(t *testing.T, s Scenario, undisturbed *evidence) {
	t.Helper()
	if !whole {
		complain(t, undisturbed, judge(undisturbed, undisturbed))
		return
	}
	again, err := performUndisturbed(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	complain(t, again, judge(undisturbed, again))
}

// undisturbedRuns perform the undisturbed run of a scenario, by its name, once for all that compare with it.
var undisturbedRuns sync.Map

// undisturbedRun is what all other runs of a scenario are compared with.
func undisturbedRun(t *testing.T, s Scenario) *evidence {
	t.Helper()
	once, _ := undisturbedRuns.LoadOrStore(s.Name, sync.OnceValues(func() (*evidence, error) {
		return performUndisturbed(context.Background(), s)
	}))
	run, err := once.(func() (*evidence, error))()
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// performUndisturbed performs a scenario without faults and mutants.
func performUndisturbed(ctx context.Context, s Scenario) (*evidence, error) {
	slots <- struct{}{}
	defer func() { <-slots }()
	return perform(ctx, s, plan{name: "undisturbed"}, mutant{})
}

// tryAll runs all plans of a planner, several at once, and returns how many.
func tryAll(t *testing.T, s Scenario, undisturbed *evidence, each planner) int {
	t.Helper()
	started, plans := time.Now(), chosen(each.plans(undisturbed))
	inParallel(t.Context(), plans, func(ctx context.Context, p plan) {
		run, err := perform(ctx, s, p, mutant{})
		if err != nil {
			t.Errorf("plan %s: the harness failed: %v", p.name, err)
			return
		}
		complain(t, run, judge(undisturbed, run))
	})
	t.Logf("%d writes, %d plans of %s in %s", len(undisturbed.writes), len(plans), each.name, time.Since(started).Round(time.Millisecond))
	return len(plans)
}

// chosen leaves only the plan that is to be replayed, if any.
func chosen(plans []plan) []plan {
	if only == "" {
		return plans
	}
	for _, p := range plans {
		if p.name == only {
			return []plan{p}
		}
	}
	return nil
}

// inParallel calls do for each plan, as many at once as there are slots.
func inParallel(ctx context.Context, plans []plan, do func(context.Context, plan)) {
	var group sync.WaitGroup
	for _, p := range plans {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			do(ctx, p)
		})
	}
	group.Wait()
}
