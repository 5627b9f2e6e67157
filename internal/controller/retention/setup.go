// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// SetupWithManager starts the reconciler with the manager. What time makes due, it
// remembers itself; what a record or a subscription makes due comes as an event.
// That a record was deleted makes nothing due.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	none := func(event.DeleteEvent) bool { return false }
	return ctrl.NewControllerManagedBy(mgr).
		Named("retention").
		WithOptions(options).
		For(&v1alpha1.Subscription{}, builder.WithPredicates(predicate.Funcs{UpdateFunc: subscriptionReleases})).
		Watches(&v1alpha1.SubscriptionUpdate{}, handler.EnqueueRequestsFromMapFunc(ofUpdate),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: updateChanged, DeleteFunc: none})).
		Watches(&v1alpha1.Invoice{}, handler.EnqueueRequestsFromMapFunc(ofInvoice),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: invoiceChanged, DeleteFunc: none})).
		Complete(r)
}

// ofUpdate wakes the subscription that an update names, there or not.
func ofUpdate(_ context.Context, object client.Object) []reconcile.Request {
	return named(object, object.(*v1alpha1.SubscriptionUpdate).Spec.SubscriptionRef.Name)
}

// ofInvoice wakes the subscription that an invoice is for, there or not.
func ofInvoice(_ context.Context, object client.Object) []reconcile.Request {
	return named(object, object.(*v1alpha1.Invoice).Spec.SubscriptionRef.Name)
}

func named(object client.Object, subscription string) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: subscription}}}
}

// subscriptionReleases reports whether a subscription's spec changed, which says how
// long records are kept, or its outbox names less than before.
func subscriptionReleases(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*v1alpha1.Subscription), e.ObjectNew.(*v1alpha1.Subscription)
	return before.Generation != after.Generation || !owedBy(after).IsSuperset(owedBy(before))
}

func owedBy(sub *v1alpha1.Subscription) sets.Set[string] {
	names := sets.New[string]()
	for i := range sub.Status.Outbox {
		names.Insert(sub.Status.Outbox[i].Name)
	}
	return names
}

// updateChanged reports whether an update was decided, or its user's word on
// deleting it is another.
func updateChanged(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*v1alpha1.SubscriptionUpdate), e.ObjectNew.(*v1alpha1.SubscriptionUpdate)
	return !finished(before).Equal(finished(after)) ||
		before.Annotations[v1alpha1.AnnotationPrune] != after.Annotations[v1alpha1.AnnotationPrune]
}

// invoiceChanged reports whether an invoice was archived, or is so no longer.
func invoiceChanged(e event.UpdateEvent) bool {
	return !archived(e.ObjectOld.(*v1alpha1.Invoice)).Equal(archived(e.ObjectNew.(*v1alpha1.Invoice)))
}
