// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// billing.md#15-figures: the worked figures, end to end. Figure 9 is at
// billing.md#5-coverage, 11 and 12 at billing.md#1-calendar, 13 and 14 at
// billing.md#9-trials.
func TestFigures(t *testing.T) {
	for rounding, want := range map[proration.Rounding][2]string{
		proration.Up: {"6.67", "-6.33"}, proration.Down: {"6.33", "-6.67"}, proration.Nearest: {"6.67", "-6.67"},
	} {
		tell(t, map[string]story{
			"2 " + string(rounding): {
				reason: "5 → 6 on 11 April 12:00, R = 19.5 days.",
				play: func(w *world) {
					w.policy(proration.Day, rounding).holding(5).at("2026-04-11T12:00:00Z").increment("editors", 1).replay()
				},
				want: []string{"Initial 2026-04-01: 50.00", "u1 Applied: " + want[0]},
			},
			"3 " + string(rounding): {
				reason: "6 → 5, six billed since the 1st.",
				play: func(w *world) {
					w.policy(proration.Day, rounding).holding(6).at("2026-04-11T12:00:00Z").decrement("editors", 1).replay()
				},
				want: []string{"Initial 2026-04-01: 60.00", "u1 Applied: " + want[1]},
			},
		})
	}
	tell(t, map[string]story{
		"1": {
			reason: "EUR 12.50 a seat; 2 → 7 on 16 April 00:00; no policy: 5 × 12.50 × 15/30.",
			play: func(w *world) {
				w.plan(func(p *Plan) { p.Price = eur("12.50").Price }).holding(2).at("2026-04-16").set("editors", 7).replay()
			},
			want: []string{"Initial 2026-04-01: 25.00", "u1 Applied: 31.25"},
		},
		"4": {
			reason: "Down, 5 → 6 and back to 5 at the same instant: the credit is capped at the 19 days charged.",
			play: func(w *world) {
				w.policy(proration.Day, proration.Down).holding(5).at("2026-04-11T12:00:00Z").increment("editors", 1).decrement("editors", 1).replay()
			},
			want: []string{"Initial 2026-04-01: 50.00", "u1 Applied: 6.33", "u2 Applied: -6.33"},
		},
		"8": {
			reason: "Graduated, 1 to 10 at 12, then 10; 8 → 12 on 16 April: 44 × 15/30.",
			play: func(w *world) {
				w.plan(func(p *Plan) {
					p.Price = pricing.Price{Model: pricing.Graduated, Tiers: []pricing.Tier{
						{UpTo: 10, UnitAmount: money.FromInt(12)}, {UnitAmount: money.FromInt(10)},
					}}
				}).holding(8).at("2026-04-16").set("editors", 12).replay()
			},
			want: []string{"Initial 2026-04-01: 96.00", "u1 Applied: 22.00"},
		},
		"10": {
			reason: "JPY 1000 a seat; 1 → 2 on 11 April 00:00: 1000 × 20/30.",
			play: func(w *world) {
				w.plan(func(p *Plan) { *p = eur("1000"); p.Currency = "JPY" }).holding(1).at("2026-04-11").increment("editors", 1).replay()
			},
			want: []string{"Initial 2026-04-01: 1000", "u1 Applied: 667"},
		},
	})
}
