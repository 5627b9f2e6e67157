// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package acceptance runs users' tasks against the whole system: the real manager binary, a real API
// server, manifests, and a TestClock. Tests of single parts are next to those parts.
package acceptance
