// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package hostile attacks the manager as a whole with malicious data sources (trust.md#loads,
// trust.md#egress, trust.md#secrets). It runs the real binary with its default flags and the memory of a
// pod, and its own servers give the answers that the attacks need.
//
// Each attack in the table once stopped, slowed or misused a manager. Every row requires the same: that
// product's refresh fails with a message, and nothing else is affected.
package hostile
