// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/configmap"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/httpjson"
	"github.com/seatplane/seatplane/internal/dataloader/kubernetes"
	"github.com/seatplane/seatplane/internal/dataloader/prometheus"
	"github.com/seatplane/seatplane/internal/dataloader/seatassignments"
	"github.com/seatplane/seatplane/internal/dataloader/sql"
)

// loaderHandlers are what a loader process can do: ask the sources outside the cluster.
var loaderHandlers = guest.Handlers{
	"sql":        sql.Handle,
	"http":       httpjson.Handle,
	"prometheus": prometheus.Handle,
}

// newLoader returns what reads the sources of seat counts. Sources outside the cluster are read by runner;
// those that only read the API server are read here, live.
func newLoader(mgr ctrl.Manager, o options, runner guest.Runner) *dataloader.Registry {
	live := mgr.GetAPIReader()
	return dataloader.NewRegistry(
		sql.New(live, runner, sql.Options{SQLiteDir: o.sqliteDir, Egress: o.loaderEgress}),
		httpjson.New(live, runner, o.loaderEgress),
		prometheus.Provider{Live: live, Runner: runner, Policy: o.loaderEgress, Clock: clock.RealClock{}},
		kubernetes.Provider{Live: live, Mapper: mgr.GetRESTMapper()},
		configmap.Provider{Live: live},
		seatassignments.Provider{Live: live},
	)
}
