// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package calendar

import "time"

// LocalDay is one day of a local calendar with its true length: usually 23, 24 or 25 hours, but
// 23.5 on Lord Howe Island. It begins when the local calendar first shows its date and ends when
// the next day begins, so that days tile time even if a clock is put back over midnight.
type LocalDay struct {
	// Date is the local date as days since 1970-01-01, so that dates subtract.
	Date int64
	Span
}

// DayOf returns the local day that t belongs to. A nil zone is UTC.
func DayOf(t time.Time, zone *time.Location) LocalDay {
	zone = orUTC(zone)
	date := wallOf(t, zone).date()
	start, end := dayStart(date, zone), dayStart(date+1, zone)
	// A clock that is put back over midnight shows yesterday's date again. That hour belongs to the
	// day that has already begun.
	for !t.Before(end) {
		date++
		start, end = end, dayStart(date+1, zone)
	}
	return LocalDay{Date: date, Span: Span{Start: start, End: end}}
}

// dayStart returns the first instant whose local date is date or later.
func dayStart(date int64, zone *time.Location) time.Time {
	at, _, _ := midnight(date).reached(zone)
	return time.Unix(at, 0).UTC()
}

// LocalDate returns the date that a local calendar shows at t: "2026-04-16". A nil zone means UTC.
func LocalDate(t time.Time, zone *time.Location) string {
	return t.In(orUTC(zone)).Format(time.DateOnly)
}
