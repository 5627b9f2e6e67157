// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package calendar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func zone(name string) *time.Location {
	z, err := calendar.LoadZone(name)
	if err != nil {
		panic(err)
	}
	return z
}

func every(count int, unit calendar.Unit) calendar.Interval {
	return calendar.Interval{Unit: unit, Count: count}
}

// Boundaries are counted from the anchor in local wall time
// (billing.md#1-calendar).
func TestBoundary(t *testing.T) {
	tests := map[string]struct {
		reason   string
		anchor   string
		interval calendar.Interval
		zone     string
		first    int
		want     []string
	}{
		"figure 12": {
			reason: "31 January: 28 February, 31 March, 30 April, 31 May",
			anchor: "2026-01-31T00:00:00Z", interval: every(1, calendar.Month),
			want: []string{"2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z", "2026-05-31T00:00:00Z"},
		},
		"a leap year": {
			reason: "29 in a leap year",
			anchor: "2028-01-31T00:00:00Z", interval: every(1, calendar.Month), first: 1,
			want: []string{"2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z"},
		},
		"a leap day": {
			reason: "clamped in common years, back on the 29th in leap years",
			anchor: "2024-02-29T12:00:00Z", interval: every(1, calendar.Year),
			want: []string{"2024-02-29T12:00:00Z", "2025-02-28T12:00:00Z", "2026-02-28T12:00:00Z", "2027-02-28T12:00:00Z", "2028-02-29T12:00:00Z"},
		},
		"no leap day in 2100": {
			reason: "a century is a common year",
			anchor: "2096-02-29T00:00:00Z", interval: every(4, calendar.Year),
			want: []string{"2096-02-29T00:00:00Z", "2100-02-28T00:00:00Z", "2104-02-29T00:00:00Z"},
		},
		"k below zero": {
			reason: "k of either sign",
			anchor: "2026-03-31T00:00:00Z", interval: every(1, calendar.Month), first: -3,
			want: []string{"2025-12-31T00:00:00Z", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"},
		},
		"quarters": {
			reason: "an interval has a count",
			anchor: "2025-11-30T00:00:00Z", interval: every(3, calendar.Month),
			want: []string{"2025-11-30T00:00:00Z", "2026-02-28T00:00:00Z", "2026-05-30T00:00:00Z"},
		},
		"weeks": {
			reason: "a week is seven local days",
			anchor: "2026-03-20T11:00:00Z", interval: every(1, calendar.Week), zone: "Europe/Paris",
			want: []string{"2026-03-20T11:00:00Z", "2026-03-27T11:00:00Z", "2026-04-03T10:00:00Z"},
		},
		"local time over a change of the clock": {
			reason: "midnight in Paris is midnight in Paris",
			anchor: "2026-02-28T23:00:00Z", interval: every(1, calendar.Month), zone: "Europe/Paris",
			want: []string{"2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z"},
		},
		"a skipped wall time": {
			reason: "02:30 on 29 March 2026 moves forward by the gap, to 03:30",
			anchor: "2026-03-28T01:30:00Z", interval: every(1, calendar.Day), zone: "Europe/Paris",
			want: []string{"2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"},
		},
		"a repeated wall time": {
			reason: "02:30 on 25 October 2026 is its first occurrence",
			anchor: "2026-10-24T00:30:00Z", interval: every(1, calendar.Day), zone: "Europe/Paris",
			want: []string{"2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		},
		"an anchor at the second showing": {
			reason: "the anchor itself is a boundary, not the same time an hour earlier",
			anchor: "2026-10-25T01:30:00Z", interval: every(1, calendar.Day), zone: "Europe/Paris", first: -1,
			want: []string{"2026-10-24T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"},
		},
		"a gap of half an hour": {
			reason: "Lord Howe Island skips 02:00 to 02:30: 02:10 moves to 02:40",
			anchor: "2025-10-03T15:40:00Z", interval: every(1, calendar.Day), zone: "Australia/Lord_Howe",
			want: []string{"2025-10-03T15:40:00Z", "2025-10-04T15:40:00Z", "2025-10-05T15:10:00Z"},
		},
		"a gap at midnight": {
			reason: "Beirut skips midnight of 29 March 2026: the boundary is 01:00",
			anchor: "2026-03-27T22:00:00Z", interval: every(1, calendar.Day), zone: "Asia/Beirut",
			want: []string{"2026-03-27T22:00:00Z", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"},
		},
		"a skipped local day": {
			reason: "Samoa had no 30 December 2011: that period is empty",
			anchor: "2011-12-28T22:00:00Z", interval: every(1, calendar.Day), zone: "Pacific/Apia",
			want: []string{"2011-12-28T22:00:00Z", "2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z", "2011-12-30T22:00:00Z", "2011-12-31T22:00:00Z"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := calendar.Calendar{Anchor: at(tc.anchor), Interval: tc.interval, Zone: zone(tc.zone)}
			var got []string
			for k := range tc.want {
				got = append(got, c.Boundary(tc.first+k).Format(time.RFC3339))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// An instant equal to a period's start belongs to it, one equal to its end to
// the next.
func TestPeriodAt(t *testing.T) {
	monthly := calendar.Calendar{Anchor: at("2026-01-31T00:00:00Z"), Interval: every(1, calendar.Month)}
	samoa := calendar.Calendar{Anchor: at("2011-12-28T22:00:00Z"), Interval: every(1, calendar.Day), Zone: zone("Pacific/Apia")}
	tests := map[string]struct {
		reason     string
		calendar   calendar.Calendar
		at         string
		index      int
		start, end string
	}{
		"the start":         {"belongs to it", monthly, "2026-02-28T00:00:00Z", 1, "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"},
		"the last second":   {"belongs to it", monthly, "2026-03-30T23:59:59Z", 1, "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"},
		"the end":           {"belongs to the next", monthly, "2026-03-31T00:00:00Z", 2, "2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z"},
		"before the anchor": {"k of either sign", monthly, "2025-12-31T00:00:00Z", -1, "2025-12-31T00:00:00Z", "2026-01-31T00:00:00Z"},
		"far away":          {"an estimate, then adjusted", monthly, "2199-12-31T12:00:00Z", 2087, "2199-12-31T00:00:00Z", "2200-01-31T00:00:00Z"},
		"past an empty period": {
			"period 2, the skipped 30 December, contains no instant: 1 is followed by 3", samoa,
			"2011-12-30T22:00:00Z", 3, "2011-12-30T22:00:00Z", "2011-12-31T22:00:00Z",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			k, span := tc.calendar.PeriodAt(at(tc.at))
			want := calendar.Span{Start: at(tc.start), End: at(tc.end)}
			if k != tc.index || span != want {
				t.Errorf("%s: got period %d, %v; want %d, %v", tc.reason, k, span, tc.index, want)
			}
			if next := tc.calendar.Next(at(tc.at)); !next.Equal(want.End) {
				t.Errorf("%s: next boundary %v, want %v", tc.reason, next, want.End)
			}
		})
	}
}

// A span is half-open.
func TestSpanContains(t *testing.T) {
	span := calendar.Span{Start: at("2026-04-01T00:00:00Z"), End: at("2026-05-01T00:00:00Z")}
	for instant, want := range map[string]bool{
		"2026-03-31T23:59:59Z": false, "2026-04-01T00:00:00Z": true, "2026-04-30T23:59:59Z": true, "2026-05-01T00:00:00Z": false,
	} {
		if got := span.Contains(at(instant)); got != want {
			t.Errorf("%s: got %t, want %t", instant, got, want)
		}
	}
	if span.Empty() || !(calendar.Span{Start: span.End, End: span.End}).Empty() {
		t.Error("a span is empty when it ends where it starts, and only then")
	}
}

// Trials are local calendar units (billing.md#9-trials).
func TestAddUnits(t *testing.T) {
	tests := map[string]struct {
		reason string
		at     string
		n      int
		unit   calendar.Unit
		zone   string
		want   string
	}{
		"14 days over a change of the clock": {"local days", "2026-03-20T08:00:00Z", 14, calendar.Day, "Europe/Paris", "2026-04-03T07:00:00Z"},
		"a month":                            {"clamped", "2026-01-31T00:00:00Z", 1, calendar.Month, "", "2026-02-28T00:00:00Z"},
		"two weeks":                          {"seven days each", "2026-04-01T00:00:00Z", 2, calendar.Week, "", "2026-04-15T00:00:00Z"},
		"a year":                             {"clamped", "2024-02-29T00:00:00Z", 1, calendar.Year, "", "2025-02-28T00:00:00Z"},
		"nothing":                            {"t itself", "2026-10-25T01:30:00Z", 0, calendar.Day, "Europe/Paris", "2026-10-25T01:30:00Z"},
		"whole seconds":                      {"what is finer is cut off", "2026-04-01T00:00:00.9Z", 1, calendar.Day, "", "2026-04-02T00:00:00Z"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := calendar.AddUnits(at(tc.at), tc.n, tc.unit, zone(tc.zone))
			if !got.Equal(at(tc.want)) || got.Location() != time.UTC {
				t.Errorf("%s: got %v, want %v in UTC", tc.reason, got, tc.want)
			}
		})
	}
}

func TestIntervalValidate(t *testing.T) {
	tests := map[string]struct {
		interval calendar.Interval
		want     string
	}{
		"a month":     {every(1, calendar.Month), ""},
		"ten years":   {every(calendar.MaxCount, calendar.Day), ""},
		"no unit":     {every(1, ""), `"" is not a unit of an interval: it is Day, Week, Month or Year`},
		"hours":       {every(1, "Hour"), `"Hour" is not a unit of an interval: it is Day, Week, Month or Year`},
		"no count":    {every(0, calendar.Day), "an interval counts 1 to 3660 units, not 0"},
		"below":       {every(-1, calendar.Day), "an interval counts 1 to 3660 units, not -1"},
		"beyond":      {every(3661, calendar.Day), "an interval counts 1 to 3660 units, not 3661"},
		"lower-cased": {every(1, "day"), `"day" is not a unit of an interval: it is Day, Week, Month or Year`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var got string
			if err := tc.interval.Validate(); err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestLocalDay(t *testing.T) {
	tests := map[string]struct {
		reason     string
		zone       string
		at         string
		date       string
		start, end string
	}{
		"a spring day": {
			"29 March 2026 has 23 hours in Paris", "Europe/Paris", "2026-03-29T10:00:00Z",
			"2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z",
		},
		"an autumn day": {
			"25 October 2026 has 25 hours", "Europe/Paris", "2026-10-25T10:00:00Z",
			"2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z",
		},
		"no midnight": {
			"the day begins at 01:00 in Beirut", "Asia/Beirut", "2026-03-29T10:00:00Z",
			"2026-03-29", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z",
		},
		"a gap over midnight": {
			"Nuuk puts 23:00 of 28 March 2026 forward to midnight", "America/Nuuk", "2026-03-28T12:00:00Z",
			"2026-03-28", "2026-03-28T02:00:00Z", "2026-03-29T01:00:00Z",
		},
		"a clock put back over midnight": {
			"St John's put 00:01 of 30 October 2005 back to 23:01: that hour belongs to the 30th, which had begun",
			"America/St_Johns", "2005-10-30T03:00:00Z",
			"2005-10-30", "2005-10-30T02:30:00Z", "2005-10-31T03:30:00Z",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			day := calendar.DayOf(at(tc.at), zone(tc.zone))
			want := calendar.LocalDay{Date: at(tc.date+"T00:00:00Z").Unix() / 86400, Span: calendar.Span{Start: at(tc.start), End: at(tc.end)}}
			if day != want {
				t.Errorf("%s: got %v, want %v", tc.reason, day, want)
			}
		})
	}
}

func TestLocalDate(t *testing.T) {
	if got := calendar.LocalDate(at("2026-04-15T22:30:00Z"), zone("Europe/Paris")); got != "2026-04-16" {
		t.Errorf("got %s, want 2026-04-16", got)
	}
	if got := calendar.LocalDate(at("2026-04-15T22:30:00Z"), nil); got != "2026-04-15" {
		t.Errorf("got %s, want 2026-04-15", got)
	}
}

func TestLoadZone(t *testing.T) {
	tests := map[string]struct {
		reason string
		name   string
		want   string // the error; "" when it loads
	}{
		"empty":       {"is UTC", "", ""},
		"UTC":         {"is UTC", "UTC", ""},
		"a city":      {"an IANA name", "Europe/Paris", ""},
		"three parts": {"an IANA name", "America/Argentina/Buenos_Aires", ""},
		"with a sign": {"an IANA name", "Etc/GMT+12", ""},
		"local":       {"the machine's own zone decides nothing", "Local", `"Local" is not a time zone: write its IANA name, such as "Europe/Paris", or leave it out for UTC`},
		"unknown":     {"names are checked", "Europe/Atlantis", `"Europe/Atlantis" is not a time zone: write its IANA name, such as "Europe/Paris", or leave it out for UTC`},
		"a path":      {"no files are read", "../etc/passwd", `"../etc/passwd" is not a time zone: write its IANA name, such as "Europe/Paris", or leave it out for UTC`},
		"leap second": {"zones that count leap seconds are none", "right/Europe/Paris", `"right/Europe/Paris" is not a time zone: write its IANA name, such as "Europe/Paris", or leave it out for UTC`},
		"an offset":   {"not a name", "+02:00", `"+02:00" is not a time zone: write its IANA name, such as "Europe/Paris", or leave it out for UTC`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			loaded, err := calendar.LoadZone(tc.name)
			var got string
			if err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
			if again, _ := calendar.LoadZone(tc.name); again != loaded {
				t.Errorf("%s: loaded twice", tc.reason)
			}
		})
	}
}

// Intervals of one length are equal, regardless of their units.
func TestIntervalEqual(t *testing.T) {
	tests := map[string]struct {
		reason string
		a, b   calendar.Interval
		want   bool
	}{
		"a year":     {reason: "12 months", a: calendar.Interval{Unit: calendar.Year, Count: 1}, b: calendar.Interval{Unit: calendar.Month, Count: 12}, want: true},
		"two weeks":  {reason: "14 days", a: calendar.Interval{Unit: calendar.Week, Count: 2}, b: calendar.Interval{Unit: calendar.Day, Count: 14}, want: true},
		"a month":    {reason: "30 days are not a month", a: calendar.Interval{Unit: calendar.Month, Count: 1}, b: calendar.Interval{Unit: calendar.Day, Count: 30}},
		"two months": {reason: "another count", a: calendar.Interval{Unit: calendar.Month, Count: 2}, b: calendar.Interval{Unit: calendar.Month, Count: 1}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tc.a.Equal(tc.b); got != tc.want || tc.b.Equal(tc.a) != got {
				t.Errorf("%s: every %s equals every %s: %t", tc.reason, tc.a, tc.b, got)
			}
		})
	}
}
