// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package event turns what happened to a subscription or a product into the requests that EventSinks receive: the types of events,
// which of them a sink wants, their bodies as CloudEvents, and their signatures as Standard Webhooks. It is pure: no
// Kubernetes client, no clock, no network.
//
// An event is not stored. Its body follows from a notification and from a record that does not change any more: a
// finished SubscriptionUpdate, or an Invoice. So every attempt, and every replay, has the same ID and the same bytes.
package event
