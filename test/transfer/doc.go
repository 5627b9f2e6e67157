// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package transfer exports subscriptions in the middle of their lives from one cluster, imports them into another one, and
// compares what both bill from then on. It runs real managers, and the plugin as a process, which is killed while it
// imports.
package transfer
