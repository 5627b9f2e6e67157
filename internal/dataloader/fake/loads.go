// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package fake

import (
	"context"
	"sync"

	"k8s.io/utils/clock"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/queue"
)

// Loads carries out each load within Begin, so that a test completes a refresh by reconciling twice: the
// first pass starts the load, and the second takes the answer. A test that holds loads decides when they
// end. It is safe for concurrent use.
type Loads struct {
	loader dataloader.Loader
	wall   clock.PassiveClock

	mu      sync.Mutex
	holding bool
	waiting map[dataloader.Scope]func() queue.Result
	results map[dataloader.Scope]*queue.Result
	ended   []dataloader.Scope
	notify  func(dataloader.Scope)
}

var _ queue.Loads = (*Loads)(nil)

// NewLoads returns Loads that use the loader, and the times of the wall clock.
func NewLoads(loader dataloader.Loader, wall clock.PassiveClock) *Loads {
	return &Loads{
		loader: loader, wall: wall,
		waiting: map[dataloader.Scope]func() queue.Result{}, results: map[dataloader.Scope]*queue.Result{},
	}
}

// Hold keeps every load that begins from now on running until Release.
func (l *Loads) Hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holding = true
}

// Release carries out the loads that are held, and stops holding loads.
func (l *Loads) Release() {
	l.mu.Lock()
	waiting := l.waiting
	l.holding, l.waiting = false, map[dataloader.Scope]func() queue.Result{}
	l.mu.Unlock()
	for scope, run := range waiting {
		l.finish(scope, run())
	}
}

// Begin implements queue.Loads.
func (l *Loads) Begin(scope dataloader.Scope, spec *v1alpha1.DataLoader, request dataloader.Request) {
	began := l.wall.Now()
	run := func() queue.Result {
		answer, err := l.loader.Load(context.Background(), scope, spec, request)
		return queue.Result{Answer: answer, Err: err, Began: began, Ended: l.wall.Now()}
	}
	l.mu.Lock()
	delete(l.results, scope)
	if l.holding {
		l.waiting[scope] = run
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	l.finish(scope, run())
}

func (l *Loads) finish(scope dataloader.Scope, result queue.Result) {
	l.mu.Lock()
	l.results[scope] = &result
	notify := l.notify
	l.mu.Unlock()
	if notify != nil {
		notify(scope)
	}
}

// Result implements queue.Loads.
func (l *Loads) Result(scope dataloader.Scope) *queue.Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	result := l.results[scope]
	delete(l.results, scope)
	return result
}

// End implements queue.Loads.
func (l *Loads) End(scope dataloader.Scope) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, scope)
	delete(l.results, scope)
	l.ended = append(l.ended, scope)
}

// OnEnd implements queue.Loads.
func (l *Loads) OnEnd(notify func(scope dataloader.Scope)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notify = notify
}

// HasResult reports whether a load of the scope has ended and nobody has taken its result.
func (l *Loads) HasResult(scope dataloader.Scope) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.results[scope] != nil
}

// UnderWay returns the number of loads that are held.
func (l *Loads) UnderWay() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// Ended returns the scopes whose load was ended, in order.
func (l *Loads) Ended() []dataloader.Scope {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]dataloader.Scope(nil), l.ended...)
}
