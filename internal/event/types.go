// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"strconv"

	"k8s.io/apimachinery/pkg/types"
)

// Type is the type of an event without its prefix and version, such as "invoice.issued".
type Type string

const (
	// SubscriptionStarted is sent when a subscription starts.
	SubscriptionStarted Type = "subscription.started"

	// SubscriptionRenewed is sent when a billing period ends and the next one starts.
	SubscriptionRenewed Type = "subscription.renewed"

	// SubscriptionTrialEnding is sent some days before a trial ends.
	SubscriptionTrialEnding Type = "subscription.trial-ending"

	// SubscriptionCanceled is sent when a subscription has ended.
	SubscriptionCanceled Type = "subscription.canceled"

	// SubscriptionParked is sent when billing stops until a person has looked at the subscription.
	SubscriptionParked Type = "subscription.parked"

	// UpdateScheduled is sent when an update waits for its time.
	UpdateScheduled Type = "subscription-update.scheduled"

	// UpdateHeld is sent when an update is pending approval.
	UpdateHeld Type = "subscription-update.held"

	// UpdateApplied is sent when an update has taken effect.
	UpdateApplied Type = "subscription-update.applied"

	// UpdateRejected is sent when an update cannot apply and never will.
	UpdateRejected Type = "subscription-update.rejected"

	// UpdateSuperseded is sent when an update was replaced before it took effect.
	UpdateSuperseded Type = "subscription-update.superseded"

	// SeatsLimitReached is sent when an item has 75, 90 or 100 percent of its plan's maximum number of seats.
	SeatsLimitReached Type = "seats.limit-reached"

	// UsageSoftLimitReached is sent when usage reaches 75, 90 or 100 percent of a soft limit.
	UsageSoftLimitReached Type = "usage.soft-limit-reached"

	// UsageTrialLimitReached is sent when usage reaches the limit of a trial.
	UsageTrialLimitReached Type = "usage.trial-usage-limit-reached"

	// UsageHardLimitReached is sent when usage reaches a hard limit.
	UsageHardLimitReached Type = "usage.hard-limit-reached"

	// InvoiceIssued is sent when an invoice or a credit note is issued.
	InvoiceIssued Type = "invoice.issued"

	// ProductRefreshFailed is sent when the refreshes of a product begin to fail.
	ProductRefreshFailed Type = "product.refresh-failed"

	// ProductRefreshRecovered is sent when a refresh of a product succeeds again.
	ProductRefreshRecovered Type = "product.refresh-recovered"
)

// Full returns the type as it is on the wire, with its prefix and version: "dev.seatplane.invoice.issued.v1".
func (t Type) Full() string { return "dev.seatplane." + string(t) + ".v1" }

// Types returns every type, in the order in which the catalogue lists them.
func Types() []Type {
	return []Type{
		SubscriptionStarted, SubscriptionRenewed, SubscriptionTrialEnding, SubscriptionCanceled, SubscriptionParked,
		UpdateScheduled, UpdateHeld, UpdateApplied, UpdateRejected, UpdateSuperseded,
		SeatsLimitReached,
		UsageSoftLimitReached, UsageTrialLimitReached, UsageHardLimitReached,
		InvoiceIssued,
		ProductRefreshFailed, ProductRefreshRecovered,
	}
}

// ID returns the ID of an event: "<UID of the subscription or product>/<sequence>". It is the same in every attempt and in every
// replay, so receivers recognize an event that they already have.
func ID(source types.UID, sequence int64) string {
	return string(source) + "/" + strconv.FormatInt(sequence, 10)
}
