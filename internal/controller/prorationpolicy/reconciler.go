// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package prorationpolicy keeps the status of ProrationPolicies and ClusterProrationPolicies: who uses
// them, when they last changed, and whether two claim one external reference.
package prorationpolicy

import (
	"context"
	"time"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=prorationpolicies;clusterprorationpolicies,verbs=list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=prorationpolicies/status;clusterprorationpolicies/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions;seatproducts,verbs=get;list;watch

// catchUp is how long the cache is given to show what somebody else wrote.
const catchUp = 100 * time.Millisecond

// Reconciler keeps the status of one kind of policy. Make one with ForProrationPolicies or
// ForClusterProrationPolicies.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Clock says when a change was seen.
	Clock clock.PassiveClock

	kind kind
}

// ForProrationPolicies returns the reconciler of the policies that namespaces own.
func ForProrationPolicies(c client.Client, wall clock.PassiveClock) *Reconciler {
	return &Reconciler{Client: c, Clock: wall, kind: namespaced}
}

// ForClusterProrationPolicies returns the reconciler of the policies that the organization owns.
func ForClusterProrationPolicies(c client.Client, wall clock.PassiveClock) *Reconciler {
	return &Reconciler{Client: c, Clock: wall, kind: cluster}
}

// Reconcile brings the status of one policy up to date. A pass that finds nothing new writes nothing.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	p := r.kind.empty()
	if err := r.Client.Get(ctx, req.NamespacedName, p.object); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	before := p.object.DeepCopyObject().(client.Object)

	others, err := r.rivals(ctx, p)
	if err != nil {
		return ctrl.Result{}, err
	}
	subscriptions, err := r.countSubscriptions(ctx, p)
	if err != nil {
		return ctrl.Result{}, err
	}
	describe(r.kind.name, p, holder(claimOf(p), others), subscriptions, r.Clock.Now())
	return r.commit(ctx, before, p.object)
}
