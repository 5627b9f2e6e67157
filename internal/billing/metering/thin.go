// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package metering

import (
	"slices"
	"time"
)

// Thin returns at most so many of the readings that wait to be taken, which are in the
// order of their observation. Without a reading, the usage before it counts when the next
// one was observed. So the newest stays. The first one stays too, where there is room for two: it
// may be the base line, and usage before a base line counts nowhere. The last one before a
// boundary goes only where every other one is such a reading too; and of the rest those go
// first whose neighbours are closest together.
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

// lessLost reports whether less is lost without reading i than without reading j.
func lessLost(readings []Reading, i, j int, boundary func(a, b time.Time) bool) bool {
	before := func(n int) bool { return boundary(readings[n].Observed, readings[n+1].Observed) }
	if before(i) != before(j) {
		return before(j)
	}
	return gap(readings, i) < gap(readings, j)
}

// gap is the time between the neighbours of a reading.
func gap(readings []Reading, i int) time.Duration {
	return readings[i+1].Observed.Sub(readings[i-1].Observed)
}
