// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seatplane/seatplane/internal/admission"
	"github.com/seatplane/seatplane/internal/controller/prorationpolicy"
	"github.com/seatplane/seatplane/internal/controller/retention"
	"github.com/seatplane/seatplane/internal/controller/seatproduct"
	"github.com/seatplane/seatplane/internal/controller/subscription"
	"github.com/seatplane/seatplane/internal/controller/testclock"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/queue"
	"github.com/seatplane/seatplane/internal/index"
)

// Leader election, in the manager's own namespace, and its events.
// +kubebuilder:rbac:groups=coordination.k8s.io,namespace=seatplane-system,resources=leases,verbs=get;create;update
// +kubebuilder:rbac:groups="",namespace=seatplane-system,resources=events,verbs=create;patch

// Metrics over HTTPS: the API server says who asks, and whether they may.
// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create

// recorderName is who Kubernetes events say they come from.
const recorderName = "seatplane"

// reconciler is what every controller of this operator is.
type reconciler interface {
	SetupWithManager(mgr ctrl.Manager, options controller.Options) error
}

// run runs the operator until ctx ends, then lets what is under way come to its end.
func run(ctx context.Context, cluster *rest.Config, o options) (err error) {
	mgr, err := ctrl.NewManager(clusterConfig(cluster), managerOptions(o))
	if err != nil {
		return fmt.Errorf("make the manager: %w", err)
	}
	if err := waitForKinds(ctx, mgr.GetRESTMapper(), discoveryPatience); err != nil {
		return ignoreStop(ctx, err)
	}
	if err := index.Register(ctx, mgr.GetFieldIndexer()); err != nil {
		return fmt.Errorf("register the indexes: %w", err)
	}
	runner := guest.NewProcess(guest.ProcessOptions{Memory: o.loaderMemory})
	loader := newLoader(mgr, o, runner)
	loads := queue.New(loader, queue.Options{Loaders: o.maxLoaders, Log: ctrl.Log.WithName("loads")})
	defer loads.Close()
	refreshes := seatproduct.NewMetrics()
	for _, each := range reconcilers(mgr, loads, refreshes, o, clock.RealClock{}) {
		if err := each.SetupWithManager(mgr, controller.Options{}); err != nil {
			return fmt.Errorf("set up %T: %w", each, err)
		}
	}
	if err := addProbes(mgr, loads); err != nil {
		return err
	}
	policies := &admission.Check{
		Live: mgr.GetAPIReader(), Reviews: mgr.GetClient(), Log: mgr.GetLogger().WithName("admission").Info,
	}
	if err := mgr.Add(policies); err != nil {
		return fmt.Errorf("add the check for admission policies: %w", err)
	}
	subscriptions := subscription.Metrics{Cache: mgr.GetCache(), Clock: clock.RealClock{}}
	forget, err := measure(metrics.Registry, policies, subscriptions, refreshes, loads, runner.Collector())
	if err != nil {
		return err
	}
	defer forget()
	ctrl.Log.Info("starting", "version", builtVersion())
	return mgr.Start(ctx)
}

// ignoreStop drops the error of what was ended by the end of ctx: a manager that is asked to stop has not
// failed.
func ignoreStop(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}

// reconcilers returns the operator's controllers, one a kind.
func reconcilers(mgr ctrl.Manager, loads *queue.Queue, refreshes *seatproduct.Metrics, o options, wall clock.PassiveClock) []reconciler {
	cached, live := mgr.GetClient(), mgr.GetAPIReader()
	recorder := mgr.GetEventRecorder(recorderName)
	return []reconciler{
		&subscription.Reconciler{Client: cached, Live: live, Clock: wall, Recorder: recorder},
		&seatproduct.Reconciler{
			Client: cached, Live: live, Clock: wall, Loads: loads, SourceName: loads.SourceName, Recorder: recorder,
			Metrics: refreshes,
		},
		&testclock.Reconciler{Client: cached, Live: live, Clock: wall},
		prorationpolicy.ForProrationPolicies(cached, wall),
		prorationpolicy.ForClusterProrationPolicies(cached, wall),
		&retention.Reconciler{Client: cached, Live: live, Clock: wall, MinUpdateTTL: o.minUpdateRetention},
	}
}

// measure serves what the collectors find at each scrape of the metrics of a registry, until forget is called.
// Nothing else of the operator registers metrics.
func measure(registry prometheus.Registerer, collectors ...prometheus.Collector) (forget func(), err error) {
	forget = func() {
		for _, each := range collectors {
			registry.Unregister(each)
		}
	}
	for _, each := range collectors {
		if err := registry.Register(each); err != nil {
			forget()
			return nil, fmt.Errorf("register the metrics of %T: %w", each, err)
		}
	}
	return forget, nil
}

// addProbes adds /healthz, which says that the process answers and that loads end, and /readyz, which also
// says that it knows what is in the cluster.
func addProbes(mgr ctrl.Manager, loads *queue.Queue) error {
	if err := mgr.AddHealthzCheck("loads", loads.Check); err != nil {
		return fmt.Errorf("add the health probe: %w", err)
	}
	if err := mgr.AddReadyzCheck("loads", loads.Check); err != nil {
		return fmt.Errorf("add the readiness probe: %w", err)
	}
	if err := mgr.AddReadyzCheck("caches", cachesSynced(mgr.GetCache())); err != nil {
		return fmt.Errorf("add the readiness probe: %w", err)
	}
	return nil
}

// cachesSynced answers at once: a probe that waits is a probe that times out.
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
