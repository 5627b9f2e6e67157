// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package configmap reads counts from a ConfigMap of the product's namespace, whose data maps keys to
// integers (docs/sources/configmap.md). It is read live by name at each refresh and never watched.
package configmap

import (
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// Provider opens ConfigMaps. Live reads them, and only needs get on ConfigMaps.
type Provider struct{ Live client.Reader }

var _ dataloader.Provider = Provider{}

// Name implements dataloader.Provider.
func (Provider) Name() string { return "configMap" }

// Handles implements dataloader.Provider.
func (Provider) Handles(spec *v1alpha1.DataLoader) bool { return spec.ConfigMap != nil }

// Open implements dataloader.Provider.
func (p Provider) Open(_ context.Context, scope dataloader.Scope, spec *v1alpha1.DataLoader) (dataloader.Source, error) {
	return source{live: p.Live, name: types.NamespacedName{Namespace: scope.Namespace, Name: string(spec.ConfigMap.Name)}}, nil
}

type source struct {
	live client.Reader
	name types.NamespacedName
}

// Load implements dataloader.Source: one row for each entry of the ConfigMap, by key.
func (s source) Load(ctx context.Context, _ dataloader.Request) (dataloader.Answer, error) {
	configMap := &corev1.ConfigMap{}
	err := s.live.Get(ctx, s.name, configMap)
	switch {
	case apierrors.IsNotFound(err):
		return dataloader.Answer{}, dataloader.Failf(dataloader.ReasonSourceUnreachable, "ConfigMap %q does not exist", s.name.Name)
	case apierrors.IsForbidden(err):
		return dataloader.Answer{}, dataloader.Failf(dataloader.ReasonSourceError,
			"the operator is not permitted to read ConfigMaps in this namespace, so it cannot read ConfigMap %q", s.name.Name)
	case err != nil:
		return dataloader.Answer{}, dataloader.Failf(dataloader.ReasonSourceUnreachable,
			"ConfigMap %q could not be read from the API server", s.name.Name)
	}
	answer := dataloader.Answer{Queries: 1, Rows: make([]dataloader.Row, 0, len(configMap.Data))}
	for _, key := range slices.Sorted(maps.Keys(configMap.Data)) {
		answer.Rows = append(answer.Rows, dataloader.Row{Key: key, Count: configMap.Data[key]})
	}
	return answer, nil
}
