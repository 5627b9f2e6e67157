// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package observability tests the monitoring of Seatplane: the alerts with promtool, and the alerts
// and the dashboard on a real Prometheus that scrapes the real manager.
package observability
