// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"context"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/namespaces"
	"github.com/seatplane/seatplane/internal/wake"
)

// workers is how many pairs are worked on at once. Most of them wait for an answer. A sink has at most 8 of them, and one
// that does not receive anything has one.
const workers = 256

// SetupWithManager starts the reconciler with the manager. A change of a sink's own status does not wake
// it.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("eventsink").
		WithOptions(options).
		For(&v1alpha1.EventSink{}, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		WatchesRawSource(source.Func(func(_ context.Context, queue wake.Queue) error {
			r.Memory.mu.Lock()
			defer r.Memory.mu.Unlock()
			r.Memory.sinkQueue = later(queue)
			return nil
		})).
		Complete(namespaces.Gate(mgr.GetCache(), r))
}

// SetupWithManager starts the deliveries with the manager.
func (r *Deliverer) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	options.MaxConcurrentReconciles = workers
	return ctrl.NewControllerManagedBy(mgr).
		Named("delivery").
		WithOptions(options).
		Watches(&v1alpha1.Subscription{}, handler.EnqueueRequestsFromMapFunc(r.pairsOf),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: eventsChanged(subscriptionOf)})).
		Watches(&v1alpha1.SeatProduct{}, handler.EnqueueRequestsFromMapFunc(r.pairsOfProduct),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: eventsChanged(productOf)})).
		Watches(&appsv1.ControllerRevision{}, handler.EnqueueRequestsFromMapFunc(pairsOfDeparted),
			builder.WithPredicates(predicate.Funcs{DeleteFunc: nothing})).
		Watches(&v1alpha1.EventSink{}, handler.EnqueueRequestsFromMapFunc(r.departedOf),
			builder.WithPredicates(predicate.Funcs{CreateFunc: func(event.CreateEvent) bool { return false }, UpdateFunc: func(event.UpdateEvent) bool { return false }})).
		WatchesRawSource(source.Func(func(_ context.Context, queue wake.Queue) error {
			r.Memory.mu.Lock()
			defer r.Memory.mu.Unlock()
			r.Memory.pairQueue = later(queue)
			return nil
		})).
		Complete(namespaces.Gate(mgr.GetCache(), r))
}

func nothing(event.DeleteEvent) bool { return false }

// later returns a function that asks a queue for a pass.
func later(queue wake.Queue) func(types.NamespacedName, time.Duration) {
	return func(name types.NamespacedName, after time.Duration) {
		queue.AddAfter(reconcile.Request{NamespacedName: name}, after)
	}
}

func subscriptionOf(object client.Object) delivery.Source {
	return delivery.FromSubscription(object.(*v1alpha1.Subscription))
}

func productOf(object client.Object) delivery.Source {
	return delivery.FromProduct(object.(*v1alpha1.SeatProduct))
}

// eventsChanged returns a predicate that reports whether there may be something new to deliver.
func eventsChanged(source func(client.Object) delivery.Source) func(event.UpdateEvent) bool {
	return func(e event.UpdateEvent) bool {
		before, after := source(e.ObjectOld), source(e.ObjectNew)
		return before.Sequence != after.Sequence || e.ObjectOld.GetUID() != e.ObjectNew.GetUID() ||
			e.ObjectOld.GetResourceVersion() == e.ObjectNew.GetResourceVersion() ||
			facts.IsImporting(e.ObjectOld) != facts.IsImporting(e.ObjectNew) ||
			!equality.Semantic.DeepEqual(before.Cursors, after.Cursors)
	}
}

// pairsOf are the pairs of a subscription that may have something to deliver, or something to forget.
func (r *Deliverer) pairsOf(_ context.Context, object client.Object) []reconcile.Request {
	return r.pairsFrom(subscriptionOf(object), ofSubscription)
}

// pairsOfProduct are the pairs of a product that may have something to deliver, or something to forget.
func (r *Deliverer) pairsOfProduct(_ context.Context, object client.Object) []reconcile.Request {
	return r.pairsFrom(productOf(object), ofProduct)
}

func (r *Deliverer) pairsFrom(source delivery.Source, named func(namespace, sink, source string) types.NamespacedName) []reconcile.Request {
	var requests []reconcile.Request
	for _, cursor := range source.Cursors {
		name := named(source.Namespace, cursor.Sink, source.Name)
		if cursor.Sequence < source.Sequence || r.Memory.knows(name) {
			requests = append(requests, reconcile.Request{NamespacedName: name})
		}
	}
	return requests
}

// pairsOfDeparted are the pairs of a deleted subscription that may have something to deliver. An object that the operator
// did not write has none.
func pairsOfDeparted(_ context.Context, object client.Object) []reconcile.Request {
	kept := object.(*appsv1.ControllerRevision)
	sub, err := delivery.Departed(kept)
	if err != nil {
		return nil
	}
	var requests []reconcile.Request
	for _, cursor := range delivery.Behind(delivery.FromSubscription(sub)) {
		requests = append(requests, reconcile.Request{NamespacedName: ofDeparted(kept.Namespace, cursor.Sink, kept.Name)})
	}
	return requests
}

// departedOf are the pairs of a deleted sink with deleted subscriptions, whose events may no longer be needed.
func (r *Deliverer) departedOf(ctx context.Context, object client.Object) []reconcile.Request {
	var list appsv1.ControllerRevisionList
	if err := r.Client.List(ctx, &list, client.InNamespace(object.GetNamespace()),
		client.MatchingLabels{v1alpha1.LabelDeparted: v1alpha1.DepartedTrue}); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "could not find the events of deleted Subscriptions")
		return nil
	}
	var requests []reconcile.Request
	for i := range list.Items {
		requests = append(requests, reconcile.Request{NamespacedName: ofDeparted(object.GetNamespace(), object.GetName(), list.Items[i].Name)})
	}
	return requests
}
