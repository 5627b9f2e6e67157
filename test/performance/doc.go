// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package performance measures what a refresh of very many subscriptions costs. make bench-refresh runs it
// at full length, and docs/benchmarks.md says what came out.
package performance
