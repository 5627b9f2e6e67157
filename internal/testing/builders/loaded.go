// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package builders

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// StoredProduct returns the SeatProduct "editor" of the namespace "shop" as the API server shows it to a pass that is
// not the first: it has a plan of EUR 10 a month for 1 to 500 seats, which a ConfigMap counts.
func StoredProduct(refresh v1alpha1.Refresh) *v1alpha1.SeatProduct {
	product := MakeSeatProduct("editor", "shop").Plan("monthly", "EUR", "10").Seats(1, 500).
		ConfigMapLoader("counts").Refresh(refresh).Obj()
	product.UID, product.Generation = "product", 1
	product.Status.ObservedGeneration = 1
	return product
}

// StoredSubscription returns a Subscription of the namespace "shop" as the API server shows it so many days after its
// creation. Its one item is counted by the product of StoredProduct, a day ago for the last time, and has that quantity.
// With a negative quantity, the item is not in force yet.
func StoredSubscription(name string, now time.Time, days int, quantity int64) *v1alpha1.Subscription {
	s := MakeSubscription(name, "shop").LoadedItem("editors", "editor", "monthly").Obj()
	s.UID = types.UID("uid-" + name)
	s.CreationTimestamp = metav1.NewTime(now.AddDate(0, 0, -days))
	if quantity >= 0 {
		s.Status.State = v1alpha1.SubscriptionActive
		s.Status.Items = []v1alpha1.SubscriptionItemStatus{{
			Name: "editors", Product: "editor", Plan: "monthly", Quantity: quantity,
			LoadedQuantity: &quantity, ObservedTime: &metav1.Time{Time: now.Add(-24 * time.Hour)},
		}}
	}
	return s
}
