// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package testclock

import (
	"iter"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
)

// unrefreshed returns the products whose refresh is due on this clock but has not run.
func unrefreshed(f situation) []string {
	var names []string
	open := openCounts(f.updates)
	for i := range f.products {
		if refreshDue(&f.products[i], f, open) {
			names = append(names, f.products[i].Name)
		}
	}
	return names
}

// openCounts returns the newest open update of a refresh for each item.
func openCounts(updates []v1alpha1.SubscriptionUpdate) map[loading.ItemID]loading.Pending {
	open := map[loading.ItemID]loading.Pending{}
	for i := range updates {
		if facts.Finished(updates[i].Status.State) {
			continue
		}
		id, update, ok := record.LoadingPending(&updates[i])
		if known, exists := open[id]; ok && (!exists || update.NewerThan(known)) {
			open[id] = update
		}
	}
	return open
}

// refreshDue reports whether a refresh of a product is due on the clock. A failed attempt counts too,
// because a source that is down must not stop the clock. Nor may anything that waits for a person.
func refreshDue(product *v1alpha1.SeatProduct, f situation, open map[loading.ItemID]loading.Pending) bool {
	due := loading.Facts{
		Product: record.LoadingProduct(product),
		Clocks:  map[string]time.Time{f.clock: f.now},
		Open:    open,
	}
	due.Connection = loading.Connect(due.Product, read(product.Name, f.subscriptions, f.rivals), len(f.subscriptions))
	due.Connection.Items = slices.DeleteFunc(due.Connection.Items, func(i loading.Connected) bool { return i.Clock != f.clock })
	switch entry := due.Product.Entry(f.clock); {
	case len(due.Connection.Items) == 0:
		return false
	case due.Product.Edited:
		return true
	case meta.IsStatusConditionTrue(product.Status.Conditions, v1alpha1.ConditionStalled):
		return false
	case !due.Product.HasSeen(f.clock):
		// The item was moved from another product. Its next tick is not in the status yet.
		return true
	case entry.Owes(f.now):
		return true
	case entry.Failures > 0 || failing(product):
		return false
	}
	return slices.ContainsFunc(due.Connection.Items, func(i loading.Connected) bool { return due.FirstDue(&i) })
}

// read reads subscriptions one after another into the same value.
func read(product string, lists ...[]v1alpha1.Subscription) iter.Seq[*loading.Subscription] {
	return func(yield func(*loading.Subscription) bool) {
		var read loading.Subscription
		for _, subscriptions := range lists {
			for i := range subscriptions {
				record.ReadLoading(&read, &subscriptions[i], product)
				if !yield(&read) {
					return
				}
			}
		}
	}
}

// failing reports whether the product's last load failed as a whole. Single keys that fail are reported
// on their subscriptions.
func failing(product *v1alpha1.SeatProduct) bool {
	loaded := meta.FindStatusCondition(product.Status.Conditions, v1alpha1.ConditionLoaded)
	return loaded != nil && loaded.Status == metav1.ConditionFalse && loaded.Reason != v1alpha1.ReasonBadCounts
}
