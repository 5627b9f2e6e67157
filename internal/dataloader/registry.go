// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"context"
	"slices"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Scope says on whose behalf a source is read: it may reach nothing outside the product's namespace.
type Scope struct {
	// Namespace of the SeatProduct, and of every Secret and ConfigMap that it names.
	Namespace string
	// Product is the name of the SeatProduct.
	Product string
}

// Provider opens sources of one kind. There is one a package under internal/dataloader.
type Provider interface {
	// Name is the name of the member of spec.dataLoader that it stands for, such as "sql". Metrics
	// carry it as their label source.
	Name() string
	// Handles says whether the spec names a source of this kind.
	Handles(spec *v1alpha1.DataLoader) bool
	// Open makes the source that the spec names ready to be asked once. Secrets are read here, each time, and
	// nothing stays open when the answer is there.
	// An error is a *Failure, free of secrets.
	Open(ctx context.Context, scope Scope, spec *v1alpha1.DataLoader) (Source, error)
}

// Loader asks the source that a spec names. Registry is the real one.
type Loader interface {
	// Load asks the source of the spec once. An error is a *Failure, free of secrets, or the
	// context's own.
	Load(ctx context.Context, scope Scope, spec *v1alpha1.DataLoader, request Request) (Answer, error)
	// SourceName names the kind of source of the spec, for metrics; "none" when there is no such kind.
	SourceName(spec *v1alpha1.DataLoader) string
}

// Registry chooses among the kinds of sources that this operator has.
type Registry struct{ providers []Provider }

var _ Loader = (*Registry)(nil)

// NewRegistry returns a registry of the providers. At most one of them handles any spec.
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

// plain returns what may leave a source: the end of the context (the operator stops, which says
// nothing about the source) or a Failure.
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
