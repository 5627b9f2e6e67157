// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package acceptance runs what users do against the whole system: the real manager binary, a real API
// server, manifests, and a TestClock. What the parts do by themselves is tested beside them.
package acceptance
