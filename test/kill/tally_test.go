// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// tally counts what was done to the system.
type tally struct {
	mu       sync.Mutex
	kills    map[victim]int
	atRest   map[victim]int
	faults   map[fault]int
	requests map[string]int
	exits    int
	cycles   int
}

func newTally() *tally {
	return &tally{kills: map[victim]int{}, atRest: map[victim]int{}, faults: map[fault]int{}, requests: map[string]int{}}
}

func (t *tally) kill(who victim) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kills[who]++
}

// rested counts a kill, which kill counts too, that no write met.
func (t *tally) rested(who victim) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.atRest[who]++
}

func (t *tally) fault(what fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults[what]++
}

func (t *tally) request(method string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests[method]++
}

// ended counts a manager that ended by itself, because it could not reach the API server in time.
func (t *tally) ended() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.exits++
}

func (t *tally) cycle() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cycles++
}

// text describes the run in a few lines.
func (t *tally) text(first, last uint64, violations int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := &strings.Builder{}
	fmt.Fprintf(out, "%d cycles, %d violations, seeds %d to %d\n", t.cycles, violations, first, last)
	fmt.Fprintf(out, "kills: manager %d, kube-apiserver %d, etcd %d (of these at rest: %d, %d, %d); the manager ended by itself %d times\n",
		t.kills[ofManager], t.kills[ofServer], t.kills[ofStore],
		t.atRest[ofManager], t.atRest[ofServer], t.atRest[ofStore], t.exits)
	sum := 0
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(t.faults)) {
		sum += t.faults[kind]
		kinds = append(kinds, fmt.Sprintf("%s %d", kind, t.faults[kind]))
	}
	fmt.Fprintf(out, "faults of the proxy: %d (%s)\n", sum, strings.Join(kinds, ", "))
	var methods []string
	for _, method := range slices.Sorted(maps.Keys(t.requests)) {
		methods = append(methods, fmt.Sprintf("%s %d", method, t.requests[method]))
	}
	fmt.Fprintf(out, "requests for Seatplane's objects: %s", strings.Join(methods, ", "))
	return out.String()
}
