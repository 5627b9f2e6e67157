// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Annotations that users write.
const (
	// AnnotationRefreshRequestedAt asks for a refresh now. On a SeatProduct it refreshes all of its
	// subscriptions, on a Subscription its connected items. Any value that differs from the last one
	// counts; the object's status.lastHandledRefreshRequest acknowledges it.
	AnnotationRefreshRequestedAt = GroupName + "/refresh-requested-at"

	// AnnotationRetryRequestedAt on an EventSink asks to try all undelivered events again now, even if deliveries were
	// stopped. Any value that differs from the last one counts; status.lastHandledRetryRequest acknowledges it.
	AnnotationRetryRequestedAt = GroupName + "/retry-requested-at"

	// AnnotationUnpark lets a parked Subscription continue. Any value that differs from the last one
	// counts; status.lastHandledUnpark acknowledges it.
	AnnotationUnpark = GroupName + "/unpark"

	// AnnotationInvoiceRequestedAt on a Subscription asks for an invoice for everything that has accrued so
	// far. Any value that differs from the last one counts; status.lastHandledInvoiceRequest acknowledges it.
	AnnotationInvoiceRequestedAt = GroupName + "/invoice-requested-at"

	// AnnotationPrune with the value "true" allows retention to delete a user's SubscriptionUpdate once
	// it is finished. Do not write it in Git: Git would create the update again, and it would apply again.
	AnnotationPrune = GroupName + "/prune"

	// AnnotationDelete says how a Subscription is deleted. With DeleteAbandon, what has accrued is not
	// billed. Without it, deleting a Subscription settles what is owed.
	AnnotationDelete = GroupName + "/delete"
)

// AnnotationImporting marks an object that kubectl seatplane import has created, until the whole import is in place.
// Its value is the export. The operator does not act on such an object. Only the account that imports may write it.
const AnnotationImporting = GroupName + "/importing"

// Values of the annotations above.
const (
	// PruneTrue is the value of AnnotationPrune that allows the deletion.
	PruneTrue = "true"

	// DeleteAbandon is the value of AnnotationDelete that lets a Subscription be removed without billing what has accrued.
	DeleteAbandon = "Abandon"
)

// Labels that users write.
const (
	// LabelAllow on a Secret says what the Secret may be used for. The operator does not read a Secret without it.
	LabelAllow = GroupName + "/allow"

	// LabelTestClocks with the value TestClocksAllowed on a Namespace allows TestClocks in it, and Subscriptions
	// that use them. Without it, admission policies refuse both.
	LabelTestClocks = GroupName + "/test-clocks"

	// LabelAggregateToLoader with the value "true" on a ClusterRole grants its rules to the
	// kubernetes data loader.
	LabelAggregateToLoader = GroupName + "/aggregate-to-loader"
)

// Values of the labels above.
const (
	// TestClocksAllowed is the value of LabelTestClocks that allows TestClocks.
	TestClocksAllowed = "allowed"

	// AllowLoaderDSN is the value of LabelAllow that lets SQL data loaders connect with the Secret's
	// connection string, to the servers that AnnotationAllowHosts names.
	AllowLoaderDSN = "loader-dsn"

	// AllowLoaderToken is the value of LabelAllow that lets HTTP and Prometheus data loaders send the
	// Secret's bearer token, to the servers that AnnotationAllowHosts names.
	AllowLoaderToken = "loader-token"

	// AllowLoaderCA is the value of LabelAllow that lets data loaders trust the Secret's certificates.
	AllowLoaderCA = "loader-ca"

	// AnnotationAllowHosts on a Secret lists the servers that its connection string or token may be sent to, as
	// host:port, separated by commas: "crm.example.com:443,db.internal:5432".
	AnnotationAllowHosts = GroupName + "/allow-hosts"

	// AllowArchive is the value of LabelAllow that lets an Archive connect with the Secret's connection string,
	// to the servers that AnnotationAllowHosts names.
	AllowArchive = "archive"

	// AllowSink is the value of LabelAllow that lets EventSinks sign events with the Secret's keys, for the servers that
	// AnnotationAllowHosts names.
	AllowSink = "sink"
)

// LabelDeparted with the value DepartedTrue marks the ControllerRevisions in which the operator keeps the events of a deleted
// Subscription until all EventSinks have them. Only the operator writes these.
const (
	LabelDeparted = GroupName + "/departed"
	DepartedTrue  = "true"
)

// FinalizerSettle stays on a Subscription from before its first commit until its last effect is in
// place, so that nothing that is owed is lost when it is deleted.
const FinalizerSettle = GroupName + "/settle"
