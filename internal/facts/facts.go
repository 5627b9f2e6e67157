// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package facts says what can be read off one API object, or off an object and another that it names. It reads no
// cluster and no clock. A question that more than one controller asks has its answer here.
package facts

import (
	"slices"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Belongs says whether an update that names a subscription means this very one, and not an earlier one of that name.
func Belongs(update *v1alpha1.SubscriptionUpdate, subscription *v1alpha1.Subscription) bool {
	if uid := update.Spec.SubscriptionRef.UID; uid != "" && uid != subscription.UID {
		return false
	}
	return update.Status.SubscriptionUID == "" || update.Status.SubscriptionUID == subscription.UID
}

// Clock returns the name of the TestClock that a subscription lives by; "" is the wall clock.
func Clock(subscription *v1alpha1.Subscription) string {
	if subscription.Spec.TestClockRef == nil {
		return ""
	}
	return subscription.Spec.TestClockRef.Name
}

// IsByHand says whether a subscription lives by a TestClock, which somebody moves by hand.
func IsByHand(subscription *v1alpha1.Subscription) bool {
	return subscription.Spec.TestClockRef != nil
}

// ProductsOf returns the names of the SeatProducts that a subscription's items are of, declared or in
// force, each once and sorted.
func ProductsOf(subscription *v1alpha1.Subscription) []string {
	var names []string
	for _, item := range subscription.Spec.Items {
		names = append(names, item.ProductRef.Name)
	}
	for _, item := range subscription.Status.Items {
		names = append(names, item.Product)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ProductsOfUpdate returns the names of the SeatProducts that an update's items are to have, each once
// and sorted; none for a change of one quantity.
func ProductsOfUpdate(update *v1alpha1.SubscriptionUpdate) []string {
	if update.Spec.ChangeItems == nil {
		return nil
	}
	var names []string
	for _, item := range update.Spec.ChangeItems.Items {
		names = append(names, item.ProductRef.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Finished says whether an update in this state never changes again; any other is open.
func Finished(state v1alpha1.UpdateState) bool {
	switch state {
	case v1alpha1.UpdateApplied, v1alpha1.UpdatePreviewed, v1alpha1.UpdateRejected, v1alpha1.UpdateSuperseded:
		return true
	default:
		return false
	}
}
