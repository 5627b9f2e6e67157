// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package prorationpolicy maintains the status of ProrationPolicies and ClusterProrationPolicies: who
// uses them, when they last changed, and whether two of them claim the same external reference.
package prorationpolicy

import (
	"context"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/status"
)

// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=prorationpolicies;clusterprorationpolicies,verbs=list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=prorationpolicies/status;clusterprorationpolicies/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions;seatproducts,verbs=get;list;watch

// Reconciler keeps the status of one kind of policy. Make one with ForProrationPolicies or
// ForClusterProrationPolicies.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Clock is the time at which a change is seen.
	Clock clock.PassiveClock
	// Partial says that this manager watches only a part of the objects that may use the policies. Subscriptions are not
	// counted then: each of several managers would write another number into the same status, and wake the others.
	Partial bool

	kind kind
}

// ForProrationPolicies returns the reconciler of namespaced policies.
func ForProrationPolicies(c client.Client, wall clock.PassiveClock) *Reconciler {
	return &Reconciler{Client: c, Clock: wall, kind: namespaced}
}

// ForClusterProrationPolicies returns the reconciler of cluster-scoped policies.
func ForClusterProrationPolicies(c client.Client, wall clock.PassiveClock) *Reconciler {
	return &Reconciler{Client: c, Clock: wall, kind: cluster}
}

// Reconcile updates the status of one policy. It writes nothing if nothing has changed.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	p := r.kind.empty()
	if err := r.Client.Get(ctx, req.NamespacedName, p.object); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if facts.IsImporting(p.object) {
		return ctrl.Result{}, nil
	}
	before := p.object.DeepCopyObject().(client.Object)

	others, err := r.rivals(ctx, p)
	if err != nil {
		return ctrl.Result{}, err
	}
	var subscriptions *int64
	if !r.Partial {
		if subscriptions, err = r.countSubscriptions(ctx, p); err != nil {
			return ctrl.Result{}, err
		}
	}
	describe(r.kind.name, p, facts.HolderOf(claimOf(p), others), subscriptions, r.Clock.Now())
	return status.Commit(ctx, r.Client, before, p.object)
}
