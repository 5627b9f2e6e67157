// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package testclock

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// SetupWithManager starts the reconciler with the manager. Its own status writes wake it too: a pass
// between such a write and its arrival in the cache takes the status before it for what the clock says,
// and may find nothing to do that is to be done.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("testclock").
		WithOptions(options).
		For(&v1alpha1.TestClock{}).
		Watches(&v1alpha1.Subscription{}, handler.EnqueueRequestsFromMapFunc(r.requestsForSubscription)).
		Watches(&v1alpha1.SubscriptionUpdate{}, handler.EnqueueRequestsFromMapFunc(r.requestsForUpdate)).
		Watches(&v1alpha1.Invoice{}, handler.EnqueueRequestsFromMapFunc(r.requestsForInvoice)).
		Watches(&v1alpha1.SeatProduct{}, handler.EnqueueRequestsFromMapFunc(r.requestsForProduct)).
		Complete(r)
}

// requestsForSubscription wakes the clock that a subscription lives by.
func (r *Reconciler) requestsForSubscription(_ context.Context, object client.Object) []reconcile.Request {
	clock := facts.Clock(object.(*v1alpha1.Subscription))
	if clock == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: object.GetNamespace(), Name: clock}}}
}

func (r *Reconciler) requestsForUpdate(ctx context.Context, object client.Object) []reconcile.Request {
	update := object.(*v1alpha1.SubscriptionUpdate)
	return r.requestsForNamed(ctx, update.Namespace, update.Spec.SubscriptionRef.Name)
}

func (r *Reconciler) requestsForInvoice(ctx context.Context, object client.Object) []reconcile.Request {
	invoice := object.(*v1alpha1.Invoice)
	return r.requestsForNamed(ctx, invoice.Namespace, invoice.Spec.SubscriptionRef.Name)
}

// requestsForNamed wakes the clock of a subscription that something else names.
func (r *Reconciler) requestsForNamed(ctx context.Context, namespace, name string) []reconcile.Request {
	var subscription v1alpha1.Subscription
	key := client.ObjectKey{Namespace: namespace, Name: name}
	if err := r.Client.Get(ctx, key, &subscription, readOnly); err != nil {
		if client.IgnoreNotFound(err) != nil {
			log.FromContext(ctx).Error(err, "could not read a Subscription", "subscription", key)
		}
		return nil
	}
	return r.requestsForSubscription(ctx, &subscription)
}

// requestsForProduct wakes every clock of a product's namespace. Which of them the product is counted
// for is read from many objects; clocks are few.
func (r *Reconciler) requestsForProduct(ctx context.Context, object client.Object) []reconcile.Request {
	var clocks v1alpha1.TestClockList
	if err := r.Client.List(ctx, &clocks, client.InNamespace(object.GetNamespace()), readOnly); err != nil {
		log.FromContext(ctx).Error(err, "could not list TestClocks", "namespace", object.GetNamespace())
		return nil
	}
	var requests []reconcile.Request
	for i := range clocks.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&clocks.Items[i])})
	}
	return requests
}
