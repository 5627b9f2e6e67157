// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering

import (
	"slices"
	"time"
)

// Thin returns at most the given number of the readings that wait to be taken. The readings are in
// the order of observation. Without a reading, the usage before it counts at the time of the next
// one, so the newest reading always stays. The first one stays too if there is room for two: it may
// be the baseline, and usage before a baseline does not count. The last reading before a boundary
// is dropped only if all others are such readings too. Of the rest, those whose neighbors are
// closest together are dropped first.
func Thin(readings []Reading, most int, boundary func(a, b time.Time) bool) []Reading {
	if most < 2 {
		return slices.Clone(readings[max(0, len(readings)-1):])
	}
	readings = slices.Clone(readings)
	for len(readings) > most {
		drop := 1
		for i := 2; i < len(readings)-1; i++ {
			if lessLost(readings, i, drop, boundary) {
				drop = i
			}
		}
		readings = slices.Delete(readings, drop, drop+1)
	}
	return readings
}

// lessLost reports whether dropping reading i loses less than dropping reading j.
func lessLost(readings []Reading, i, j int, boundary func(a, b time.Time) bool) bool {
	before := func(n int) bool { return boundary(readings[n].Observed, readings[n+1].Observed) }
	if before(i) != before(j) {
		return before(j)
	}
	return gap(readings, i) < gap(readings, j)
}

// gap is the time between the neighbors of a reading.
func gap(readings []Reading, i int) time.Duration {
	return readings[i+1].Observed.Sub(readings[i-1].Observed)
}
