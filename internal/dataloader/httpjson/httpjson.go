// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package httpjson counts seats with a request that answers JSON (api.md, SeatProduct). Expressions of CEL
// say where in the answer the rows are, and what of a row is its key and its count.
package httpjson

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
)

const (
	// maxBatch bounds the keys that one request sends.
	maxBatch = 10_000
	// maxRows bounds the rows that one refresh reads.
	maxRows = 1_000_000
	// defaultTimeout bounds one request, where the spec does not say it.
	defaultTimeout = 10 * time.Second
)

// Provider opens HTTP sources. It keeps the compiled expressions of each product until it is forgotten.
type Provider struct {
	live     client.Reader
	policy   egress.Policy
	compiled programs
}

var (
	_ dataloader.Provider = (*Provider)(nil)
	_ dataloader.Keeper   = (*Provider)(nil)
)

// New returns a provider that keeps to the policy and reads Secrets through live; it needs get on
// Secrets and nothing else.
func New(live client.Reader, policy egress.Policy) *Provider {
	return &Provider{live: live, policy: policy, compiled: newPrograms()}
}

// Name implements dataloader.Provider.
func (*Provider) Name() string { return "http" }

// Handles implements dataloader.Provider.
func (*Provider) Handles(spec *v1alpha1.DataLoader) bool { return spec.HTTP != nil }

// Forget implements dataloader.Keeper.
func (p *Provider) Forget(scope dataloader.Scope) { p.compiled.forget(scope) }

// Close implements dataloader.Keeper. No connection outlives a refresh.
func (p *Provider) Close() error { return nil }

// Open implements dataloader.Provider.
func (p *Provider) Open(ctx context.Context, scope dataloader.Scope, spec *v1alpha1.DataLoader) (dataloader.Source, error) {
	mapping, err := p.compiled.get(scope, textsOf(spec.HTTP))
	if err != nil {
		return nil, err
	}
	endpoint, err := p.policy.Open(ctx, p.live, scope.Namespace, egress.Address{
		URL: spec.HTTP.URL, Token: spec.HTTP.BearerTokenSecretRef, CA: spec.HTTP.CASecretRef, Timeout: timeout(spec.HTTP),
	})
	if err != nil {
		return nil, err
	}
	return &source{endpoint: endpoint, mapping: mapping, method: spec.HTTP.Method}, nil
}

func timeout(spec *v1alpha1.HTTPSource) time.Duration {
	if spec.TimeoutSeconds == nil {
		return defaultTimeout
	}
	return time.Duration(*spec.TimeoutSeconds) * time.Second
}

type source struct {
	endpoint *egress.Endpoint
	mapping  *mapping
	method   v1alpha1.HTTPMethod
}

// Load implements dataloader.Source: one request that answers for everyone, or one for each batch of keys.
func (s *source) Load(ctx context.Context, request dataloader.Request) (dataloader.Answer, error) {
	defer s.endpoint.Close()
	questions, err := s.questions(request.Keys)
	if err != nil {
		return dataloader.Answer{}, err
	}
	var answer dataloader.Answer
	for _, question := range questions {
		rows, err := s.ask(ctx, question)
		if err != nil {
			return dataloader.Answer{}, err
		}
		answer.Queries++
		if answer.Rows = append(answer.Rows, rows...); len(answer.Rows) > maxRows {
			return dataloader.Answer{}, tooManyRows()
		}
	}
	dataloader.ScrubCounts(answer.Rows, s.endpoint.Scrub)
	return answer, nil
}

func tooManyRows() error {
	return dataloader.Failf(dataloader.ReasonSourceError,
		"the answer has more than %d rows: have the server count, and answer one entry a key", maxRows)
}

// questions returns the requests that a refresh takes.
func (s *source) questions(keys []string) ([]egress.Question, error) {
	if s.method != v1alpha1.MethodPost {
		return []egress.Question{{Method: http.MethodGet, URL: s.endpoint.URL}}, nil
	}
	var all []egress.Question
	for batch := range slices.Chunk(keys, maxBatch) {
		body, err := json.Marshal(struct {
			Keys []string `json:"keys"`
		}{batch})
		if err != nil {
			return nil, err
		}
		all = append(all, egress.Question{
			Method: http.MethodPost, URL: s.endpoint.URL, ContentType: "application/json", Body: body,
		})
	}
	return all, nil
}

// nextPage finds the header by which a server says that its answer is one page of several (RFC 8288).
var nextPage = regexp.MustCompile(`(?i);\s*rel\s*=\s*("[^"]*\bnext\b[^"]*"|next\b)`)

func (s *source) ask(ctx context.Context, question egress.Question) ([]dataloader.Row, error) {
	reply, err := s.endpoint.Ask(ctx, question)
	if err != nil {
		return nil, err
	}
	if refused := s.endpoint.Refused(reply.Status); refused != nil {
		return nil, refused
	}
	if slices.ContainsFunc(reply.Header.Values("Link"), nextPage.MatchString) {
		return nil, dataloader.Failf(dataloader.ReasonSourceError,
			"the answer is one page of several, which would read as \"the others hold nothing\": have the server answer with all")
	}
	response, err := decode(reply.Body)
	if err != nil {
		return nil, err
	}
	return s.mapping.rows(ctx, response, s.endpoint.Scrub)
}
