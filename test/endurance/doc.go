// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package endurance counts what the operator does when there is nothing to do: the real manager binary on
// a real API server, woken by events alone. An idle cluster makes no write, whatever is looked at again;
// what cannot proceed is not tried over and over.
//
// Everything is counted by those who cannot be fooled: writes by the API server, passes by the manager's
// metrics. Nothing is measured in seconds; a window of time only bounds how long counting goes on.
package endurance
