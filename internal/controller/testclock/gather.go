// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package testclock

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
)

// readOnly spares copying what is only looked at. Nothing that was read with it may be changed.
const readOnly = client.UnsafeDisableDeepCopy

// gather reads what decides about a clock. It reads in the order against the flow: products before
// the updates that their refreshes made, updates before the invoices that their commits owe. What is
// seen settled was then settled when the next was read.
func (r *Reconciler) gather(ctx context.Context, reader client.Reader, clock *v1alpha1.TestClock, subscriptions []v1alpha1.Subscription) (situation, error) {
	f := situation{clock: clock.Name, now: clock.Spec.Now.Time, subscriptions: subscriptions}
	if len(behind(f)) > 0 {
		// What else there is to wait for does not matter yet.
		return f, nil
	}
	var err error
	if f.products, err = products(ctx, reader, clock.Namespace); err != nil {
		return situation{}, err
	}
	if f.updates, err = updates(ctx, reader, clock.Namespace, subscriptions); err != nil {
		return situation{}, err
	}
	if f.rivals, err = r.rivals(ctx, clock, subscriptions); err != nil {
		return situation{}, err
	}
	f.invoices, err = r.invoices(ctx, clock.Namespace, subscriptions)
	return f, err
}

// rivals returns the subscriptions on other clocks that may own the key of an item. They are read only where a product
// said that a key belongs to another, and from the cache: the API server cannot select them, and the product says so
// when the owner of a key changes.
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

// contested returns the products of which several items have one key.
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

// cachedSubscriptions returns the subscriptions on a clock as the cache has them.
func (r *Reconciler) cachedSubscriptions(ctx context.Context, clock *v1alpha1.TestClock) ([]v1alpha1.Subscription, error) {
	return subscriptionsOn(ctx, r.Client, clock, client.MatchingFields{index.FieldTestClock: clock.Name})
}

// liveSubscriptions returns the subscriptions on a clock as they are. The API server cannot select
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
	var on []v1alpha1.Subscription
	for _, subscription := range list.Items {
		if facts.Clock(&subscription) == clock.Name {
			on = append(on, subscription)
		}
	}
	return on, nil
}

func products(ctx context.Context, reader client.Reader, namespace string) ([]v1alpha1.SeatProduct, error) {
	var list v1alpha1.SeatProductList
	if err := reader.List(ctx, &list, client.InNamespace(namespace), readOnly); err != nil {
		return nil, fmt.Errorf("list SeatProducts: %w", err)
	}
	return list.Items, nil
}

// updates returns the updates of the given subscriptions.
func updates(ctx context.Context, reader client.Reader, namespace string, subscriptions []v1alpha1.Subscription) ([]v1alpha1.SubscriptionUpdate, error) {
	names := sets.New[string]()
	for i := range subscriptions {
		names.Insert(subscriptions[i].Name)
	}
	var list v1alpha1.SubscriptionUpdateList
	if err := reader.List(ctx, &list, client.InNamespace(namespace), readOnly); err != nil {
		return nil, fmt.Errorf("list SubscriptionUpdates: %w", err)
	}
	var of []v1alpha1.SubscriptionUpdate
	for _, update := range list.Items {
		if names.Has(update.Spec.SubscriptionRef.Name) {
			of = append(of, update)
		}
	}
	return of, nil
}

// invoices returns for whom those invoices are that the subscriptions owe and that are in place. The
// cache is proof enough: an invoice that it shows was created, and it can only be late to show one.
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
