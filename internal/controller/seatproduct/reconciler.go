// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package seatproduct refreshes the seats of SeatProducts: on their schedule, on demand, and for the
// first count of an item (billing.md#12-refreshes; consistency.md#3-creating-updates).
//
// Loads do not run on the reconciler's workers (trust.md#loads). One pass begins a load and
// returns; the end of the load wakes the product, and the next pass takes the answer:
//
//	gather → judge the answer → commit → report → begin the next load that is due
//
// It makes SubscriptionUpdates for counts that differ; what becomes of them is decided by the
// subscription's own reconciler alone. All bookkeeping is on the SeatProduct: a refresh of 100,000
// subscriptions of which none changed writes one status.
package seatproduct

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/queue"
	"github.com/seatplane/seatplane/internal/loading"
)

// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=seatproducts;subscriptions,verbs=get;list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=testclocks,verbs=list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=seatproducts/status;subscriptions/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptionupdates,verbs=get;list;watch;create
// +kubebuilder:rbac:groups="",resources=secrets;configmaps,verbs=get
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// What data loaders count in the cluster. Other kinds are granted by ClusterRoles with a label, see
// config/rbac/loader_role.yaml; which these are is read from the ClusterRoles themselves.
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=seatassignments,verbs=list
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=clusterroles,verbs=list

const (
	// quietFor is how long a load may take before the product's status says that it is under way.
	quietFor = time.Second
	// lookUnderWay is how often a load is looked at in case its end was missed. Its end wakes the product.
	lookUnderWay = time.Minute
)

// Reconciler refreshes SeatProducts.
type Reconciler struct {
	// Client reads from the cache, by the indexes of internal/index, and writes to the API server.
	Client client.Client
	// Live reads from the API server.
	Live client.Reader
	// Clock is the wall clock: that of subscriptions that live by no TestClock, and of backoffs.
	Clock clock.PassiveClock
	// Loads asks the sources, outside of the reconciler's workers.
	Loads queue.Loads
	// SourceName names the kind of source of a spec, for metrics; dataloader.Registry has it.
	SourceName func(*v1alpha1.DataLoader) string
	// Recorder takes the events; none are sent when it is nil.
	Recorder events.EventRecorder
	// Metrics counts what refreshes do; nothing is counted when it is nil.
	Metrics *Metrics

	memories memories
}

// Reconcile takes the answer of a load that has ended, and begins the next one that is due. A pass that
// finds nothing due writes nothing.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	product, err := r.readProduct(ctx, req)
	if err != nil {
		return ctrl.Result{}, err
	}
	if product == nil {
		r.forget(req)
		return ctrl.Result{}, nil
	}
	memory := r.memories.get(product)
	if memory.product != product.UID {
		// An earlier product had the name: its load and what is remembered of it are of no use.
		r.forget(req)
		memory = r.memories.get(product)
	}
	product = memory.newest(product)
	if r.isUnderWay(product, memory) {
		return r.reportUnderWay(ctx, product, memory)
	}
	s, err := r.gather(ctx, product, memory)
	if err != nil {
		return ctrl.Result{}, err
	}
	if memory.asked == nil {
		return r.passWithoutAnswer(ctx, s, memory)
	}
	return r.passWithAnswer(ctx, s, memory)
}

// passWithoutAnswer begins the first load that is due and need not wait, else says what there is to say.
func (r *Reconciler) passWithoutAnswer(ctx context.Context, s *situation, memory *memory) (ctrl.Result, error) {
	begun, wait := r.beginNext(s, memory)
	if begun {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	look, err := r.conclude(ctx, s, memory, nil)
	return ctrl.Result{RequeueAfter: soonestOf(look, wait)}, err
}

// passWithAnswer takes the answer of the load that has ended, then begins what else is due: another clock's
// load, or what was asked for while this one ran.
func (r *Reconciler) passWithAnswer(ctx context.Context, s *situation, memory *memory) (ctrl.Result, error) {
	taken, err := r.take(ctx, s, memory)
	if err != nil {
		return ctrl.Result{}, err
	}
	look, err := r.conclude(ctx, s, memory, taken)
	if err != nil {
		return ctrl.Result{}, err
	}
	s.answered(taken, memory, r.Clock.Now())
	begun, wait := r.beginNext(s, memory)
	if begun {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	return ctrl.Result{RequeueAfter: soonestOf(look, wait)}, nil
}

// conclude records what concerns single subscriptions, then the product's own status, and returns when to
// look again. taken is nil in a pass without an answer. Until it succeeds, the answer is kept and taken
// again.
func (r *Reconciler) conclude(ctx context.Context, s *situation, memory *memory, taken *result) (time.Duration, error) {
	notes, noteError, err := r.tell(ctx, s, memory, taken)
	if err != nil {
		return 0, err
	}
	r.remember(s, memory, taken)
	look, err := r.report(ctx, s, memory, taken, notes)
	if err != nil {
		return 0, err
	}
	memory.asked = nil
	if taken != nil {
		r.Metrics.measure(s.product, r.SourceName(s.product.Spec.DataLoader), *taken)
	}
	return look, noteError
}

// readProduct reads the product; nil when it is gone or being deleted.
func (r *Reconciler) readProduct(ctx context.Context, req ctrl.Request) (*v1alpha1.SeatProduct, error) {
	product := &v1alpha1.SeatProduct{}
	err := r.Client.Get(ctx, req.NamespacedName, product)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read SeatProduct: %w", err)
	case !product.DeletionTimestamp.IsZero():
		return nil, nil
	}
	return product, nil
}

// forget ends the load of a product that is gone, and lets go of everything that is kept for it.
func (r *Reconciler) forget(req ctrl.Request) {
	r.memories.forget(req.NamespacedName)
	r.Loads.End(dataloader.Scope{Namespace: req.Namespace, Product: req.Name})
	r.Metrics.forget(req.Namespace, req.Name)
}

// isUnderWay says whether the product's load still waits or runs. A load for an earlier edit of the product
// is ended: what it would answer was asked by rules that no longer hold.
func (r *Reconciler) isUnderWay(product *v1alpha1.SeatProduct, memory *memory) bool {
	if memory.asked != nil && memory.asked.generation != product.Generation {
		// An edit is no way around the time between two refreshes that somebody asks for.
		memory.attempts.Ended(memory.asked.load, r.Clock.Now())
		memory.asked = nil
		r.Loads.End(scopeOf(product))
	}
	if memory.asked == nil {
		return false
	}
	if memory.asked.result == nil {
		memory.asked.result = r.Loads.Result(scopeOf(product))
	}
	return memory.asked.result == nil
}

func scopeOf(product *v1alpha1.SeatProduct) dataloader.Scope {
	return dataloader.Scope{Namespace: product.Namespace, Product: product.Name}
}

// beginNext begins the first load that is due and need not wait. It returns when to look again: at the
// load, or else when the first of those that wait may begin; zero when nothing is due.
func (r *Reconciler) beginNext(s *situation, memory *memory) (begun bool, look time.Duration) {
	if s.product.Spec.DataLoader == nil {
		r.Loads.End(scopeOf(s.product))
		return false, 0
	}
	now := r.Clock.Now()
	for _, due := range s.facts.Due() {
		if until := memory.attempts.WaitUntil(due, s.facts.Product.Entry(due.Clock)); until.After(now) {
			look = soonest(look, until.Sub(now))
			continue
		}
		memory.asked = &asked{load: due, generation: s.product.Generation, at: now}
		r.Loads.Begin(scopeOf(s.product), s.product.Spec.DataLoader, dataloader.Request{Keys: due.Keys()})
		return true, lookAfter(s.product, quietFor)
	}
	return false, look
}

// lookAfter returns when to look at a load that is under way: soon where its status has to say so.
func lookAfter(product *v1alpha1.SeatProduct, quiet time.Duration) time.Duration {
	if isUnknown(product) {
		return quiet
	}
	return lookUnderWay
}

// tell writes on the subscriptions what concerns them alone. When that fails, the refresh is not over.
func (r *Reconciler) tell(ctx context.Context, s *situation, memory *memory, taken *result) (notes []note, noteError, err error) {
	products, err := r.otherProducts(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	notes = planNotes(s, taken, products, memory.told)
	memory.markUnseen(notes)
	if noteError = r.writeNotes(ctx, notes); noteError != nil {
		taken.markIncomplete(noteError)
		s.unwritten = noteError
		return notes, noteError, nil
	}
	memory.said(notes)
	return notes, nil, nil
}

// remember keeps what later passes have to know about a load.
func (r *Reconciler) remember(s *situation, memory *memory, taken *result) {
	if taken == nil {
		return
	}
	now := r.Clock.Now()
	memory.attempts.Ended(taken.load, taken.ended)
	if taken.failure == nil {
		memory.attempts.Answered(taken.load.Clock, taken.times)
	}
	if taken.done() {
		memory.attempts.Succeeded(taken.load, taken.items, now)
		return
	}
	failures := s.facts.Product.Entry(taken.load.Clock).Failures + 1
	memory.attempts.Failed(taken.load, failures, now)
}

// situation is what is known when a pass begins.
type situation struct {
	product *v1alpha1.SeatProduct
	// subscriptions with an item of the product, in no order.
	subscriptions []*v1alpha1.Subscription
	facts         loading.Facts
	// scheduleError says why the schedule cannot be read.
	scheduleError error
	// unwritten says why a note of this pass could not be written; nil when all are.
	unwritten error
}

// answered brings the facts up to date after an answer was taken and reported, without reading again: the
// cache may not show yet what this pass wrote.
func (s *situation) answered(taken *result, memory *memory, now time.Time) {
	s.product = memory.newest(s.product)
	s.renew()
	items := s.facts.Connection.Items
	s.facts.Tried = memory.attempts.RecentlyTried(items, now)
	if taken == nil || len(taken.load.Requests) == 0 {
		return
	}
	for n := range items {
		if items[n].Request == taken.load.Requests[items[n].ID.Subscription] {
			items[n].Request = ""
		}
	}
}
