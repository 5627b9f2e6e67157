// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package delivery decides which events are kept for EventSinks, which of them is delivered next, and when a delivery that
// failed is tried again. It is pure: no Kubernetes client, no clock, no network.
//
// An event is recorded by the write that makes it happen, as a notification in the status of its Subscription or SeatProduct,
// which is the [Source] of the event. A cursor for each sink says how far the sink has received the events. Events that a SubscriptionUpdate or an Invoice records can leave
// the list early, because [Rebuild] makes the same notification from the record.
package delivery
