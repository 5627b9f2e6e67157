// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package seatproduct refreshes the seats of SeatProducts: on their schedule, on demand, and for the
// first count of an item (billing.md 12; consistency.md, "Creating updates").
//
// A pass goes gather → plan → commit → report. It makes SubscriptionUpdates for counts that differ; what
// becomes of them is decided by the subscription's own reconciler alone. All bookkeeping is on the
// SeatProduct: a refresh of 100,000 subscriptions of which none changed writes one status.
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

// Reconciler refreshes SeatProducts.
type Reconciler struct {
	// Client reads from the cache, by the indexes of internal/index, and writes to the API server.
	Client client.Client
	// Live reads from the API server.
	Live client.Reader
	// Wall is the clock of subscriptions that live by no TestClock, and of backoffs.
	Wall clock.PassiveClock
	// Loader asks the sources; a dataloader.Registry.
	Loader dataloader.Loader
	// Recorder takes the events; none are sent when it is nil.
	Recorder events.EventRecorder

	memories memories
}

// Reconcile refreshes what is due of one product. A pass that finds nothing due writes nothing.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	product, err := r.readProduct(ctx, req)
	if err != nil {
		return ctrl.Result{}, err
	}
	if product == nil {
		r.forget(req)
		return ctrl.Result{}, nil
	}
	memory := r.memories.get(req.NamespacedName)
	s, err := r.gather(ctx, product, memory)
	if err != nil {
		return ctrl.Result{}, err
	}
	due := planLoads(s)
	results, wait, err := r.carryOutAll(ctx, s, memory, due)
	if err != nil {
		return ctrl.Result{}, err
	}
	notes, noteError, err := r.tell(ctx, s, memory, results)
	if err != nil {
		return ctrl.Result{}, err
	}
	r.remember(s, memory, results)
	look, err := r.report(ctx, s, memory, due, results, notes)
	if err != nil || noteError != nil {
		return ctrl.Result{}, firstOf([]error{err, noteError})
	}
	if wait > 0 {
		look = soonest(look, wait)
	}
	return ctrl.Result{RequeueAfter: look}, nil
}

// readProduct reads the product; nil when it is gone or going.
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

// forget lets go of everything that is kept for a product that is gone.
func (r *Reconciler) forget(req ctrl.Request) {
	r.memories.forget(req.NamespacedName)
	r.Loader.Forget(dataloader.Scope{Namespace: req.Namespace, Product: req.Name})
	forgetMetrics(req.Namespace, req.Name)
}

// carryOutAll carries out the loads that need not wait, and returns how long the first of the others
// has to.
func (r *Reconciler) carryOutAll(ctx context.Context, s *situation, memory *memory, loads []load) ([]result, time.Duration, error) {
	if s.product.Spec.DataLoader == nil {
		r.Loader.Forget(dataloader.Scope{Namespace: s.product.Namespace, Product: s.product.Name})
		return nil, 0, nil
	}
	var results []result
	var wait time.Duration
	for _, each := range loads {
		now := r.Wall.Now()
		if until := memory.waitFor(each, s.entry(each.clock), s.clocks[each.clock]); until.After(now) {
			wait = soonest(wait, until.Sub(now))
			continue
		}
		done, err := r.carryOut(ctx, s, memory, each)
		if err != nil {
			return nil, 0, err
		}
		if done.failure == nil {
			memory.loaded[each.clock] = done.times
		}
		results = append(results, done)
	}
	return results, wait, nil
}

// tell writes on the subscriptions what concerns them alone. When that fails, the refresh is not over.
func (r *Reconciler) tell(ctx context.Context, s *situation, memory *memory, results []result) (notes []note, noteError, err error) {
	products, err := r.otherProducts(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	notes = planNotes(s, results, products)
	memory.markUnseen(notes)
	if noteError = r.writeNotes(ctx, notes); noteError != nil {
		markIncomplete(results, noteError)
		return notes, noteError, nil
	}
	memory.said(notes)
	return notes, nil, nil
}

// remember keeps what the next pass has to know about the loads of this one.
func (r *Reconciler) remember(s *situation, memory *memory, results []result) {
	now := r.Wall.Now()
	for _, each := range results {
		if each.done() {
			memory.succeeded(each.load, now)
			continue
		}
		memory.failedLoad(each.load, s.entry(each.load.clock).ConsecutiveFailures+1, now)
	}
}
