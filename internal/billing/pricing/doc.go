// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package pricing says what a quantity costs for a full period: T(q)
// (billing.md#4-prices). What a part of a period costs is package proration's.
package pricing
