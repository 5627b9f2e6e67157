// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// billing.md#5-coverage: a change of quantity.
func TestQuantity(t *testing.T) {
	tell(t, map[string]story{
		"given up for nothing, some taken again": {
			reason: "10 → 5 DoNotCharge, then → 6 ProRata: such seats are paid already.",
			play: func(w *world) {
				w.holding(10).at("2026-04-06").set("editors", 5, by(proration.DoNotCharge)).replay().
					at("2026-04-16").set("editors", 6).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied", "u2 Applied: 0.00"},
		},
		"given up for nothing, more taken": {
			reason: "Figure 9: 10 → 5 DoNotCharge, 5 → 15 ProRata on 16 April: 5 × 10 × 15/30; 15 seats on 1 May.",
			play: func(w *world) {
				w.holding(10).at("2026-04-06").set("editors", 5, by(proration.DoNotCharge)).replay().
					at("2026-04-16").set("editors", 15).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied", "u2 Applied: 25.00", "Renewal 2026-05-01: 150.00 25.00"},
		},
		"taken for nothing, some given back": {
			reason: "10 → 15 DoNotCharge, then → 12 ProRata: what was never charged is never credited.",
			play: func(w *world) {
				w.holding(10).at("2026-04-06").set("editors", 15, by(proration.DoNotCharge)).replay().
					at("2026-04-16").set("editors", 12).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied", "u2 Applied: 0.00"},
		},
		"taken for nothing, more given back": {
			reason: "10 → 15 DoNotCharge, then → 8 ProRata on 16 April: −2 × 10 × 15/30.",
			play: func(w *world) {
				w.holding(10).at("2026-04-06").set("editors", 15, by(proration.DoNotCharge)).replay().
					at("2026-04-16").set("editors", 8).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied", "u2 Applied: -10.00"},
		},
		"paid in full": {
			reason: "A rise in full, a fall without a line, and the seats taken again for nothing.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").set("editors", 15, by(proration.PayInFull)).replay().
					at("2026-04-20").set("editors", 10, by(proration.PayInFull)).replay().
					at("2026-04-21").set("editors", 15, by(proration.PayInFull)).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 50.00", "u2 Applied: 0.00", "u3 Applied: 0.00"},
		},
		"seats given back for a credit are new": {
			reason: "Seats given back for a credit are new when taken again.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").set("editors", 5).replay().at("2026-04-21").set("editors", 10).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: -25.00", "u2 Applied: 16.67"},
		},
		"at the renewal every item is billed for what it holds": {
			reason: "Whatever the methods before.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").set("editors", 3, by(proration.PayInFull)).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 0.00", "Renewal 2026-05-01: 30.00"},
		},
		"resolved when it applies": {
			reason: "A relative change counts from the quantity in force when it applies.",
			play: func(w *world) {
				w.holding(10).at("2026-04-10").increment("editors", 2, applyingAt("2026-04-20")).replay().
					at("2026-04-15").set("editors", 4, by(proration.DoNotCharge)).replay().at("2026-04-20").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u2 Applied", "u1 Applied: 0.00"},
		},
		"limits when it applies": {
			reason: "And against the limits then in force: the seats were free when it was made.",
			play: func(w *world) {
				w.holding(10).at("2026-04-10").increment("editors", 2, applies(ApplyNextPeriod)).replay().
					plan(func(p *Plan) { p.Maximum = 11 }).at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Rejected AboveMaximum", "Renewal 2026-05-01: 100.00"},
		},
		"the remainder is carried": {
			reason: "Three rises of a third of a cent too little make up for it: 10 × 10/30 each, 10.00 in all.",
			play: func(w *world) {
				w.holding(0).at("2026-04-21").increment("editors", 1).increment("editors", 1).increment("editors", 1).replay()
			},
			want: []string{"u1 Applied: 3.33", "u2 Applied: 3.34", "u3 Applied: 3.33"},
		},
	})
}
