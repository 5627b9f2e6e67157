// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"strings"
	"testing"
)

// billing.md#10-seats: seats.
func TestSeats(t *testing.T) {
	limited := func(w *world, minimum, maximum int64) *world {
		return w.plan(func(p *Plan) { p.Minimum, p.Maximum = minimum, maximum })
	}
	tell(t, map[string]story{
		"minimum raised": {
			reason: "The next period bills the minimum; the quantity held is not changed.",
			play: func(w *world) {
				w.holding(3)
				limited(w, 5, 0).at("2026-05-01").replay()
				if w.held("editors") != 3 {
					w.t.Fatalf("%d seats are held", w.held("editors"))
				}
				w.at("2026-05-16").increment("editors", 2).replay().at("2026-05-17").increment("editors", 1).replay()
			},
			want: []string{"Initial 2026-04-01: 30.00", "Renewal 2026-05-01: 50.00", "u1 Applied: 0.00", "u2 Applied: 4.84"},
		},
		"minimum raised in arrears": {
			reason: "What a period in arrears bills at least is the minimum that it began with.",
			play: func(w *world) {
				w.plan(func(p *Plan) { p.Charge = InArrears }).holding(3)
				limited(w, 5, 0).at("2026-06-01").replay()
			},
			want: []string{"Renewal 2026-05-01: 30.00", "Renewal 2026-06-01: 50.00"},
		},
		"a user's change outside the limits": {
			reason: "It is Rejected.",
			play: func(w *world) {
				limited(w, 2, 10).holding(5).at("2026-04-16").increment("editors", 6).decrement("editors", 4).decrement("editors", 6).replay()
			},
			want: []string{
				"Initial 2026-04-01: 50.00", "u1 Rejected AboveMaximum", "u2 Rejected BelowMinimum", "u3 Rejected BelowMinimum",
			},
		},
		"below zero": {
			reason: "There is no minimum, and yet no negative quantity.",
			play:   func(w *world) { w.holding(5).at("2026-04-16").decrement("editors", 6).replay() },
			want:   []string{"Initial 2026-04-01: 50.00", "u1 Rejected BelowMinimum"},
		},
		"below the assigned seats": {
			reason: "A request is Rejected; one down to the assigned seats is not.",
			play: func(w *world) {
				w.holding(5).in.Assigned["editors"] = 4
				w.at("2026-04-16").decrement("editors", 2).decrement("editors", 1).replay()
			},
			want: []string{"Initial 2026-04-01: 50.00", "u1 Rejected SeatsAssigned", "u2 Applied: -5.00"},
		},
		"a counted item moves to a plan with a higher minimum": {
			reason: "It is clamped, as at a start: −50 × 15/30 and +200 × 15/30.",
			play: func(w *world) {
				big := eur("20")
				big.Minimum = 10
				w.loaded().offer("editor-seat", "big", big).counted("editors", 5).replay().
					at("2026-04-16").change([]TermsItem{on("editors", "big")}).replay()
				fault := OutsideLimits(w.state, w.in)
				if w.held("editors") != 10 || fault == nil || fault.Reason != BelowMinimum {
					w.t.Fatalf("%d seats are held, and outside the limits: %+v", w.held("editors"), fault)
				}
				if lines := w.decisions["u1"].Lines; w.totals(&Totals{Subtotal: lines[0].Amount}) != "-25.00" {
					w.t.Fatalf("the credit is %s", lines[0].Amount)
				}
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 50.00", "u1 Applied: 75.00"},
		},
		"a counted item moves to a plan with a lower maximum": {
			reason: "It is clamped there too, by an edit of the spec as well, and by a Reset.",
			play: func(w *world) {
				small := eur("20")
				small.Maximum = 3
				w.loaded().offer("editor-seat", "small", small).counted("editors", 5).replay().
					at("2026-04-16").declare(on("editors", "small")).replay()
				if w.held("editors") != 3 {
					w.t.Fatalf("%d seats are held", w.held("editors"))
				}
				w.change([]TermsItem{on("editors", "monthly")}, renewal(Reset)).replay()
				if w.held("editors") != 5 {
					w.t.Fatalf("%d seats are held by the count", w.held("editors"))
				}
			},
			want: []string{
				"c1 Applied: 0.00", "Initial 2026-04-01: 50.00", "e1 Applied: 5.00", "u1 Applied: 20.00", "Update 2026-04-16: -25.00 30.00 -30.00 50.00",
			},
		},
		"a declared quantity is not clamped": {
			reason: "The spec decides it, although the product has a loader.",
			play: func(w *world) {
				big := eur("20")
				big.Minimum = 10
				w.loaded().offer("editor-seat", "big", big).declaring(5).at("2026-04-16").change([]TermsItem{on("editors", "big")}).replay()
			},
			want: []string{"Initial 2026-04-01: 50.00", "u1 Rejected BelowMinimum"},
		},
		"a loaded count is clamped": {
			reason: "To the maximum, the minimum and the assigned seats.",
			play: func(w *world) {
				limited(w, 2, 10).loaded().counted("editors", 5).replay()
				w.at("2026-04-16").counted("editors", 12).replay().at("2026-04-21").counted("editors", 0).replay()
				w.in.Assigned["editors"] = 4
				w.at("2026-04-22").counted("editors", 6).replay().at("2026-04-25").counted("editors", 1).replay()
			},
			want: []string{
				"c1 Applied: 0.00", "Initial 2026-04-01: 50.00",
				"c2 Applied: 25.00", "c3 Applied: -26.67", "c4 Applied: 12.00", "c5 Applied: -4.00",
			},
		},
		"assigned seats above the maximum": {
			reason: "A loaded count is never refused: a maximum lowered below the assigned seats gives way to them.",
			play: func(w *world) {
				w.loaded().counted("editors", 15).replay()
				w.in.Assigned["editors"] = 12
				limited(w, 0, 10).at("2026-04-16").counted("editors", 20).replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 150.00", "c2 Applied: -15.00"},
		},
		"from the plan's minimum": {
			reason: "A quantity that nobody declares or loads begins at the minimum, or at the assigned seats.",
			play: func(w *world) {
				w.in.Assigned["editors"] = 4
				limited(w, 3, 0).replay()
			},
			want: []string{"Initial 2026-04-01: 40.00"},
		},
	})
}

// The sentence of a refusal names both numbers.
func TestSeatsAssignedSays(t *testing.T) {
	w := newWorld(t).holding(5)
	w.in.Assigned["editors"] = 4
	w.at("2026-04-16").decrement("editors", 2).replay()
	message := w.decisions["u1"].Fault.Message
	for _, want := range []string{`"editors"`, "3 seats", "4 are assigned"} {
		if !strings.Contains(message, want) {
			t.Errorf("%q does not say %q", message, want)
		}
	}
}

// A start outside the limits is Pending, and continues when it is fixed.
func TestStartOutsideLimits(t *testing.T) {
	w := newWorld(t).plan(func(p *Plan) { p.Minimum, p.Maximum = 5, 10 }).declaring(3)
	if w.last.Blocked == nil || w.last.Blocked.Reason != BelowMinimum {
		t.Fatalf("got %+v", w.last.Blocked)
	}
	w.in.Terms.Items[0].Quantity = ptr[int64](11)
	if w.at("2026-04-05").replay(); w.last.Blocked == nil || w.last.Blocked.Reason != AboveMaximum {
		t.Fatalf("got %+v", w.last.Blocked)
	}
	w.in.Terms.Items[0].Quantity = ptr[int64](10)
	if w.replay(); w.last.Blocked != nil || !w.state.Start.Equal(instant("2026-04-01")) {
		t.Errorf("got %+v, start %s", w.last.Blocked, w.state.Start)
	}
}

// Clamp and Guard, as the refresh uses them.
func TestClampAndGuard(t *testing.T) {
	for name, c := range map[string]struct{ count, minimum, maximum, assigned, want int64 }{
		"within":                 {7, 5, 10, 0, 7},
		"below":                  {3, 5, 10, 0, 5},
		"above":                  {12, 5, 10, 0, 10},
		"no maximum":             {12, 5, 0, 0, 12},
		"assigned":               {3, 0, 10, 6, 6},
		"assigned above maximum": {20, 0, 10, 12, 12},
	} {
		if got := Clamp(c.count, c.minimum, c.maximum, c.assigned); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
	guard := Guard{MaxIncreasePercent: ptr[int64](50), MaxDecreasePercent: ptr[int64](20), FromSeats: 10}
	for name, c := range map[string]struct {
		held, count int64
		want        bool
	}{
		"half more":             {10, 15, false},
		"more than half more":   {10, 16, true},
		"a fifth less":          {10, 8, false},
		"more than that":        {10, 7, true},
		"small":                 {3, 9, false},
		"small becomes large":   {3, 10, true},
		"large becomes small":   {10, 1, true},
		"from nothing":          {0, 10, true},
		"from nothing to small": {0, 9, false},
		"the same":              {10, 10, false},
	} {
		if got := guard.Exceeds(c.held, c.count); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if (Guard{}).Exceeds(10, 1_000_000) {
		t.Error("no limit holds nothing")
	}
}
