// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

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

// totals count what was tried, for a report in one line.
type totals struct {
	started time.Time

	mu                sync.Mutex
	scenarios, writes int
	// plans are counted by their sort.
	plans map[string]int
}

func newTotals() *totals { return &totals{started: time.Now(), plans: map[string]int{}} }

func (c *totals) addScenario(writes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scenarios++
	c.writes += writes
}

func (c *totals) add(sort string, plans int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plans[sort] += plans
}

func (c *totals) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, sorts := 0, []string{}
	for _, sort := range slices.Sorted(maps.Keys(c.plans)) {
		all += c.plans[sort]
		sorts = append(sorts, fmt.Sprintf("%d %s", c.plans[sort], sort))
	}
	return fmt.Sprintf("crash test: %d scenarios with %d writes, %d plans of faults tried in %s: %s",
		c.scenarios, c.writes, all, time.Since(c.started).Round(time.Second), strings.Join(sorts, ", "))
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
