// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package observability tests what people watch Seatplane with: the alerts by promtool, and alerts and
// dashboard on a real Prometheus that scrapes the real manager.
package observability
