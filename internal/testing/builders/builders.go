// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package builders has the builders of seatplanetest/builders under their former names, and the objects that only tests
// inside the repository need. Write new builders there, and add no more names here.
package builders

import (
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/seatplanetest/builders"
)

// The builders of seatplanetest/builders.
type (
	// ProrationPolicy builds a policy of either kind.
	ProrationPolicy = builders.ProrationPolicy
	// SeatAssignment builds a SeatAssignment.
	SeatAssignment = builders.SeatAssignment
	// SeatProduct builds a SeatProduct.
	SeatProduct = builders.SeatProduct
	// Subscription builds a Subscription.
	Subscription = builders.Subscription
	// SubscriptionUpdate builds a SubscriptionUpdate.
	SubscriptionUpdate = builders.SubscriptionUpdate
	// TestClock builds a TestClock.
	TestClock = builders.TestClock
)

// MakeProrationPolicy is that of seatplanetest/builders.
func MakeProrationPolicy(name, namespace string, rounding v1alpha1.Rounding) *ProrationPolicy {
	return builders.MakeProrationPolicy(name, namespace, rounding)
}

// MakeSeatAssignment is that of seatplanetest/builders.
func MakeSeatAssignment(name, namespace, subscription, item string) *SeatAssignment {
	return builders.MakeSeatAssignment(name, namespace, subscription, item)
}

// MakeSeatProduct is that of seatplanetest/builders.
func MakeSeatProduct(name, namespace string) *SeatProduct {
	return builders.MakeSeatProduct(name, namespace)
}

// MakeSubscription is that of seatplanetest/builders.
func MakeSubscription(name, namespace string) *Subscription {
	return builders.MakeSubscription(name, namespace)
}

// MakeSubscriptionUpdate is that of seatplanetest/builders.
func MakeSubscriptionUpdate(name, namespace, subscription string) *SubscriptionUpdate {
	return builders.MakeSubscriptionUpdate(name, namespace, subscription)
}

// MakeTestClock is that of seatplanetest/builders.
func MakeTestClock(name, namespace string, now time.Time) *TestClock {
	return builders.MakeTestClock(name, namespace, now)
}
