// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"fmt"
	"strings"
)

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

// Interval is the length of a billing period in the local calendar: a number of units, such as one
// Month or two Weeks (billing.md#1-calendar).
type Interval struct {
	Unit Unit
	// Count is 1 to [MaxCount].
	Count int
}

// Validate returns an error, as a sentence, if i is not valid.
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

// Equal reports whether two intervals have the same length, even in different units: 12 Months are
// 1 Year, and 7 Days are 1 Week.
func (i Interval) Equal(o Interval) bool { return i.normal() == o.normal() }

// normal returns the interval in months or in days.
func (i Interval) normal() Interval {
	switch i.Unit {
	case Year:
		return Interval{Month, i.Count * 12}
	case Week:
		return Interval{Day, i.Count * 7}
	default:
		return i
	}
}

// LargestUnit is the largest unit that divides i: Year for 12 or 24 Months, Week for 14 Days.
func (i Interval) LargestUnit() Unit {
	normal := i.normal()
	switch {
	case normal.Unit == Month && normal.Count%12 == 0:
		return Year
	case normal.Unit == Day && normal.Count%7 == 0:
		return Week
	default:
		return normal.Unit
	}
}

// String formats an interval as people say it after "every": "month", "3 months".
func (i Interval) String() string {
	unit := strings.ToLower(string(i.Unit))
	if i.Count == 1 {
		return unit
	}
	return fmt.Sprintf("%d %ss", i.Count, unit)
}
