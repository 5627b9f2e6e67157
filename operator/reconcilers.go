// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/seatplane/seatplane/internal/admission"
	"github.com/seatplane/seatplane/internal/announce"
	"github.com/seatplane/seatplane/internal/books"
	"github.com/seatplane/seatplane/internal/controller/archive"
	"github.com/seatplane/seatplane/internal/controller/eventsink"
	"github.com/seatplane/seatplane/internal/controller/prorationpolicy"
	"github.com/seatplane/seatplane/internal/controller/retention"
	"github.com/seatplane/seatplane/internal/controller/seatproduct"
	"github.com/seatplane/seatplane/internal/controller/subscription"
	"github.com/seatplane/seatplane/internal/controller/testclock"
	"github.com/seatplane/seatplane/internal/dataloader/queue"
)

// reconciler is what every controller of this operator implements.
type reconciler interface {
	SetupWithManager(mgr ctrl.Manager, options controller.Options) error
}

// shared holds the parts that the reconcilers and the metrics of one operator use.
type shared struct {
	options Options
	mgr     ctrl.Manager
	// client reads from the cache and writes to the API server. live reads from the API server.
	client client.Client
	live   client.Reader
	// wall is the wall clock.
	wall clock.PassiveClock
	// recorder takes Kubernetes events: announcer, or the one of the options.
	recorder  events.EventRecorder
	announcer *announce.Sender
	runner    runner
	loads     *queue.Queue
	refreshes *seatproduct.Metrics
	// sinks decides about EventSinks, and deliveries posts their events.
	sinks      *eventsink.Reconciler
	deliveries *eventsink.Deliverer
	// books is what is known about archives.
	books    *books.Books
	policies *admission.Check
}

// reconcilers returns the operator's controllers, one a kind.
func reconcilers(s *shared) []reconciler {
	sharedPolicies := prorationpolicy.ForClusterProrationPolicies(s.client, s.wall)
	sharedPolicies.Partial = s.options.isPartial()
	return []reconciler{
		&subscription.Reconciler{Client: s.client, Live: s.live, Clock: s.wall, Recorder: s.recorder, Reached: s.deliveries.Memory, Books: s.books},
		&seatproduct.Reconciler{
			Client: s.client, Live: s.live, Clock: s.wall, Loads: s.loads, SourceName: s.loads.SourceName,
			Recorder: s.recorder, Metrics: s.refreshes, Reached: s.deliveries.Memory,
		},
		&testclock.Reconciler{Client: s.client, Live: s.live, Clock: s.wall},
		prorationpolicy.ForProrationPolicies(s.client, s.wall),
		sharedPolicies,
		&retention.Reconciler{
			Client: s.client, Live: s.live, Clock: s.wall, MinUpdateTTL: s.options.MinUpdateRetention, Books: s.books,
		},
		&archive.Reconciler{
			Client: s.client, Live: s.live, Clock: s.wall, Runner: s.runner, Egress: s.options.Loaders.egress(), Books: s.books,
		},
		s.sinks,
		s.deliveries,
	}
}

// collectors returns the operator's metrics. Nothing else in the operator registers any.
func collectors(s *shared) []prometheus.Collector {
	return []prometheus.Collector{
		s.policies,
		subscription.Metrics{Cache: s.mgr.GetCache(), Clock: s.wall},
		s.refreshes,
		s.loads,
		s.runner.Collector(),
		s.announcer.Collector(),
		s.sinks.Metrics,
		archive.Metrics{Cache: s.mgr.GetCache()},
	}
}
