// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build race

package guest

// underRace says that the race detector is on. It needs more memory than a loader process gets.
const underRace = true
