// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/billing/metering"
)

func TestTogether(t *testing.T) {
	many := func(n int) []Fault {
		var faults []Fault
		for i := range n {
			faults = append(faults, Fault{ProductNotFound, fmt.Sprintf("Fault %d.", i+1)})
		}
		return faults
	}
	cases := map[string]struct {
		reason string
		faults []Fault
		want   *Fault
	}{
		"None": {reason: "nothing is wrong"},
		"One":  {reason: "one fault is what it is", faults: many(1), want: &Fault{ProductNotFound, "Fault 1."}},
		"Two": {
			reason: "the second does not hide the first, nor the first the second",
			faults: many(2), want: &Fault{ProductNotFound, "Fault 1. Fault 2."},
		},
		"Person": {
			reason: "what a person has to resolve decides the reason, wherever it stands",
			faults: []Fault{{WaitingForSeats, "Waits."}, {AboveMaximum, "Too many."}, {BelowMinimum, "Too few."}},
			want:   &Fault{AboveMaximum, "Waits. Too many. Too few."},
		},
		"Same": {
			reason: "two items of one product that does not exist have one sentence",
			faults: []Fault{{ProductNotFound, "Gone."}, {ProductNotFound, "Gone."}}, want: &Fault{ProductNotFound, "Gone."},
		},
		"Most": {
			reason: "five are named",
			faults: many(5), want: &Fault{ProductNotFound, "Fault 1. Fault 2. Fault 3. Fault 4. Fault 5."},
		},
		"OneMore": {
			reason: "more than five are counted",
			faults: many(6),
			want:   &Fault{ProductNotFound, "Fault 1. Fault 2. Fault 3. Fault 4. Fault 5. 1 more problem is not listed here."},
		},
		"Many": {
			reason: "however many there are",
			faults: many(20),
			want:   &Fault{ProductNotFound, "Fault 1. Fault 2. Fault 3. Fault 4. Fault 5. 15 more problems are not listed here."},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Together(tc.faults)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// What is wrong with one item hides nothing that is wrong with another, wherever the items are looked at.
func TestEveryItemIsNamed(t *testing.T) {
	limited := func(minimum, maximum int64) Plan {
		plan := eur("10")
		plan.Minimum, plan.Maximum = minimum, maximum
		return plan
	}
	limit := func(q int64) metering.Limit { return metering.Limit{Quantity: &q} }
	blocked := func(w *world) *Fault { return w.last.Blocked }
	cases := map[string]struct {
		reason string
		play   func(*world)
		says   func(*world) *Fault
		want   *Fault
	}{
		"start without products": {
			reason: "a start names each product and plan that is missing",
			play: func(w *world) {
				w.item("viewers", eur("5"), true)
				w.in.Terms.Items[1].Plan = "yearly"
				delete(w.in.Products, "editor-seat")
				w.replay()
			},
			says: blocked,
			want: &Fault{ProductNotFound, `SeatProduct "editor-seat" does not exist: create it, or name another. ` +
				`SeatProduct "viewers-seat" has no plan "yearly": add it, or name another.`},
		},
		"start with two currencies": {
			reason: "a start names each item that is priced otherwise than the first",
			play: func(w *world) {
				dollars := eur("5")
				dollars.Currency = "USD"
				w.item("viewers", dollars, true).item("guests", dollars, true).replay()
			},
			says: blocked,
			want: &Fault{MixedCurrency, `Item "viewers" is priced in USD, the items before it in EUR: use plans of one currency. ` +
				`Item "guests" is priced in USD, the items before it in EUR: use plans of one currency.`},
		},
		"start before the counts": {
			reason: "a start names each item that was not counted, and what a person has to correct decides the reason",
			play: func(w *world) {
				w.loaded().item("viewers", limited(0, 10), true)
				w.in.Terms.Items[1].Quantity = ptr(int64(11))
				w.replay()
			},
			says: blocked,
			want: &Fault{AboveMaximum, `The seats of item "editors" have not been counted yet by the data loader of SeatProduct ` +
				`"editor-seat". Item "viewers" would have 11 seats; plan "monthly" has a maximum of 10. ` +
				`Lower the quantity, or use a plan with a higher maximum.`},
		},
		"renewal": {
			reason: "a renewal names each product that is missing",
			play: func(w *world) {
				w.item("viewers", eur("5"), true).holding(1, 1)
				w.in.Products = map[string]Product{}
				w.at("2026-05-01").replay()
			},
			says: blocked,
			want: &Fault{ProductNotFound, `SeatProduct "editor-seat" does not exist: create it, or name another. ` +
				`SeatProduct "viewers-seat" does not exist: create it, or name another.`},
		},
		"before the renewal": {
			reason: "so does a look ahead",
			play: func(w *world) {
				w.item("viewers", eur("5"), true).holding(1, 1)
				w.in.Products = map[string]Product{}
			},
			says: func(w *world) *Fault { return Check(w.state, w.in) },
			want: &Fault{ProductNotFound, `SeatProduct "editor-seat" does not exist: create it, or name another. ` +
				`SeatProduct "viewers-seat" does not exist: create it, or name another.`},
		},
		"limits": {
			reason: "each item outside its plan's limits is named",
			play: func(w *world) {
				w.item("viewers", eur("5"), true).holding(5, 5)
				w.plan(func(p *Plan) { p.Minimum = 6 }).plan(func(p *Plan) { p.Maximum = 4 }, "viewers-seat")
			},
			says: func(w *world) *Fault { return OutsideLimits(w.state, w.in) },
			want: &Fault{BelowMinimum, `Item "editors" would have 5 seats; plan "monthly" has a minimum of 6. ` +
				`Raise the quantity, or use a plan with a lower minimum. ` +
				`Item "viewers" would have 5 seats; plan "monthly" has a maximum of 4. ` +
				`Lower the quantity, or use a plan with a higher maximum.`},
		},
		"differences": {
			reason: "each item that an update changed is named",
			play: func(w *world) {
				w.item("viewers", eur("5"), true).holding(5, 5)
				w.in.Terms.Items[0].Quantity = ptr(int64(6))
				w.in.Terms.Items[1].Name = "guests"
			},
			says: func(w *world) *Fault { return Difference(w.state, w.in.Terms) },
			want: &Fault{ChangedByUpdate, `An update changed the quantity of item "editors" to 5 seats, but the spec declares 6. ` +
				`An update removed item "guests", but the spec declares it. An update added item "viewers", but the spec does not declare it.`},
		},
		"usage": {
			reason: "usage that is not billed is graver than limits that mean nothing, wherever it stands",
			play: func(w *world) {
				w.item("viewers", eur("5"), true)
				w.in.Terms.Items[0], w.in.Terms.Items[1] = w.in.Terms.Items[1], w.in.Terms.Items[0]
				w.in.Terms.Items[0].Limits = metering.Limits{Soft: limit(1)}
				w.loaded().plan(func(p *Plan) { p.Metered, p.Charge = true, InArrears })
				w.in.Terms.Items[1].Limits = metering.Limits{Hard: limit(100)}
				w.in.Terms.Items[0].Quantity = ptr(int64(1))
				w.reads("editors", 100).replay().at("2026-04-10").reads("editors", 300).replay()
			},
			says: func(w *world) *Fault { return UsageOutsideLimits(w.state) },
			want: &Fault{HardLimitReached, `Item "viewers" is not on a metered plan: its usage limits are ignored. ` +
				`Item "editors" used 100 units and reached its hard limit: further usage in this period is not billed.`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tc.play(w)
			if diff := cmp.Diff(tc.want, tc.says(w)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
