// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Reasons of Kubernetes events that no condition has. All other events have the reason of the condition that
// they announce.
const (
	// EventStarted says that a Subscription has started.
	EventStarted = "Started"

	// EventInvoiceIssued says that an Invoice was issued.
	EventInvoiceIssued = "InvoiceIssued"

	// EventRejected says that a SubscriptionUpdate was rejected.
	EventRejected = "Rejected"

	// EventHeld says that a count waits for approval.
	EventHeld = "Held"

	// EventSeatsLimitReached says that an item holds 75 %, 90 % or 100 % of its plan's maximum.
	EventSeatsLimitReached = "SeatsLimitReached"

	// EventSharedCustomer says that an older Subscription has the same customer ID.
	EventSharedCustomer = "SharedCustomer"

	// EventKeysMissing says that keys began to be missing from a product's answers, and that their counts are
	// kept.
	EventKeysMissing = "KeysMissing"
)
