// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package seatassignments counts the holders of seats by the SeatAssignments of the product's namespace
// (docs/sources/seatassignments.md; billing.md#10-seats). They are listed live, page by page.
package seatassignments

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

const (
	// pageSize is how many SeatAssignments one request lists. Whoever can create them can give each 256 KiB of
	// annotations, so that this bounds what a page takes in memory.
	pageSize = 200
	// maxObjects bounds the SeatAssignments that one refresh lists.
	maxObjects = 1_000_000
	// timeout bounds all requests of a refresh together.
	timeout = 60 * time.Second
)

// Provider counts SeatAssignments. Live needs list on them.
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

// seat is what a holder holds one of: an item, by its key, which two assignments may name.
type seat struct{ key, holder string }

// Load implements dataloader.Source: one row for each item that anybody is assigned to, by key, with the
// number of different holders. Those who wait for a seat count too, so that it is bought for them.
func (s source) Load(ctx context.Context, _ dataloader.Request) (dataloader.Answer, error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	held := map[seat]struct{}{}
	var objects, queries int
	list := &v1alpha1.SeatAssignmentList{}
	for more := true; more; more = list.Continue != "" {
		page := list.Continue
		list = &v1alpha1.SeatAssignmentList{}
		if err := s.live.List(limited, list, client.InNamespace(s.namespace), client.Limit(pageSize), client.Continue(page)); err != nil {
			return dataloader.Answer{}, failure(err)
		}
		queries++
		if objects += len(list.Items); objects > maxObjects {
			return dataloader.Answer{}, dataloader.Failf(dataloader.ReasonSourceError,
				"there are more than %d SeatAssignments in this namespace: move some customers to another namespace", maxObjects)
		}
		for n := range list.Items {
			// One that is being deleted frees its seat.
			if each := &list.Items[n]; each.DeletionTimestamp.IsZero() {
				key := dataloader.ItemKey(each.Spec.SubscriptionRef.Name, string(each.Spec.Item))
				held[seat{key, each.Spec.Holder.ID}] = struct{}{}
			}
		}
	}
	return dataloader.Answer{Queries: queries, Rows: count(held)}, nil
}

func count(held map[seat]struct{}) []dataloader.Row {
	counts := map[string]int64{}
	for each := range held {
		counts[each.key]++
	}
	rows := make([]dataloader.Row, 0, len(counts))
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		rows = append(rows, dataloader.Row{Key: key, Count: strconv.FormatInt(counts[key], 10)})
	}
	return rows
}

func failure(err error) error {
	switch {
	case apierrors.IsForbidden(err):
		return dataloader.Failf(dataloader.ReasonSourceError, "the operator is not permitted to list SeatAssignments in this namespace")
	case apierrors.IsResourceExpired(err):
		return dataloader.Failf(dataloader.ReasonSourceError, "listing SeatAssignments took so long that the list expired: the operator tries again later")
	case errors.Is(err, context.DeadlineExceeded), apierrors.IsTimeout(err), apierrors.IsServerTimeout(err):
		return dataloader.Failf(dataloader.ReasonSourceError, "listing SeatAssignments took longer than %s", timeout)
	}
	return dataloader.Failf(dataloader.ReasonSourceUnreachable, "SeatAssignments could not be listed from the API server")
}
