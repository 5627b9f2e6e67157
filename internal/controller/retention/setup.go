// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/namespaces"
	"github.com/seatplane/seatplane/internal/wake"
)

// settle is how long a pass waits for what else happens to a subscription's records: a change marks an update, issues
// an invoice and takes both out of the outbox. Nothing is kept for less than seconds.
const settle = 2 * time.Second

// SetupWithManager starts the reconciler with the manager. It remembers by itself what becomes due
// with time. Changes of records and subscriptions arrive as events. A deleted record and an open
// update make nothing due.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	none := func(event.DeleteEvent) bool { return false }
	return ctrl.NewControllerManagedBy(mgr).
		Named("retention").
		WithOptions(options).
		Watches(&v1alpha1.Subscription{}, wake.Late(settle, ofSubscription),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: subscriptionReleases})).
		Watches(&v1alpha1.SubscriptionUpdate{}, wake.Late(settle, ofUpdate),
			builder.WithPredicates(predicate.Funcs{CreateFunc: updateCame, UpdateFunc: updateChanged, DeleteFunc: none})).
		Watches(&v1alpha1.Invoice{}, wake.Late(settle, ofInvoice),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: invoiceChanged, DeleteFunc: none})).
		Complete(namespaces.Gate(mgr.GetCache(), r))
}

// ofSubscription wakes a subscription.
func ofSubscription(_ context.Context, object client.Object) []reconcile.Request {
	return named(object, object.GetName())
}

// ofUpdate wakes the subscription that an update names, whether it exists or not.
func ofUpdate(_ context.Context, object client.Object) []reconcile.Request {
	return named(object, object.(*v1alpha1.SubscriptionUpdate).Spec.SubscriptionRef.Name)
}

// ofInvoice enqueues the subscription that an invoice is for, whether it exists or not.
func ofInvoice(_ context.Context, object client.Object) []reconcile.Request {
	return named(object, object.(*v1alpha1.Invoice).Spec.SubscriptionRef.Name)
}

func named(object client.Object, subscription string) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: subscription}}}
}

// subscriptionReleases reports whether a subscription's spec changed, which declares how long
// records are kept, or whether its outbox names fewer effects than before.
func subscriptionReleases(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*v1alpha1.Subscription), e.ObjectNew.(*v1alpha1.Subscription)
	return before.Generation != after.Generation || facts.IsImporting(before) != facts.IsImporting(after) || !owedBy(after).IsSuperset(owedBy(before))
}

func owedBy(sub *v1alpha1.Subscription) sets.Set[string] {
	names := sets.New[string]()
	for i := range sub.Status.Outbox {
		names.Insert(sub.Status.Outbox[i].Name)
	}
	return names
}

// updateCame reports whether an update is finished and was not known before, as when a manager starts.
func updateCame(e event.CreateEvent) bool {
	return facts.Finished(e.Object.(*v1alpha1.SubscriptionUpdate).Status.State)
}

// updateChanged reports whether an update was decided, or its annotation about deletion was
// changed.
func updateChanged(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*v1alpha1.SubscriptionUpdate), e.ObjectNew.(*v1alpha1.SubscriptionUpdate)
	return !finished(before).Equal(finished(after)) ||
		before.Annotations[v1alpha1.AnnotationPrune] != after.Annotations[v1alpha1.AnnotationPrune]
}

// invoiceChanged reports whether an invoice was archived, or is no longer archived.
func invoiceChanged(e event.UpdateEvent) bool {
	return !archived(e.ObjectOld.(*v1alpha1.Invoice)).Equal(archived(e.ObjectNew.(*v1alpha1.Invoice)))
}
