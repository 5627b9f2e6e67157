// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package facts derives facts from one API object, or from an object and another one that it names. It reads no
// cluster and no clock. If more than one controller asks a question, its answer belongs here.
package facts

import (
	"cmp"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Belongs reports whether an update that names a subscription means this one, and not an earlier or a much later one
// with the same name.
func Belongs(update *v1alpha1.SubscriptionUpdate, subscription *v1alpha1.Subscription) bool {
	named, seen := update.Spec.SubscriptionRef.UID, update.Status.SubscriptionUID
	if named != "" && !HasUID(subscription, named) || seen != "" && seen != Identity(subscription) {
		return false
	}
	return named != "" || seen != "" || MayMean(update, Created(subscription))
}

// MeantUID returns the UID of the subscription that an update means: the one that it names, or else the one that it was
// seen to wait for. It is "" as long as the name alone decides.
func MeantUID(update *v1alpha1.SubscriptionUpdate) types.UID {
	return cmp.Or(update.Spec.SubscriptionRef.UID, update.Status.SubscriptionUID)
}

// MaxAhead is how long an update without a UID may exist before its subscription is created. It is long enough for
// manifests that are applied in any order, and for a subscription whose review takes weeks. After that, a subscription of
// the name is probably another one, and its customer must not be charged for a change that was meant for somebody else.
const MaxAhead = 30 * 24 * time.Hour

// MayMean reports whether an update without a UID may mean a subscription that was created at an instant. Objects that
// were not created by an API server have no such instant.
func MayMean(update *v1alpha1.SubscriptionUpdate, created time.Time) bool {
	ahead := Created(update)
	return ahead.IsZero() || created.IsZero() || created.Sub(ahead) <= MaxAhead
}

// Clock returns the name of the TestClock that a subscription uses, or "" for the wall clock.
func Clock(subscription *v1alpha1.Subscription) string {
	if subscription.Spec.TestClockRef == nil {
		return ""
	}
	return subscription.Spec.TestClockRef.Name
}

// IsByHand reports whether a subscription uses a TestClock, which is moved by hand.
func IsByHand(subscription *v1alpha1.Subscription) bool {
	return subscription.Spec.TestClockRef != nil
}

// ProductsOf returns the names of the SeatProducts of a subscription's items, declared or in force,
// without duplicates and sorted.
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

// ProductsOfUpdate returns the names of the SeatProducts of the items that an update asks for, without
// duplicates and sorted. It returns none for a change of one quantity.
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

// Finished reports whether an update in this state never changes again. Any other update is open.
func Finished(state v1alpha1.UpdateState) bool {
	switch state {
	case v1alpha1.UpdateApplied, v1alpha1.UpdatePreviewed, v1alpha1.UpdateRejected, v1alpha1.UpdateSuperseded:
		return true
	default:
		return false
	}
}

// Origin returns where the change of an update comes from.
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

// ItemInForce returns the item in force with the given name, or nil.
func ItemInForce(subscription *v1alpha1.Subscription, name string) *v1alpha1.SubscriptionItemStatus {
	for n := range subscription.Status.Items {
		if subscription.Status.Items[n].Name == name {
			return &subscription.Status.Items[n]
		}
	}
	return nil
}

// Load returns the last result of a product's data loader for a subscription. The entry has no
// reason if there is none.
func Load(s *v1alpha1.Subscription, product string) v1alpha1.LoadStatus {
	for n := range s.Status.Loads {
		if s.Status.Loads[n].Product == product {
			return s.Status.Loads[n]
		}
	}
	return v1alpha1.LoadStatus{Product: product}
}

// RefreshOn returns the state of a product's refreshes on a clock, whose name is "" for the wall clock. The entry has
// no times if there is none.
func RefreshOn(product *v1alpha1.SeatProduct, clock string) v1alpha1.RefreshStatus {
	for _, entry := range product.Status.Refreshes {
		if entry.Clock == clock {
			return entry
		}
	}
	return v1alpha1.RefreshStatus{Clock: clock}
}

// MaxRequest bounds the value of an annotation that requests something, in bytes, because it is copied into statuses and
// updates.
const MaxRequest = 1024

// RefreshRequest returns the refresh that an object asks for by its annotation, or "".
func RefreshRequest(object metav1.Object) string {
	return request(object, v1alpha1.AnnotationRefreshRequestedAt)
}

// InvoiceRequest returns the invoice that a subscription asks for by its annotation, or "".
func InvoiceRequest(s *v1alpha1.Subscription) string {
	return request(s, v1alpha1.AnnotationInvoiceRequestedAt)
}

// UnparkRequest returns the value by which a person lets a parked subscription continue, or "".
func UnparkRequest(s *v1alpha1.Subscription) string { return request(s, v1alpha1.AnnotationUnpark) }

// RetryRequest returns the value by which a person has everything sent to a sink again, or "".
func RetryRequest(sink *v1alpha1.EventSink) string {
	return request(sink, v1alpha1.AnnotationRetryRequestedAt)
}

// request returns the value of an annotation as a status has room for it. A value that is cut stays the same however often
// it is written and read.
func request(object metav1.Object, annotation string) string {
	asked := object.GetAnnotations()[annotation]
	return strings.ToValidUTF8(asked[:min(len(asked), MaxRequest)], "")
}

// IsRequested reports whether a request is one that was not handled yet. An annotation that is taken away requests nothing.
func IsRequested(asked, handled string) bool { return asked != "" && asked != handled }

// ScheduledCancel is the date of a cancellation, which counts as seen from now on.
func ScheduledCancel(s *v1alpha1.Subscription) *metav1.Time {
	if s.Spec.Cancel == nil {
		return nil
	}
	return s.Spec.Cancel.At
}

// AwaitsDelivery reports whether an EventSink may lack events of a subscription or a product: its cursor has not reached the
// newest one, or some were given up.
func AwaitsDelivery(newest int64, cursors []v1alpha1.EventCursor) bool {
	return slices.ContainsFunc(cursors, func(c v1alpha1.EventCursor) bool { return c.Sequence < newest || c.Dropped > 0 })
}

// Abandoned reports whether the subscription is to be deleted without a Final document
// (billing.md#14-start-and-end).
func Abandoned(s *v1alpha1.Subscription) bool {
	return !s.DeletionTimestamp.IsZero() && s.Annotations[v1alpha1.AnnotationDelete] == v1alpha1.DeleteAbandon
}
