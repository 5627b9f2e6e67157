// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package seatproduct refreshes the seats of SeatProducts: on their schedule, on demand, and for the
// first count of an item (billing.md#12-refreshes; consistency.md#3-creating-updates).
//
// Loads do not run on the reconciler's workers (trust.md#loads). One pass begins a load and returns.
// The end of the load triggers the product, and the next pass takes the answer:
//
//	gather → judge the answer → commit → report → begin the next load that is due
//
// It creates SubscriptionUpdates for counts that differ. Only the subscription's own reconciler
// decides their result. All bookkeeping is on the SeatProduct, so a refresh of 100,000 unchanged
// subscriptions writes one status.
package seatproduct

import (
	"context"
	"errors"
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
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/sinks"
)

// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=seatproducts;subscriptions,verbs=get;list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=testclocks,verbs=get;list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=eventsinks,verbs=list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=seatproducts/status;subscriptions/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptionupdates,verbs=get;list;watch;create
// +kubebuilder:rbac:groups="",resources=secrets;configmaps,verbs=get
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create

// These are the kinds that data loaders count in the cluster. ClusterRoles with a label grant other
// kinds; see config/rbac/loader_role.yaml. The ClusterRoles themselves are read to find out which
// kinds they grant.
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=seatassignments,verbs=list
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=clusterroles,verbs=list

const (
	// quietFor is how long a load may take before the product's status shows that it is running.
	quietFor = time.Second
	// lookUnderWay is how often a running load is checked in case its end was missed. Normally, its end
	// triggers the product.
	lookUnderWay = time.Minute
)

// Reconciler refreshes SeatProducts.
type Reconciler struct {
	// Client reads from the cache, by the indexes of internal/index, and writes to the API server.
	Client client.Client
	// Live reads from the API server, without the cache.
	Live client.Reader
	// Clock is the wall clock. It applies to subscriptions without a TestClock, and to backoffs.
	Clock clock.PassiveClock
	// Loads queries the sources, outside the reconciler's workers.
	Loads queue.Loads
	// SourceName returns the kind of a spec's source, for metrics. It is dataloader.Registry's.
	SourceName func(*v1alpha1.DataLoader) string
	// Recorder sends the events. If it is nil, none are sent.
	Recorder events.EventRecorder
	// Metrics counts refreshes. If it is nil, nothing is counted.
	Metrics *Metrics
	// Reached says how far EventSinks have received events since that was written. Nil knows of nothing.
	Reached sinks.Reached

	memories memories
}

// Reconcile takes the answer of a load that has ended, and begins the next one that is due. It writes
// nothing if nothing is due.
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
		// An earlier product had the name. Its load and its memory are of no use.
		r.forget(req)
		memory = r.memories.get(product)
	}
	product = memory.newest(product)
	if r.isUnderWay(product, memory) {
		return r.reportUnderWay(ctx, product, memory)
	}
	s, err := r.gather(ctx, product, memory)
	if errors.Is(err, errImporting) {
		return ctrl.Result{}, nil // the end of the import triggers the product
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	if memory.asked == nil {
		return r.passWithoutAnswer(ctx, s, memory)
	}
	return r.passWithAnswer(ctx, s, memory)
}

// passWithoutAnswer begins the first due load that does not have to wait, or else reports.
func (r *Reconciler) passWithoutAnswer(ctx context.Context, s *situation, memory *memory) (ctrl.Result, error) {
	begun, wait := r.beginNext(s, memory)
	if begun {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	look, err := r.conclude(ctx, s, memory, nil)
	return ctrl.Result{RequeueAfter: soonestOf(look, wait)}, err
}

// passWithAnswer takes the answer of the load that has ended, and then begins what else is due: a load of
// another clock, or one that was requested while this one ran.
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
// look again. The result taken is nil in a pass without an answer. Until conclude succeeds, the answer is
// kept and taken again.
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

// readProduct reads the product. It returns nil if the product does not exist, is being deleted, or is being imported.
func (r *Reconciler) readProduct(ctx context.Context, req ctrl.Request) (*v1alpha1.SeatProduct, error) {
	product := &v1alpha1.SeatProduct{}
	err := r.Client.Get(ctx, req.NamespacedName, product)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read SeatProduct: %w", err)
	case !product.DeletionTimestamp.IsZero(), facts.IsImporting(product):
		return nil, nil
	}
	return product, nil
}

// forget ends the load of a product that was deleted, and drops everything that is kept for it.
func (r *Reconciler) forget(req ctrl.Request) {
	r.memories.forget(req.NamespacedName)
	r.Loads.End(dataloader.Scope{Namespace: req.Namespace, Product: req.Name})
	r.Metrics.forget(req.Namespace, req.Name)
}

// ForgetNamespace ends the loads of the products of a namespace that this manager watches no longer, and lets go of
// everything that is kept for them.
func (r *Reconciler) ForgetNamespace(namespace string) {
	for _, product := range r.memories.in(namespace) {
		r.forget(ctrl.Request{NamespacedName: product})
	}
}

// isUnderWay says whether the product's load still waits or runs. A load for an earlier edit of the product
// is ended: what it would answer was asked by rules that no longer hold.
func (r *Reconciler) isUnderWay(product *v1alpha1.SeatProduct, memory *memory) bool {
	if memory.asked != nil && memory.asked.generation != product.Generation {
		// An edit must not bypass the minimum time between two requested refreshes.
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

// beginNext begins the first due load that does not have to wait. It returns when to look again: when
// to check on the load, or otherwise when the first waiting load may begin. It is zero if nothing is
// due.
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

// lookAfter returns when to check on a running load. This is soon if its status has to show the
// load.
func lookAfter(product *v1alpha1.SeatProduct, quiet time.Duration) time.Duration {
	if isUnknown(product) {
		return quiet
	}
	return lookUnderWay
}

// tell writes to the subscriptions what concerns them alone. If that fails, the refresh is not
// complete.
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

// remember stores what later passes need to know about a load.
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

// situation is what is known at the beginning of a pass.
type situation struct {
	product *v1alpha1.SeatProduct
	// subscriptions are those with an item of the product, in no particular order.
	subscriptions []*v1alpha1.Subscription
	facts         loading.Facts
	// scheduleError explains why the schedule is not valid.
	scheduleError error
	// unwritten is why a note of this pass could not be written, or nil.
	unwritten error
	// clockRefused is the error if the API server refused to read the TestClock of the load that has ended, or nil.
	clockRefused *clockError
}

// answered updates the facts after an answer was taken and reported, without reading again, because the
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
