// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/namespaces"
)

const (
	// arrivalDelay is how long a changed subscription waits for further ones, so that a thousand
	// that are applied together, or ask for a refresh together, are loaded with one query.
	arrivalDelay = 500 * time.Millisecond
	// totalsDelay is how long a changed quantity waits for further changes, because only totals
	// depend on it.
	totalsDelay = totalsEvery
)

// SetupWithManager registers the reconciler with the manager. The indexes of internal/index must be
// registered. ConfigMaps and Secrets are not watched, because they are read by name at each
// refresh.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("seatproduct").
		WithOptions(options).
		For(&v1alpha1.SeatProduct{}, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&v1alpha1.Subscription{}, subscriptionHandler()).
		Watches(&v1alpha1.TestClock{}, handler.EnqueueRequestsFromMapFunc(r.productsOfClock),
			builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WatchesRawSource(source.Func(r.wakeOnEnd)).
		Complete(namespaces.Gate(mgr.GetCache(), r))
}

// wakeOnEnd makes the end of every load trigger its product. The queue accepts a trigger at once and
// drops none.
func (r *Reconciler) wakeOnEnd(_ context.Context, q workQueue) error {
	r.Loads.OnEnd(func(scope dataloader.Scope) {
		q.Add(reconcile.Request{NamespacedName: types.NamespacedName{Namespace: scope.Namespace, Name: scope.Product}})
	})
	return nil
}

type workQueue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// subscriptionHandler enqueues the products of a subscription that was added, changed or removed. A
// product processes all of its subscriptions, so every trigger waits a little for others.
func subscriptionHandler() handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q workQueue) { wake(q, arrivalDelay, e.Object) },
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q workQueue) { wake(q, arrivalDelay, e.Object) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q workQueue) {
			before, after := e.ObjectOld.(*v1alpha1.Subscription), e.ObjectNew.(*v1alpha1.Subscription)
			switch {
			case concernsLoading(before, after):
				wake(q, arrivalDelay, before, after)
			case concernsTotals(before, after):
				wake(q, totalsDelay, after)
			}
		},
	}
}

// concernsLoading reports whether a change of a subscription may change what is loaded for it: its
// items, its key, a request, or its end.
func concernsLoading(before, after *v1alpha1.Subscription) bool {
	return before.Generation != after.Generation || facts.RefreshRequest(before) != facts.RefreshRequest(after) ||
		facts.IsImporting(before) != facts.IsImporting(after) ||
		before.DeletionTimestamp.IsZero() != after.DeletionTimestamp.IsZero() ||
		(before.Status.State == v1alpha1.SubscriptionCanceled) != (after.Status.State == v1alpha1.SubscriptionCanceled) ||
		!equality.Semantic.DeepEqual(before.Status.Loads, after.Status.Loads) ||
		itemsMove(before, after)
}

// itemsMove reports whether an item of a subscription left a product, was moved to one, or became metered or
// licensed without an edit: at the renewal that an edit waited for, or by an update. An item that takes effect
// as declared does not count.
func itemsMove(before, after *v1alpha1.Subscription) bool {
	for n := range before.Status.Items {
		if facts.ItemInForce(after, before.Status.Items[n].Name) == nil {
			return true
		}
	}
	for n := range after.Status.Items {
		is := &after.Status.Items[n]
		was := facts.ItemInForce(before, is.Name)
		moved := was != nil && (was.Product != is.Product || was.Usage != is.Usage)
		if moved || was == nil && !declares(before, is) {
			return true
		}
	}
	return false
}

// declares reports whether the spec lists an item in force with the same product.
func declares(subscription *v1alpha1.Subscription, item *v1alpha1.SubscriptionItemStatus) bool {
	return slices.ContainsFunc(subscription.Spec.Items, func(i v1alpha1.SubscriptionItem) bool {
		return i.Name == item.Name && i.ProductRef.Name == item.Product
	})
}

// concernsTotals reports whether a change of a subscription changes its quantities.
func concernsTotals(before, after *v1alpha1.Subscription) bool {
	return slices.ContainsFunc(facts.ProductsOf(after), func(product string) bool {
		return seatsOf(before, product) != seatsOf(after, product)
	})
}

func wake(q workQueue, delay time.Duration, objects ...client.Object) {
	for _, object := range objects {
		for _, product := range facts.ProductsOf(object.(*v1alpha1.Subscription)) {
			q.AddAfter(reconcile.Request{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: product}}, delay)
		}
	}
}

// productsOfClock returns the products of the items of all subscriptions on a TestClock.
func (r *Reconciler) productsOfClock(ctx context.Context, clock client.Object) []reconcile.Request {
	var list v1alpha1.SubscriptionList
	err := r.Client.List(ctx, &list, readOnly, client.InNamespace(clock.GetNamespace()), client.MatchingFields{index.FieldTestClock: clock.GetName()})
	if err != nil {
		log.FromContext(ctx).Error(err, "could not list the subscriptions of a TestClock")
		return nil
	}
	names := map[string]struct{}{}
	for n := range list.Items {
		for _, product := range facts.ProductsOf(&list.Items[n]) {
			names[product] = struct{}{}
		}
	}
	requests := make([]reconcile.Request, 0, len(names))
	for _, name := range slices.Sorted(maps.Keys(names)) {
		requests = append(requests, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: clock.GetNamespace(), Name: name}})
	}
	return requests
}
