// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package offline

import (
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
