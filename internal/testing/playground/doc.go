// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package playground runs the whole of Seatplane: a control plane, the CRDs, and the real manager
// binary with only the rights of its role. The demo, development and the acceptance suite run on
// it.
package playground
