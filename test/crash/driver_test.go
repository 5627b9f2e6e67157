// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/controller/prorationpolicy"
	"github.com/seatplane/seatplane/internal/controller/retention"
	"github.com/seatplane/seatplane/internal/controller/seatproduct"
	"github.com/seatplane/seatplane/internal/controller/subscription"
	"github.com/seatplane/seatplane/internal/controller/testclock"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/configmap"
	"github.com/seatplane/seatplane/internal/dataloader/fake"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/faults"
	"github.com/seatplane/seatplane/internal/testing/lyingcache"
)

const (
	// maxRounds is far more than any scenario needs; more is a loop.
	maxRounds = 80
	// maxFrozenRounds is how many rounds a cache that shows the past lasts after the last write.
	maxFrozenRounds = 3
	// maxFrozenWait is the longest wait during which a cache still shows the past: the design gives it
	// less than two minutes, after which nobody corrects it by what he remembers.
	maxFrozenWait = 10 * time.Second
	// soon is the longest wait after which a pass is made again because the one before did not get to its end.
	soon = time.Minute
	// maxWait is the longest wait of the wall clock that belongs to coming to rest: all back-offs are
	// shorter.
	maxWait = 15 * time.Minute
)

// controller calls one reconciler for each of its objects.
type controller struct {
	name      string
	keys      func() []types.NamespacedName
	reconcile func(context.Context, ctrl.Request) (ctrl.Result, error)
}

// driver runs the operator, one generation after the other.
type driver struct {
	stage  *stage
	wall   *clocktesting.FakePassiveClock
	run    *faults.Run
	plan   plan
	mutant mutant

	process     *faults.Process
	cache       *lyingcache.Client
	freezer     *freezer
	refuser     *refuser
	controllers []controller
	// stepEnds are the numbers of the writes after which the steps began.
	stepEnds []int

	// panics are what reconcilers panicked with, errors the newest of what they returned.
	panics []string
	errors []string
	// unfinished are passes that wrote and left something to do, although nothing would have woken the subscription again.
	unfinished []string
}

func newDriver(s *stage) *driver {
	d := &driver{stage: s}
	// The fake wall clock starts at the API server's time: the age of a record is told by both.
	d.wall = clocktesting.NewFakePassiveClock(time.Now().UTC().Truncate(time.Second))
	s.wall = d.wall
	return d
}

// begin starts a new count of writes, with faults.
func (d *driver) begin(p plan) {
	d.plan, d.freezer, d.stepEnds = p, nil, nil
	d.run = faults.NewRun(p.faults)
	d.refuser = &refuser{refusal: p.refusal, truth: d.stage.truth}
	d.restart()
}

// restart replaces the operator by a new generation, which remembers nothing.
func (d *driver) restart() {
	d.process = d.run.Start()
	if d.freezer == nil || !d.plan.staleAfterCrash || !d.freezer.frozen() {
		d.cache = lyingcache.New(d.stage.truth)
		d.freezer = newFreezer(d.cache, d.run, d.plan, d.freezer)
	}
	c := d.mutant.client(d.refuser.client(d.process.Client(d.freezer)))
	r := d.mutant.reader(d.process.Reader(lyingcache.New(d.stage.truth)), d.process.Reader(d.cache))
	d.controllers = []controller{
		d.products(c, r), d.policies(c), d.subscriptions(c, r), d.records(c, r), d.clocks(c, r),
	}
}

func (d *driver) products(c client.Client, r client.Reader) controller {
	registry := dataloader.NewRegistry(configmap.Provider{Live: r})
	loads := fake.NewLoads(registry, d.wall)
	subject := &seatproduct.Reconciler{
		Client: c, Live: r, Clock: d.wall, Recorder: noEvents{}, Loads: loads, SourceName: registry.SourceName,
	}
	// A load ends as soon as it begins, and its end wakes the product.
	reconcile := func(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
		for {
			result, err := subject.Reconcile(ctx, req)
			if err != nil || !loads.HasResult(dataloader.Scope{Namespace: req.Namespace, Product: req.Name}) {
				return result, err
			}
		}
	}
	return controller{"SeatProduct", d.keys(&v1alpha1.SeatProduct{}), reconcile}
}

func (d *driver) policies(c client.Client) controller {
	subject := prorationpolicy.ForProrationPolicies(c, d.wall)
	return controller{"ProrationPolicy", d.keys(&v1alpha1.ProrationPolicy{}), subject.Reconcile}
}

// subscriptions are woken by updates and assignments that name them, there or not.
func (d *driver) subscriptions(c client.Client, r client.Reader) controller {
	subject := &subscription.Reconciler{Client: c, Live: r, Clock: d.wall, Recorder: noEvents{}}
	own, updates := d.keys(&v1alpha1.Subscription{}), v1alpha1.GroupVersion.WithKind("SubscriptionUpdate")
	return controller{"Subscription", func() []types.NamespacedName {
		keys := own()
		for _, object := range d.stage.truth.all(updates) {
			u := object.(*v1alpha1.SubscriptionUpdate)
			key := types.NamespacedName{Namespace: u.Namespace, Name: u.Spec.SubscriptionRef.Name}
			if !facts.Finished(u.Status.State) && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
		for _, object := range d.stage.truth.all(v1alpha1.GroupVersion.WithKind("SeatAssignment")) {
			key := types.NamespacedName{Namespace: object.GetNamespace(), Name: object.(*v1alpha1.SeatAssignment).Spec.SubscriptionRef.Name}
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
		return keys
	}, subject.Reconcile}
}

// records are looked after for each name of a subscription that is there.
func (d *driver) records(c client.Client, r client.Reader) controller {
	subject := &retention.Reconciler{Client: c, Live: r, Clock: d.wall}
	return controller{"records", d.keys(&v1alpha1.Subscription{}), subject.Reconcile}
}

func (d *driver) clocks(c client.Client, r client.Reader) controller {
	subject := &testclock.Reconciler{Client: c, Live: r, Clock: d.wall}
	return controller{"TestClock", d.keys(&v1alpha1.TestClock{}), subject.Reconcile}
}

func (d *driver) keys(object client.Object) func() []types.NamespacedName {
	kind := v1alpha1.GroupVersion.WithKind(kindOf(object))
	return func() []types.NamespacedName {
		var keys []types.NamespacedName
		for _, object := range d.stage.truth.all(kind) {
			keys = append(keys, client.ObjectKeyFromObject(object))
		}
		return keys
	}
}

// play carries out steps, and lets the operator come to rest after each.
func (d *driver) play(ctx context.Context, steps []Step) error {
	for _, step := range steps {
		if step.Answers || d.clockIsBehind() {
			if err := d.present(ctx); err != nil {
				return fmt.Errorf("before step %q: %w", step.Name, err)
			}
		}
		d.stepEnds = append(d.stepEnds, d.run.Count())
		if step.Do != nil {
			if err := step.Do(ctx, d.stage); err != nil {
				return fmt.Errorf("step %q: %w", step.Name, err)
			}
		}
		settle := d.settle
		if step.Owing {
			settle = d.dieOwing
		}
		if err := settle(ctx); err != nil {
			return fmt.Errorf("step %q: %w", step.Name, err)
		}
	}
	return nil
}

// clockIsBehind says whether a subscription has not taken up the time of a clock that was moved. Users of
// a TestClock wait for that before they go on: what they do then belongs to the time that they see.
func (d *driver) clockIsBehind() bool {
	now := map[string]metav1.Time{}
	for _, object := range d.stage.truth.every(&v1alpha1.TestClockList{}) {
		now[object.GetName()] = object.(*v1alpha1.TestClock).Spec.Now
	}
	return slices.ContainsFunc(d.stage.truth.every(&v1alpha1.SubscriptionList{}), func(object client.Object) bool {
		s := object.(*v1alpha1.Subscription)
		if s.Spec.TestClockRef == nil {
			return false
		}
		at, exists := now[s.Spec.TestClockRef.Name]
		return exists && !at.Equal(s.Status.ClockTime)
	})
}

// present ends what the operator is shown of the past, and lets it come to rest on what is.
func (d *driver) present(ctx context.Context) error {
	if err := d.freezer.end(); err != nil {
		return err
	}
	return d.settle(ctx)
}

// dieOwing runs until the first write has happened, and stops the operator there. Whoever begins next
// comes upon what that one left.
func (d *driver) dieOwing(ctx context.Context) error {
	d.begin(plan{faults: faults.Plan{1: faults.CrashAfter}})
	d.round(ctx)
	if writes := d.run.Writes(); !d.process.Crashed() || writes[0].Kind != "Subscription" {
		return fmt.Errorf("the first write was to be a commit, not one of %v", writes)
	}
	return nil
}

// settle runs rounds until the operator is at rest. While the cache shows the past, that is tried for
// a few rounds only: it may be no use.
func (d *driver) settle(ctx context.Context) error {
	quiet := 0
	for range maxRounds {
		before := d.run.Count()
		r := d.round(ctx)
		switch {
		case d.process.Crashed():
			d.restart()
		case d.freezer.frozen() && d.idle(r, before, &quiet):
			quiet = 0
			if still, err := d.freezer.release(); still || err != nil {
				// The next step comes upon the past.
				return err
			}
		case r.wait > 0 && !d.tooLong(r.wait):
			d.wall.SetTime(d.wall.Now().Add(r.wait))
		case !r.failed && d.run.Count() == before:
			return nil
		}
	}
	return fmt.Errorf("not at rest after %d rounds; last errors: %q", maxRounds, d.errors)
}

// idle says whether a few rounds on a cache that shows the past brought nothing new.
func (d *driver) idle(r roundResult, before int, quiet *int) bool {
	waits := r.wait > 0 && !d.tooLong(r.wait)
	if !r.failed && !waits && d.run.Count() == before {
		return true
	}
	*quiet++
	return *quiet > maxFrozenRounds
}

// tooLong says whether a wait goes beyond how long a cache shows the past.
func (d *driver) tooLong(wait time.Duration) bool {
	return d.freezer.frozen() && wait > maxFrozenWait
}

// roundResult is what came of a round.
type roundResult struct {
	// wait is the shortest wait that a reconciler asked for; zero when none did.
	wait time.Duration
	// failed: a reconciler returned an error, and will be called again.
	failed bool
}

// round calls every reconciler once for each of its objects.
func (d *driver) round(ctx context.Context) roundResult {
	var r roundResult
	d.errors = nil
	for _, c := range d.controllers {
		for _, key := range c.keys() {
			result, err := d.reconcile(ctx, c, key)
			if d.process.Crashed() {
				return r
			}
			if err != nil {
				r.failed = true
				d.errors = append(d.errors, fmt.Sprintf("%s %s: %v", c.name, key.Name, err))
			}
			if wait := result.RequeueAfter; wait > 0 && wait <= maxWait && (r.wait == 0 || wait < r.wait) {
				r.wait = wait
			}
		}
	}
	return r
}

// reconcile calls one reconciler for one object. A panic ends the process, as it would end the real one.
func (d *driver) reconcile(ctx context.Context, c controller, key types.NamespacedName) (result ctrl.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.panics = append(d.panics, fmt.Sprintf("%s %s: %v", c.name, key.Name, p))
			d.process.Crash()
		}
	}()
	before := d.run.Count()
	result, err = c.reconcile(ctx, ctrl.Request{NamespacedName: key})
	if c.name == "Subscription" && err == nil && d.run.Count() > before && !d.process.Crashed() && !d.freezer.frozen() {
		return d.again(ctx, c, key, result)
	}
	return result, err
}

// again makes the pass that the arrival of a pass's own writes would give a subscription. The operator makes none: such
// a pass must find nothing to do, and must not want to come back earlier than the one before.
func (d *driver) again(ctx context.Context, c controller, key types.NamespacedName, first ctrl.Result) (ctrl.Result, error) {
	if err := d.stage.truth.Get(ctx, key, &v1alpha1.Subscription{}); apierrors.IsNotFound(err) {
		// Its deletion is an event, and gives it a pass.
		return first, nil
	}
	before := d.run.Count()
	second, err := c.reconcile(ctx, ctrl.Request{NamespacedName: key})
	comesBack := first.RequeueAfter > 0 && first.RequeueAfter <= soon
	earlier := second.RequeueAfter > 0 && (first.RequeueAfter == 0 || second.RequeueAfter < first.RequeueAfter)
	if !comesBack && (err != nil || d.run.Count() > before || earlier) {
		d.unfinished = append(d.unfinished, fmt.Sprintf("%s %s: after %v came %v, %v and %d writes", c.name, key.Name, first, second, err, d.run.Count()-before))
	}
	return second, err
}

// noEvents takes Kubernetes events and forgets them.
type noEvents struct{}

// Eventf implements events.EventRecorder.
func (noEvents) Eventf(runtime.Object, runtime.Object, string, string, string, string, ...any) {}
