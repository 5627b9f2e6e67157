// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/admission"
	"github.com/seatplane/seatplane/internal/books"
	"github.com/seatplane/seatplane/internal/controller/eventsink"
	"github.com/seatplane/seatplane/internal/controller/seatproduct"
	"github.com/seatplane/seatplane/internal/courier"
	"github.com/seatplane/seatplane/internal/dataloader/queue"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/namespaces"
)

// AddToManager adds an operator to a manager that was not started yet. Make the manager with ManagerOptions of the same
// Options. The operator works while the manager leads, and ends with it.
//
// It first waits until the API server serves the kinds of Seatplane, for a minute at most, or until ctx ends. It adds the
// health check "seatplane-loads" to both probes of the manager. A manager takes one operator. After an error, do not
// start the manager.
func AddToManager(ctx context.Context, mgr ctrl.Manager, o Options) error {
	o = o.withDefaults()
	if err := errors.Join(o.check(), fits(mgr, o)); err != nil {
		return fmt.Errorf("options of the operator: %w", err)
	}
	if err := waitForKinds(ctx, mgr.GetRESTMapper(), discoveryPatience); err != nil {
		return err
	}
	if err := index.Register(ctx, mgr.GetFieldIndexer()); err != nil {
		return fmt.Errorf("register the indexes: %w", err)
	}
	s, err := share(mgr, o)
	if err != nil {
		return err
	}
	// All operators of a process have controllers with the same names.
	options := controller.Options{
		MaxConcurrentReconciles: o.MaxConcurrentReconciles, SkipNameValidation: ptr.To(true),
	}
	for _, each := range reconcilers(s) {
		if err := each.SetupWithManager(mgr, options); err != nil {
			return fmt.Errorf("set up %T: %w", each, err)
		}
	}
	if err := addProbes(mgr, s.loads); err != nil {
		return err
	}
	if err := mgr.Add(s.policies); err != nil {
		return fmt.Errorf("add the check for admission policies: %w", err)
	}
	forget, err := measure(o.Metrics, collectors(s)...)
	if err != nil {
		return err
	}
	if err := mgr.Add(ending(func() { s.loads.Close(); forget() })); err != nil {
		forget()
		return fmt.Errorf("add the end of loads: %w", err)
	}
	return nil
}

// fits refuses a manager on which the operator would not work.
func fits(mgr ctrl.Manager, o Options) error {
	scheme := mgr.GetScheme()
	if !scheme.Recognizes(v1alpha1.GroupVersion.WithKind("Subscription")) || !scheme.Recognizes(corev1.SchemeGroupVersion.WithKind("Secret")) {
		return errors.New("the scheme of the manager lacks the kinds of Seatplane or of Kubernetes: make the manager with " +
			"operator.ManagerOptions, or add v1alpha1.AddToScheme and that of client-go to its scheme")
	}
	if _, follows := mgr.GetCache().(*namespaces.Cache); o.NamespaceSelector != nil && !follows {
		return errors.New("the cache of the manager does not follow NamespaceSelector: make the manager with operator.ManagerOptions")
	}
	return nil
}

// share makes the parts that all reconcilers of an operator use.
func share(mgr ctrl.Manager, o Options) (*shared, error) {
	announcer, err := newAnnouncer(mgr, o)
	if err != nil {
		return nil, err
	}
	runner := newRunner(o.Loaders)
	s := &shared{
		options: o, mgr: mgr, client: mgr.GetClient(), live: mgr.GetAPIReader(), wall: clock.RealClock{},
		recorder: announcer, announcer: announcer, runner: runner, books: books.New(clock.RealClock{}),
		loads: queue.New(newLoader(mgr, o.Loaders, runner), queue.Options{
			Loaders: o.Loaders.MaxAtOnce, Log: mgr.GetLogger().WithName("loads"),
		}),
		refreshes: seatproduct.NewMetrics(),
		policies: &admission.Check{
			Live: mgr.GetAPIReader(), Reviews: mgr.GetClient(), Log: mgr.GetLogger().WithName("admission").Info,
		},
	}
	s.sinks, s.deliveries = eventsink.New(s.client, s.live, s.wall, courier.New(courier.Options{Policy: o.Sinks.egress()}))
	if o.Recorder != nil {
		s.recorder = o.Recorder
	}
	return s, nil
}

// addProbes reports on both probes that loads end.
func addProbes(mgr ctrl.Manager, loads *queue.Queue) error {
	const name = "seatplane-loads"
	if err := mgr.AddHealthzCheck(name, loads.Check); err != nil {
		return fmt.Errorf("add the health probe: %w", err)
	}
	if err := mgr.AddReadyzCheck(name, loads.Check); err != nil {
		return fmt.Errorf("add the readiness probe: %w", err)
	}
	return nil
}

// measure registers collectors, which run at each scrape, until forget is called.
func measure(registry prometheus.Registerer, collectors ...prometheus.Collector) (forget func(), err error) {
	if registry == nil {
		registry = metrics.Registry
	}
	var registered []prometheus.Collector
	forget = func() {
		for _, each := range registered {
			registry.Unregister(each)
		}
	}
	for _, each := range collectors {
		if err := registry.Register(each); err != nil {
			forget()
			return nil, fmt.Errorf("register the metrics of %T: a registry takes one operator at a time, so set Options.Metrics "+
				"of each operator of a process: %w", each, err)
		}
		registered = append(registered, each)
	}
	return forget, nil
}

// ending is called when the manager stops, whether it led or not.
type ending func()

var (
	_ manager.Runnable               = ending(nil)
	_ manager.LeaderElectionRunnable = ending(nil)
)

// Start implements manager.Runnable.
func (e ending) Start(ctx context.Context) error {
	<-ctx.Done()
	e()
	return nil
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (ending) NeedLeaderElection() bool { return false }
