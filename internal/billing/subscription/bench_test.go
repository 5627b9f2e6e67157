// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"testing"
	"time"
)

// benchWorld is a started subscription of some items with ten seats each.
func benchWorld(b *testing.B, items int) *world {
	w := newWorld(b)
	quantities := []int64{10}
	for i := 1; i < items; i++ {
		w.item(fmt.Sprintf("item-%d", i), eur("12.50"), true)
		quantities = append(quantities, 10)
	}
	return w.holding(quantities...)
}

// One change of a quantity, from the state to the decision.
func BenchmarkQuantityChange(b *testing.B) {
	w := benchWorld(b, 1).at("2026-04-16").increment("editors", 5)
	b.ReportAllocs()
	for b.Loop() {
		if out := Replay(w.state, w.in); out.Events != 1 {
			b.Fatal(out.Events)
		}
	}
}

// A pass that finds nothing to do, which is what most passes are.
func BenchmarkNothingDue(b *testing.B) {
	w := benchWorld(b, 10).at("2026-04-16")
	b.ReportAllocs()
	for b.Loop() {
		if out := Replay(w.state, w.in); out.Events != 0 {
			b.Fatal(out.Events)
		}
	}
}

// One renewal of ten items.
func BenchmarkRenewalOfTenItems(b *testing.B) {
	w := benchWorld(b, 10).at("2026-05-01")
	b.ReportAllocs()
	for b.Loop() {
		if out := Replay(w.state, w.in); out.Events != 1 {
			b.Fatal(out.Events)
		}
	}
}

// A plan of ten items exchanged with Reset: ten credits and ten charges, which are invoiced
// at once.
func BenchmarkResetOfTenItems(b *testing.B) {
	w := benchWorld(b, 10).at("2026-04-16")
	var items []TermsItem
	for i := range w.state.Items {
		items = append(items, w.state.Items[i].terms())
	}
	w.change(items, renewal(Reset))
	b.ReportAllocs()
	for b.Loop() {
		if out := Replay(w.state, w.in); out.Events != 2 {
			b.Fatal(out.Events)
		}
	}
}

// A preview, with its totals and hash.
func BenchmarkPreview(b *testing.B) {
	w := benchWorld(b, 1).at("2026-04-16").increment("editors", 5, preview)
	b.ReportAllocs()
	for b.Loop() {
		if out := Replay(w.state, w.in); out.Events != 1 {
			b.Fatal(out.Events)
		}
	}
}

// The upcoming invoice of ten items, which each commit shows.
func BenchmarkUpcomingInvoice(b *testing.B) {
	w := benchWorld(b, 10).at("2026-04-16")
	b.ReportAllocs()
	for b.Loop() {
		if u := UpcomingInvoice(w.state, w.in); u.AmountDue.IsZero() {
			b.Fatal(u)
		}
	}
}

// Twelve months with a change a day, each replayed on its day.
func BenchmarkTwelveMonthsDaily(b *testing.B) {
	w := benchWorld(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		state, in, events := w.state, w.in, 0
		for day := range 365 {
			in.Now = instant("2026-04-01").AddDate(0, 0, day).Add(time.Hour)
			in.Updates = []Update{{
				Name: "u", UID: "u", Origin: OriginUser, Created: in.Now,
				Change: QuantityChange{Item: "editors", Count: ptr(int64(10 + day%7))},
			}}
			out := Replay(state, in)
			state, events = out.State, events+out.Events
		}
		if events != 365+11 {
			b.Fatal(events)
		}
	}
}

// The same year in one go, after a downtime.
func BenchmarkTwelveMonthsAtOnce(b *testing.B) {
	w := benchWorld(b, 1)
	for day := range 365 {
		at := instant("2026-04-01").AddDate(0, 0, day).Add(time.Hour)
		w.set("editors", int64(10+day%7), createdAt(at))
	}
	w.at("2027-03-31T12:00:00Z")
	b.ReportAllocs()
	for b.Loop() {
		if out := Replay(w.state, w.in); out.Events != 365+11 {
			b.Fatal(out.Events)
		}
	}
}
