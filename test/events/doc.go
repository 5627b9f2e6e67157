// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package events tests the delivery of events with the manager's own binary: what a receiver gets while the manager is
// killed again and again, how long an event takes, and what a receiver that is down costs another one.
package events
