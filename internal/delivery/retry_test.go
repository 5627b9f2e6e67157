// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
)

func TestDelay(t *testing.T) {
	least := []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
		10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour, 24 * time.Hour,
	}
	different := map[time.Duration]bool{}
	for n, least := range least {
		got := delivery.Delay("uid/1", int32(n+1))
		if got < least || got > least*11/10 {
			t.Errorf("after %d failures the delay is %s, want %s and up to a tenth more", n+1, got, least)
		}
		if got != delivery.Delay("uid/1", int32(n+1)) {
			t.Errorf("after %d failures the delay is not the same each time", n+1)
		}
	}
	for _, id := range []string{"a/1", "a/2", "b/1", "c/9"} {
		different[delivery.Delay(id, 2)] = true
	}
	if len(different) < 3 {
		t.Error("events that fail together are tried again together")
	}
	if delivery.IsLast(9) || !delivery.IsLast(10) {
		t.Error("an event has ten attempts")
	}
}

func TestRetryAfter(t *testing.T) {
	now := noon.Time
	cases := map[string]struct {
		reason, header string
		want           time.Duration
	}{
		"None":     {reason: "the receiver asks for nothing"},
		"Seconds":  {"a number of seconds", " 120 ", 2 * time.Minute},
		"Date":     {"a date", now.Add(time.Hour).Format("Mon, 02 Jan 2006 15:04:05 GMT"), time.Hour},
		"Past":     {"that time is over", now.Add(-time.Hour).Format("Mon, 02 Jan 2006 15:04:05 GMT"), 0},
		"Negative": {"that makes no sense", "-5", 0},
		"Forever":  {"a receiver does not stop its events for years", "999999999", delivery.MaxRetryAfter},
		"Overflow": {"nor does it wrap around", "9223372036854775807", delivery.MaxRetryAfter},
		"Words":    {"it cannot be parsed", "soon", 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := delivery.RetryAfter(tc.header, now); got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

func TestDue(t *testing.T) {
	now := noon.Time
	cases := map[string]struct {
		reason string
		next   time.Duration
		want   time.Duration
	}{
		"Over":    {"it is due", -time.Hour, 0},
		"Waits":   {"the schedule says so", time.Hour, time.Hour},
		"Longest": {"the longest delay with all of its jitter", delivery.MaxRetryAfter * 11 / 10, delivery.MaxRetryAfter * 11 / 10},
		"Wrong":   {"no delay is that long: the clock was wrong when it was written", 365 * 24 * time.Hour, 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			next := metav1.NewTime(now.Add(tc.next))
			if got := delivery.Due(v1alpha1.EventCursor{NextAttemptTime: &next}, now); got != tc.want {
				t.Errorf("%s: it waits for %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
	if delivery.Due(v1alpha1.EventCursor{}, now) != 0 {
		t.Error("an event that has not failed waits")
	}
}

func TestJudge(t *testing.T) {
	cases := map[string]struct {
		reason string
		status int
		want   delivery.Verdict
	}{
		"OK":        {"the receiver has it", 200, delivery.Delivered},
		"NoContent": {"the receiver has it", 204, delivery.Delivered},
		"Moved":     {"a redirect is not followed", 301, delivery.Failed},
		"Gone":      {"it wants no more", 410, delivery.Gone},
		"TooMany":   {"it wants more later", 429, delivery.Failed},
		"Broken":    {"it may be repaired", 503, delivery.Failed},
		"Odd":       {"no such status", 999, delivery.Failed},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, sentence := delivery.Judge(tc.status)
			if got != tc.want || (sentence == "") != (got == delivery.Delivered) {
				t.Errorf("%s: got %s, %q", tc.reason, got, sentence)
			}
		})
	}
}

func TestBreaker(t *testing.T) {
	now := noon.Time
	var b delivery.Breaker
	for range 2 {
		b = b.Fail(now, 0)
	}
	if wait, may := b.Wait(now, 7); wait != 0 || !may || b.IsOpen() {
		t.Error("two failures do not open it")
	}
	b = b.Fail(now, 0)
	if !b.IsOpen() {
		t.Fatal("three failures in a row open it")
	}
	if _, may := b.Wait(now, 1); may {
		t.Error("while it is open, one attempt is under way at a time")
	}
	if wait, may := b.Wait(now, 0); wait != 5*time.Second || !may {
		t.Errorf("the first pause is %s", wait)
	}
	for range 20 {
		b = b.Fail(now, 0)
	}
	if wait, _ := b.Wait(now, 0); wait != 5*time.Minute {
		t.Errorf("the longest pause is %s", wait)
	}
	b, closed := b.Succeed()
	if wait, may := b.Wait(now, 7); !closed || wait != 0 || !may {
		t.Error("a success closes it")
	}
	if wait, _ := (delivery.Breaker{}).Fail(now, time.Minute).Wait(now, 0); wait != time.Minute {
		t.Errorf("a receiver that asks for a minute gets %s", wait)
	}
}
