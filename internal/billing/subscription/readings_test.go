// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"

	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
)

// calls is a metered plan at 0.10 a unit.
func calls() Plan {
	p := eur("0.10")
	p.Metered, p.Charge = true, InArrears
	p.Price.UnitAmount = money.MustDecimal("0.10")
	return p
}

// offeringCalls sells a metered product next to the one that is held.
func (w *world) offeringCalls() *world {
	w.offer("calls-seat", "monthly", calls())
	product := w.in.Products["calls-seat"]
	product.Loader = true
	w.in.Products["calls-seat"] = product
	return w
}

// Usage of an item counts from the reading at the time when the item came, as at a start (billing.md#11-usage).
func TestUsageBeforeAnItemCame(t *testing.T) {
	nextPeriod := func(w *world) *world {
		return w.offeringCalls().holding(10).terms(func(t *Terms) { t.Change.Application = ApplyNextPeriod })
	}
	tell(t, map[string]story{
		"readings while it waits for the renewal": {
			reason: "900 at the last refresh before 1 May: May used 50, and April's 800 belong to nobody",
			play: func(w *world) {
				nextPeriod(w).at("2026-04-10").declare(on("editors", "monthly"), on("calls", "monthly")).reads("calls", 100).replay().
					at("2026-04-20").reads("calls", 500).replay().at("2026-04-30T23:00:00Z").reads("calls", 900).replay().
					at("2026-05-01").replay().at("2026-05-02").reads("calls", 950).replay().at("2026-06-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "e1 Applied: 0.00", "Renewal 2026-05-01: 100.00", "Renewal 2026-06-01: 5.00 100.00"},
		},
		"all taken after a downtime": {
			reason: "it makes no difference when the readings are taken",
			play: func(w *world) {
				nextPeriod(w).at("2026-04-10").declare(on("editors", "monthly"), on("calls", "monthly")).replay().
					at("2026-04-20").reads("calls", 500).at("2026-04-30T23:00:00Z").reads("calls", 900).
					at("2026-05-02").reads("calls", 950).replay().at("2026-06-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "e1 Applied: 0.00", "Renewal 2026-05-01: 100.00", "Renewal 2026-06-01: 5.00 100.00"},
		},
		"no reading before it came": {
			reason: "the first one after it is the baseline",
			play: func(w *world) {
				nextPeriod(w).at("2026-04-10").declare(on("editors", "monthly"), on("calls", "monthly")).replay().
					at("2026-05-02").reads("calls", 950).at("2026-05-03").reads("calls", 960).replay().at("2026-06-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "e1 Applied: 0.00", "Renewal 2026-05-01: 100.00", "Renewal 2026-06-01: 1.00 100.00"},
		},
		"it moves to another product while readings wait": {
			reason: "the total of the old product says nothing of the new one",
			play: func(w *world) {
				w.metered(metering.Limits{}).offeringCalls().reads("editors", 100).replay().terms(func(t *Terms) { t.Suspended = true })
				w.at("2026-04-10").reads("editors", 500).at("2026-04-11").change([]TermsItem{calling("editors")}).
					at("2026-04-12").reads("editors", 600).replay().
					at("2026-04-13").terms(func(t *Terms) { t.Suspended = false }).replay().
					at("2026-04-14").readsOf("calls-seat", "editors", 50_000).replay().
					at("2026-04-15").readsOf("calls-seat", "editors", 50_010).replay().at("2026-05-01").replay()
			},
			want: []string{"u1 Applied: 0.00", "Renewal 2026-05-01: 1.00 40.00"},
		},
	})
}

// calling is an item of the metered product.
func calling(name string) TermsItem {
	t := on("calls", "monthly")
	t.Name = name
	return t
}
