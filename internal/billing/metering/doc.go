// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package metering says what the readings of a metered item come to, and what
// the limits on its usage do (billing.md#11-usage). What usage costs is
// package proration's.
//
// meter.go takes readings in, limits.go says what a limit is and how far usage
// is towards it, largest.go how much a limit leaves room for.
//
// Everything is a function of values: no clock, no I/O, no float.
package metering
