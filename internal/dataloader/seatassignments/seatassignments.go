// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package seatassignments counts assignees by the SeatAssignments of the product's namespace
// (docs/sources/seatassignments.md; billing.md#10-seats). They are listed without the cache, page by
// page.
package seatassignments

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/listing"
)

// Provider counts SeatAssignments. Live must have list on them.
type Provider struct{ Live client.Reader }

var _ dataloader.Provider = Provider{}

// Name implements dataloader.Provider.
func (Provider) Name() string { return "seatAssignments" }

// Handles implements dataloader.Provider.
func (Provider) Handles(spec *v1alpha1.DataLoader) bool { return spec.SeatAssignments != nil }

// Open implements dataloader.Provider.
func (p Provider) Open(_ context.Context, scope dataloader.Scope, _ *v1alpha1.DataLoader) (dataloader.Source, error) {
	return source{live: p.Live, namespace: scope.Namespace}, nil
}

type source struct {
	live      client.Reader
	namespace string
}

// seat is what an assignee can have one of: an item, identified by its key, which two assignments
// may name.
type seat struct{ key, holder string }

// Load implements dataloader.Source. It returns one row for each item with assignments, by key, with the
// number of different assignees. Those who wait for a seat count too, so that a seat is bought for them.
func (s source) Load(ctx context.Context, _ dataloader.Request) (dataloader.Answer, error) {
	empty := func() *v1alpha1.SeatAssignmentList { return &v1alpha1.SeatAssignmentList{} }
	held := map[seat]struct{}{}
	take := func(page *v1alpha1.SeatAssignmentList) {
		for n := range page.Items {
			// One that is being deleted frees its seat.
			if each := &page.Items[n]; each.DeletionTimestamp.IsZero() {
				key := dataloader.ItemKey(each.Spec.SubscriptionRef.Name, string(each.Spec.Item))
				held[seat{key, each.Spec.Holder.ID}] = struct{}{}
			}
		}
	}
	queries, err := listing.Pages(ctx, s.live, empty, take, client.InNamespace(s.namespace))
	if err != nil {
		return dataloader.Answer{}, failure(err)
	}
	counts := map[string]int64{}
	for each := range held {
		counts[each.key]++
	}
	return dataloader.Answer{Queries: queries, Rows: listing.Rows(counts)}, nil
}

func failure(err error) error {
	switch {
	case errors.Is(err, listing.ErrTooMany):
		return dataloader.Failf(dataloader.ReasonSourceError,
			"there are more than %d SeatAssignments in this namespace: move some customers to another namespace", listing.MaxObjects)
	case apierrors.IsForbidden(err):
		return dataloader.Failf(dataloader.ReasonSourceError, "the operator is not permitted to list SeatAssignments in this namespace")
	case apierrors.IsResourceExpired(err):
		return dataloader.Failf(dataloader.ReasonSourceError, "listing SeatAssignments took so long that the list expired: the operator tries again later")
	case errors.Is(err, context.DeadlineExceeded), apierrors.IsTimeout(err), apierrors.IsServerTimeout(err):
		return dataloader.Failf(dataloader.ReasonSourceError, "listing SeatAssignments took longer than %s", listing.Timeout)
	}
	return dataloader.Failf(dataloader.ReasonSourceUnreachable, "SeatAssignments could not be listed from the API server")
}
