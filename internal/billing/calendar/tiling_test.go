// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package calendar_test

import (
	_ "embed"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

// zoneNames are all names of the zone database that Go ships.
//
//go:embed testdata/zones.txt
var zoneNames string

var allZones = sync.OnceValue(func() []string { return strings.Fields(zoneNames) })

// Periods tile time without gap or overlap, and IndexOf agrees with the
// boundaries: for fifty years in every zone, months from the 31st.
func TestPeriodsTileFiftyYears(t *testing.T) {
	for _, name := range allZones() {
		// 02:30 is where clocks change most often.
		monthly := calendar.Calendar{Anchor: at("1990-01-31T02:30:00Z"), Interval: every(1, calendar.Month), Zone: zone(name)}
		tiles(t, name, monthly, 0, 50*12)
	}
}

// The shortest periods, daily at the times at which clocks change, tile the days
// around every change of a clock from 1990 to 2040.
func TestDaysTileThroughEveryClockChange(t *testing.T) {
	anchors := []string{"00:00:00", "00:30:00", "02:30:00", "23:30:00"}
	for i, name := range allZones() {
		local := zone(name)
		wall, err := time.ParseInLocation(time.DateTime, "1990-01-01 "+anchors[i%len(anchors)], local)
		if err != nil {
			t.Fatal(err)
		}
		daily := calendar.Calendar{Anchor: wall, Interval: every(1, calendar.Day), Zone: local}
		for _, change := range clockChanges(local) {
			tiles(t, name, daily, daily.IndexOf(change)-2, 5)
		}
	}
}

// clockChanges are the instants from 1990 to 2040 at which a zone changes its
// clocks.
func clockChanges(local *time.Location) []time.Time {
	var all []time.Time
	for at := at("1990-01-01T00:00:00Z").In(local); at.Year() < 2040; {
		if _, at = at.ZoneBounds(); at.IsZero() {
			break
		}
		all = append(all, at)
	}
	return all
}

// The last days of leap years to come, for which Go tells the bounds of an
// offset wrong (golang.org/issue/81583): nothing loops forever.
func TestDaysTileAtTheEndOfLeapYears(t *testing.T) {
	for _, name := range allZones() {
		for _, year := range []int{2036, 2040, 2096, 2104, 2196} {
			anchor := time.Date(year, time.December, 28, 23, 30, 0, 0, time.UTC)
			tiles(t, name, calendar.Calendar{Anchor: anchor, Interval: every(1, calendar.Day), Zone: zone(name)}, 0, 6)
		}
	}
}

// tiles checks a number of periods from the first one on.
func tiles(t *testing.T, name string, c calendar.Calendar, first, periods int) {
	t.Helper()
	end := c.Boundary(first)
	for k := first; k < first+periods; k++ {
		span := calendar.Span{Start: end, End: c.Boundary(k + 1)}
		end = span.End
		switch {
		case span.End.Before(span.Start):
			t.Fatalf("%s: period %d ends before it starts: %v", name, k, span)
		case span.Empty():
			continue // a local day that the zone skipped
		}
		if got := c.IndexOf(span.Start); got != k {
			t.Fatalf("%s: the start of period %d is in %d", name, k, got)
		}
		if got := c.IndexOf(span.End.Add(-time.Second)); got != k {
			t.Fatalf("%s: the last second of period %d is in %d", name, k, got)
		}
	}
}

// drawInstant and drawZone draw evenly, by way of a seed: rapid prefers small
// numbers, and with them the same few years and zones.
func drawInstant(t *rapid.T, label string, below int64) time.Time {
	return time.Unix(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, label), 0)).Int64N(below), 0).UTC()
}

func drawZone(t *rapid.T) *time.Location {
	names := allZones()
	return zone(names[rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "zone"), 0)).IntN(len(names))])
}

// Any calendar, any instant: the instant lies in its period, and the period that
// follows begins where it ends.
func TestPropertyPeriodsTile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := calendar.Calendar{
			Anchor: drawInstant(t, "anchor", 4e9),
			Interval: calendar.Interval{
				Unit:  rapid.SampledFrom([]calendar.Unit{calendar.Day, calendar.Week, calendar.Month, calendar.Year}).Draw(t, "unit"),
				Count: rapid.IntRange(1, 40).Draw(t, "count"),
			},
			Zone: drawZone(t),
		}
		instant := drawInstant(t, "instant", 7e9)
		k, span := c.PeriodAt(instant)
		if !span.Contains(instant) {
			t.Fatalf("%v is not in period %d, %v", instant, k, span)
		}
		if next, after := c.PeriodAt(span.End); next <= k || !after.Start.Equal(span.End) {
			t.Fatalf("period %d, %v, is followed by %d, %v", k, span, next, after)
		}
		if before, span2 := c.PeriodAt(span.Start.Add(-time.Second)); before >= k || !span2.End.Equal(span.Start) {
			t.Fatalf("period %d, %v, is preceded by %d, %v", k, span, before, span2)
		}
		if c.IndexOf(c.Anchor) != 0 || !c.Boundary(0).Equal(c.Anchor) {
			t.Fatalf("the anchor is in period %d", c.IndexOf(c.Anchor))
		}
	})
}

// Local days tile time, and each shows its date at some time.
func TestPropertyDaysTile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := drawZone(t)
		instant := drawInstant(t, "instant", 7e9)
		day := calendar.DayOf(instant, z)
		if !day.Contains(instant) {
			t.Fatalf("%v is not in %v", instant, day)
		}
		next := calendar.DayOf(day.End, z)
		if !next.Start.Equal(day.End) || next.Date <= day.Date {
			t.Fatalf("%v is followed by %v", day, next)
		}
		if shown := time.Unix(day.Date*86400, 0).UTC().Format(time.DateOnly); calendar.LocalDate(day.Start, z) != shown {
			t.Fatalf("%v begins on %s, not on %s", day, calendar.LocalDate(day.Start, z), shown)
		}
	})
}
