// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"
	"testing"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

// A plan that was removed and added again under its name charges nothing in another currency, and no other length of time.
func TestPlanThatWasAddedAgain(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*Plan)
		want   Reason
	}{
		"Currency": {reason: "10 dollars are not 10 euros", change: func(p *Plan) { p.Currency = "USD" }, want: MixedCurrency},
		"Interval": {
			reason: "the price of a year is not that of a month",
			change: func(p *Plan) { p.Interval = calendar.Interval{Unit: calendar.Year, Count: 1} }, want: MixedInterval,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).holding(10).plan(tc.change)
			if fault := Check(w.state, w.in); fault == nil || fault.Reason != tc.want {
				t.Errorf("%s: before the renewal, %+v", tc.reason, fault)
			}
			w.at("2026-05-01").replay()
			if w.last.Blocked == nil || w.last.Blocked.Reason != tc.want || len(w.documents) != 1 {
				t.Errorf("%s: %d documents, blocked by %+v", tc.reason, len(w.documents), w.last.Blocked)
			}
			w.plan(func(p *Plan) { *p = eur("10") }).replay()
			if got := w.log[len(w.log)-1]; got != "Renewal 2026-05-01: 100.00" {
				t.Errorf("%s: with the plan restored, %s", tc.reason, got)
			}
		})
	}
}

// A one-time item is never charged again, so its plan may change.
func TestPlanOfAOneTimeItem(t *testing.T) {
	w := newWorld(t).item("setup", eur("50"), false).holding(10, 1)
	w.plan(func(p *Plan) { p.Currency = "USD" }, "setup-seat").at("2026-05-01").replay()
	if got := w.log[len(w.log)-1]; got != "Renewal 2026-05-01: 100.00" {
		t.Errorf("%s, blocked by %+v", got, w.last.Blocked)
	}
}

// The end of a trial charges every item, also those that the change which ends it leaves as they are. One without a product
// is not free.
func TestTrialEndsWithoutAProduct(t *testing.T) {
	w := newWorld(t).item("viewers", eur("5"), true).offer("editor-seat", "big", eur("20"))
	w.in.Terms.TrialEnd = instant("2026-04-15")
	w.holding(10, 4).at("2026-04-10")
	viewers := w.in.Products["viewers-seat"]
	delete(w.in.Products, "viewers-seat")
	w.change([]TermsItem{on("editors", "big"), on("viewers", "monthly")}).replay()
	if w.last.Blocked == nil || w.last.Blocked.Reason != ProductNotFound || w.state.Phase != Trialing {
		t.Fatalf("%s, blocked by %+v: %v", w.state.Phase, w.last.Blocked, w.log)
	}
	w.in.Products["viewers-seat"] = viewers
	w.replay()
	// 5 of the 31 days from 15 March to 15 April.
	if want := []string{"Initial 2026-04-10: 32.26 3.23", "u1 Applied: 35.49"}; !slices.Equal(w.log, want) {
		t.Errorf("with the product: %q, want %q", w.log, want)
	}
}
