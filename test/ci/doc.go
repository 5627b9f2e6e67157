// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package ci runs the jobs of examples/ci as a forge would, with stubs in the place of gh and curl that keep comments in
// a file.
package ci
