// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package performance measures what very many subscriptions cost: their refresh, and the manager that looks
// after them. make bench-refresh and make bench-manager run it at full length, and docs/benchmarks.md says
// what came out.
package performance
