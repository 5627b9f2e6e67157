// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package namespaces

import (
	"context"
	"errors"

	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Forgetter is a reconciler that remembers things between passes. ForgetNamespace drops what it remembers about a
// namespace that is no longer watched: another manager works there from now on.
type Forgetter interface{ ForgetNamespace(namespace string) }

// Gate returns a reconciler that makes no pass in a namespace that is not watched, and drops a pass that loses its
// namespace while it runs. With any other cache, that is without a selector, it returns the reconciler unchanged.
func Gate(objects cache.Cache, each reconcile.Reconciler) reconcile.Reconciler {
	selected, ok := objects.(*Cache)
	if !ok {
		return each
	}
	if remembers, ok := each.(Forgetter); ok {
		selected.OnLeave(remembers.ForgetNamespace)
	}
	return &gate{selected, each}
}

type gate struct {
	selected *Cache
	next     reconcile.Reconciler
}

// Reconcile implements reconcile.Reconciler. Requests for cluster-scoped objects always pass.
func (g *gate) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	if request.Namespace != "" && !g.selected.Watches(request.Namespace) {
		return reconcile.Result{}, nil
	}
	result, err := g.next.Reconcile(ctx, request)
	var lost *NotWatchedError
	if errors.As(err, &lost) && lost.Namespace == request.Namespace {
		log.FromContext(ctx).V(1).Info("the namespace is no longer watched; its next manager continues this pass")
		return reconcile.Result{}, nil
	}
	return result, err
}
