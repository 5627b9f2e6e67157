// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package plugin runs the commands of the kubectl plugin against a real control plane with a real manager, one after the
// other, as a person would.
package plugin
