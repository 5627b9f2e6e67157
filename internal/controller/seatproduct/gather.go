// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/clocks"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
)

// readOnly spares copying what is only looked at: a product may have 100,000 subscriptions. Nothing
// that was read with it may be changed.
const readOnly = client.UnsafeDisableDeepCopy

// gather reads what a pass is about. It writes nothing.
func (r *Reconciler) gather(ctx context.Context, product *v1alpha1.SeatProduct, memory *memory) (*situation, error) {
	s := &situation{product: product}
	s.schedule, s.scheduleError = scheduleOf(product)
	var err error
	if s.subscriptions, err = r.subscriptionsOf(ctx, product); err != nil {
		return nil, err
	}
	s.connection = connect(product, s.subscriptions)
	s.firstTried = memory.recentlyTried(s.connection.items, r.Wall.Now())
	if s.clocks, err = r.readClocks(ctx, product.Namespace, s.connection.items); err != nil {
		return nil, err
	}
	if len(s.connection.items) > 0 {
		s.open, err = r.openUpdates(ctx, product.Namespace, memory)
	}
	return s, err
}

// subscriptionsOf returns the subscriptions with an item of the product, the older first.
func (r *Reconciler) subscriptionsOf(ctx context.Context, product *v1alpha1.SeatProduct) ([]*v1alpha1.Subscription, error) {
	var list v1alpha1.SubscriptionList
	err := r.Client.List(ctx, &list, readOnly, client.InNamespace(product.Namespace), client.MatchingFields{index.FieldProduct: product.Name})
	if err != nil {
		return nil, fmt.Errorf("list Subscriptions of the product: %w", err)
	}
	subscriptions := make([]*v1alpha1.Subscription, len(list.Items))
	for n := range list.Items {
		subscriptions[n] = &list.Items[n]
	}
	slices.SortFunc(subscriptions, func(a, b *v1alpha1.Subscription) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return subscriptions, nil
}

// readClocks returns the time on each clock that the items live by. One that does not exist is left
// out: nobody may fall back to another.
func (r *Reconciler) readClocks(ctx context.Context, namespace string, items []item) (map[string]time.Time, error) {
	times := map[string]time.Time{}
	absent := map[string]bool{}
	for _, each := range items {
		if _, known := times[each.clock]; known || absent[each.clock] {
			continue
		}
		now, err := r.now(ctx, namespace, each.clock)
		if _, notFound := errors.AsType[*clocks.NotFoundError](err); notFound {
			absent[each.clock] = true
			continue
		}
		if err != nil {
			return nil, err
		}
		times[each.clock] = now
	}
	return times, nil
}

// now returns the time on a clock, in whole seconds.
func (r *Reconciler) now(ctx context.Context, namespace, clock string) (time.Time, error) {
	var ref *v1alpha1.LocalReference
	if clock != "" {
		ref = &v1alpha1.LocalReference{Name: clock}
	}
	return clocks.Reader{Client: r.Client, Wall: r.Wall}.Now(ctx, namespace, ref)
}

// openUpdates returns the newest open update that a refresh made for each item: as the cache shows
// them, corrected by what this process made and the cache does not show yet.
func (r *Reconciler) openUpdates(ctx context.Context, namespace string, memory *memory) (map[itemID]pending, error) {
	var list v1alpha1.SubscriptionUpdateList
	err := r.Client.List(ctx, &list, readOnly, client.InNamespace(namespace), client.MatchingFields{index.FieldOpenRefresh: index.OpenRefresh})
	if err != nil {
		return nil, fmt.Errorf("list open SubscriptionUpdates: %w", err)
	}
	open := map[itemID]pending{}
	shown := map[string]bool{}
	for n := range list.Items {
		shown[list.Items[n].Name] = true
		id, update, ok := pendingOf(&list.Items[n])
		if known, exists := open[id]; ok && (!exists || update.newerThan(known)) {
			open[id] = update
		}
	}
	if err := r.forgetShown(ctx, namespace, memory, shown); err != nil {
		return nil, err
	}
	for id, created := range memory.created {
		if known, exists := open[id]; !exists || created.newerThan(known) {
			open[id] = created.pending
		}
	}
	return open, nil
}

// pendingOf reads an open update of a refresh. One that came too late after its answer is nobody's
// target.
func pendingOf(update *v1alpha1.SubscriptionUpdate) (itemID, pending, bool) {
	cause, seats := update.Spec.Cause, update.Spec.Seats
	if cause == nil || cause.Type != v1alpha1.CauseRefresh || seats == nil || seats.Count == nil {
		return itemID{}, pending{}, false
	}
	loaded := record.Instant(cause.LoadedTime)
	if !loaded.IsZero() && update.CreationTimestamp.Sub(loaded) > maxAnswerAge {
		return itemID{}, pending{}, false
	}
	return itemID{update.Spec.SubscriptionRef.UID, cause.Item}, pending{
		count:    ptr.Deref(seats.Count, 0),
		observed: record.Instant(cause.ObservedTime),
		loaded:   loaded,
		held:     update.Status.State == v1alpha1.UpdateHeld,
	}, true
}

// forgetShown drops from the memory what the cache shows, open or finished, and what is too old for a
// cache not to show.
func (r *Reconciler) forgetShown(ctx context.Context, namespace string, memory *memory, shown map[string]bool) error {
	for id, created := range memory.created {
		if shown[created.name] || r.Wall.Since(created.loaded) > maxAnswerAge {
			delete(memory.created, id)
			continue
		}
		var update v1alpha1.SubscriptionUpdate
		err := r.Client.Get(ctx, types.NamespacedName{Namespace: namespace, Name: created.name}, &update, readOnly)
		switch {
		case err == nil:
			delete(memory.created, id)
		case !apierrors.IsNotFound(err):
			return fmt.Errorf("read SubscriptionUpdate %s: %w", created.name, err)
		}
	}
	return nil
}
