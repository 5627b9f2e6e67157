// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prorationpolicy

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
)

// readOnly avoids copying what is only counted. Objects that are read with it must not be modified.
const readOnly = client.UnsafeDisableDeepCopy

// rivals returns the claims of the other policies that have the same external reference.
func (r *Reconciler) rivals(ctx context.Context, p policy) ([]facts.Claim, error) {
	if p.spec.ExternalRef == "" {
		return nil, nil
	}
	policies, err := r.sharing(ctx, p)
	if err != nil {
		return nil, err
	}
	var claims []facts.Claim
	for _, other := range policies {
		if other.object.GetName() != p.object.GetName() {
			claims = append(claims, claimOf(other))
		}
	}
	return claims, nil
}

// sharing returns the policies, including p, that share p's external reference in the scope in which
// it must be unique: the namespace of p, or the cluster if it has none.
func (r *Reconciler) sharing(ctx context.Context, p policy) ([]policy, error) {
	policies, err := r.kind.list(ctx, r.Client,
		client.InNamespace(p.object.GetNamespace()),
		client.MatchingFields{index.FieldExternalRef: p.spec.ExternalRef},
		readOnly)
	if err != nil {
		return nil, fmt.Errorf("list policies of kind %s: %w", r.kind.name, err)
	}
	return policies, nil
}

func claimOf(p policy) facts.Claim { return facts.ClaimOf(p.object, p.spec) }

// countSubscriptions counts the subscriptions that use a policy: those that name it, and those that
// name none and have an item of a product that does. A subscription's own policy goes before its
// products'.
func (r *Reconciler) countSubscriptions(ctx context.Context, p policy) (*int64, error) {
	namespace := client.InNamespace(p.object.GetNamespace())
	naming := client.MatchingFields{index.FieldProrationPolicy: index.PolicyKey(r.reference(p.object))}

	var direct v1alpha1.SubscriptionList
	if err := r.Client.List(ctx, &direct, namespace, naming, readOnly); err != nil {
		return nil, fmt.Errorf("list Subscriptions of the policy: %w", err)
	}
	users := sets.New[types.NamespacedName]()
	for i := range direct.Items {
		users.Insert(client.ObjectKeyFromObject(&direct.Items[i]))
	}

	var products v1alpha1.SeatProductList
	if err := r.Client.List(ctx, &products, namespace, naming, readOnly); err != nil {
		return nil, fmt.Errorf("list SeatProducts of the policy: %w", err)
	}
	for i := range products.Items {
		if err := r.addUsersOf(ctx, &products.Items[i], users); err != nil {
			return nil, err
		}
	}
	count := int64(users.Len())
	return &count, nil
}

// addUsersOf adds the subscriptions that use the policy of a product.
func (r *Reconciler) addUsersOf(ctx context.Context, product *v1alpha1.SeatProduct, users sets.Set[types.NamespacedName]) error {
	var subscriptions v1alpha1.SubscriptionList
	err := r.Client.List(ctx, &subscriptions, readOnly,
		client.InNamespace(product.Namespace),
		client.MatchingFields{index.FieldProduct: product.Name})
	if err != nil {
		return fmt.Errorf("list Subscriptions of SeatProduct %s: %w", client.ObjectKeyFromObject(product), err)
	}
	for i := range subscriptions.Items {
		if subscriptions.Items[i].Spec.ProrationPolicyRef == nil {
			users.Insert(client.ObjectKeyFromObject(&subscriptions.Items[i]))
		}
	}
	return nil
}

// reference returns the reference that specs use for a policy of this kind.
func (r *Reconciler) reference(object client.Object) v1alpha1.ProrationPolicyReference {
	return v1alpha1.ProrationPolicyReference{Kind: r.kind.name, Name: object.GetName()}
}
