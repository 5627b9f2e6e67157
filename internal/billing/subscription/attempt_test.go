// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// A fault changes nothing, however much an event had changed before it was found.
func TestFaultChangesNothing(t *testing.T) {
	notReady := PolicyRef{"ProrationPolicy", "none"}
	cases := map[string]struct {
		reason string
		play   func(w *world)
		want   Reason
	}{
		"start": {
			reason: "the first period is cut before its price is found to lack a policy",
			play: func(w *world) {
				w.in.Terms.Zone, w.in.Terms.Anchor, w.in.Terms.Policy = "Asia/Tokyo", instant("2026-04-15"), notReady
			},
			want: PolicyNotReady,
		},
		"renewal": {
			reason: "the period and its zone change before the stub after the trial is found to lack a policy",
			play: func(w *world) {
				w.in.Terms.Anchor, w.in.Terms.TrialEnd = instant("2026-04-01"), instant("2026-04-15")
				w.holding(5).at("2026-04-15")
				w.in.Terms.Zone, w.in.Terms.Policy = "Asia/Tokyo", notReady
			},
			want: PolicyNotReady,
		},
		"Reset": {
			reason: "the cycle starts again before the new plan is found to be too dear to record",
			play: func(w *world) {
				w.offer("editor-seat", "dear", eur("900000000000000"))
				w.holding(5).at("2026-04-16").in.Terms.Change.Renewal = Reset
				w.declare(on("editors", "dear", 5))
			},
			want: AmountTooLarge,
		},
		"Retain": {
			reason: "an item is removed before the next is found to lack a policy",
			play: func(w *world) {
				w.item("viewers", eur("5"), true).holding(5, 5).at("2026-04-16")
				w.change([]TermsItem{on("editors", "other")}, by(proration.ProRata)).offer("editor-seat", "other", eur("20"))
				w.product(func(p *Product) { p.Policy = notReady })
			},
			want: PolicyNotReady,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tc.play(w)
			r := newReplay(w.state, w.in)
			e, found := r.next()
			if !found || e.at.After(w.in.Now) {
				t.Fatalf("no event is due: %+v", e)
			}
			state, zone, updates, out := dump(r.state), r.zone, dump(r.updates), dump(r.out)
			fault := r.attempt(e)
			if fault == nil || fault.Reason != tc.want {
				t.Fatalf("%s: got %+v, want %s", tc.reason, fault, tc.want)
			}
			for what, texts := range map[string][2]string{
				"state": {state, dump(r.state)}, "updates": {updates, dump(r.updates)}, "outcome": {out, dump(r.out)},
				"zone": {zone.String(), r.zone.String()},
			} {
				if texts[0] != texts[1] {
					t.Errorf("%s, and that changed the %s:\n%s", tc.reason, what, firstDifference(texts[0], texts[1]))
				}
			}
		})
	}
}

// A plan is made from a state, and changes none of its lists.
func TestReplayKeepsTheState(t *testing.T) {
	cases := map[string]struct {
		reason string
		play   func(*world)
	}{
		"Applied": {reason: "the quantity of an item changes", play: func(w *world) { w.at("2026-04-16").increment("editors", 5) }},
		"Renewal": {
			reason: "what has accrued is billed",
			play:   func(w *world) { w.at("2026-04-16").increment("editors", 5).replay().at("2026-05-01") },
		},
		"Preview": {reason: "what is previewed happens on a copy", play: func(w *world) { w.at("2026-04-16").increment("editors", 5, preview) }},
		"Unparked": {
			reason: "the spec no longer declares the quantity, so the source of the item changes without an event",
			play:   func(w *world) { w.state.Parked, w.in.Unpark = "A defect.", true },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).holding(5)
			tc.play(w)
			given := w.state.clone()
			out := Replay(given, w.in)
			if out.Events == 0 || dump(out.State) == dump(given) {
				t.Fatalf("%s: nothing happened", tc.reason)
			}
			if got, want := dump(given), dump(w.state); got != want {
				t.Errorf("%s, and that changed the state it was made from:\n%s", tc.reason, firstDifference(want, got))
			}
		})
	}
}
