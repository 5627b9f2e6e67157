// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"context"
	"slices"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Scope is the product that a source is read for. The source may reach nothing outside the product's
// namespace.
type Scope struct {
	// Namespace of the SeatProduct, and of every Secret and ConfigMap that it names.
	Namespace string
	// Product is the name of the SeatProduct.
	Product string
}

// Provider opens sources of one kind. Each package under internal/dataloader for a kind of source
// has one.
type Provider interface {
	// Name is the name of its member of spec.dataLoader, such as "sql". It is the label source of
	// metrics.
	Name() string
	// Handles reports whether the spec names a source of this kind.
	Handles(spec *v1alpha1.DataLoader) bool
	// Open returns the source that the spec names, ready for one load. It reads Secrets each time, and
	// nothing stays open after the answer. The error is a *Failure without secrets.
	Open(ctx context.Context, scope Scope, spec *v1alpha1.DataLoader) (Source, error)
}

// Loader queries the source that a spec names. Registry is the implementation for production.
type Loader interface {
	// Load queries the source of the spec once. The error is a *Failure without secrets, or the
	// context's own.
	Load(ctx context.Context, scope Scope, spec *v1alpha1.DataLoader, request Request) (Answer, error)
	// SourceName returns the kind of the spec's source, for metrics, or "none".
	SourceName(spec *v1alpha1.DataLoader) string
}

// Registry chooses among the kinds of sources of this operator.
type Registry struct{ providers []Provider }

var _ Loader = (*Registry)(nil)

// NewRegistry returns a registry of the providers. At most one of them may handle any spec.
func NewRegistry(providers ...Provider) *Registry {
	return &Registry{providers: slices.Clone(providers)}
}

// Load implements Loader.
func (r *Registry) Load(ctx context.Context, scope Scope, spec *v1alpha1.DataLoader, request Request) (Answer, error) {
	provider := r.choose(spec)
	if provider == nil {
		return Answer{}, Failf(ReasonSourceError, "this version of the operator has no source of this kind")
	}
	source, err := provider.Open(ctx, scope, spec)
	if err != nil {
		return Answer{}, plain(ctx, err)
	}
	answer, err := source.Load(ctx, request)
	if err != nil {
		return Answer{}, plain(ctx, err)
	}
	return answer, nil
}

// plain returns an error that a source may return: the end of the context (the operator stops,
// which does not concern the source) or a Failure.
func plain(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	return AsFailure(err)
}

// SourceName implements Loader.
func (r *Registry) SourceName(spec *v1alpha1.DataLoader) string {
	if provider := r.choose(spec); provider != nil {
		return provider.Name()
	}
	return "none"
}

func (r *Registry) choose(spec *v1alpha1.DataLoader) Provider {
	if spec == nil {
		return nil
	}
	for _, provider := range r.providers {
		if provider.Handles(spec) {
			return provider
		}
	}
	return nil
}
