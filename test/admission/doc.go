// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package admission makes requests under each of the shipped roles to a real API server on which
// config/default is installed, and checks which of them its admission policies refuse, and with which
// messages.
package admission
