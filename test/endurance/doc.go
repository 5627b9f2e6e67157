// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package endurance counts what the operator does when there is nothing to do: the real manager binary on
// a real API server, triggered only by events. In an idle cluster it writes nothing, even if objects are
// reconciled again, and it does not retry in a loop what cannot proceed.
//
// Everything is counted from the outside: writes by the API server, and passes by the manager's metrics.
// No test measures seconds; a window of time only bounds how long the counting lasts.
package endurance
