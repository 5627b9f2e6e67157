// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// WithoutPeople is a subscription without the names and addresses of the customer's people. No amount depends on them.
func WithoutPeople(s *v1alpha1.Subscription) *v1alpha1.Subscription {
	s = s.DeepCopy()
	s.Spec.Customer = v1alpha1.Customer{ID: s.Spec.Customer.ID}
	return s
}

// WithoutHolder returns a seat assignment without the assignee's name and addresses. No amount depends on them.
func WithoutHolder(a *v1alpha1.SeatAssignment) *v1alpha1.SeatAssignment {
	a = a.DeepCopy()
	a.Spec.Holder = v1alpha1.Holder{ID: a.Spec.Holder.ID}
	return a
}

// leftOut stands for the reason of an update that was left out.
const leftOut = "(left out)"

// WithoutReason returns an update without the text that explains why it was made, which may name people. No amount depends
// on it.
func WithoutReason(u *v1alpha1.SubscriptionUpdate) *v1alpha1.SubscriptionUpdate {
	if u.Spec.Reason == "" {
		return u
	}
	u = u.DeepCopy()
	u.Spec.Reason = leftOut
	return u
}

// WithReason returns an update with the reason of its manifest, if its own was left out. A reason is immutable, so that the
// manifest has the same one, or is refused by the API server.
func WithReason(u *v1alpha1.SubscriptionUpdate, manifest *unstructured.Unstructured) *v1alpha1.SubscriptionUpdate {
	reason, _, _ := unstructured.NestedString(manifest.Object, "spec", "reason")
	if u.Spec.Reason != leftOut || reason == "" {
		return u
	}
	u = u.DeepCopy()
	u.Spec.Reason = reason
	return u
}
