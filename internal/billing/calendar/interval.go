// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package calendar

import "fmt"

// Unit is a unit of the local calendar in which intervals are counted. It is
// not a length of time: a local day may have 23 hours, a month 28 days.
type Unit string

// The units of an interval.
const (
	Day   Unit = "Day"
	Week  Unit = "Week"
	Month Unit = "Month"
	Year  Unit = "Year"
)

// MaxCount is the most units that one interval may have: ten years of days.
const MaxCount = 3660

// Interval is the length of a billing period in the local calendar: a unit and
// how many of it, such as one Month or two Weeks (billing design, section 1).
type Interval struct {
	Unit Unit
	// Count is 1 to [MaxCount].
	Count int
}

// Validate says in a sentence what is wrong with i, if anything is.
func (i Interval) Validate() error {
	switch i.Unit {
	case Day, Week, Month, Year:
	default:
		return fmt.Errorf("%q is not a unit of an interval: it is Day, Week, Month or Year", string(i.Unit))
	}
	if i.Count < 1 || i.Count > MaxCount {
		return fmt.Errorf("an interval counts 1 to %d units, not %d", MaxCount, i.Count)
	}
	return nil
}
