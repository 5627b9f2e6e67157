// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package prometheus counts seats with an instant query of Prometheus, or of what speaks its API (api.md,
// SeatProduct): one sample a key.
package prometheus

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
)

const (
	// maxRows bounds the samples that one refresh reads.
	maxRows = 1_000_000
	// defaultTimeout bounds the query, where the spec does not say it.
	defaultTimeout = 30 * time.Second
)

// Provider opens Prometheus servers. It keeps nothing open between refreshes.
type Provider struct {
	// Live reads Secrets; it needs get on them and nothing else.
	Live client.Reader
	// Policy says which servers may be asked.
	Policy egress.Policy
	// Clock says as of when a query is evaluated.
	Clock clock.PassiveClock
}

var _ dataloader.Provider = Provider{}

// Name implements dataloader.Provider.
func (Provider) Name() string { return "prometheus" }

// Handles implements dataloader.Provider.
func (Provider) Handles(spec *v1alpha1.DataLoader) bool { return spec.Prometheus != nil }

// Open implements dataloader.Provider.
func (p Provider) Open(ctx context.Context, scope dataloader.Scope, spec *v1alpha1.DataLoader) (dataloader.Source, error) {
	limit := timeout(spec.Prometheus)
	endpoint, err := p.Policy.Open(ctx, p.Live, scope.Namespace, egress.Address{
		URL: spec.Prometheus.URL, Token: spec.Prometheus.BearerTokenSecretRef, CA: spec.Prometheus.CASecretRef, Timeout: limit,
	})
	if err != nil {
		return nil, err
	}
	return &source{endpoint: endpoint, clock: p.Clock, query: spec.Prometheus.Query, keyLabel: spec.Prometheus.KeyLabel, timeout: limit}, nil
}

func timeout(spec *v1alpha1.PrometheusSource) time.Duration {
	if spec.TimeoutSeconds == nil {
		return defaultTimeout
	}
	return time.Duration(*spec.TimeoutSeconds) * time.Second
}

type source struct {
	endpoint        *egress.Endpoint
	clock           clock.PassiveClock
	query, keyLabel string
	timeout         time.Duration
}

// Load implements dataloader.Source: one instant query, evaluated as of now. It is sent by POST, which takes
// a query of any length.
func (s *source) Load(ctx context.Context, _ dataloader.Request) (dataloader.Answer, error) {
	defer s.endpoint.Close()
	form := url.Values{
		"query":   {s.query},
		"time":    {s.clock.Now().UTC().Format(time.RFC3339Nano)},
		"timeout": {s.timeout.String()},
	}
	reply, err := s.endpoint.Ask(ctx, egress.Question{
		Method:      http.MethodPost,
		URL:         *s.endpoint.URL.JoinPath("api", "v1", "query"),
		ContentType: "application/x-www-form-urlencoded",
		Body:        []byte(form.Encode()),
	})
	if err != nil {
		return dataloader.Answer{}, err
	}
	rows, err := s.rows(reply)
	if err != nil {
		return dataloader.Answer{}, err
	}
	dataloader.ScrubCounts(rows, s.endpoint.Scrub)
	return dataloader.Answer{Rows: rows, Queries: 1}, nil
}
