// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package proration computes what a change in mid-period costs, and explains why.
//
// Each file contains one rule of docs/design/billing.md: share.go how much of a period a change
// covers (billing.md#2-ratio), settle.go how a line is rounded without drift
// (billing.md#3-rounding), charge.go what a period, a stub and usage cost (billing.md#1-calendar,
// billing.md#4-prices, billing.md#11-usage), quantity.go what a change of a quantity costs
// (billing.md#5-coverage), items.go what a change of plans and items costs (billing.md#6-items),
// arrears.go what an item in arrears owes when its period is cut short (billing.md#8-documents),
// explain.go how a line explains itself.
//
// Everything is a function of values: no clock, no I/O, no float.
package proration
