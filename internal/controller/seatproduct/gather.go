// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/clocks"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

// readOnly avoids copying what is only read, because a product may have 100,000 subscriptions.
// Objects that are read with it must not be modified.
const readOnly = client.UnsafeDisableDeepCopy

// gather reads everything that a pass needs. It writes nothing.
func (r *Reconciler) gather(ctx context.Context, product *v1alpha1.SeatProduct, memory *memory) (*situation, error) {
	s := &situation{product: product}
	s.renew()
	var err error
	if s.subscriptions, err = r.subscriptionsOf(ctx, product); err != nil {
		return nil, err
	}
	s.facts.Connection = connect(s.facts.Product, s.subscriptions)
	items := s.facts.Connection.Items
	s.facts.Tried = memory.attempts.RecentlyTried(items, r.Clock.Now())
	if err := r.readClocks(ctx, s, memory.asked); err != nil {
		return nil, err
	}
	if len(items) > 0 {
		s.facts.Open, err = r.openUpdates(ctx, s, memory)
	}
	return s, err
}

// renew converts the product again, as the situation now has it.
func (s *situation) renew() {
	s.facts.Product = record.LoadingProduct(s.product)
	s.facts.Schedule, s.scheduleError = s.facts.Product.NewSchedule()
}

// connect finds the items that the product's data loader counts.
func connect(product loading.Product, subscriptions []*v1alpha1.Subscription) loading.Connection {
	return loading.Connect(product, loadingSubscriptions(product.Name, subscriptions), len(subscriptions))
}

// loadingSubscriptions reads the subscriptions one after another into the same value.
func loadingSubscriptions(product string, subscriptions []*v1alpha1.Subscription) iter.Seq[*loading.Subscription] {
	return func(yield func(*loading.Subscription) bool) {
		var read loading.Subscription
		for _, subscription := range subscriptions {
			record.ReadLoading(&read, subscription, product)
			if !yield(&read) {
				return
			}
		}
	}
}

// errImporting means that a subscription of the product is being imported. Without it, the product would forget the
// clock of its refreshes, and a key that two subscriptions have would go to the younger one.
var errImporting = errors.New("a Subscription of the product is being imported")

// subscriptionsOf returns the subscriptions with an item of the product, in no order.
func (r *Reconciler) subscriptionsOf(ctx context.Context, product *v1alpha1.SeatProduct) ([]*v1alpha1.Subscription, error) {
	var list v1alpha1.SubscriptionList
	err := r.Client.List(ctx, &list, readOnly, client.InNamespace(product.Namespace), client.MatchingFields{index.FieldProduct: product.Name})
	if err != nil {
		return nil, fmt.Errorf("list Subscriptions of the product: %w", err)
	}
	subscriptions := make([]*v1alpha1.Subscription, len(list.Items))
	for n := range list.Items {
		if subscriptions[n] = &list.Items[n]; facts.IsImporting(subscriptions[n]) {
			return nil, errImporting
		}
	}
	return subscriptions, nil
}

// readClocks reads the time on each clock that the items use. A clock that does not exist is left out, because no item may
// fall back to another clock.
func (r *Reconciler) readClocks(ctx context.Context, s *situation, ended *asked) error {
	s.facts.Clocks = map[string]time.Time{}
	absent := map[string]bool{}
	items := s.facts.Connection.Items
	for n := range items {
		clock := items[n].Clock
		if _, known := s.facts.Clocks[clock]; known || absent[clock] {
			continue
		}
		now, err := r.readClock(ctx, s, clock, ended)
		if _, notFound := errors.AsType[*clocks.NotFoundError](err); notFound {
			absent[clock] = true
			continue
		}
		if err != nil {
			return err
		}
		s.facts.Clocks[clock] = now
	}
	return nil
}

// readClock returns the time on a clock. A TestClock whose load has ended is read from the API server: an answer counts from
// when it was observed, and an older time in the cache would change what is billed. If the API server refuses that, the
// answer cannot be used, and the time in the cache is sufficient to say so.
func (r *Reconciler) readClock(ctx context.Context, s *situation, clock string, ended *asked) (time.Time, error) {
	namespace := s.product.Namespace
	cached := clocks.Reader{Client: r.Client, Wall: r.Clock}
	if ended == nil || ended.load.Clock != clock {
		return cached.Now(ctx, namespace, clock)
	}
	now, err := clocks.Reader{Client: r.Live, Wall: r.Clock}.Now(ctx, namespace, clock)
	if !status.IsRefused(err) {
		return now, err
	}
	s.clockRefused = &clockError{clock, err}
	return cached.Now(ctx, namespace, clock)
}

// openUpdates returns the newest open update that a refresh created for each item: those in the
// cache, corrected by those that this process created and that the cache does not show yet.
func (r *Reconciler) openUpdates(ctx context.Context, s *situation, memory *memory) (map[loading.ItemID]loading.Pending, error) {
	namespace := s.product.Namespace
	var list v1alpha1.SubscriptionUpdateList
	err := r.Client.List(ctx, &list, readOnly, client.InNamespace(namespace), client.MatchingFields{index.FieldOpenRefresh: index.OpenRefresh})
	if err != nil {
		return nil, fmt.Errorf("list open SubscriptionUpdates: %w", err)
	}
	open := map[loading.ItemID]loading.Pending{}
	shown := map[string]bool{}
	for _, each := range r.withoutForged(list.Items, s.subscriptions, s.facts.Clocks) {
		shown[each.Name] = true
		id, update, ok := record.LoadingPending(each)
		if known, exists := open[id]; ok && (!exists || update.NewerThan(known)) {
			open[id] = update
		}
	}
	if err := r.forgetShown(ctx, namespace, memory, shown); err != nil {
		return nil, err
	}
	for id, created := range memory.created {
		if known, exists := open[id]; !exists || created.NewerThan(known) {
			open[id] = created.Pending
		}
	}
	return open, nil
}

// forgetShown drops from the memory what the cache shows, open or finished, and what is so old that
// the cache must show it.
func (r *Reconciler) forgetShown(ctx context.Context, namespace string, memory *memory, shown map[string]bool) error {
	for id, created := range memory.created {
		if shown[created.name] || r.Clock.Since(created.Loaded) > loading.MaxAnswerAge {
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
