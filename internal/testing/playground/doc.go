// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package playground runs Seatplane as a whole: a control plane, the CRDs, and the real manager
// binary with no more rights than its role gives it. The demo, development and the acceptance suite
// are played on it.
package playground
