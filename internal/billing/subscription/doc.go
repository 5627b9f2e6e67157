// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package subscription is the state machine that decides what a subscription owes.
//
// It is pure: [Replay] takes what has been committed (a [State]) and the current input (an [Input])
// and returns the next state, the resulting documents and update decisions, what every open update
// waits for, and when to look again. It knows no Kubernetes, no clock and no I/O. The same state
// and the same events give the same outcome, regardless of the order in which the events are passed
// in and of how often the process was restarted.
//
// Start reading at events.go: it lists every event and what it does. A method of view answers a
// question; only a method of replay may change anything.
package subscription
