// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package testclock

import (
	"context"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/namespaces"
	"github.com/seatplane/seatplane/internal/wake"
)

// settle is how long a clock waits for what else happens to its subscriptions. A clock that is moved has thousands of
// them change within seconds, and each pass looks at all of them.
const settle = 200 * time.Millisecond

// SetupWithManager starts the reconciler with the manager. A status that the newest pass wrote does not wake it. One
// that an earlier pass wrote does: a pass between such a write and its arrival in the cache takes the status before it
// for what the clock says, and may find nothing to do that is to be done.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("testclock").
		WithOptions(options).
		For(&v1alpha1.TestClock{}, builder.WithPredicates(
			predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool { return !r.own.Shows(e.ObjectNew) }})).
		Watches(&v1alpha1.Subscription{}, wake.Late(settle, r.requestsForSubscription)).
		Watches(&v1alpha1.SubscriptionUpdate{}, wake.Late(settle, r.requestsForUpdate)).
		Watches(&v1alpha1.Invoice{}, wake.Late(settle, r.requestsForInvoice)).
		Watches(&v1alpha1.SeatProduct{}, wake.Late(settle, r.requestsForProduct)).
		Complete(namespaces.Gate(mgr.GetCache(), r))
}

// requestsForSubscription enqueues the clock that a subscription uses.
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

// requestsForNamed enqueues the clock of a subscription that another object names.
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

// requestsForProduct enqueues every clock in a product's namespace. Finding out which of them the
// product is counted for would need many objects, and clocks are few.
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
