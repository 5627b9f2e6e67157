// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package testclock

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
)

// readOnly avoids copying what is only read. Objects that are read with it must not be modified.
const readOnly = client.UnsafeDisableDeepCopy

// gather reads what decides about a clock. It reads in the reverse order of the data flow: products
// before the updates that their refreshes created, and updates before the invoices that their
// commits owe. If an object was settled when it was read, it is still settled when the next one is
// read.
func (r *Reconciler) gather(ctx context.Context, reader client.Reader, clock *v1alpha1.TestClock, subscriptions []v1alpha1.Subscription) (situation, error) {
	f := situation{clock: clock.Name, now: clock.Spec.Now.Time, subscriptions: subscriptions}
	if len(behind(f)) > 0 {
		// What else the clock waits for does not matter yet.
		return f, nil
	}
	var err error
	if f.products, err = products(ctx, reader, clock.Namespace); err != nil {
		return situation{}, err
	}
	if f.updates, err = r.updates(ctx, reader, clock.Namespace, subscriptions); err != nil {
		return situation{}, err
	}
	if f.rivals, err = r.rivals(ctx, clock, subscriptions); err != nil {
		return situation{}, err
	}
	f.invoices, err = r.invoices(ctx, clock.Namespace, subscriptions)
	return f, err
}

// rivals returns the subscriptions on other clocks that may own the key of an item. They are read only if a product
// reported that a key belongs to another item, and only from the cache, because the API server cannot select them. The
// product reports it when the owner of a key changes.
func (r *Reconciler) rivals(ctx context.Context, clock *v1alpha1.TestClock, subscriptions []v1alpha1.Subscription) ([]v1alpha1.Subscription, error) {
	var rivals []v1alpha1.Subscription
	for _, product := range sets.List(contested(subscriptions)) {
		var list v1alpha1.SubscriptionList
		if err := r.Client.List(ctx, &list, client.InNamespace(clock.Namespace),
			client.MatchingFields{index.FieldProduct: product}, readOnly); err != nil {
			return nil, fmt.Errorf("list the Subscriptions of SeatProduct %q: %w", product, err)
		}
		for _, subscription := range list.Items {
			if facts.Clock(&subscription) != clock.Name {
				rivals = append(rivals, subscription)
			}
		}
	}
	return rivals, nil
}

// contested returns the products for which several items have the same key.
func contested(subscriptions []v1alpha1.Subscription) sets.Set[string] {
	products := sets.New[string]()
	for i := range subscriptions {
		for _, load := range subscriptions[i].Status.Loads {
			if load.Reason == v1alpha1.ReasonDuplicateKey {
				products.Insert(load.Product)
			}
		}
	}
	return products
}

// cachedSubscriptions returns the subscriptions on a clock from the cache.
func (r *Reconciler) cachedSubscriptions(ctx context.Context, clock *v1alpha1.TestClock) ([]v1alpha1.Subscription, error) {
	return subscriptionsOn(ctx, r.Client, clock, client.MatchingFields{index.FieldTestClock: clock.Name})
}

// liveSubscriptions returns the subscriptions on a clock from the API server, which cannot select
// them by their clock.
func (r *Reconciler) liveSubscriptions(ctx context.Context, clock *v1alpha1.TestClock) ([]v1alpha1.Subscription, error) {
	return subscriptionsOn(ctx, r.Live, clock)
}

func subscriptionsOn(ctx context.Context, reader client.Reader, clock *v1alpha1.TestClock, opts ...client.ListOption) ([]v1alpha1.Subscription, error) {
	var list v1alpha1.SubscriptionList
	opts = append(opts, client.InNamespace(clock.Namespace), readOnly)
	if err := reader.List(ctx, &list, opts...); err != nil {
		return nil, fmt.Errorf("list Subscriptions: %w", err)
	}
	return slices.DeleteFunc(list.Items, func(s v1alpha1.Subscription) bool { return facts.Clock(&s) != clock.Name }), nil
}

func products(ctx context.Context, reader client.Reader, namespace string) ([]v1alpha1.SeatProduct, error) {
	var list v1alpha1.SeatProductList
	if err := reader.List(ctx, &list, client.InNamespace(namespace), readOnly); err != nil {
		return nil, fmt.Errorf("list SeatProducts: %w", err)
	}
	return list.Items, nil
}

// updates returns the updates of the given subscriptions that are open. The API server cannot select them: it sends
// those that are finished too.
func (r *Reconciler) updates(ctx context.Context, reader client.Reader, namespace string, subscriptions []v1alpha1.Subscription) ([]v1alpha1.SubscriptionUpdate, error) {
	names := sets.New[string]()
	for i := range subscriptions {
		names.Insert(subscriptions[i].Name)
	}
	options := []client.ListOption{client.InNamespace(namespace), readOnly}
	if reader == client.Reader(r.Client) {
		options = append(options, client.MatchingFields{index.FieldOpen: index.AnyOpen})
	}
	var list v1alpha1.SubscriptionUpdateList
	if err := reader.List(ctx, &list, options...); err != nil {
		return nil, fmt.Errorf("list SubscriptionUpdates: %w", err)
	}
	return slices.DeleteFunc(list.Items, func(u v1alpha1.SubscriptionUpdate) bool {
		return facts.Finished(u.Status.State) || !names.Has(u.Spec.SubscriptionRef.Name)
	}), nil
}

// invoices returns, for those invoices that the subscriptions owe and that exist, whom they are for.
// The cache is sufficient here: it may show an invoice late, but it never shows one that was not
// created.
func (r *Reconciler) invoices(ctx context.Context, namespace string, subscriptions []v1alpha1.Subscription) (map[string]types.UID, error) {
	inPlace := map[string]types.UID{}
	for i := range subscriptions {
		for _, effect := range subscriptions[i].Status.Outbox {
			if effect.Type != v1alpha1.EffectCreateInvoice {
				continue
			}
			var invoice v1alpha1.Invoice
			key := client.ObjectKey{Namespace: namespace, Name: effect.Name}
			err := r.Client.Get(ctx, key, &invoice, readOnly)
			if client.IgnoreNotFound(err) != nil {
				return nil, fmt.Errorf("read Invoice %s: %w", key, err)
			}
			inPlace[key.Name] = invoice.Spec.SubscriptionRef.UID
		}
	}
	return inPlace, nil
}
