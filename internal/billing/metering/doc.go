// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package metering computes the usage of a metered item from its readings, and applies the limits
// on usage (billing.md#11-usage). Package proration prices the usage.
//
// meter.go takes readings. limits.go defines limits and computes how far usage is toward one.
// largest.go computes how much usage a limit allows.
//
// Everything is a function of values: no clock, no I/O, no float.
package metering
