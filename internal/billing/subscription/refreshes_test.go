// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"
	"testing"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// billing.md#12-refreshes: loaded counts.
func TestRefreshCounts(t *testing.T) {
	guarded := func(w *world) *world {
		return w.loaded().product(func(p *Product) {
			p.Guard = Guard{MaxIncreasePercent: ptr[int64](100), MaxDecreasePercent: ptr[int64](50), FromSeats: 5}
		})
	}
	lazy := func(w *world) *world {
		return w.loaded().product(func(p *Product) { p.OnDecrease.Application = ApplyNextPeriod })
	}
	tell(t, map[string]story{
		"an equal count": {
			reason: "Equal to the target: nothing is made.",
			play: func(w *world) {
				w.loaded().refresh("editors", 10).replay().at("2026-04-16").refresh("editors", 10).replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 100.00"},
		},
		"an equal count while one waits": {
			reason: "An hourly refresh that finds a decrease which already waits makes nothing, and it keeps its place.",
			play: func(w *world) {
				lazy(w).refresh("editors", 10).replay().at("2026-04-16").refresh("editors", 8).replay().
					at("2026-04-16T01:00:00Z").refresh("editors", 8).replay().at("2026-05-01").replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Applied: 0.00", "Renewal 2026-05-01: 80.00"},
		},
		"the quantity held again": {
			reason: "The count is what is held again: the update supersedes the open one and prices nothing.",
			play: func(w *world) {
				lazy(w).refresh("editors", 10).replay().at("2026-04-16").refresh("editors", 8).replay().
					at("2026-04-17").refresh("editors", 10).replay().at("2026-05-01").replay()
			},
			want: []string{
				"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Superseded SupersededByRefresh", "c3 Applied: 0.00",
				"Renewal 2026-05-01: 100.00",
			},
		},
		"the quantity held again, whatever the schedule": {
			reason: "What changes nothing waits for no date.",
			play: func(w *world) {
				w.loaded().in.Terms.Change.Application = ApplyNextPeriod
				w.refresh("editors", 10).replay().at("2026-04-16").refresh("editors", 8).replay().
					at("2026-04-17").refresh("editors", 10).replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Superseded SupersededByRefresh", "c3 Applied: 0.00"},
		},
		"a newer count": {
			reason: "Whatever its schedule, it takes the place of the open one.",
			play: func(w *world) {
				lazy(w).refresh("editors", 10).replay().at("2026-04-16").refresh("editors", 8).replay().
					at("2026-04-17").refresh("editors", 7).replay().at("2026-05-01").replay()
			},
			want: []string{
				"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Superseded SupersededByRefresh", "c3 Applied: 0.00",
				"Renewal 2026-05-01: 70.00",
			},
		},
		"counts replayed after a downtime": {
			reason: "Each took effect at its event time, as it would have been: 2 × 10 × 20/30, then back at 15/30.",
			play: func(w *world) {
				w.loaded().counted("editors", 10).replay()
				w.at("2026-04-11").counted("editors", 12).at("2026-04-16").counted("editors", 10).at("2026-04-20").replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Applied: 13.33", "c3 Applied: -10.00"},
		},
		"held, then approved": {
			reason: "10 → 60 seen on 20 April, held, approved on 3 May: effective 1 May, 500.00.",
			play: func(w *world) {
				guarded(w).refresh("editors", 10).replay().at("2026-04-20").refresh("editors", 60).replay().
					at("2026-05-01").replay().at("2026-05-03").approve("c2").replay()
				if got := w.decisions["c2"].InForce; !got.Effective.Equal(instant("2026-05-01")) || !got.ApprovedAt.Equal(w.in.Now) {
					w.t.Fatalf("in force: %+v", got)
				}
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00", "c2 Applied: 500.00"},
		},
		"held, approved in time": {
			reason: "A count is as of its observation: 50 × 10 × 11/30 from 20 April.",
			play: func(w *world) {
				guarded(w).refresh("editors", 10).replay().at("2026-04-20").refresh("editors", 60).replay().
					at("2026-04-25").approve("c2").replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Applied: 183.33"},
		},
		"held, approved during a downtime": {
			reason: "An approval counts from when it is first seen: the boundaries before it come first.",
			play: func(w *world) {
				guarded(w).refresh("editors", 10).replay().at("2026-04-20").refresh("editors", 60).replay().
					approve("c2").at("2026-05-03").replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00", "c2 Applied: 500.00"},
		},
		"held, then overtaken": {
			reason: "A newer count takes the place of a held one, and its approval does not carry over.",
			play: func(w *world) {
				guarded(w).refresh("editors", 10).replay().at("2026-04-20").refresh("editors", 60).replay().
					at("2026-04-21").approve("c2").refresh("editors", 70).at("2026-04-22").replay().refresh("editors", 15).replay()
			},
			want: []string{
				"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Superseded SupersededByRefresh",
				"c3 Superseded SupersededByRefresh", "c4 Applied: 15.00",
			},
		},
		"a fall is guarded too": {
			reason: "More than half fewer of at least five.",
			play: func(w *world) {
				guarded(w).refresh("editors", 10).replay().at("2026-04-16").refresh("editors", 4).replay().approve("c2").replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Applied: -30.00"},
		},
		"the first count": {
			reason: "An item's first count is never guarded.",
			play:   func(w *world) { guarded(w).refresh("editors", 1000).replay() },
			want:   []string{"c1 Applied: 0.00", "Initial 2026-04-01: 10000.00"},
		},
		"the first count of an item that was declared": {
			reason: "It is the first all the same.",
			play: func(w *world) {
				guarded(w).holding(10).at("2026-04-16").refresh("editors", 60).replay().at("2026-04-17").refresh("editors", 700).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "c1 Applied: 250.00"},
		},
		"the first count is late": {
			reason: "Source down 1 to 3 April, 40 seats counted on the 3rd: period from 1 April, 400.00.",
			play: func(w *world) {
				w.loaded().replay().at("2026-04-03").refresh("editors", 40).replay()
				if !w.state.Period.Span.Start.Equal(instant("2026-04-01")) {
					w.t.Fatalf("the period is %+v", w.state.Period)
				}
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 400.00"},
		},
		"two counts before it could start": {
			reason: "With the first count it starts; the second takes effect at its event time, 10 × 10 × 27/30.",
			play: func(w *world) {
				w.loaded().item("viewers", eur("1"), true).plan(func(p *Plan) { p.Minimum = 5 }, "viewers-seat")
				w.in.Terms.Items[1].Quantity = ptr[int64](1)
				w.replay().at("2026-04-03").refresh("editors", 40).replay().at("2026-04-04").refresh("editors", 50).replay().
					at("2026-04-05")
				w.in.Terms.Items[1].Quantity = ptr[int64](7)
				w.replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 400.00 7.00", "c2 Applied: 90.00"},
		},
		"counts before the start": {
			reason: "The newest one by the start is what it starts with.",
			play: func(w *world) {
				w.loaded().in.Terms.Start = instant("2026-05-01")
				w.refresh("editors", 40).replay().at("2026-04-20").refresh("editors", 50).replay().at("2026-05-01").replay()
			},
			want: []string{"c2 Applied: 0.00", "Initial 2026-05-01: 500.00", "c1 Superseded SupersededByRefresh"},
		},
		"a late create": {
			reason: "An update that was made more than two minutes after its count was loaded could bring back an older count.",
			play: func(w *world) {
				w.loaded().refresh("editors", 10).replay().at("2026-04-16").counted("editors", 50, created("2026-04-16T00:02:01Z")).
					at("2026-04-16T00:02:01Z").replay().counted("editors", 11, created("2026-04-16T00:04:01Z")).at("2026-04-16T00:04:01Z").replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Superseded SupersededByRefresh", "c3 Applied: 5.00"},
		},
		"an older count": {
			reason: "By observation, not by creation.",
			play: func(w *world) {
				w.loaded().refresh("editors", 10).replay().at("2026-04-16").refresh("editors", 11).replay().
					counted("editors", 50, observed("2026-04-15")).replay().counted("editors", 60).replay()
			},
			want: []string{
				"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Applied: 5.00",
				"c3 Superseded SupersededByRefresh", "c4 Superseded SupersededByRefresh",
			},
		},
		"declared since": {
			reason: "A quantity that the spec declares takes the place of one that was loaded.",
			play: func(w *world) {
				lazy(w).refresh("editors", 10).replay().at("2026-04-16").refresh("editors", 8).replay().
					at("2026-04-17").edit("editors", 9).replay().
					at("2026-04-18").counted("editors", 7).at("2026-04-18T00:00:03Z").replay().at("2026-05-01").replay()
			},
			want: []string{
				"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Superseded SupersededBySpec",
				"c3 Superseded SupersededBySpec", "e1 Applied: 0.00", "Renewal 2026-05-01: 90.00",
			},
		},
		"a boundary between": {
			reason: "A boundary between a tick and its observation is billed with the count known before.",
			play: func(w *world) {
				w.loaded().refresh("editors", 10).replay().at("2026-05-01T00:00:07Z").refresh("editors", 12).replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00", "c2 Applied: 20.00"},
		},
		"a person's change of a loaded item": {
			reason: "It is counted where it is counted; and one whose quantity is declared is changed there.",
			play: func(w *world) {
				w.item("viewers", eur("1"), true).loaded().refresh("editors", 10)
				w.in.Terms.Items[1].Quantity = ptr[int64](7)
				w.replay().increment("editors", 1, applies(ApplyNextPeriod)).increment("viewers", 1).increment("readers", 1).increment("", 1).replay()
			},
			want: []string{
				"c1 Applied: 0.00", "Initial 2026-04-01: 100.00 7.00", "u1 Rejected LoadedFromSource", "u2 Rejected DeclaredInSpec",
				"u3 Rejected UnknownItem", "u4 Rejected UnknownItem",
			},
		},
		"DoNotCharge": {
			reason: "Loaded counts follow the product's policy like any other.",
			play: func(w *world) {
				w.loaded().product(func(p *Product) { p.OnIncrease.Method = proration.DoNotCharge }).refresh("editors", 10).replay().
					at("2026-04-16").refresh("editors", 12).replay().at("2026-05-01").replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Applied", "Renewal 2026-05-01: 120.00"},
		},
	})
}

// A held count says so, and what waits for the start says that.
func TestRefreshWaiting(t *testing.T) {
	w := newWorld(t).loaded()
	w.replay()
	if w.last.Blocked == nil || w.last.Blocked.Reason != WaitingForSeats {
		t.Fatalf("got %+v", w.last.Blocked)
	}
	w.product(func(p *Product) { p.Guard.MaxIncreasePercent = ptr[int64](100) }).
		refresh("editors", 10).replay().at("2026-04-16").refresh("editors", 60).replay()
	if got := w.waits(); !slices.Equal(got, []string{"c2 Held AwaitingApproval"}) {
		t.Errorf("got %q", got)
	}
}

// A count that was loaded for the product that an item left is never the quantity of the item on its new product, even if it
// was observed after the move fell due. Until the move is committed, the product before counts the item.
func TestCountOfTheProductBefore(t *testing.T) {
	w := newWorld(t).loaded().counted("editors", 10).replay()
	w.offer("pro-seat", "monthly", eur("20"))
	pro := w.in.Products["pro-seat"]
	pro.Loader = true
	w.in.Products["pro-seat"] = pro
	moved := on("editors", "monthly")
	moved.Product = "pro-seat"
	w.at("2026-04-16").change([]TermsItem{moved}, applies(ApplyNextPeriod)).replay()

	w.at("2026-05-01T00:00:03Z").counted("editors", 40).at("2026-05-01T00:01:00Z").replay()
	if got := w.decisions["c2"]; got.Verdict != IsSuperseded || w.held("editors") != 10 {
		t.Errorf("the count of the product before is %s, and %d are held", got.Verdict, w.held("editors"))
	}
	if got := w.state.Currency.Format(w.documents[len(w.documents)-1].Subtotal); got != "200.00" {
		t.Errorf("the renewal comes to %s", got)
	}
	w.at("2026-05-01T00:02:00Z").counted("editors", 12).replay()
	if got := w.decisions["c3"]; got.Verdict != IsApplied || w.held("editors") != 12 {
		t.Errorf("the first count of the new product is %s, and %d are held", got.Verdict, w.held("editors"))
	}
}
