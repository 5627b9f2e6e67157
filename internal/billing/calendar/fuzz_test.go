// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package calendar_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

func FuzzLoadZone(f *testing.F) {
	for _, name := range []string{"", "UTC", "Europe/Paris", "Local", "../x", "right/UTC", "Etc/GMT+12", "Europe", "\x00", "A/"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		loaded, err := calendar.LoadZone(name)
		switch {
		case err != nil && loaded != nil, err == nil && loaded == nil:
			t.Fatalf("%q: got %v and %v", name, loaded, err)
		case err != nil:
			if !utf8.ValidString(err.Error()) {
				t.Fatalf("%q: the error is no text", name)
			}
		case loaded == time.Local:
			t.Fatalf("%q is the machine's own zone", name)
		}
	})
}

func FuzzIndexOf(f *testing.F) {
	f.Add(int64(0), int64(1e9), uint8(0), uint16(1), uint16(0))
	f.Add(int64(1325152800), int64(1325152800), uint8(0), uint16(1), uint16(500))
	names := allZones()
	units := []calendar.Unit{calendar.Day, calendar.Week, calendar.Month, calendar.Year}
	f.Fuzz(func(t *testing.T, anchor, instant int64, unit uint8, count, name uint16) {
		const year2200 = 7_258_118_400
		if min(anchor, instant) < 0 || max(anchor, instant) > year2200 {
			t.Skip("the contract holds instants from 1970 to 2200")
		}
		c := calendar.Calendar{
			Anchor:   time.Unix(anchor, 0),
			Interval: calendar.Interval{Unit: units[int(unit)%len(units)], Count: 1 + int(count)%calendar.MaxCount},
			Zone:     zone(names[int(name)%len(names)]),
		}
		if _, span := c.PeriodAt(time.Unix(instant, 0)); !span.Contains(time.Unix(instant, 0)) {
			t.Fatalf("%+v: %d is not in %v", c, instant, span)
		}
	})
}
