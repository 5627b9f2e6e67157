// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package manifests

import "github.com/seatplane/seatplane/api/v1alpha1"

// The kinds whose manifests affect amounts.
const (
	KindSubscription  = "Subscription"
	KindUpdate        = "SubscriptionUpdate"
	KindAssignment    = "SeatAssignment"
	KindProduct       = "SeatProduct"
	KindPolicy        = string(v1alpha1.KindProrationPolicy)
	KindClusterPolicy = string(v1alpha1.KindClusterProrationPolicy)
	KindClock         = "TestClock"
)
