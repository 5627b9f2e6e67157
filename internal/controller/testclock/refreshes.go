// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package testclock

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/index"
)

// unrefreshed returns the products whose loader has not run although it is due on this clock.
func unrefreshed(f facts) []string {
	var names []string
	for i := range f.products {
		if refreshDue(&f.products[i], f) {
			names = append(names, f.products[i].Name)
		}
	}
	return names
}

// refreshDue says whether a refresh of a product is due on the clock. An attempt counts, whatever came
// of it: a source that is down must not stop the clock. Nor does what waits for a person.
func refreshDue(product *v1alpha1.SeatProduct, f facts) bool {
	items := counted(product, f.subscriptions)
	if len(items) == 0 {
		return false
	}
	if product.Status.ObservedGeneration != product.Generation {
		return true
	}
	if meta.IsStatusConditionTrue(product.Status.Conditions, v1alpha1.ConditionStalled) {
		return false
	}
	refresh := refreshOn(product, f.clock)
	if passed(refresh.NextRefreshTime, f.now) && !refresh.LastAttemptTime.Equal(at(f.now)) {
		return true
	}
	return firstCountDue(product, refresh, items, f.updates)
}

// item is an item of a subscription on the clock.
type item struct {
	subscription *v1alpha1.Subscription
	name         string
}

// counted returns the items that the loader of a product counts: licensed ones whose quantity nobody
// declares, of subscriptions that have not ended. One whose key belongs to another item is not counted.
func counted(product *v1alpha1.SeatProduct, subscriptions []v1alpha1.Subscription) []item {
	if product.Spec.DataLoader == nil {
		return nil
	}
	var items []item
	for i := range subscriptions {
		s := &subscriptions[i]
		ended := s.Status.State == v1alpha1.SubscriptionCanceled || !s.DeletionTimestamp.IsZero()
		if ended || loadReason(s, product.Name) == v1alpha1.ReasonDuplicateKey {
			continue
		}
		for _, declared := range s.Spec.Items {
			if declared.ProductRef.Name == product.Name && declared.Quantity == nil && licensed(product, declared.Plan) {
				items = append(items, item{s, declared.Name})
			}
		}
	}
	return items
}

func licensed(product *v1alpha1.SeatProduct, name string) bool {
	return slices.ContainsFunc(product.Spec.Plans, func(plan v1alpha1.Plan) bool {
		return plan.Name == name && plan.Usage != v1alpha1.UsageMetered
	})
}

// loadReason says why a product's loader has no count for a subscription, if it said so.
func loadReason(subscription *v1alpha1.Subscription, product string) string {
	for _, load := range subscription.Status.Loads {
		if load.Product == product {
			return load.Reason
		}
	}
	return ""
}

// refreshOn returns what the status of a product says about its refreshes on a clock.
func refreshOn(product *v1alpha1.SeatProduct, clock string) v1alpha1.RefreshStatus {
	for _, refresh := range product.Status.Refreshes {
		if refresh.Clock == clock {
			return refresh
		}
	}
	return v1alpha1.RefreshStatus{Clock: clock}
}

// firstCountDue says whether an item without a count is about to get one: none is on its way, and none
// was tried in vain.
func firstCountDue(product *v1alpha1.SeatProduct, refresh v1alpha1.RefreshStatus, items []item, updates []v1alpha1.SubscriptionUpdate) bool {
	suspended := product.Spec.Refresh != nil && product.Spec.Refresh.Suspend
	failing := refresh.ConsecutiveFailures > 0 ||
		meta.IsStatusConditionFalse(product.Status.Conditions, v1alpha1.ConditionLoaded)
	if suspended || failing {
		return false
	}
	return slices.ContainsFunc(items, func(i item) bool {
		return !hasCount(i) && loadReason(i.subscription, product.Name) == "" && !countOnItsWay(i, updates)
	})
}

func hasCount(i item) bool {
	return slices.ContainsFunc(i.subscription.Status.Items, func(held v1alpha1.SubscriptionItemStatus) bool {
		return held.Name == i.name && held.LoadedQuantity != nil
	})
}

// countOnItsWay says whether an open update carries a count for an item.
func countOnItsWay(i item, updates []v1alpha1.SubscriptionUpdate) bool {
	return slices.ContainsFunc(updates, func(update v1alpha1.SubscriptionUpdate) bool {
		cause := update.Spec.Cause
		return cause != nil && cause.Type == v1alpha1.CauseRefresh && cause.Item == i.name &&
			isFor(&update, i.subscription) && update.Spec.SubscriptionRef.Name == i.subscription.Name &&
			!index.Finished(update.Status.State)
	})
}
