// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package performance measures the cost of very many subscriptions: of their refresh, and of the manager
// that reconciles them. make bench-refresh and make bench-manager run it in full, and docs/benchmarks.md
// has the results.
package performance
