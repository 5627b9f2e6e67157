// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package facts says what can be read off one API object, or off an object and another that it names. It reads no
// cluster and no clock. A question that more than one controller asks has its answer here.
package facts

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

// Origin says who found the change that an update makes.
func Origin(u *v1alpha1.SubscriptionUpdate) v1alpha1.UpdateOrigin {
	switch {
	case u.Spec.Cause == nil:
		return v1alpha1.OriginUser
	case u.Spec.Cause.Type == v1alpha1.CauseRefresh:
		return v1alpha1.OriginRefresh
	default:
		return v1alpha1.OriginSpec
	}
}

// ItemInForce returns the item in force that has a name, nil for none.
func ItemInForce(subscription *v1alpha1.Subscription, name string) *v1alpha1.SubscriptionItemStatus {
	for n := range subscription.Status.Items {
		if subscription.Status.Items[n].Name == name {
			return &subscription.Status.Items[n]
		}
	}
	return nil
}

// Load returns what the data loader of a product last said about a subscription; an entry without a
// reason when it said nothing.
func Load(s *v1alpha1.Subscription, product string) v1alpha1.LoadStatus {
	for n := range s.Status.Loads {
		if s.Status.Loads[n].Product == product {
			return s.Status.Loads[n]
		}
	}
	return v1alpha1.LoadStatus{Product: product}
}

// RefreshOn returns what a product's status says about its refreshes on a clock, whose name is "" for the wall clock; an
// entry without times when it says nothing.
func RefreshOn(product *v1alpha1.SeatProduct, clock string) v1alpha1.RefreshStatus {
	for _, entry := range product.Status.Refreshes {
		if entry.Clock == clock {
			return entry
		}
	}
	return v1alpha1.RefreshStatus{Clock: clock}
}

// MaxRefreshRequest bounds the value of a request for a refresh, in bytes. It is repeated in statuses and updates.
const MaxRefreshRequest = 1024

// RefreshRequest returns the refresh that an object asks for by its annotation, "" for none.
func RefreshRequest(object metav1.Object) string {
	asked := object.GetAnnotations()[v1alpha1.AnnotationRefreshRequestedAt]
	return strings.ToValidUTF8(asked[:min(len(asked), MaxRefreshRequest)], "")
}

// ScheduledCancel is the date of a cancellation, which from now on was seen.
func ScheduledCancel(s *v1alpha1.Subscription) *metav1.Time {
	if s.Spec.Cancel == nil {
		return nil
	}
	return s.Spec.Cancel.At
}
