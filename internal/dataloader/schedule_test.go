// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(text string) time.Time {
	instant, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return instant
}

func TestCronNext(t *testing.T) {
	cases := map[string]struct {
		reason, expression, zone, after string
		want                            []string
	}{
		"Daily": {
			"the hour is the zone's", "0 2 * * *", "Asia/Tokyo", "2026-04-16T00:00:00Z",
			[]string{"2026-04-16T17:00:00Z", "2026-04-17T17:00:00Z"},
		},
		"StrictlyAfter": {
			"a tick is not its own next", "0 2 * * *", "", "2026-04-16T02:00:00Z", []string{"2026-04-17T02:00:00Z"},
		},
		"ParisSpringSkipped": {
			"02:30 does not exist on 29 March: it runs at 03:30, once", "30 2 * * *", "Europe/Paris", "2026-03-28T00:00:00Z",
			[]string{"2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"},
		},
		"ParisSpringInTheGap": {
			"asked between 03:00 and 03:30, the skipped 02:30 is still to come", "30 2 * * *", "Europe/Paris", "2026-03-29T01:10:00Z",
			[]string{"2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"},
		},
		"ParisSpringMidnight": {
			"midnight is not touched", "0 0 * * *", "Europe/Paris", "2026-03-28T12:00:00Z",
			[]string{"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		},
		"ParisAutumnRepeated": {
			"02:30 happens twice on 25 October: it runs at the first", "30 2 * * *", "Europe/Paris", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		},
		"ParisAutumnBetween": {
			"asked between the two, the next is tomorrow's", "30 2 * * *", "Europe/Paris", "2026-10-25T01:10:00Z",
			[]string{"2026-10-26T01:30:00Z"},
		},
		"BerlinSpring": {
			"02:30 does not exist on 29 March: that day's refresh is at 03:30 summer time", "30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z",
			[]string{"2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"},
		},
		"BerlinAutumn": {
			"02:30 happens twice on 25 October: that day's refresh is at the first", "30 2 * * *", "Europe/Berlin", "2026-10-23T12:00:00Z",
			[]string{"2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"},
		},
		"NewYorkSpring": {
			"the same on 8 March in New York", "15 2 * * *", "America/New_York", "2026-03-07T12:00:00Z",
			[]string{"2026-03-08T07:15:00Z", "2026-03-09T06:15:00Z"},
		},
		"NewYorkAutumn": {
			"and on 1 November", "15 1 * * *", "America/New_York", "2026-10-31T12:00:00Z",
			[]string{"2026-11-01T05:15:00Z", "2026-11-02T06:15:00Z"},
		},
		"HourlyAutumn": {
			"what runs every hour runs in both of the repeated hours", "0 * * * *", "Europe/Paris", "2026-10-24T23:30:00Z",
			[]string{"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"},
		},
		"HourlySpring": {
			"and leaves no hour out", "0 * * * *", "Europe/Paris", "2026-03-28T23:30:00Z",
			[]string{"2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"},
		},
		"SaoPauloMidnightGap": {
			"a midnight that was skipped", "0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z",
			[]string{"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		},
		"DayOfMonthOrWeek": {
			"as in a CronJob, both restricted mean either", "0 0 1 * 1", "", "2026-04-29T00:00:00Z",
			[]string{"2026-05-01T00:00:00Z", "2026-05-04T00:00:00Z", "2026-05-11T00:00:00Z"},
		},
		"WeekdaysOnly": {
			"a star for the day leaves the weekday alone", "0 6 * * 1-5", "", "2026-05-01T12:00:00Z",
			[]string{"2026-05-04T06:00:00Z", "2026-05-05T06:00:00Z"},
		},
		"LeapDay":    {"29 February is far away, not never", "0 0 29 2 *", "", "2026-04-16T00:00:00Z", []string{"2028-02-29T00:00:00Z"}},
		"Descriptor": {"the names are read", "@weekly", "UTC", "2026-04-16T00:00:00Z", []string{"2026-04-19T00:00:00Z"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			schedule, err := ParseCron(tc.expression, tc.zone)
			if err != nil {
				t.Fatal(err)
			}
			tick := at(tc.after)
			for _, want := range tc.want {
				if tick = schedule.Next(tick); !tick.Equal(at(want)) {
					t.Fatalf("%s: got %s, want %s", tc.reason, tick.Format(time.RFC3339), want)
				}
			}
		})
	}
}

func TestCronRefused(t *testing.T) {
	for expression, want := range map[string]string{
		"":                        "not a cron expression",
		"0 2 * *":                 "not a cron expression",
		"0 0 2 * * *":             "not a cron expression",
		"61 2 * * *":              "not a cron expression",
		"@every 5m":               "refresh.every",
		"TZ=UTC 0 2 * * *":        "refresh.timeZone",
		"CRON_TZ=UTC 0 2 * * *":   "refresh.timeZone",
		"0 0 30 2 *":              "never matches a date",
		strings.Repeat("1,", 800): "not a cron expression",
	} {
		if _, err := ParseCron(expression, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", expression, err, want)
		}
	}
	for _, zone := range []string{"Mars/Olympus", "Local", "../../etc/passwd"} {
		if _, err := ParseCron("0 2 * * *", zone); err == nil {
			t.Errorf("time zone %q is accepted", zone)
		}
	}
}

// A daily schedule runs exactly once on every local day, in every zone that changes its clock.
func TestDailyRunsOnceADay(t *testing.T) {
	for _, zone := range []string{"Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo", "UTC"} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, expression := range []string{"0 0 * * *", "30 0 * * *", "15 1 * * *", "0 2 * * *", "30 2 * * *", "0 3 * * *", "59 23 * * *"} {
			schedule, err := ParseCron(expression, zone)
			if err != nil {
				t.Fatal(err)
			}
			tick := schedule.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, location).Add(-time.Second))
			for day := 0; day < 365; day++ {
				want := time.Date(2026, 1, 1+day, 12, 0, 0, 0, location).YearDay()
				if got := tick.In(location).YearDay(); got != want {
					t.Fatalf("%s in %s: day %d is followed by %d", expression, zone, want-1, got)
				}
				tick = schedule.Next(tick)
			}
		}
	}
}

// From whichever instant it is asked, the next tick is the same as by walking from the start.
func TestNextIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expression := rapid.SampledFrom([]string{"0 2 * * *", "30 2 * * *", "*/15 1-3 * * *", "0 * * * *", "*/7 * * * *", "0 */5 * * 0"}).Draw(t, "expression")
		zone := rapid.SampledFrom([]string{"Europe/Paris", "America/New_York", "Australia/Lord_Howe"}).Draw(t, "zone")
		schedule, err := ParseCron(expression, zone)
		if err != nil {
			t.Fatal(err)
		}
		from := rapid.SampledFrom([]string{"2026-03-08T00:00:00Z", "2026-03-28T18:00:00Z", "2026-04-04T06:00:00Z", "2026-10-03T06:00:00Z", "2026-10-24T18:00:00Z", "2026-11-01T00:00:00Z"}).Draw(t, "from")
		after := at(from).Add(time.Duration(rapid.IntRange(0, 24*60*60).Draw(t, "seconds")) * time.Second)
		next := schedule.Next(after)
		if !next.After(after) || next.Nanosecond() != 0 {
			t.Fatalf("%s is not after %s", next, after)
		}
		between := after.Add(time.Duration(rapid.Int64Range(0, int64(next.Sub(after))-1).Draw(t, "between")))
		if again := schedule.Next(between); !again.Equal(next) {
			t.Fatalf("from %s: %s, from %s: %s", after, next, between, again)
		}
	})
}

func TestEvery(t *testing.T) {
	hourly, err := Every(time.Hour, "uid-1")
	if err != nil {
		t.Fatal(err)
	}
	first := hourly.Next(at("2026-04-16T00:00:00Z"))
	if wait := first.Sub(at("2026-04-16T00:00:00Z")); wait <= 0 || wait > time.Hour {
		t.Errorf("the first tick comes after %s", wait)
	}
	if second := hourly.Next(first); second.Sub(first) != time.Hour {
		t.Errorf("the interval is %s", second.Sub(first))
	}
	if again := hourly.Next(first.Add(-time.Nanosecond)); !again.Equal(first) {
		t.Errorf("just before a tick: %s, want %s", again, first)
	}
	if before := hourly.Next(time.Unix(-5000, 0)); before.Sub(time.Unix(-5000, 0)) > time.Hour {
		t.Errorf("before 1970: %s", before)
	}
	seen := map[int]int{}
	for i := range 600 {
		schedule, _ := Every(time.Hour, "uid-"+string(rune('a'+i%26))+string(rune('a'+i/26)))
		seen[schedule.Next(at("2026-04-16T00:00:00Z")).Minute()/10]++
	}
	for part := range 6 {
		if seen[part] < 50 {
			t.Errorf("600 products on 6 parts of the hour: %v", seen)
			break
		}
	}
	if _, err := Every(time.Second, "uid"); err == nil {
		t.Error("an interval of a second is accepted")
	}
	if !(OnDemand{}).Next(first).IsZero() {
		t.Error("on demand only has a next tick")
	}
}
