// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package pricing computes what a quantity costs for a full period: T(q) (billing.md#4-prices).
// Package proration computes the cost of a part of a period.
package pricing
