// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus/testutil"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

var epoch = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

var (
	outside = &v1alpha1.DataLoader{HTTP: &v1alpha1.HTTPSource{}}
	inside  = &v1alpha1.DataLoader{ConfigMap: &v1alpha1.LocalReference{}}
)

// gate is a Loader whose loads end when the test lets them, or when they are ended.
type gate struct {
	mu      sync.Mutex
	open    map[dataloader.Scope]chan func() (dataloader.Answer, error)
	started chan dataloader.Scope
	ended   chan dataloader.Scope
}

func newGate() *gate {
	return &gate{
		open:    map[dataloader.Scope]chan func() (dataloader.Answer, error){},
		started: make(chan dataloader.Scope, 100),
		ended:   make(chan dataloader.Scope, 100),
	}
}

func (g *gate) Load(ctx context.Context, scope dataloader.Scope, _ *v1alpha1.DataLoader, _ dataloader.Request) (dataloader.Answer, error) {
	g.started <- scope
	defer func() { g.ended <- scope }()
	select {
	case answer := <-g.of(scope):
		return answer()
	case <-ctx.Done():
		return dataloader.Answer{}, ctx.Err()
	}
}

func (g *gate) of(scope dataloader.Scope) chan func() (dataloader.Answer, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[scope] == nil {
		g.open[scope] = make(chan func() (dataloader.Answer, error), 1)
	}
	return g.open[scope]
}

func (*gate) SourceName(*v1alpha1.DataLoader) string { return "gate" }

// bench is a queue with a gate behind it.
type bench struct {
	*Queue
	gate  *gate
	wall  *clocktesting.FakePassiveClock
	woken chan dataloader.Scope
	said  *strings.Builder
	// late are the functions that the queue wants to be called when loads have run for long.
	mu   sync.Mutex
	late []func()
}

// letTimePass has every load that runs count as slow.
func (b *bench) letTimePass() {
	b.mu.Lock()
	late := b.late
	b.late = nil
	b.mu.Unlock()
	for _, do := range late {
		do()
	}
}

func newBench(t *testing.T, loaders int) *bench {
	t.Helper()
	b := &bench{gate: newGate(), wall: clocktesting.NewFakePassiveClock(epoch), woken: make(chan dataloader.Scope, 100), said: &strings.Builder{}}
	log := funcr.New(func(_, args string) { b.said.WriteString(args) }, funcr.Options{})
	b.Queue = New(b.gate, Options{Loaders: loaders, Wall: b.wall, Log: log})
	b.after = func(_ time.Duration, do func()) func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.late = append(b.late, do)
		return func() bool { return true }
	}
	b.OnEnd(func(scope dataloader.Scope) { b.woken <- scope })
	t.Cleanup(b.Close)
	return b
}

func scopeOf(namespace string, n int) dataloader.Scope {
	return dataloader.Scope{Namespace: namespace, Product: fmt.Sprint("product-", n)}
}

// answers has the load of a scope end with a count.
func (b *bench) answers(scope dataloader.Scope, count string) {
	b.gate.of(scope) <- func() (dataloader.Answer, error) {
		return dataloader.Answer{Rows: []dataloader.Row{{Key: "acme", Count: count}}}, nil
	}
}

func TestResultIsTakenOnce(t *testing.T) {
	b := newBench(t, 2)
	scope := scopeOf("shop", 1)
	b.Begin(scope, outside, dataloader.Request{})
	if b.Result(scope) != nil {
		t.Error("a load that runs has a result")
	}
	b.wall.SetTime(epoch.Add(time.Minute))
	b.answers(scope, "7")
	if got := <-b.woken; got != scope {
		t.Errorf("%v was woken", got)
	}
	result := b.Result(scope)
	if result == nil || result.Err != nil || result.Answer.Rows[0].Count != "7" || !result.Ended.Equal(epoch.Add(time.Minute)) {
		t.Errorf("got %+v", result)
	}
	if b.Result(scope) != nil {
		t.Error("a result is taken once")
	}
}

func TestFailures(t *testing.T) {
	detailed := dataloader.Failf(dataloader.ReasonSourceError, "the query failed (SQLSTATE 42P01)")
	detailed.Detail = `relation "users" does not exist`
	cases := map[string]struct {
		reason string
		load   func() (dataloader.Answer, error)
		says   string
		logs   string
	}{
		"failure": {reason: "what the source said goes to the log alone", load: func() (dataloader.Answer, error) { return dataloader.Answer{}, detailed }, says: "SourceError: the query failed (SQLSTATE 42P01)", logs: "relation"},
		"error":   {reason: "an error of another kind is not repeated", load: func() (dataloader.Answer, error) { return dataloader.Answer{}, errors.New("hunter2") }, says: "SourceError: the source failed without saying why"},
		"panic":   {reason: "a panic fails one load", load: func() (dataloader.Answer, error) { panic("out of step") }, says: "SourceError: the source failed without saying why", logs: "out of step"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 1)
			scope := scopeOf("shop", 1)
			b.Begin(scope, outside, dataloader.Request{})
			b.gate.of(scope) <- tc.load
			<-b.woken
			result := b.Result(scope)
			if result == nil || result.Err == nil || !strings.Contains(result.Err.Error(), tc.says) {
				t.Fatalf("%s: got %+v", tc.reason, result)
			}
			if strings.Contains(result.Err.Error(), "relation") || !strings.Contains(b.said.String(), tc.logs) {
				t.Errorf("%s: %v, logged %q", tc.reason, result.Err, b.said.String())
			}
		})
	}
}

// Ending a load, by itself or by asking again, frees its place, and its result never shows up.
func TestEnd(t *testing.T) {
	cases := map[string]struct {
		reason string
		end    func(*bench, dataloader.Scope)
	}{
		"end":   {reason: "the product is gone", end: func(b *bench, scope dataloader.Scope) { b.End(scope) }},
		"again": {reason: "the product was edited", end: func(b *bench, scope dataloader.Scope) { b.Begin(scope, outside, dataloader.Request{}) }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 1)
			first, second := scopeOf("shop", 1), scopeOf("shop", 2)
			b.Begin(first, outside, dataloader.Request{})
			<-b.gate.started
			b.Begin(second, outside, dataloader.Request{})
			tc.end(b, first)
			if ended := <-b.gate.ended; ended != first {
				t.Fatalf("%v ended", ended)
			}
			if started := <-b.gate.started; started != second {
				t.Errorf("%s: %v started, want the one that waited", tc.reason, started)
			}
			if b.Result(first) != nil {
				t.Error("an ended load has a result")
			}
			b.answers(second, "1")
			if woken := <-b.woken; woken != second {
				t.Errorf("%v was woken", woken)
			}
		})
	}
}

func TestEndOfOneThatWaits(t *testing.T) {
	b := newBench(t, 1)
	first, second := scopeOf("shop", 1), scopeOf("shop", 2)
	b.Begin(first, outside, dataloader.Request{})
	b.Begin(second, outside, dataloader.Request{})
	b.End(second)
	b.answers(first, "1")
	<-b.woken
	if len(b.gate.started) != 1 || b.Result(second) != nil {
		t.Error("a load that was ended ran")
	}
}

// A crowd of slow servers holds up neither another namespace nor what reads the API server.
func TestCrowd(t *testing.T) {
	b := newBench(t, 8)
	for _, namespace := range []string{"mallory", "trudy"} {
		for n := range 16 {
			b.Begin(scopeOf(namespace, n), outside, dataloader.Request{})
		}
	}
	for range 6 {
		<-b.gate.started
	}
	for _, spec := range []*v1alpha1.DataLoader{outside, inside} {
		victim := scopeOf("shop", 1)
		b.Begin(victim, spec, dataloader.Request{})
		b.answers(victim, "7")
		if woken := <-b.woken; woken != victim {
			t.Fatalf("%v was woken", woken)
		}
		if started := <-b.gate.started; started != victim || b.Result(victim) == nil {
			t.Fatalf("%v started", started)
		}
	}
	want := `
# HELP seatplane_loads_running Running loads, by lane: outside for sources outside the cluster, inside for sources that only read the API server.
# TYPE seatplane_loads_running gauge
seatplane_loads_running{lane="inside"} 0
seatplane_loads_running{lane="outside"} 6
# HELP seatplane_loads_waiting Loads waiting for a loader, by lane.
# TYPE seatplane_loads_waiting gauge
seatplane_loads_waiting{lane="inside"} 0
seatplane_loads_waiting{lane="outside"} 26
`
	if err := testutil.CollectAndCompare(b.Queue, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

// However many namespaces have servers that stall, a quick load of another one finds a place: it takes that
// of a load that turned out to be slow, which starts again when one of the slow places is free.
func TestStalledNamespaces(t *testing.T) {
	b := newBench(t, 8)
	const namespaces = 10
	for n := range namespaces {
		b.Begin(scopeOf(fmt.Sprint("mallory-", n), n), outside, dataloader.Request{})
	}
	for range 8 {
		<-b.gate.started
	}
	victim := scopeOf("shop", 1)
	b.Begin(victim, outside, dataloader.Request{})
	if len(b.gate.started) != 0 {
		t.Fatal("nine loads run in eight places")
	}
	// The two that wait, the victim and then nobody take the places of loads beyond the slow half.
	b.letTimePass()
	var started []dataloader.Scope
	for range 3 {
		<-b.gate.ended
		started = append(started, <-b.gate.started)
	}
	if !slices.Contains(started, victim) {
		t.Fatalf("%v started", started)
	}
	b.answers(victim, "7")
	if woken := <-b.woken; woken != victim || b.Result(victim) == nil {
		t.Errorf("%v was woken", woken)
	}
	if b.outside.slow > b.outside.slowPlaces() {
		t.Errorf("%d slow loads run", b.outside.slow)
	}
}

// A load that gave up its place is begun again, and its answer is taken like any other.
func TestSlowLoadStartsAgain(t *testing.T) {
	b := newBench(t, 2)
	first, second, third := scopeOf("a", 1), scopeOf("b", 1), scopeOf("c", 1)
	b.Begin(first, outside, dataloader.Request{})
	b.Begin(second, outside, dataloader.Request{})
	<-b.gate.started
	<-b.gate.started
	b.letTimePass()
	b.Begin(third, outside, dataloader.Request{})
	gaveUp := <-b.gate.ended
	<-b.gate.started
	kept := first
	if gaveUp == first {
		kept = second
	}
	b.answers(third, "3")
	<-b.woken
	if len(b.gate.started) != 0 {
		t.Fatal("two slow loads run in one slow place")
	}
	b.answers(kept, "1")
	<-b.woken
	if again := <-b.gate.started; again != gaveUp {
		t.Fatalf("%v started again, want %v", again, gaveUp)
	}
	b.answers(gaveUp, "2")
	if woken := <-b.woken; woken != gaveUp || b.Result(gaveUp).Answer.Rows[0].Count != "2" {
		t.Errorf("%v was woken", woken)
	}
}

// Nothing is remembered of a product whose load was ended, also when that load only then counts as slow.
func TestEndedLoadIsForgotten(t *testing.T) {
	b := newBench(t, 2)
	scope := scopeOf("shop", 1)
	b.Begin(scope, outside, dataloader.Request{})
	<-b.gate.started
	b.mu.Lock()
	late := b.late
	b.mu.Unlock()
	b.Queue.mu.Lock()
	running := b.byScope[scope]
	b.Queue.mu.Unlock()
	b.End(scope)
	if len(late) != 1 {
		t.Fatalf("%d calls are to come, want 1", len(late))
	}
	// The load may still be running when its time has passed.
	b.Queue.mu.Lock()
	b.started[running] = epoch
	b.Queue.mu.Unlock()
	late[0]()
	b.Queue.mu.Lock()
	defer b.Queue.mu.Unlock()
	if len(b.slow) != 0 {
		t.Errorf("%v is remembered", b.slow)
	}
	delete(b.started, running)
}

// The probe fails when nothing moves although something runs.
func TestCheck(t *testing.T) {
	b := newBench(t, 1)
	check := func(want bool, when string) {
		t.Helper()
		if got := b.Check(nil) == nil; got != want {
			t.Errorf("%s: ok is %v", when, got)
		}
	}
	b.wall.SetTime(epoch.Add(24 * time.Hour))
	check(true, "nothing runs")
	scope := scopeOf("shop", 1)
	b.Begin(scope, outside, dataloader.Request{})
	check(true, "it has just begun")
	b.wall.SetTime(b.wall.Now().Add(Longest))
	check(true, "it takes as long as a load may")
	b.wall.SetTime(b.wall.Now().Add(2 * time.Minute))
	check(false, "it should have been ended")
	b.answers(scope, "1")
	<-b.woken
	check(true, "it has ended")
}

// Closing ends what runs, and starts nothing that waits.
func TestClose(t *testing.T) {
	b := newBench(t, 1)
	b.Begin(scopeOf("shop", 1), outside, dataloader.Request{})
	b.Begin(scopeOf("shop", 2), outside, dataloader.Request{})
	<-b.gate.started
	b.Close()
	if len(b.gate.started) != 0 {
		t.Error("a load started after the end")
	}
}

// A load that ends because the operator ends says nothing about its source, so no status may call it failed.
func TestCloseEndsLoadsWithoutResults(t *testing.T) {
	b := newBench(t, 1)
	runs, waits := scopeOf("a", 1), scopeOf("b", 1)
	b.Begin(runs, outside, dataloader.Request{})
	<-b.gate.started
	b.Begin(waits, outside, dataloader.Request{})
	b.Close()
	for _, scope := range []dataloader.Scope{runs, waits} {
		if result := b.Result(scope); result != nil {
			t.Errorf("%s has the result %+v", scope.Namespace, result)
		}
	}
	if len(b.woken) > 0 {
		t.Errorf("%v was woken", <-b.woken)
	}
}
