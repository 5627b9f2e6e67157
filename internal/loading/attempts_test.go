// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package loading_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/loading"
)

func TestBackoff(t *testing.T) {
	want := []time.Duration{30 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 10 * time.Minute, 10 * time.Minute}
	for failures, expected := range want {
		if got := loading.Backoff(int64(failures)); got != expected {
			t.Errorf("after %d failures: %s, want %s", failures, got, expected)
		}
	}
	if got := loading.Backoff(1 << 40); got != loading.MaxBackoff {
		t.Errorf("after very many: %s", got)
	}
}

func TestWaitUntil(t *testing.T) {
	asks := func(clock, value string) loading.Load {
		return loading.Load{Clock: clock, At: noon, OnDemand: true, Request: value, Requests: map[string]string{"product": value}}
	}
	tick := loading.Load{At: noon}
	onClock := loading.Load{Clock: "clock", At: noon}
	later := onClock
	later.At = noon.Add(time.Second)
	failing := loading.Entry{Failures: 2, LastAttempt: noon}
	failingClock := loading.Entry{Clock: "clock", Failures: 2, LastAttempt: noon}
	cases := map[string]struct {
		reason string
		before func(*loading.Attempts)
		load   loading.Load
		entry  loading.Entry
		want   time.Time
	}{
		"Fine":         {reason: "nothing failed", load: tick},
		"AfterRestart": {reason: "the status knows when the wall clock's load failed", load: tick, entry: failing, want: noon.Add(time.Minute)},
		"Remembered": {
			reason: "the process knows better",
			before: func(a *loading.Attempts) { a.Failed(tick, 1, noon.Add(7)) },
			load:   tick, entry: failing, want: noon.Add(30*time.Second + 7),
		},
		"AsksNew": {reason: "who asks does not wait for the backoff", load: asks("", "now"), entry: failing},
		"AskedBefore": {
			reason: "the same request is not new",
			before: func(a *loading.Attempts) { a.Failed(asks("", "now"), 2, noon) },
			load:   asks("", "now"), entry: failing, want: noon.Add(time.Minute),
		},
		"AskedAfterFailure": {
			reason: "who asks after a failure waits for the spacing only",
			before: func(a *loading.Attempts) {
				a.Failed(asks("", "one"), 5, noon)
				a.Ended(asks("", "one"), noon)
			},
			load: asks("", "two"), entry: failing, want: noon.Add(10 * time.Second),
		},
		"Spaced": {
			reason: "requests are at least ten seconds apart",
			before: func(a *loading.Attempts) { a.Ended(asks("", "one"), noon) },
			load:   asks("", "two"), want: noon.Add(10 * time.Second),
		},
		"SpacedOnOtherClock": {
			reason: "whatever the clock",
			before: func(a *loading.Attempts) { a.Ended(asks("", "one"), noon) },
			load:   asks("clock", "two"), entry: loading.Entry{Clock: "clock"}, want: noon.Add(10 * time.Second),
		},
		"SameRequestNextClock": {
			reason: "one request is answered on all clocks one after the other",
			before: func(a *loading.Attempts) { a.Ended(asks("", "one"), noon) },
			load:   asks("clock", "one"), entry: loading.Entry{Clock: "clock"},
		},
		"SameRequestSameClock": {
			reason: "a cache that does not show the answer yet makes no second load",
			before: func(a *loading.Attempts) { a.Ended(asks("", "one"), noon) },
			load:   asks("", "one"), want: noon.Add(10 * time.Second),
		},
		"TickAfterRequest": {
			reason: "a scheduled refresh is not spaced",
			before: func(a *loading.Attempts) { a.Ended(asks("", "one"), noon) },
			load:   tick,
		},
		"RequestAfterTick": {
			reason: "nor is a request after a load that answered none",
			before: func(a *loading.Attempts) { a.Ended(tick, noon) },
			load:   asks("", "one"),
		},
		"RequestWhileTickIsOwed": {
			reason: "a tick that is owed after a failure is no way around the spacing",
			before: func(a *loading.Attempts) {
				a.Failed(asks("", "one"), 5, noon)
				a.Ended(asks("", "one"), noon)
			},
			load: loading.Load{At: noon, Requests: map[string]string{"product": "two"}}, entry: failing, want: noon.Add(10 * time.Second),
		},
		"Unanswered": {
			reason: "no load begins before a create that may still arrive",
			before: func(a *loading.Attempts) { a.Unanswered(loading.AnswerTimes{Loaded: noon}) },
			load:   asks("", "now"), entry: failing, want: noon.Add(2 * time.Minute),
		},
		"ClockMoved": {
			reason: "a TestClock that moved is attempted at once",
			before: func(a *loading.Attempts) { a.Failed(onClock, 2, noon) },
			load:   later, entry: failingClock,
		},
		"ClockStands": {
			reason: "one that stands still waits",
			before: func(a *loading.Attempts) { a.Failed(onClock, 2, noon) },
			load:   onClock, entry: failingClock, want: noon.Add(time.Minute),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			attempts := loading.NewAttempts()
			if tc.before != nil {
				tc.before(attempts)
			}
			if got := attempts.WaitUntil(tc.load, tc.entry); !got.Equal(tc.want) {
				t.Errorf("%s: waits until %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// Of two counts that were observed and loaded in one second, the second would pass for the older one.
func TestNoTwoAnswersInOneSecond(t *testing.T) {
	within := noon.Add(700 * time.Millisecond)
	april := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		reason   string
		answered map[string]time.Time
		entry    loading.Entry
		at       time.Time
		want     time.Time
	}{
		"nothing known":         {reason: "the first refresh need not wait", at: within},
		"the same second":       {reason: "not even somebody who asks", answered: map[string]time.Time{"": noon}, at: within, want: noon.Add(time.Second)},
		"the next second":       {reason: "the two can be told apart", answered: map[string]time.Time{"": noon}, at: noon.Add(time.Second)},
		"by the status":         {reason: "another process made the last one", entry: loading.Entry{LastRefresh: noon}, at: within, want: noon.Add(time.Second)},
		"a clock that stands":   {reason: "the answers differ by when they came", answered: map[string]time.Time{"clock": april}, entry: loading.Entry{Clock: "clock"}, at: april, want: noon.Add(time.Second)},
		"a clock that moved":    {reason: "the observation tells them apart", answered: map[string]time.Time{"clock": april}, entry: loading.Entry{Clock: "clock"}, at: april.Add(time.Hour)},
		"another clock's times": {reason: "each is judged by its own", answered: map[string]time.Time{"clock": noon}, at: within},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			attempts := loading.NewAttempts()
			for clock, observed := range tc.answered {
				attempts.Answered(clock, loading.AnswerTimes{Observed: observed, Loaded: noon})
			}
			asked := loading.Load{Clock: tc.entry.Clock, At: tc.at, Requests: map[string]string{"uid-acme": "now"}}
			if got := attempts.WaitUntil(asked, tc.entry); !got.Equal(tc.want) {
				t.Errorf("%s: waits until %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// Whatever is asked for, and whenever, two loads that only requests make due are ten seconds apart.
func TestRequestsAreSpaced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		attempts, now := loading.NewAttempts(), noon
		var last time.Time
		for n := range rapid.IntRange(2, 30).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 15).Draw(t, "seconds")) * time.Second)
			load := loading.Load{At: now, OnDemand: true, Request: string(rune('a' + n)), Requests: map[string]string{"product": string(rune('a' + n))}}
			if attempts.WaitUntil(load, loading.Entry{}).After(now) {
				continue
			}
			if !last.IsZero() && now.Sub(last) < loading.MinDemandInterval {
				t.Fatalf("a load %s after the end of the last", now.Sub(last))
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "takes")) * time.Second)
			attempts.Ended(load, now)
			last = now
		}
	})
}

func TestNextLook(t *testing.T) {
	cases := map[string]struct {
		reason  string
		before  func(*loading.Attempts)
		entries []loading.Entry
		want    time.Time
	}{
		"Nothing":   {reason: "on demand only", entries: []loading.Entry{{}}},
		"Tick":      {reason: "the wall clock's next tick", entries: []loading.Entry{{NextTick: noon.Add(time.Hour)}}, want: noon.Add(time.Hour)},
		"TestClock": {reason: "a TestClock wakes its products itself", entries: []loading.Entry{{Clock: "clock", NextTick: noon}}},
		"Retry":     {reason: "a retry before the next tick", entries: []loading.Entry{{NextTick: noon.Add(time.Hour), Failures: 1, LastAttempt: noon}}, want: noon.Add(30 * time.Second)},
		"Unanswered": {
			reason:  "no sooner than the last create can be believed",
			before:  func(a *loading.Attempts) { a.Unanswered(loading.AnswerTimes{Loaded: noon}) },
			entries: []loading.Entry{{NextTick: noon.Add(time.Second)}}, want: noon.Add(2 * time.Minute),
		},
		"FirstTried": {
			reason: "a first count that came to nothing is loaded again",
			before: func(a *loading.Attempts) {
				a.Succeeded(loading.Load{}, []loading.Counted{{Item: &loading.Connected{}}}, noon)
			},
			want: noon.Add(10 * time.Minute),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			attempts := loading.NewAttempts()
			if tc.before != nil {
				tc.before(attempts)
			}
			if got := attempts.NextLook(tc.entries, noon); !got.Equal(tc.want) {
				t.Errorf("%s: looks at %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}
