// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package prometheus counts seats with an instant query of Prometheus, or of a server that offers the same API
// (docs/sources/prometheus.md): one sample per key.
//
// The Provider runs in the manager. It reads Secrets and leaves everything else to Handle, which runs in a
// loader process.
package prometheus

import (
	"context"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
)

// Kind is the kind of the jobs that Handle carries out.
const Kind = "prometheus"

// defaultTimeout limits the whole load unless the spec sets another limit.
const defaultTimeout = 30 * time.Second

// Provider opens Prometheus servers. It keeps nothing between refreshes.
type Provider struct {
	// Live reads Secrets, and only needs get on them.
	Live client.Reader
	// Runner carries out the loads.
	Runner guest.Runner
	// Policy defines which servers may be reached.
	Policy egress.Policy
	// Clock provides the time for which a query is evaluated.
	Clock clock.PassiveClock
}

var _ dataloader.Provider = Provider{}

// Name implements dataloader.Provider.
func (Provider) Name() string { return "prometheus" }

// Handles implements dataloader.Provider.
func (Provider) Handles(spec *v1alpha1.DataLoader) bool { return spec.Prometheus != nil }

// Open implements dataloader.Provider.
func (p Provider) Open(ctx context.Context, scope dataloader.Scope, spec *v1alpha1.DataLoader) (dataloader.Source, error) {
	server, err := p.Policy.Resolve(ctx, p.Live, scope.Namespace, egress.Address{
		URL: spec.Prometheus.URL, Token: spec.Prometheus.BearerTokenSecretRef, CA: spec.Prometheus.CASecretRef,
	})
	if err != nil {
		return nil, err
	}
	return source{runner: p.Runner, clock: p.Clock, timeout: timeout(spec.Prometheus), asked: payload{
		Server: server, Query: spec.Prometheus.Query, KeyLabel: spec.Prometheus.KeyLabel,
	}}, nil
}

func timeout(spec *v1alpha1.PrometheusSource) time.Duration {
	if spec.TimeoutSeconds == nil {
		return defaultTimeout
	}
	return time.Duration(*spec.TimeoutSeconds) * time.Second
}

type source struct {
	runner  guest.Runner
	clock   clock.PassiveClock
	timeout time.Duration
	asked   payload
}

// Load implements dataloader.Source: one instant query, evaluated for the present time.
func (s source) Load(ctx context.Context, request dataloader.Request) (dataloader.Answer, error) {
	asked := s.asked
	asked.Time, asked.Timeout = s.clock.Now().UTC(), s.timeout
	return s.runner.Run(ctx, guest.Job{
		Kind: Kind, Timeout: s.timeout, Wanted: request.Keys,
		Source: guest.NewPayload(asked), Secrets: asked.Server.Secrets(),
	})
}
