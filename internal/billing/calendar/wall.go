// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package calendar

import "time"

// wall is a reading of a local clock and calendar: the seconds since 1970-01-01 00:00:00 that the same
// reading would have in UTC. It is not an instant: a clock that is put back shows some readings twice,
// and one that is put forward skips some.
type wall int64

const secondsPerDay = 24 * 60 * 60

// widestOffset is larger than the offset of any zone from UTC has ever been. Local mean times went
// up to 15 h 13 min.
const widestOffset = 16 * 60 * 60

// wallOf returns what a local clock shows at t.
func wallOf(t time.Time, zone *time.Location) wall {
	_, offset := t.In(zone).Zone()
	return wall(t.Unix() + int64(offset))
}

// date returns the local date as days since 1970-01-01.
func (w wall) date() int64 {
	d := int64(w) / secondsPerDay
	if int64(w)%secondsPerDay < 0 {
		d--
	}
	return d
}

// clock returns the seconds since local midnight, as a clock shows them.
func (w wall) clock() int64 {
	return int64(w) - w.date()*secondsPerDay
}

// midnight returns the reading 00:00:00 of a date.
func midnight(date int64) wall {
	return wall(date * secondsPerDay)
}

// instant returns when a local clock shows w. If a clock change repeats w, that is its first
// occurrence. If a clock change skips w, w moves forward by the gap (billing.md#1-calendar).
func (w wall) instant(zone *time.Location) time.Time {
	at, before, skipped := w.reached(zone)
	if skipped {
		// This is the clock that was in force before the gap, as if it had continued.
		return time.Unix(int64(w)-before, 0).UTC()
	}
	return time.Unix(at, 0).UTC()
}

// reached returns the first instant, in Unix seconds, at which a local clock shows w or something
// later. If a clock change skips w, that is the instant of the change, and before is the offset
// that ended with it.
//
// [time.Date] does not guarantee which instant it returns for a reading that is skipped or
// repeated. So this function walks the spans of constant offset instead, of which there is usually
// one.
func (w wall) reached(zone *time.Location) (at, before int64, skipped bool) {
	t := time.Unix(int64(w)-widestOffset, 0).In(zone)
	for {
		_, offset := t.Zone()
		at = int64(w) - int64(offset)
		if at < t.Unix() {
			// The clock change at t skipped w.
			return t.Unix(), before, true
		}
		end, ends := offsetEnd(t)
		if !ends || at < end.Unix() {
			return at, int64(offset), false
		}
		before = int64(offset)
		t = end
	}
}

// offsetEnd returns an instant after t until which t's offset is in force. The offset after it may
// be the same. If the offset never ends, ends is false.
func offsetEnd(t time.Time) (end time.Time, ends bool) {
	_, end = t.ZoneBounds()
	switch {
	case end.IsZero():
		return end, false
	case end.After(t):
		return end, true
	}
	// On the last UTC day of a leap year after a zone's last explicit change, Go reports an end
	// that is a day early (golang.org/issue/81583). That end means the end of the year in UTC.
	const day = secondsPerDay
	return time.Unix((t.Unix()/day+1)*day, 0).In(t.Location()), true
}
