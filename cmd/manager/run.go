// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/healthz"

	"github.com/seatplane/seatplane/operator"
)

// Leader election, in the manager's own namespace, and its events.
// +kubebuilder:rbac:groups=coordination.k8s.io,namespace=seatplane-system,resources=leases,verbs=get;create;update
// +kubebuilder:rbac:groups="",namespace=seatplane-system,resources=events,verbs=create;patch

// Metrics over HTTPS: the API server authenticates and authorizes the caller.
// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create

// run runs the operator until ctx ends, and then lets running work finish.
func run(ctx context.Context, cluster *rest.Config, o options) error {
	mgr, err := ctrl.NewManager(clusterConfig(cluster), managerOptions(o))
	if err != nil {
		return fmt.Errorf("make the manager: %w", err)
	}
	if err := operator.AddToManager(ctx, mgr, o.operator); err != nil {
		return ignoreStop(ctx, err)
	}
	if err := mgr.AddReadyzCheck("caches", cachesSynced(mgr.GetCache())); err != nil {
		return fmt.Errorf("add the readiness probe: %w", err)
	}
	ctrl.Log.Info("starting", "version", builtVersion())
	return mgr.Start(ctx)
}

// ignoreStop drops an error that the end of ctx caused: a manager that is asked to stop has not failed.
func ignoreStop(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}

// cachesSynced answers at once, because a probe that waits would time out.
func cachesSynced(informers cache.Informers) healthz.Checker {
	const patience = 100 * time.Millisecond
	return func(request *http.Request) error {
		ctx, cancel := context.WithTimeout(request.Context(), patience)
		defer cancel()
		if !informers.WaitForCacheSync(ctx) {
			return errors.New("the caches have not synced")
		}
		return nil
	}
}
