// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package calendar_test

import (
	"testing"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

func BenchmarkPeriodAt(b *testing.B) {
	c := calendar.Calendar{Anchor: at("2010-01-31T02:30:00Z"), Interval: every(1, calendar.Month), Zone: zone("Europe/Paris")}
	instant := at("2026-04-16T00:00:00Z")
	b.ReportAllocs()
	for b.Loop() {
		c.PeriodAt(instant)
	}
}

func BenchmarkDayOf(b *testing.B) {
	paris, instant := zone("Europe/Paris"), at("2026-04-16T00:00:00Z")
	b.ReportAllocs()
	for b.Loop() {
		calendar.DayOf(instant, paris)
	}
}
