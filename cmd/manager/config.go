// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"

	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/seatplane/seatplane/operator"
)

// clusterConfig returns the configuration of the client. The client does not limit its own rate,
// because API Priority and Fairness protects the API server.
func clusterConfig(from *rest.Config) *rest.Config {
	to := rest.CopyConfig(from)
	to.QPS = -1
	to.UserAgent = "seatplane/" + builtVersion()
	return to
}

// managerOptions turns the command line into the manager's options.
func managerOptions(o options) ctrl.Options {
	mgr := operator.ManagerOptions(o.operator)
	mgr.Metrics = metricsOptions(o)
	mgr.HealthProbeBindAddress = o.probeAddress
	mgr.LeaderElection = o.leaderElect
	mgr.LeaderElectionNamespace = o.leaderElectionNamespace
	// The process ends right after the manager, so no step is taken without the lease.
	mgr.LeaderElectionReleaseOnCancel = true
	return mgr
}

func metricsOptions(o options) metricsserver.Options {
	options := metricsserver.Options{
		BindAddress:   o.metricsAddress,
		SecureServing: o.metricsSecure,
		// Some attacks on HTTP/2 exhaust a server, and scraping does not need HTTP/2.
		TLSOpts: []func(*tls.Config){func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }},
	}
	if o.metricsSecure {
		options.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	return options
}
