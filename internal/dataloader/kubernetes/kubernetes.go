// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package kubernetes counts objects of the product's namespace by one of their labels (docs/sources/kubernetes.md).
// They are listed without the cache, page by page and metadata only, and are never watched.
package kubernetes

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/listing"
)

// Provider counts objects.
type Provider struct {
	// Live lists objects. It needs list on ClusterRoles, and on the kinds that they grant to loaders.
	Live client.Reader
	// Mapper knows the kinds of the cluster.
	Mapper meta.RESTMapper
}

var _ dataloader.Provider = Provider{}

// Name implements dataloader.Provider.
func (Provider) Name() string { return "kubernetes" }

// Handles implements dataloader.Provider.
func (Provider) Handles(spec *v1alpha1.DataLoader) bool { return spec.Kubernetes != nil }

// Open implements dataloader.Provider. It refuses a kind that no ClusterRole grants to data loaders,
// even if the operator itself may read it.
func (p Provider) Open(ctx context.Context, scope dataloader.Scope, spec *v1alpha1.DataLoader) (dataloader.Source, error) {
	version, err := schema.ParseGroupVersion(spec.Kubernetes.APIVersion)
	if err != nil {
		return nil, dataloader.Failf(dataloader.ReasonInvalidExpression, "apiVersion %q is not valid: use one such as apps/v1", spec.Kubernetes.APIVersion)
	}
	selector, err := selectorOf(spec.Kubernetes.LabelSelector)
	if err != nil {
		return nil, err
	}
	mapping, err := p.mapping(version.WithKind(spec.Kubernetes.Kind))
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, listing.Timeout)
	defer cancel()
	if err := p.checkGrant(limited, mapping.Resource); err != nil {
		return nil, err
	}
	return source{
		live: p.Live, namespace: scope.Namespace, kind: mapping.GroupVersionKind, resource: mapping.Resource,
		selector: selector, keyLabel: spec.Kubernetes.KeyLabel,
	}, nil
}

// mapping finds the resource of a kind. Only namespaced kinds are allowed, because cluster-scoped
// objects belong to no namespace.
func (p Provider) mapping(kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	mapping, err := p.Mapper.RESTMapping(kind.GroupKind(), kind.Version)
	switch {
	case meta.IsNoMatchError(err):
		return nil, dataloader.Failf(dataloader.ReasonSourceUnreachable, "the cluster has no kind %s in %s", kind.Kind, kind.GroupVersion())
	case err != nil:
		return nil, dataloader.Failf(dataloader.ReasonSourceUnreachable, "the API server could not be asked whether it has the kind %s in %s", kind.Kind, kind.GroupVersion())
	case mapping.Scope.Name() != meta.RESTScopeNameNamespace:
		return nil, dataloader.Failf(dataloader.ReasonInvalidExpression, "objects of the kind %s do not belong to a namespace: only objects in the product's namespace can be counted", kind.Kind)
	}
	return mapping, nil
}

type source struct {
	live      client.Reader
	namespace string
	kind      schema.GroupVersionKind
	resource  schema.GroupVersionResource
	selector  labels.Selector
	keyLabel  string
}

// Load implements dataloader.Source. It returns one row for each value of the label. Objects without
// the label are not counted.
func (s source) Load(ctx context.Context, _ dataloader.Request) (dataloader.Answer, error) {
	empty := func() *metav1.PartialObjectMetadataList {
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(s.kind.GroupVersion().WithKind(s.kind.Kind + "List"))
		return list
	}
	counts := map[string]int64{}
	count := func(page *metav1.PartialObjectMetadataList) {
		for n := range page.Items {
			if key := page.Items[n].Labels[s.keyLabel]; key != "" {
				counts[key]++
			}
		}
	}
	queries, err := listing.Pages(ctx, s.live, empty, count,
		client.InNamespace(s.namespace), client.MatchingLabelsSelector{Selector: s.selector})
	if err != nil {
		return dataloader.Answer{}, s.failure(err)
	}
	return dataloader.Answer{Queries: queries, Rows: listing.Rows(counts)}, nil
}

func (s source) failure(err error) error {
	switch {
	case errors.Is(err, listing.ErrTooMany):
		return dataloader.Failf(dataloader.ReasonSourceError,
			"there are more than %d objects of the kind %s: select fewer with labelSelector", listing.MaxObjects, s.kind.Kind)
	case apierrors.IsForbidden(err):
		return dataloader.Failf(dataloader.ReasonSourceError,
			"a ClusterRole lets data loaders list %s, but the operator cannot list them in this namespace: bind the ClusterRole seatplane-loader to its service account",
			s.resource.Resource)
	case apierrors.IsNotFound(err), apierrors.IsMethodNotSupported(err), meta.IsNoMatchError(err):
		return dataloader.Failf(dataloader.ReasonSourceUnreachable, "objects of the kind %s cannot be listed: the cluster does not have this kind", s.kind.Kind)
	case apierrors.IsResourceExpired(err):
		return dataloader.Failf(dataloader.ReasonSourceError, "listing objects of the kind %s took so long that the list expired: the operator tries again later", s.kind.Kind)
	case errors.Is(err, context.DeadlineExceeded), apierrors.IsTimeout(err), apierrors.IsServerTimeout(err):
		return dataloader.Failf(dataloader.ReasonSourceError, "listing objects of the kind %s took longer than %s", s.kind.Kind, listing.Timeout)
	default:
		return dataloader.Failf(dataloader.ReasonSourceUnreachable, "objects of the kind %s could not be listed from the API server", s.kind.Kind)
	}
}
