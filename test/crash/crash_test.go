// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// whole says that everything is to be tried, not the slice that fits into every run of the tests.
var whole = os.Getenv("SEATPLANE_CRASH") == "all"

// only names one plan, such as CrashAfter-3, to replay it alone.
var only = os.Getenv("SEATPLANE_CRASH_PLAN")

// runsAtOnce is more than the cores: most of a run is waiting for the API server.
const runsAtOnce = 6

// slice says which planners run for a scenario by default.
func slice(s Scenario) []planner {
	switch {
	case whole:
		return []planner{crashes, refusals, pasts, faultsOnPasts, twice}
	case s.Name == renewal.Name:
		return []planner{crashes}
	default:
		return []planner{middle}
	}
}

// TestScenarios tells every scenario again under every plan, and judges each run by the five criteria.
//
//	go test ./test/crash -run 'TestScenarios/a_renewal' -v
//	SEATPLANE_CRASH=all SEATPLANE_CRASH_PLAN=CrashAfter-3 go test ./test/crash -run 'TestScenarios/a_renewal' -v
func TestScenarios(t *testing.T) {
	started, total, points := time.Now(), 0, 0
	for _, s := range scenarios {
		planners := slice(s)
		t.Run(s.Name, func(t *testing.T) {
			undisturbed := performUndisturbed(t, s)
			points += len(undisturbed.writes)
			total += tryAll(t, s, undisturbed, planners)
		})
	}
	report(t, fmt.Sprintf("crash test: %d scenarios with %d writes, %d plans of faults tried in %s",
		len(scenarios), points, total, time.Since(started).Round(time.Second)))
}

// performUndisturbed performs the undisturbed run and, when everything is tried, once more: what differs
// between the two would differ by chance in any other run too.
func performUndisturbed(t *testing.T, s Scenario) *evidence {
	t.Helper()
	first := undisturbedRun(t, s)
	again := first
	if whole {
		again = undisturbedRun(t, s)
	}
	complain(t, again, judge(first, again))
	return first
}

// tryAll runs all plans of the planners, several at once, and returns how many.
func tryAll(t *testing.T, s Scenario, undisturbed *evidence, planners []planner) int {
	total := 0
	for _, each := range planners {
		started, plans := time.Now(), chosen(each.plans(undisturbed))
		var failed atomic.Int64
		inParallel(t.Context(), plans, func(ctx context.Context, p plan) {
			run, err := perform(ctx, s, p, mutant{})
			if err != nil {
				t.Errorf("plan %s: the harness failed: %v", p.name, err)
				return
			}
			findings := judge(undisturbed, run)
			if len(findings) > 0 {
				failed.Add(1)
				complain(t, run, findings)
			}
		})
		t.Logf("%d writes, %d plans of %s in %s, %d failed", len(undisturbed.writes), len(plans), each.name,
			time.Since(started).Round(time.Millisecond), failed.Load())
		total += len(plans)
	}
	return total
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

// inParallel calls do for each plan, a few at once.
func inParallel(ctx context.Context, plans []plan, do func(context.Context, plan)) {
	var group sync.WaitGroup
	todo := make(chan plan)
	for range runsAtOnce {
		group.Go(func() {
			for p := range todo {
				do(ctx, p)
			}
		})
	}
	for _, p := range plans {
		todo <- p
	}
	close(todo)
	group.Wait()
}

// complain fails the test with everything that is needed to see why.
func complain(t *testing.T, run *evidence, findings []finding) {
	t.Helper()
	if len(findings) == 0 {
		return
	}
	var text strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&text, "\n- %s", f)
	}
	t.Errorf("plan %s:%s\nwrites:\n%s", run.plan.name, text.String(), describeWrites(run))
}

// report says in one line what was tried, and leaves it where SEATPLANE_CRASH_REPORT says.
func report(t *testing.T, line string) {
	t.Helper()
	t.Log(line)
	path := os.Getenv("SEATPLANE_CRASH_REPORT")
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = file.Close() }()
	if _, err := fmt.Fprintln(file, line); err != nil {
		t.Error(err)
	}
}
