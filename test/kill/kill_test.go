// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/testing/settings"
)

const (
	// slice is how many cycles are run when nobody asks for more.
	slice = 3
	// round is how many cycles are played in one pair of namespaces before everything in them is judged.
	round = 20
	// longest is how long a run may take when nobody says so.
	longest = 24 * time.Hour
)

// TestKill runs SEATPLANE_KILL_CYCLES cycles. In each, something changes or the clock moves, and each process is killed
// once or twice. SEATPLANE_KILL_SEED is the seed of the first round; the others have the next ones. No round begins when
// the time in SEATPLANE_KILL_FOR is over.
func TestKill(t *testing.T) {
	limit := timeLimit(t)
	cycles, seed := settings.Number(t, "SEATPLANE_KILL_CYCLES", slice), uint64(settings.Number(t, "SEATPLANE_KILL_SEED", 1))
	w := begun(t, present)
	violations, began := 0, time.Now()
	for first := seed; cycles > 0 && time.Since(began) < limit; seed++ {
		number := min(cycles, round)
		cycles -= number
		for _, what := range w.round(t, seed, number) {
			violations++
			t.Errorf("seed %d, %d cycles: %s", seed, number, what)
		}
		t.Logf("%s elapsed\n%s", time.Since(began).Round(time.Second), w.count.text(first, seed, violations))
	}
}

// begun starts a world that ends with the test.
func begun(t *testing.T, runs release) *world {
	t.Helper()
	w, err := newWorld(t.Context(), t.TempDir(), runs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	})
	return w
}

// timeLimit is how long rounds may begin.
func timeLimit(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("SEATPLANE_KILL_FOR")
	if text == "" {
		return longest
	}
	limit, err := time.ParseDuration(text)
	if err != nil || limit <= 0 {
		t.Fatalf("SEATPLANE_KILL_FOR is %q: set it to a time such as 90m", text)
	}
	return limit
}

// round plays one seed without faults and with them, and returns the violations.
func (w *world) round(t *testing.T, seed uint64, cycles int) []string {
	t.Helper()
	ctx := t.Context()
	calm, wild := fmt.Sprintf("calm-%d", seed), fmt.Sprintf("wild-%d", seed)
	if err := w.play(ctx, t, newWorkload(calm, seed), script{cycles: cycles}); err != nil {
		t.Fatalf("seed %d without faults: %v", seed, err)
	}
	var wrong []string
	if err := w.play(ctx, t, newWorkload(wild, seed), script{cycles: cycles, faults: w.faults(seed)}); err != nil {
		wrong = append(wrong, err.Error())
	}
	w.standing()
	wrong = append(wrong, w.judge(t, calm, wild)...)
	return append(wrong, w.troubles()...)
}

// faults are those of a seed.
func (w *world) faults(seed uint64) *schedule {
	return &schedule{plan: plan{seed}, by: w, older: w.ends.older, count: w.count}
}

// troubles returns the problems of the run itself, once.
func (w *world) troubles() (found []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	found, w.problems = w.problems, nil
	return found
}

// judge judges both namespaces by every version in them, and compares how they ended.
func (w *world) judge(t *testing.T, calm, wild string) (wrong []string) {
	t.Helper()
	defer w.seen.forget()
	var ends []outcome
	for _, namespace := range []string{calm, wild} {
		history, err := w.seen.history(t.Context(), namespace)
		if err != nil {
			return append(wrong, err.Error())
		}
		for _, what := range judge(history) {
			wrong = append(wrong, namespace+": "+what)
		}
		end, err := outcomeOf(history)
		if err != nil {
			return append(wrong, err.Error())
		}
		ends = append(ends, end)
		if namespace == calm && len(wrong) == 0 {
			noticed(t, history)
			otherwise(t, history)
		}
	}
	return append(wrong, ends[1].compare(ends[0])...)
}

// script is how a workload is played.
type script struct {
	cycles int
	// faults are nil if there are none.
	faults *schedule
	// before is what happens before a cycle, if it is not nil.
	before func(cycle int) error
}

// play has the customers of a workload do what they do.
func (w *world) play(ctx context.Context, t *testing.T, load *workload, plays script) error {
	t.Helper()
	all := load.all(plays.cycles)
	if err := w.open(ctx, load.namespace, all[0], plays.faults); err != nil {
		return err
	}
	for cycle, actions := range all {
		if plays.before != nil {
			if err := plays.before(cycle); err != nil {
				return fmt.Errorf("before cycle %d: %w", cycle, err)
			}
		}
		if err := w.cycle(ctx, t, load.namespace, cycle, actions, plays.faults); err != nil {
			return err
		}
	}
	return w.stopManagers()
}

// open creates the namespace of a workload, which is the first of its actions, and has a manager look after it.
func (w *world) open(ctx context.Context, namespace string, actions []action, s *schedule) error {
	if err := w.perform(ctx, actions[0]); err != nil {
		return err
	}
	return w.serve(namespace, s)
}

// cycle has people do something, and returns when everything that this brought about is done.
func (w *world) cycle(ctx context.Context, t *testing.T, namespace string, cycle int, actions []action, s *schedule) error {
	t.Helper()
	if s != nil {
		s.begin(cycle)
		w.count.cycle()
	}
	began := time.Now()
	var what []string
	for _, each := range actions {
		what = append(what, each.what)
		if err := w.perform(ctx, each); err != nil {
			return fmt.Errorf("cycle %d: %w", cycle, err)
		}
	}
	if err := w.finish(ctx, namespace, s); err != nil {
		return fmt.Errorf("cycle %d (%s): %w", cycle, strings.Join(what, "; "), err)
	}
	if testing.Verbose() {
		t.Logf("%s cycle %d, %.1f s: %s", namespace, cycle, time.Since(began).Seconds(), strings.Join(what, "; "))
	}
	return nil
}

// finish returns when everything that a cycle brought about is done. What no write has met strikes at rest.
func (w *world) finish(ctx context.Context, namespace string, s *schedule) error {
	if err := w.settle(ctx, namespace); err != nil || s == nil {
		return err
	}
	for _, each := range s.left() {
		if each.spare {
			continue
		}
		if w.killed(each.kill, nil) {
			w.count.rested(each.kill)
		}
		w.standing()
	}
	if err := w.settle(ctx, namespace); err != nil {
		return err
	}
	return w.note(ctx)
}

// note remembers the version that the API server has now.
func (w *world) note(ctx context.Context) error {
	return eventually(ctx, func(ctx context.Context) (string, error) {
		revision, err := w.seen.last(ctx)
		if err == nil {
			w.ends.note(revision)
		}
		return "", err
	}, "note a version")
}
