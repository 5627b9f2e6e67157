// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/internal/testing/faults"
)

// criterion is one of the five that every run is judged by.
type criterion string

const (
	sameEnd    criterion = "1 same end"
	fewWrites  criterion = "2 no more writes"
	everyState criterion = "3 every version"
	atRest     criterion = "4 at rest"
	noPanic    criterion = "5 no panic"
)

// finding is one thing that is wrong with a run.
type finding struct {
	criterion criterion
	what      string
}

func (f finding) String() string { return string(f.criterion) + ": " + f.what }

// judge compares a run with the undisturbed one.
func judge(undisturbed, run *evidence) []finding {
	var findings []finding
	for _, panicked := range run.panics {
		findings = append(findings, finding{noPanic, panicked})
	}
	for _, unfinished := range run.unfinished {
		findings = append(findings, finding{atRest, "left undone, and nothing wakes it: " + unfinished})
	}
	if run.stuck != nil {
		findings = append(findings, finding{atRest, run.stuck.Error()})
	}
	for _, write := range run.restless {
		findings = append(findings, finding{atRest, "written at rest: " + run.names.write(write.String())})
	}
	findings = append(findings, judgeEnd(undisturbed, run)...)
	findings = append(findings, judgeWrites(undisturbed, run)...)
	findings = append(findings, judgeRefusal(run)...)
	return append(findings, judgeHistory(run.history)...)
}

// judgeEnd compares what is there in the end.
func judgeEnd(undisturbed, run *evidence) []finding {
	want, err := undisturbed.describeEnd()
	if err != nil {
		return []finding{{sameEnd, err.Error()}}
	}
	got, err := run.describeEnd()
	if err != nil {
		return []finding{{sameEnd, err.Error()}}
	}
	var findings []finding
	names := slices.Sorted(maps.Keys(want))
	for _, name := range names {
		if diff := cmp.Diff(want[name], got[name]); diff != "" {
			findings = append(findings, finding{sameEnd, name + " (-undisturbed +this run):\n" + diff})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, expected := want[name]; !expected {
			findings = append(findings, finding{sameEnd, name + " is there in this run only"})
		}
	}
	return findings
}

// describeEnd writes every object down, by name.
func (e *evidence) describeEnd() (map[string]string, error) {
	described := map[string]string{}
	for _, object := range e.end {
		text, err := e.names.describe(object)
		if err != nil {
			return nil, err
		}
		described[e.names.nameOf(object)] = text
	}
	return described, nil
}

// judgeWrites counts, for each object, the writes that reached the API server.
func judgeWrites(undisturbed, run *evidence) []finding {
	allowed, made := undisturbed.perObject(), run.perObject()
	var findings []finding
	for _, what := range slices.Sorted(maps.Keys(made)) {
		if most := allowed[what] + run.retries(what); made[what] > most {
			findings = append(findings, finding{fewWrites, fmt.Sprintf("%s: %d times, at most %d", what, made[what], most)})
		}
	}
	return findings
}

// perObject counts the writes that were sent. Those that met a conflict on a cache that shows the past
// are left out: nothing happened, and how often that is tried is a matter of back-off.
func (e *evidence) perObject() map[string]int {
	counts := map[string]int{}
	for _, write := range e.writes {
		if write.Forwarded && (e.plan.staleFrom == 0 || write.Err == nil) {
			counts[e.names.write(write.String())]++
		}
	}
	return counts
}

// retries is how many writes of one object the plan excuses beyond the undisturbed run's. Each fault may
// cost one more try. A process that continues after it may also say so in a status, and take it back: that
// an effect is owed, that a clock waits, how many seats are held in the meantime.
func (e *evidence) retries(what string) int {
	retries := len(e.plan.faults)
	if !strings.Contains(what, "/status ") {
		return retries
	}
	if strings.Contains(what, "SubscriptionUpdate/status ") {
		// What an open update waits for may be said once from each rest on the past. That a finished one
		// never changes is judged apart.
		if e.plan.staleFrom > 0 {
			retries += e.plan.frozenRests()
		}
		return retries
	}
	if e.plan.refusal != nil {
		retries += saidAndTakenBack
		if strings.Contains(what, "TestClock/status ") {
			// It also says how many subscriptions it waits for. Those that were refused recover one after the other.
			retries++
		}
	}
	for _, fault := range e.plan.faults {
		if fault != faults.CrashBefore && fault != faults.CrashAfter {
			retries += saidAndTakenBack
		}
	}
	if e.plan.staleFrom > 0 {
		retries += e.plan.frozenRests() * saidAndTakenBack
	}
	return retries
}

// saidAndTakenBack are the writes of a condition that comes and goes.
const saidAndTakenBack = 2

// judgeHistory judges every version of every object.
func judgeHistory(history []sighting) []finding {
	byObject := map[types.UID][]sighting{}
	var order []types.UID
	for _, s := range history {
		uid := s.object.GetUID()
		if byObject[uid] == nil {
			order = append(order, uid)
		}
		byObject[uid] = append(byObject[uid], s)
	}
	books := newBooks()
	var findings []finding
	for _, uid := range order {
		for _, what := range books.read(byObject[uid]) {
			findings = append(findings, finding{everyState, what})
		}
	}
	for _, what := range books.close() {
		findings = append(findings, finding{everyState, what})
	}
	return append(findings, judgeSeats(history)...)
}

// describeWrites lists the writes of a run, for reports.
func describeWrites(e *evidence) string {
	text := ""
	for _, write := range e.writes {
		text += fmt.Sprintf("  %3d process %d %s", write.Number, write.Process, e.names.write(write.String()))
		if write.Fault != "" {
			text += " ← " + string(write.Fault)
		}
		if write.Err != nil && !errors.Is(write.Err, faults.ErrCrashed) {
			text += " (" + e.names.write(write.Err.Error()) + ")"
		}
		text += "\n"
	}
	return text
}
