// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
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
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/namespaces"
)

// readOnly avoids copying objects if only their names are used.
const readOnly = client.UnsafeDisableDeepCopy

// SetupWithManager starts the reconciler with the manager. A status that the newest pass wrote does not wake it. A
// status from an earlier pass does: a pass between such a write and its arrival in the cache sees an older status,
// and may miss something that has to be done.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	spec := predicate.GenerationChangedPredicate{}
	b := ctrl.NewControllerManagedBy(mgr).
		Named("subscription").
		WithOptions(options).
		Watches(&v1alpha1.Subscription{}, r.subscriptionEvents()).
		Watches(&v1alpha1.SubscriptionUpdate{}, r.updateEvents(), builder.WithPredicates(spec)).
		Watches(&v1alpha1.SeatAssignment{}, r.assignmentEvents(),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: assignmentChanged})).
		Watches(&v1alpha1.SeatProduct{}, manyEvents(r.ofProduct), builder.WithPredicates(spec)).
		Watches(&v1alpha1.SeatProduct{}, manyEvents(r.waitingForRefresh),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: refreshed})).
		Watches(&v1alpha1.ProrationPolicy{}, manyEvents(r.ofPolicy(v1alpha1.KindProrationPolicy)),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: policyChanged})).
		Watches(&v1alpha1.ClusterProrationPolicy{}, manyEvents(r.ofPolicy(v1alpha1.KindClusterProrationPolicy)),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: policyChanged})).
		Watches(&v1alpha1.TestClock{}, manyEvents(r.ofClock), builder.WithPredicates(spec))
	if r.Books != nil {
		b = b.WatchesRawSource(source.Channel(r.Books.Released(), releasedEvents()))
	}
	return b.Complete(namespaces.Gate(mgr.GetCache(), r))
}

// ofUpdate enqueues the subscription that an update names, whether it exists or not.
func ofUpdate(_ context.Context, object client.Object) []reconcile.Request {
	ref := object.(*v1alpha1.SubscriptionUpdate).Spec.SubscriptionRef
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: ref.Name}}}
}

// ofAssignment wakes the subscription that an assignment names, whether it exists or not.
func ofAssignment(_ context.Context, object client.Object) []reconcile.Request {
	ref := object.(*v1alpha1.SeatAssignment).Spec.SubscriptionRef
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: ref.Name}}}
}

// ofProduct enqueues the subscriptions of a product whose spec changed, and those with an open
// update that names it.
func (r *Reconciler) ofProduct(ctx context.Context, object client.Object) []reconcile.Request {
	requests := r.find(ctx, object.GetNamespace(), index.FieldProduct, object.GetName(), anyone)
	var updates v1alpha1.SubscriptionUpdateList
	if err := r.Client.List(ctx, &updates, client.InNamespace(object.GetNamespace()),
		client.MatchingFields{index.FieldOpenProduct: object.GetName()}, readOnly); err != nil {
		log.FromContext(ctx).Error(err, "could not find the SubscriptionUpdates that name a SeatProduct")
	}
	for i := range updates.Items {
		requests = append(requests, ofUpdate(ctx, &updates.Items[i])...)
	}
	return requests
}

// waitingForRefresh enqueues those subscriptions of a refreshed product that wait for it. A refresh
// that changed nothing must not trigger 100,000.
func (r *Reconciler) waitingForRefresh(ctx context.Context, object client.Object) []reconcile.Request {
	return r.find(ctx, object.GetNamespace(), index.FieldProduct, object.GetName(), func(s *v1alpha1.Subscription) bool {
		return facts.IsByHand(s) || (s.Status.PendingUpdates != nil && *s.Status.PendingUpdates > 0)
	})
}

// ofClock enqueues the subscriptions that use a clock.
func (r *Reconciler) ofClock(ctx context.Context, object client.Object) []reconcile.Request {
	return r.find(ctx, object.GetNamespace(), index.FieldTestClock, object.GetName(), anyone)
}

// ofPolicy enqueues the subscriptions that a policy prices, directly or through their products. It
// includes those with an update that names the policy.
func (r *Reconciler) ofPolicy(kind v1alpha1.PolicyKind) handler.MapFunc {
	return func(ctx context.Context, object client.Object) []reconcile.Request {
		key := index.PolicyKey(v1alpha1.ProrationPolicyReference{Kind: kind, Name: object.GetName()})
		namespace := object.GetNamespace()
		requests := r.find(ctx, namespace, index.FieldProrationPolicy, key, anyone)
		var products v1alpha1.SeatProductList
		if err := r.Client.List(ctx, &products, client.InNamespace(namespace),
			client.MatchingFields{index.FieldProrationPolicy: key}, readOnly); err != nil {
			log.FromContext(ctx).Error(err, "could not find the SeatProducts of a policy")
		}
		for i := range products.Items {
			requests = append(requests, r.ofProduct(ctx, &products.Items[i])...)
		}
		return append(requests, r.updatesNaming(ctx, namespace, key)...)
	}
}

// updatesNaming finds the subscriptions of open updates that name a policy. A
// namespace of "" is every namespace.
func (r *Reconciler) updatesNaming(ctx context.Context, namespace, policy string) []reconcile.Request {
	var updates v1alpha1.SubscriptionUpdateList
	if err := r.Client.List(ctx, &updates, client.InNamespace(namespace),
		client.MatchingFields{index.FieldOpenPolicy: policy}, readOnly); err != nil {
		log.FromContext(ctx).Error(err, "could not find the SubscriptionUpdates that name a policy")
	}
	var requests []reconcile.Request
	for i := range updates.Items {
		requests = append(requests, ofUpdate(ctx, &updates.Items[i])...)
	}
	return requests
}

func anyone(*v1alpha1.Subscription) bool { return true }

// find lists subscriptions by an index and returns requests for those that
// match. A namespace of "" is every namespace.
func (r *Reconciler) find(ctx context.Context, namespace, field, value string, match func(*v1alpha1.Subscription) bool) []reconcile.Request {
	var list v1alpha1.SubscriptionList
	if err := r.Client.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{field: value}, readOnly); err != nil {
		log.FromContext(ctx).Error(err, "could not find the Subscriptions to wake", "field", field)
		return nil
	}
	var requests []reconcile.Request
	for i := range list.Items {
		if match(&list.Items[i]) {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
		}
	}
	return requests
}

// assignmentChanged reports whether an assignment was edited, is being deleted, or shows a
// different result than before.
func assignmentChanged(e event.UpdateEvent) bool {
	assigned := func(object client.Object) bool {
		return meta.IsStatusConditionTrue(object.(*v1alpha1.SeatAssignment).Status.Conditions, v1alpha1.ConditionAssigned)
	}
	return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() || assigned(e.ObjectOld) != assigned(e.ObjectNew)
}

// refreshed reports whether the state of a product's refreshes has changed.
func refreshed(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*v1alpha1.SeatProduct), e.ObjectNew.(*v1alpha1.SeatProduct)
	return !equality.Semantic.DeepEqual(before.Status.Refreshes, after.Status.Refreshes)
}

// policyChanged reports whether a policy's spec or conditions changed. Its count of subscriptions
// changes more often.
func policyChanged(e event.UpdateEvent) bool {
	return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() ||
		!equality.Semantic.DeepEqual(conditionsOf(e.ObjectOld), conditionsOf(e.ObjectNew))
}

func conditionsOf(object client.Object) any {
	switch p := object.(type) {
	case *v1alpha1.ProrationPolicy:
		return p.Status.Conditions
	case *v1alpha1.ClusterProrationPolicy:
		return p.Status.Conditions
	default:
		return nil
	}
}
