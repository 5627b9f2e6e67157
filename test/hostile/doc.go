// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package hostile attacks the manager as a whole with data sources that mean harm (trust.md#loads,
// trust.md#egress, trust.md#secrets). It runs the real binary with its default flags and the memory of a
// pod, and has servers of its own answer what the attacks need.
//
// Each row of the table of attacks stopped, slowed or misused a manager once. What every row requires is the
// same: that product's refresh fails with a sentence, and nobody else notices.
package hostile
