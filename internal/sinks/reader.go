// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package sinks reads the EventSinks for which the reconcilers of subscriptions and products record events.
package sinks

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
)

// Reached says how far sinks have received the events of a subscription or a product, by the UIDs of the sinks.
type Reached interface {
	Of(source types.UID) map[types.UID]v1alpha1.EventCursor
}

// Reader reads EventSinks.
type Reader struct {
	// Client reads from the cache.
	Client client.Reader
	// Live reads from the API server.
	Live client.Reader
}

// Of returns the EventSinks that receive events of a source. They come from the cache, or from the API server if those in
// the cache may be older than the source. A sink that was created a moment ago may miss an event; it begins with the first
// event that is recorded for it.
func (r Reader) Of(ctx context.Context, source delivery.Source) ([]delivery.Sink, error) {
	var list v1alpha1.EventSinkList
	// What is only read is not copied.
	if err := r.Client.List(ctx, &list, client.InNamespace(source.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list EventSinks: %w", err)
	}
	if source.LacksSinks(list.Items) {
		list = v1alpha1.EventSinkList{}
		if err := r.Live.List(ctx, &list, client.InNamespace(source.Namespace)); err != nil {
			return nil, fmt.Errorf("list EventSinks: %w", err)
		}
	}
	return source.SelectedBy(delivery.Used(list.Items)), nil
}
