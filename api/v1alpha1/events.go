// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Reasons of Kubernetes events that no condition has. All other events have the reason of the condition that
// they announce.
//
// The manager sends those that are routine only with --events=All: EventStarted and EventInvoiceIssued, and the events
// with the reasons ReasonApplied and ReasonCanceled. It always sends the others.
const (
	// EventStarted means that a Subscription has started. It is routine.
	EventStarted = "Started"

	// EventInvoiceIssued means that an Invoice was issued. It is routine.
	EventInvoiceIssued = "InvoiceIssued"

	// EventRejected means that a SubscriptionUpdate was rejected.
	EventRejected = "Rejected"

	// EventHeld means that a count waits for approval.
	EventHeld = "Held"

	// EventSeatsLimitReached means that the quantity of an item reached 75 %, 90 % or 100 % of its plan's maximum.
	EventSeatsLimitReached = "SeatsLimitReached"

	// EventSharedCustomer means that an older Subscription has the same customer ID.
	EventSharedCustomer = "SharedCustomer"

	// EventKeysMissing means that keys are newly missing from a product's answers, and that their counts are
	// kept.
	EventKeysMissing = "KeysMissing"
)
