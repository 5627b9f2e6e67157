// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package calendar computes when billing periods begin and end: anchors, intervals, time zones and
// local days (billing.md#1-calendar and billing.md#2-ratio).
//
// Instants are truncated to whole seconds. Results are in UTC. No function here reads a clock. The
// zone database is compiled into the binary.
package calendar
