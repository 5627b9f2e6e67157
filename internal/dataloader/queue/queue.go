// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

const (
	// DefaultLoaders is how many loader processes run at the same time.
	DefaultLoaders = 8
	// Longest is longer than any load takes: a source's longest timeout, the grace period after it, and
	// reading its Secrets. A load that is still running then is ended.
	Longest = 330 * time.Second
	// slowAfter is how long a load runs before it counts as slow. A load that takes less finds a place
	// within a few seconds, regardless of other loads.
	slowAfter = 3 * time.Second
)

// Options configure the queue.
type Options struct {
	// Loaders is how many loads of external sources run at the same time. The same number of loads that
	// only read the API server can run in addition. Defaults to DefaultLoaders.
	Loaders int
	// Wall is the clock of results. Defaults to the real one.
	Wall clock.PassiveClock
	// Log receives the texts of sources that failed. Defaults to none.
	Log logr.Logger
}

// Queue is the Loads of an operator. Close it when done.
type Queue struct {
	loader dataloader.Loader
	wall   clock.PassiveClock
	log    logr.Logger

	context context.Context
	close   context.CancelFunc
	done    sync.WaitGroup

	mu sync.Mutex
	// outside is the lane of sources outside the cluster, and inside that of sources that only read the
	// API server. The latter are quick, and no slow server may delay them.
	outside, inside *lane
	byScope         map[dataloader.Scope]*load
	notify          func(dataloader.Scope)
	// overdue are running loads that are slow and have the place of a quick one, the longest first.
	overdue []*load
	// slow are the products whose last load was slow.
	slow map[dataloader.Scope]bool
	// started is when each load that runs began.
	started map[*load]time.Time
	// after calls a function later; tests call it themselves.
	after func(time.Duration, func()) (stop func() bool)
}

var _ Loads = (*Queue)(nil)

// load is one load, from Begin until its result is taken.
type load struct {
	scope   dataloader.Scope
	spec    *v1alpha1.DataLoader
	request dataloader.Request
	lane    *lane
	running bool
	// slow means that the load has, or waits for, one of the places of slow loads.
	slow bool
	// again means that the load gives up its place and waits for another one.
	again  bool
	cancel context.CancelFunc
	result *Result
}

// New returns a queue that queries sources through a loader.
func New(loader dataloader.Loader, options Options) *Queue {
	q := &Queue{
		loader: loader, wall: options.Wall, log: options.Log, byScope: map[dataloader.Scope]*load{},
		slow: map[dataloader.Scope]bool{}, started: map[*load]time.Time{},
		after: func(wait time.Duration, do func()) func() bool { return time.AfterFunc(wait, do).Stop },
	}
	if q.wall == nil {
		q.wall = clock.RealClock{}
	}
	places := options.Loaders
	if places == 0 {
		places = DefaultLoaders
	}
	q.outside, q.inside = newLane(places), newLane(places)
	q.context, q.close = context.WithCancel(context.Background())
	return q
}

// Begin implements Loads.
func (q *Queue) Begin(scope dataloader.Scope, spec *v1alpha1.DataLoader, request dataloader.Request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drop(scope)
	each := &load{scope: scope, spec: spec.DeepCopy(), request: request, lane: q.outside, slow: q.slow[scope]}
	if !isOutside(spec) {
		each.lane = q.inside
	}
	q.byScope[scope] = each
	each.lane.add(each)
	q.dispatch(each.lane)
}

// isOutside reports whether a source is a server that the operator does not control.
func isOutside(spec *v1alpha1.DataLoader) bool {
	return spec != nil && (spec.SQL != nil || spec.HTTP != nil || spec.Prometheus != nil)
}

// Result implements Loads.
func (q *Queue) Result(scope dataloader.Scope) *Result {
	q.mu.Lock()
	defer q.mu.Unlock()
	each := q.byScope[scope]
	if each == nil || each.result == nil {
		return nil
	}
	delete(q.byScope, scope)
	return each.result
}

// End implements Loads.
func (q *Queue) End(scope dataloader.Scope) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drop(scope)
	delete(q.slow, scope)
}

// SourceName returns the kind of the spec's source, for metrics, or "none".
func (q *Queue) SourceName(spec *v1alpha1.DataLoader) string { return q.loader.SourceName(spec) }

// OnEnd implements Loads.
func (q *Queue) OnEnd(notify func(scope dataloader.Scope)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.notify = notify
}

// Close ends all loads and waits until they are over. They have no results, because a source does not fail when the
// operator ends.
func (q *Queue) Close() {
	q.close()
	q.done.Wait()
}

// drop ends the load of a scope. A running load keeps its place until it is over. The caller must hold
// the lock.
func (q *Queue) drop(scope dataloader.Scope) {
	each := q.byScope[scope]
	if each == nil {
		return
	}
	delete(q.byScope, scope)
	switch {
	case each.running:
		each.cancel()
	case each.result == nil:
		each.lane.remove(each)
	}
}

// dispatch starts the loads whose turn it is. The caller must hold the lock.
func (q *Queue) dispatch(on *lane) {
	if q.context.Err() != nil {
		return
	}
	for each := on.next(); each != nil; each = on.next() {
		ctx, cancel := context.WithTimeout(q.context, Longest)
		each.running, each.cancel = true, cancel
		q.started[each] = q.wall.Now()
		q.done.Go(func() { q.run(ctx, each) })
	}
	q.makePlace(on)
}

// makePlace ends the longest of the overdue loads if a quick load of another namespace needs its place.
// The caller must hold the lock.
func (q *Queue) makePlace(on *lane) {
	if !on.needsPlace() {
		return
	}
	for n, each := range q.overdue {
		if each.lane == on {
			q.overdue = slices.Delete(q.overdue, n, n+1)
			each.again = true
			each.cancel()
			return
		}
	}
}

// turnsOutSlow is called when a load has run for slowAfter.
func (q *Queue) turnsOutSlow(each *load) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, runs := q.started[each]; !runs {
		return
	}
	if q.byScope[each.scope] == each {
		q.slow[each.scope] = true
	}
	if !each.lane.turnsOutSlow(each) {
		q.overdue = append(q.overdue, each)
		q.makePlace(each.lane)
	}
}

// run carries out a load and stores its result.
func (q *Queue) run(ctx context.Context, each *load) {
	stop := q.after(slowAfter, func() { q.turnsOutSlow(each) })
	began := q.wall.Now()
	answer, err := q.load(ctx, each)
	each.cancel()
	result := &Result{Answer: answer, Err: err, Began: began, Ended: q.wall.Now()}
	wanted, notify := q.finish(each, result, stop())
	if failure, failed := errors.AsType[*dataloader.Failure](err); failed && failure.Detail != "" && wanted {
		q.log.Info("a data source failed", "namespace", each.scope.Namespace, "product", each.scope.Product,
			"reason", failure.Reason, "detail", failure.Detail)
	}
	if wanted && notify != nil {
		notify(each.scope)
	}
}

// finish frees the place of a finished load, and starts the next one. It returns whether anybody wants its
// result, and whom to notify. The flag quick means that the load ended before it counted as slow.
func (q *Queue) finish(each *load, result *Result, quick bool) (wanted bool, notify func(dataloader.Scope)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	each.running = false
	delete(q.started, each)
	q.overdue = slices.DeleteFunc(q.overdue, func(other *load) bool { return other == each })
	each.lane.leave(each)
	wanted = q.byScope[each.scope] == each && q.context.Err() == nil
	switch {
	case q.context.Err() != nil:
		return false, nil
	case each.again && wanted:
		each.again, each.slow, wanted = false, true, false
		each.lane.add(each)
	default:
		each.result = result
		if quick {
			delete(q.slow, each.scope)
		}
	}
	q.dispatch(each.lane)
	return wanted, q.notify
}

// load queries the source. A panic in code that runs in this process becomes a failure of this
// load.
func (q *Queue) load(ctx context.Context, each *load) (answer dataloader.Answer, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			failure := dataloader.AsFailure(errors.New("panic"))
			failure.Detail = fmt.Sprintf("panic: %v\n%s", panicked, debug.Stack())
			answer, err = dataloader.Answer{}, failure
		}
	}()
	answer, err = q.loader.Load(ctx, each.scope, each.spec, each.request)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return dataloader.Answer{}, dataloader.Failf(dataloader.ReasonSourceError,
			"the load did not end in time, because it waited for other loads of the same database or its server did not let go: spread the refreshes, or lower timeoutSeconds")
	case err != nil:
		return dataloader.Answer{}, dataloader.AsFailure(err)
	}
	return answer, nil
}

// Check is a probe. It fails if a load has been running for longer than any load may.
func (q *Queue) Check(*http.Request) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for each, began := range q.started {
		if stuck := q.wall.Since(began); stuck > Longest+time.Minute {
			return fmt.Errorf("the load of SeatProduct %s/%s has been running for %s and cannot be ended",
				each.scope.Namespace, each.scope.Product, stuck.Round(time.Second))
		}
	}
	return nil
}
