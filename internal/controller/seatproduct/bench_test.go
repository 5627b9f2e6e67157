// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader/fake"
)

// shelf is a cache and an API server of one product: it answers lists without a copy, as the cache does.
type shelf struct {
	client.Client
	product       *v1alpha1.SeatProduct
	subscriptions []v1alpha1.Subscription
	writes        int
}

func (s *shelf) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	product, ok := object.(*v1alpha1.SeatProduct)
	if !ok {
		return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
	}
	s.product.DeepCopyInto(product)
	return nil
}

func (s *shelf) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	if subscriptions, ok := list.(*v1alpha1.SubscriptionList); ok {
		subscriptions.Items = append([]v1alpha1.Subscription(nil), s.subscriptions...)
	}
	return nil
}

func (s *shelf) Status() client.SubResourceWriter { return shelfStatus{shelf: s} }

type shelfStatus struct {
	client.SubResourceWriter
	shelf *shelf
}

func (s shelfStatus) Update(_ context.Context, object client.Object, _ ...client.SubResourceUpdateOption) error {
	s.shelf.writes++
	object.SetResourceVersion(fmt.Sprint(s.shelf.writes))
	s.shelf.product = object.(*v1alpha1.SeatProduct).DeepCopy()
	return nil
}

// BenchmarkRefresh is a refresh of 100,000 subscriptions of which none changed: the pass that asks and the pass
// that takes the answer, without the source and the API server.
func BenchmarkRefresh(b *testing.B) {
	const many = 100_000
	counts := make(map[string]int64, many)
	all := &shelf{product: makeProduct(hourly)}
	all.product.ResourceVersion = "0"
	for n := range many {
		name := fmt.Sprintf("customer-%06d", n)
		counts[name] = 5
		all.subscriptions = append(all.subscriptions, *makeSubscription(name, n%365, 5))
	}
	source := &fake.Loader{}
	source.Set(counts)
	wall := clocktesting.NewFakePassiveClock(noon)
	loads := fake.NewLoads(source, wall)
	r := &Reconciler{Client: all, Live: all, Clock: wall, Loads: loads, SourceName: source.SourceName}
	refresh := func() {
		wall.SetTime(wall.Now().Add(time.Hour))
		for ended := true; ended; ended = loads.HasResult(scopeOf(all.product)) {
			if _, err := r.Reconcile(b.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(all.product)}); err != nil {
				b.Fatal(err)
			}
		}
	}
	refresh()
	asked, writes := len(source.Requests()), all.writes
	for b.Loop() {
		refresh()
		asked, writes = asked+1, writes+1
	}
	if len(source.Requests()) != asked || all.writes != writes {
		b.Errorf("%d queries and %d writes, want %d and %d", len(source.Requests()), all.writes, asked, writes)
	}
}
