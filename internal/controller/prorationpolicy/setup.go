// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prorationpolicy

import (
	"context"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
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

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/namespaces"
	"github.com/seatplane/seatplane/internal/wake"
)

// countDelay is how long a changed count waits for further changes, so that a thousand
// subscriptions that are applied together cause one write and not a thousand.
const countDelay = 5 * time.Second

// SetupWithManager registers the reconciler with the manager. Its own status writes trigger it too,
// because a pass may have read the status from before such a write.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named(strings.ToLower(string(r.kind.name))).
		WithOptions(options).
		For(r.kind.empty().object).
		Watches(r.kind.empty().object, handler.EnqueueRequestsFromMapFunc(r.requestsForRivals),
			builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.Subscription{}, wake.Late(countDelay, r.requestsForSubscription),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: subscriptionUsesOther})).
		Watches(&v1alpha1.SeatProduct{}, wake.Late(countDelay, r.requestsForProduct),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: productUsesOther})).
		Complete(namespaces.Gate(mgr.GetCache(), r))
}

// requestsForRivals enqueues the policies with the same external reference as one that was added,
// changed or removed. For a change it is called with both the old and the new policy.
func (r *Reconciler) requestsForRivals(ctx context.Context, object client.Object) []reconcile.Request {
	p, ok := r.view(object)
	if !ok || p.spec.ExternalRef == "" {
		return nil
	}
	policies, err := r.sharing(ctx, p)
	if err != nil {
		log.FromContext(ctx).Error(err, "could not find the policies with the same externalRef")
		return nil
	}
	var requests []reconcile.Request
	for _, other := range policies {
		if other.object.GetName() != object.GetName() {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(other.object)})
		}
	}
	return requests
}

// view returns an object as a policy.
func (r *Reconciler) view(object client.Object) (policy, bool) {
	switch typed := object.(type) {
	case *v1alpha1.ProrationPolicy:
		return ofNamespace(typed), true
	case *v1alpha1.ClusterProrationPolicy:
		return ofCluster(typed), true
	default:
		return policy{}, false
	}
}

// requestsForSubscription enqueues the policies that a subscription uses: its own, or those of its
// products.
func (r *Reconciler) requestsForSubscription(ctx context.Context, object client.Object) []reconcile.Request {
	subscription := object.(*v1alpha1.Subscription)
	if ref := subscription.Spec.ProrationPolicyRef; ref != nil {
		return r.requestsFor(subscription.Namespace, ref)
	}
	var requests []reconcile.Request
	for _, name := range facts.ProductsOf(subscription) {
		var product v1alpha1.SeatProduct
		key := client.ObjectKey{Namespace: subscription.Namespace, Name: name}
		err := r.Client.Get(ctx, key, &product, readOnly)
		if client.IgnoreNotFound(err) != nil {
			log.FromContext(ctx).Error(err, "could not read a SeatProduct", "seatProduct", key)
			continue
		}
		requests = append(requests, r.requestsFor(product.Namespace, product.Spec.ProrationPolicyRef)...)
	}
	return requests
}

// requestsForProduct enqueues the policy that a product names.
func (r *Reconciler) requestsForProduct(_ context.Context, object client.Object) []reconcile.Request {
	product := object.(*v1alpha1.SeatProduct)
	return r.requestsFor(product.Namespace, product.Spec.ProrationPolicyRef)
}

// requestsFor enqueues the policy that an object of a namespace refers to, if it is of this kind.
func (r *Reconciler) requestsFor(namespace string, ref *v1alpha1.ProrationPolicyReference) []reconcile.Request {
	if ref == nil || ref.Kind != r.kind.name {
		return nil
	}
	if ref.Kind == v1alpha1.KindClusterProrationPolicy {
		namespace = ""
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: namespace, Name: ref.Name}}}
}

// subscriptionUsesOther reports whether an update event of a subscription may change which policies
// it uses. Its billing state changes far more often.
func subscriptionUsesOther(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*v1alpha1.Subscription), e.ObjectNew.(*v1alpha1.Subscription)
	return !equality.Semantic.DeepEqual(before.Spec.ProrationPolicyRef, after.Spec.ProrationPolicyRef) ||
		!slices.Equal(facts.ProductsOf(before), facts.ProductsOf(after))
}

// productUsesOther reports whether an update event of a product changes which policy it names.
func productUsesOther(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*v1alpha1.SeatProduct), e.ObjectNew.(*v1alpha1.SeatProduct)
	return !equality.Semantic.DeepEqual(before.Spec.ProrationPolicyRef, after.Spec.ProrationPolicyRef)
}
