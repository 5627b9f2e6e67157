// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

// What a person has to correct says what is wrong, with the names and numbers of it, and what to do.
func TestMessages(t *testing.T) {
	yearly := eur("100")
	yearly.Interval = calendar.Interval{Unit: calendar.Year, Count: 1}
	tests := map[string]struct {
		reason string
		play   func(w *world)
		want   string
	}{
		"intervals at the start": {
			reason: "both items are named",
			play:   func(w *world) { w.item("viewers", yearly, true).replay() },
			want: `Item "editors" is on plan "monthly", billed every month, and item "viewers" on plan "monthly", billed every year. ` +
				`Use plans of one interval.`,
		},
		"intervals of a list": {
			reason: "both items are named",
			play: func(w *world) {
				w.offer("editor-seat", "yearly", yearly).offer("viewers-seat", "monthly", eur("1")).holding(1).
					change([]TermsItem{on("editors", "yearly"), on("viewers", "monthly", 1)}, renewal(Reset)).replay()
			},
			want: `Item "editors" is on plan "yearly", billed every year, and item "viewers" on plan "monthly", billed every month. ` +
				`Use plans of one interval.`,
		},
		"another interval": {
			reason: "the item and the subscription are named, and the way that works",
			play: func(w *world) {
				w.offer("editor-seat", "yearly", yearly).holding(1).change([]TermsItem{on("editors", "yearly")}).replay()
			},
			want: `Item "editors" is on plan "yearly", billed every year, and the subscription is billed every month. Create a ` +
				`SubscriptionUpdate with changeItems and renewalPolicy Reset, or use a plan of the same interval.`,
		},
		"above the maximum": {
			reason: "the quantity, the limit and what to do",
			play: func(w *world) {
				w.plan(func(p *Plan) { p.Minimum, p.Maximum = 1, 5 }).holding(5).increment("editors", 1).replay()
			},
			want: `Item "editors" would have 6 seats; plan "monthly" has a maximum of 5. Lower the quantity, or use a plan with a ` +
				`higher maximum.`,
		},
		"below the minimum": {
			reason: "the noun agrees",
			play: func(w *world) {
				w.plan(func(p *Plan) { p.Minimum, p.Maximum = 2, 5 }).holding(2).decrement("editors", 1).replay()
			},
			want: `Item "editors" would have 1 seat; plan "monthly" has a minimum of 2. Raise the quantity, or use a plan with a ` +
				`lower minimum.`,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tc.play(w)
			if got := complaint(w.last); got != tc.want {
				t.Errorf("%s:\ngot  %s\nwant %s", tc.reason, got, tc.want)
			}
		})
	}
}

// complaint is why nothing happens, or why the last update was rejected.
func complaint(out Outcome) string {
	if out.Blocked != nil {
		return out.Blocked.Message
	}
	var message string
	for _, e := range out.Effects {
		if e.Decision != nil && e.Decision.Verdict == IsRejected {
			message = e.Decision.Fault.Message
		}
	}
	return message
}
