// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package httpjson counts seats with a request that returns JSON (docs/sources/http.md). CEL expressions select
// the rows of the answer, the key and the count of a row, and the next page.
//
// The Provider runs in the manager. It reads Secrets and leaves everything else to Handle, which runs in a
// loader process.
package httpjson

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
)

// Kind is the kind of the jobs that Handle carries out.
const Kind = "http"

const (
	// defaultTimeout limits the whole load unless the spec sets another limit.
	defaultTimeout = 10 * time.Second
	// defaultPages is how many pages an answer may have unless the spec sets another number.
	defaultPages = 100
)

// Provider opens HTTP sources. It keeps nothing between refreshes.
type Provider struct {
	live   client.Reader
	runner guest.Runner
	policy egress.Policy
}

var _ dataloader.Provider = (*Provider)(nil)

// New returns a provider that enforces the policy and uses the runner for its loads. It reads Secrets through
// live, and only needs get on Secrets.
func New(live client.Reader, runner guest.Runner, policy egress.Policy) *Provider {
	return &Provider{live: live, runner: runner, policy: policy}
}

// Name implements dataloader.Provider.
func (*Provider) Name() string { return "http" }

// Handles implements dataloader.Provider.
func (*Provider) Handles(spec *v1alpha1.DataLoader) bool { return spec.HTTP != nil }

// Open implements dataloader.Provider. The load itself compiles the expressions, because compiling a
// stranger's text takes time and memory.
func (p *Provider) Open(ctx context.Context, scope dataloader.Scope, spec *v1alpha1.DataLoader) (dataloader.Source, error) {
	http := spec.HTTP
	server, err := p.policy.Resolve(ctx, p.live, scope.Namespace, egress.Address{
		URL: http.URL, Token: http.BearerTokenSecretRef, CA: http.CASecretRef,
	})
	if err != nil {
		return nil, err
	}
	return source{runner: p.runner, timeout: timeout(http), asked: payload{
		Server: server, Post: http.Method == v1alpha1.MethodPost, MaxPages: maxPages(http),
		Rows: http.Rows, RowKey: http.RowKey, RowCount: http.RowCount, Next: http.Next,
	}}, nil
}

func timeout(spec *v1alpha1.HTTPSource) time.Duration {
	if spec.TimeoutSeconds == nil {
		return defaultTimeout
	}
	return time.Duration(*spec.TimeoutSeconds) * time.Second
}

func maxPages(spec *v1alpha1.HTTPSource) int {
	if spec.MaxPages == nil {
		return defaultPages
	}
	return int(*spec.MaxPages)
}

type source struct {
	runner  guest.Runner
	timeout time.Duration
	asked   payload
}

// Load implements dataloader.Source. It sends one request that answers for everyone, or one for each batch of
// keys, and one more for each further page.
func (s source) Load(ctx context.Context, request dataloader.Request) (dataloader.Answer, error) {
	job := guest.Job{
		Kind: Kind, Timeout: s.timeout, Wanted: request.Keys,
		Source: guest.NewPayload(s.asked), Secrets: s.asked.Server.Secrets(),
	}
	if s.asked.Post {
		job.Keys = request.Keys
	}
	return s.runner.Run(ctx, job)
}
