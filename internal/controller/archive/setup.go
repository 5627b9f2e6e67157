// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"context"
	"time"

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
	"github.com/seatplane/seatplane/internal/namespaces"
	"github.com/seatplane/seatplane/internal/wake"
)

const (
	// collect is how long an archive waits for further records, so that records that are finished at about the same
	// time are stored together.
	collect = 5 * time.Second
	// atOnce bounds the archives that are worked on at once, each with at most one loader process.
	atOnce = 2
)

// SetupWithManager registers the reconciler with the manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	options.MaxConcurrentReconciles = atOnce
	none := func(event.DeleteEvent) bool { return false }
	return ctrl.NewControllerManagedBy(mgr).
		Named("archive").
		WithOptions(options).
		For(&v1alpha1.Archive{}, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&v1alpha1.Subscription{}, wake.Late(collect, r.ofNamespace), builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.LabelChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&v1alpha1.SubscriptionUpdate{}, wake.Late(collect, r.ofNamespace), builder.WithPredicates(
			predicate.Funcs{CreateFunc: updateCame, UpdateFunc: updateFinished, DeleteFunc: none})).
		Watches(&v1alpha1.Invoice{}, wake.Late(collect, r.ofNamespace), builder.WithPredicates(predicate.Funcs{DeleteFunc: none})).
		WatchesRawSource(source.Channel(r.Books.Wakes(), handler.EnqueueRequestsFromMapFunc(itself))).
		Complete(namespaces.Gate(mgr.GetCache(), r))
}

// ofNamespace wakes the archives of an object's namespace.
func (r *Reconciler) ofNamespace(ctx context.Context, object client.Object) []reconcile.Request {
	var list v1alpha1.ArchiveList
	if err := r.Client.List(ctx, &list, client.InNamespace(object.GetNamespace()), readOnly); err != nil {
		log.FromContext(ctx).Error(err, "could not find the Archives of a namespace")
		return nil
	}
	var requests []reconcile.Request
	for i := range list.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
	}
	return requests
}

func itself(_ context.Context, object client.Object) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}}}
}

// updateCame reports whether an update is finished and was not known before.
func updateCame(e event.CreateEvent) bool {
	return facts.Finished(e.Object.(*v1alpha1.SubscriptionUpdate).Status.State)
}

// updateFinished reports whether an update was decided.
func updateFinished(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*v1alpha1.SubscriptionUpdate), e.ObjectNew.(*v1alpha1.SubscriptionUpdate)
	return !facts.Finished(before.Status.State) && facts.Finished(after.Status.State)
}
