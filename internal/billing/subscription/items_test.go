// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// plans30and90 is one seat on a plan of 30.00, and one of 90.00 to move to.
func plans30and90(w *world) *world {
	return w.plan(func(p *Plan) { *p = eur("30") }).offer("editor-seat", "big", eur("90"))
}

func TestItemsRetain(t *testing.T) {
	big := []TermsItem{on("editors", "big")}
	tell(t, map[string]story{
		"figure 5": {
			reason: "a credit for what goes, a debit for what comes; the period stays",
			play: func(w *world) {
				plans30and90(w).holding(1).at("2026-04-16").change(big).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 30.00", "u1 Applied: 30.00", "Renewal 2026-05-01: 90.00 -15.00 45.00"},
		},
		"figure 7, Retain": {
			reason: "the new plan bills from the next period",
			play: func(w *world) {
				plans30and90(w).holding(1).at("2026-04-16").change(big, by(proration.DoNotCharge)).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 30.00", "u1 Applied", "Renewal 2026-05-01: 90.00"},
		},
		"in full": {
			reason: "no credit, the debit in full",
			play: func(w *world) {
				plans30and90(w).holding(1).at("2026-04-16").change(big, by(proration.PayInFull), paid(PayImmediately)).replay()
			},
			want: []string{"Initial 2026-04-01: 30.00", "u1 Applied: 90.00", "Update 2026-04-16: 90.00"},
		},
		"what was charged and is held": {
			reason: "a plan that was taken without a charge gives back what the old one was charged, 30 × 5/30",
			play: func(w *world) {
				plans30and90(w).item("addon", eur("0"), true).holding(1, 1).
					at("2026-04-16").change([]TermsItem{on("editors", "big"), on("addon", "monthly")}, by(proration.DoNotCharge)).replay().
					at("2026-04-26").change([]TermsItem{on("addon", "monthly")}, paid(PayImmediately)).replay()
			},
			want: []string{
				"Initial 2026-04-01: 30.00", "u1 Applied", "u2 Applied: -5.00",
				"CreditNote Update 2026-04-26: -5.00, credit -5.00, due 0.00",
			},
		},
		"what is not charged is measured from the new plan": {
			reason: "1 → 2 on 20 April: (180 − 90) × 11/30",
			play: func(w *world) {
				plans30and90(w).holding(1).at("2026-04-16").change(big, by(proration.DoNotCharge)).replay().
					at("2026-04-20").increment("editors", 1).replay()
			},
			want: []string{"Initial 2026-04-01: 30.00", "u1 Applied", "u2 Applied: 33.00"},
		},
		"a list replaces the list": {
			reason: "one is removed, one added, one keeps what it holds",
			play: func(w *world) {
				w.item("viewers", eur("3"), true).offer("admins-seat", "monthly", eur("20")).holding(5, 10).
					at("2026-04-16").change([]TermsItem{on("editors", "monthly"), on("admins", "monthly", 2)}).replay().
					at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 50.00 30.00", "u1 Applied: 5.00", "Renewal 2026-05-01: 50.00 40.00 -15.00 20.00"},
		},
		"only the quantity": {
			reason: "an item of which only the quantity changed follows billing.md#5-coverage, watermark and all",
			play: func(w *world) {
				w.holding(10).at("2026-04-06").change([]TermsItem{on("editors", "monthly", 5)}, by(proration.DoNotCharge)).replay().
					at("2026-04-16").change([]TermsItem{on("editors", "monthly", 15)}).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied", "u2 Applied: 25.00"},
		},
		"back to a plan": {
			reason: "the remainder of a plan's lines waits for the item: thirds come to the exact sum",
			play: func(w *world) {
				w.plan(func(p *Plan) { *p = eur("10") }).offer("editor-seat", "free", eur("0")).holding(1)
				for _, day := range []string{"2026-04-11", "2026-04-21", "2026-04-26"} {
					w.at(day).change([]TermsItem{on("editors", "free")}).change([]TermsItem{on("editors", "monthly")}).replay()
				}
			},
			want: []string{
				"Initial 2026-04-01: 10.00", "u1 Applied: -6.67", "u2 Applied: 6.67", "u3 Applied: -3.33", "u4 Applied: 3.33",
				"u5 Applied: -1.67", "u6 Applied: 1.67",
			},
		},
		"an item in arrears that goes": {
			reason: "its plan's charge falls due with it; what is given back is the update's: 10.00 − 5.00",
			play: func(w *world) {
				arrears := eur("10")
				arrears.Charge = InArrears
				w.item("addon", arrears, true).holding(1, 1).
					at("2026-04-16").change([]TermsItem{on("editors", "monthly")}).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 10.00", "u1 Applied: -5.00", "Renewal 2026-05-01: 10.00 10.00 -5.00"},
		},
		"an item in arrears that comes": {
			reason: "the first period is the part of it, the next one whole, each one period later",
			play: func(w *world) {
				arrears := eur("10")
				arrears.Charge = InArrears
				w.offer("addon-seat", "monthly", arrears).holding(1).
					at("2026-04-16").change([]TermsItem{on("editors", "monthly"), on("addon", "monthly", 1)}).replay().
					at("2026-05-01").replay().at("2026-06-01").replay()
			},
			want: []string{"Initial 2026-04-01: 10.00", "u1 Applied: 5.00", "Renewal 2026-05-01: 10.00 5.00", "Renewal 2026-06-01: 10.00 10.00"},
		},
		"an item in arrears that comes, cancelled": {
			reason: "for the time that it was there: 10 × 15/30 − 10 × 10/30",
			play: func(w *world) {
				arrears := eur("10")
				arrears.Charge = InArrears
				w.offer("addon-seat", "monthly", arrears).holding(1).
					at("2026-04-16").change([]TermsItem{on("editors", "monthly"), on("addon", "monthly", 1)}).replay().
					at("2026-04-21").cancel(Cancellation{At: instant("2026-04-21")}).replay()
			},
			want: []string{"Initial 2026-04-01: 10.00", "u1 Applied: 5.00", "Final 2026-04-21: -3.33 5.00"},
		},
		"bought once": {
			reason: "in full, not again, and not given back",
			play: func(w *world) {
				w.offer("setup-seat", "monthly", eur("7")).holding(1).
					at("2026-04-16").change([]TermsItem{on("editors", "monthly"), on("setup", "monthly", 2).once()}).replay().
					at("2026-04-17").change([]TermsItem{on("editors", "monthly"), on("setup", "monthly", 3).once()}).replay().
					at("2026-04-18").change([]TermsItem{on("editors", "monthly")}).replay().
					at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 10.00", "u1 Applied: 14.00", "u2 Applied: 7.00", "u3 Applied: 0.00", "Renewal 2026-05-01: 10.00 14.00 7.00"},
		},
		"at the boundary": {
			reason: "before it is charged, nothing is priced: the renewal charges what is then held",
			play: func(w *world) {
				plans30and90(w).holding(1).at("2026-04-20").change(big, applies(ApplyNextPeriod), by(proration.PayInFull)).replay().
					at("2026-05-02").replay()
			},
			want: []string{"Initial 2026-04-01: 30.00", "u1 Applied: 0.00", "Renewal 2026-05-01: 90.00"},
		},
		"at the boundary, in arrears": {
			reason: "the old plan's charge for the period that ends falls due all the same",
			play: func(w *world) {
				plans30and90(w).plan(func(p *Plan) { p.Charge = InArrears }).holding(1).
					at("2026-04-20").change(big, applies(ApplyNextPeriod)).replay().at("2026-05-02").replay()
			},
			want: []string{"u1 Applied: 0.00", "Renewal 2026-05-01: 90.00 30.00"},
		},
		"to arrears at the boundary": {
			reason: "the new plan charges for nothing before it",
			play: func(w *world) {
				later := eur("90")
				later.Charge = InArrears
				plans30and90(w).offer("editor-seat", "big", later).holding(1).
					at("2026-04-20").change(big, applies(ApplyNextPeriod)).replay().at("2026-05-02").replay().at("2026-06-02").replay()
			},
			want: []string{"Initial 2026-04-01: 30.00", "u1 Applied: 0.00", "Renewal 2026-06-01: 90.00"},
		},
		"to a metered plan at the boundary": {
			reason: "not even its flat fee is charged for the period before it",
			play: func(w *world) {
				usage := eur("20")
				usage.Metered, usage.Charge, usage.Price.Model = true, InArrears, pricing.Flat
				plans30and90(w).offer("editor-seat", "big", usage).holding(1).
					at("2026-04-20").change(big, applies(ApplyNextPeriod)).replay().at("2026-05-02").replay().at("2026-06-02").replay()
			},
			want: []string{"Initial 2026-04-01: 30.00", "u1 Applied: 0.00", "Renewal 2026-06-01: 20.00"},
		},
		"bought once, seen too late": {
			reason: "being late does not change how that is charged",
			play: func(w *world) {
				w.offer("setup-seat", "monthly", eur("7")).holding(1).at("2026-05-01").replay().
					at("2026-05-02").change([]TermsItem{on("editors", "monthly"), on("setup", "monthly", 1).once()}, by(proration.DoNotCharge), created("2026-04-30T23:59:59Z")).replay()
			},
			want: []string{"Initial 2026-04-01: 10.00", "Renewal 2026-05-01: 10.00", "u1 Applied: 0.00"},
		},
		"seen too late": {
			reason: "a change of plan for the renewal, seen after it, comes to what it would have",
			play: func(w *world) {
				plans30and90(w).holding(1).at("2026-05-01").replay().
					at("2026-05-02").change(big, applies(ApplyNextPeriod), by(proration.DoNotCharge), created("2026-04-30T23:59:59Z")).replay()
			},
			want: []string{"Initial 2026-04-01: 30.00", "Renewal 2026-05-01: 30.00", "u1 Applied: 60.00"},
		},
	})
}

func TestItemsReset(t *testing.T) {
	big := []TermsItem{on("editors", "big")}
	tell(t, map[string]story{
		"figure 6": {
			reason: "the period ends, the next is 16 April to 16 May",
			play: func(w *world) {
				plans30and90(w).holding(1).at("2026-04-16").change(big, renewal(Reset)).replay().at("2026-05-16").replay().at("2026-06-16").replay()
			},
			want: []string{"Initial 2026-04-01: 30.00", "u1 Applied: 75.00", "Update 2026-04-16: -15.00 90.00", "Renewal 2026-05-16: 90.00", "Renewal 2026-06-16: 90.00"},
		},
		"figure 7, Reset": {
			reason: "no credit, and the new period in full",
			play: func(w *world) {
				plans30and90(w).holding(1).at("2026-04-16").change(big, renewal(Reset), by(proration.DoNotCharge), paid(PayImmediately)).replay()
			},
			want: []string{"Initial 2026-04-01: 30.00", "u1 Applied: 90.00", "Update 2026-04-16: 90.00"},
		},
		"an unchanged add-on": {
			reason: "what stays is settled and charged again: −15.00 − 10.00 + 90.00 + 20.00",
			play: func(w *world) {
				plans30and90(w).item("addon", eur("20"), true).holding(1, 1).
					at("2026-04-16").change([]TermsItem{on("editors", "big"), on("addon", "monthly")}, renewal(Reset), paid(PayImmediately)).replay()
			},
			want: []string{"Initial 2026-04-01: 30.00 20.00", "u1 Applied: 85.00", "Update 2026-04-16: -15.00 -10.00 90.00 20.00"},
		},
		"arrears": {
			reason: "charged for the time elapsed, under every method; then from the new start",
			play: func(w *world) {
				w.plan(func(p *Plan) { p.Charge = InArrears }).holding(10).
					at("2026-04-21").change([]TermsItem{on("editors", "monthly")}, renewal(Reset), by(proration.DoNotCharge)).replay().
					at("2026-05-21").replay()
			},
			want: []string{"u1 Applied", "Update 2026-04-21: 66.67", "Renewal 2026-05-21: 100.00"},
		},
		"invoiced at once, with what has accrued": {
			reason: "a period is invoiced at its start: 30 × 20/30 from 11 April, then −60 × 15/30 and the new period",
			play: func(w *world) {
				plans30and90(w).holding(1).at("2026-04-11").increment("editors", 1).replay().at("2026-04-16").change(big, renewal(Reset)).replay()
			},
			want: []string{
				"Initial 2026-04-01: 30.00", "u1 Applied: 20.00", "u2 Applied: 150.00", "Update 2026-04-16: 20.00 -30.00 180.00",
			},
		},
		"billed with the next invoice where that is named": {
			reason: "the update, or the subscription, names a payment schedule",
			play: func(w *world) {
				plans30and90(w).holding(1).at("2026-04-16").change(big, renewal(Reset), paid(PayNextInvoice)).replay().at("2026-05-16").replay()
			},
			want: []string{"Initial 2026-04-01: 30.00", "u1 Applied: 75.00", "Renewal 2026-05-16: 90.00 -15.00 90.00"},
		},
		"another interval": {
			reason: "needs a Reset, and counts from there",
			play: func(w *world) {
				yearly := eur("100")
				yearly.Interval = calendar.Interval{Unit: calendar.Year, Count: 1}
				w.offer("editor-seat", "yearly", yearly).holding(1).
					at("2026-04-16").change([]TermsItem{on("editors", "yearly")}).change([]TermsItem{on("editors", "yearly")}, renewal(Reset)).replay().
					at("2027-04-16").replay()
			},
			want: []string{"Initial 2026-04-01: 10.00", "u1 Rejected IntervalChangeNeedsReset", "u2 Applied: 95.00", "Update 2026-04-16: -5.00 100.00", "Renewal 2027-04-16: 100.00"},
		},
		"another interval at the renewal": {
			reason: "nothing is priced; the renewal charges the new interval, counted from there",
			play: func(w *world) {
				yearly := eur("100")
				yearly.Interval = calendar.Interval{Unit: calendar.Year, Count: 1}
				w.offer("editor-seat", "yearly", yearly).holding(1).
					at("2026-04-16").change([]TermsItem{on("editors", "yearly")}, renewal(Reset), applies(ApplyNextPeriod)).replay().
					at("2026-05-01").replay().at("2027-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 10.00", "u1 Applied: 0.00", "Renewal 2026-05-01: 100.00", "Renewal 2027-05-01: 100.00"},
		},
		"a future effective time": {
			reason: "a period cannot end before its time: it applies then",
			play: func(w *world) {
				plans30and90(w).holding(1).at("2026-04-06").change(big, renewal(Reset), effective("2026-04-16")).replay()
				if got := w.waits(); len(got) != 1 || got[0] != "u1 Scheduled 2026-04-16" {
					w.t.Fatalf("it waits: %v", got)
				}
				w.at("2026-04-16").replay()
			},
			want: []string{"Initial 2026-04-01: 30.00", "u1 Applied: 75.00", "Update 2026-04-16: -15.00 90.00"},
		},
		"a past effective time": {
			reason: "the new period, already over, is replayed boundary by boundary, and billed now",
			play: func(w *world) {
				week := calendar.Interval{Unit: calendar.Week, Count: 1}
				w.plan(func(p *Plan) { p.Interval = calendar.Interval{Unit: calendar.Day, Count: 30} })
				weekly := eur("7")
				weekly.Interval = week
				w.offer("editor-seat", "weekly", weekly).holding(1).
					at("2026-04-28").change([]TermsItem{on("editors", "weekly")}, renewal(Reset), effective("2026-04-11")).replay()
			},
			want: []string{"Initial 2026-04-01: 10.00", "u1 Applied: 0.33", "Renewal 2026-04-28: 7.00", "Renewal 2026-04-28: 7.00", "Update 2026-04-28: -6.67 7.00"},
		},
		"bought once": {
			reason: "a Reset passes it by",
			play: func(w *world) {
				plans30and90(w).item("setup", eur("7"), false).holding(1, 1).
					at("2026-04-16").change([]TermsItem{on("editors", "big"), on("setup", "monthly").once()}, renewal(Reset), paid(PayImmediately)).replay()
			},
			want: []string{"Initial 2026-04-01: 7.00 30.00", "u1 Applied: 75.00", "Update 2026-04-16: -15.00 90.00"},
		},
	})
}

func TestItemsEffectiveTimesOfLists(t *testing.T) {
	tell(t, map[string]story{
		"two changes": {
			reason: "10 → 15 effective 29 April, then 15 → 10 on 17 April: credited from 29 April",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").set("editors", 15, effective("2026-04-29")).replay().
					at("2026-04-17").change([]TermsItem{on("editors", "monthly", 10)}).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 3.33", "u2 Applied: -3.33"},
		},
		"of the items changesPrice": {
			reason: "the newest change of an item that stays as it is does not matter to a change of another, but to a Reset",
			play: func(w *world) {
				w.item("viewers", eur("3"), true).offer("editor-seat", "big", eur("90")).holding(1, 1).
					at("2026-04-11").increment("viewers", 1).replay()
				big := []TermsItem{on("editors", "big"), on("viewers", "monthly")}
				w.at("2026-04-12").change(big, effective("2026-04-06"), renewal(Reset)).change(big, effective("2026-04-06")).replay()
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "u1 Applied: 2.00", "u2 Rejected EffectiveTimeBeforeLastChange", "u3 Applied: 66.67"},
		},
		"of an item that went": {
			reason: "it comes back no earlier than it left",
			play: func(w *world) {
				both := []TermsItem{on("editors", "monthly"), on("viewers", "monthly", 1)}
				w.item("viewers", eur("3"), true).holding(1, 1).at("2026-04-16").change([]TermsItem{on("editors", "monthly")}).replay().
					at("2026-04-21").change(both, effective("2026-04-11")).change(both, effective("2026-04-16")).replay()
			},
			want: []string{"Initial 2026-04-01: 10.00 3.00", "u1 Applied: -1.50", "u2 Rejected EffectiveTimeBeforeLastChange", "u3 Applied: 1.50"},
		},
		"outside the period": {
			reason: "an issued invoice is never edited",
			play: func(w *world) {
				big := []TermsItem{on("editors", "big")}
				plans30and90(w).holding(1).at("2026-05-02").replay().
					change(big, effective("2026-04-29")).change(big, effective("2026-06-01")).replay()
			},
			want: []string{
				"Initial 2026-04-01: 30.00", "Renewal 2026-05-01: 30.00", "u1 Rejected EffectiveTimeInClosedPeriod",
				"u2 Rejected EffectiveTimeAfterPeriod",
			},
		},
	})
}

func TestItemsRefused(t *testing.T) {
	dollars := eur("10")
	dollars.Currency = "USD"
	weekly := eur("10")
	weekly.Interval = calendar.Interval{Unit: calendar.Week, Count: 1}
	limited := eur("10")
	limited.Minimum, limited.Maximum = 2, 5
	offers := func(w *world) *world {
		return w.offer("editor-seat", "dollars", dollars).offer("editor-seat", "weekly", weekly).offer("editor-seat", "limited", limited).
			offer("viewers-seat", "monthly", eur("1")).holding(1).at("2026-04-16")
	}
	rows := map[string]struct {
		reason string
		items  []TermsItem
		option option
		want   string
	}{
		"another currency":  {"it is fixed at the start", []TermsItem{on("editors", "dollars")}, renewal(Reset), "CurrencyChange"},
		"another interval":  {"it needs a Reset", []TermsItem{on("editors", "weekly")}, renewal(Retain), "IntervalChangeNeedsReset"},
		"mixed intervals":   {"all items share one", []TermsItem{on("editors", "weekly"), on("viewers", "monthly", 1)}, renewal(Reset), "InvalidItems"},
		"no items":          {"that is what a cancellation is for", []TermsItem{}, renewal(Retain), "InvalidItems"},
		"one name twice":    {"items are known by their names", []TermsItem{on("editors", "monthly"), on("editors", "monthly")}, renewal(Retain), "InvalidItems"},
		"below the minimum": {"a new plan has limits of its own", []TermsItem{on("editors", "limited")}, renewal(Retain), "BelowMinimum"},
		"above the maximum": {"a new plan has limits of its own", []TermsItem{on("editors", "limited", 6)}, renewal(Retain), "AboveMaximum"},
		"no trial to keep":  {"there is nothing to ignore", []TermsItem{on("editors", "monthly")}, ignoringRecurring, "InvalidItems"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			w := offers(newWorld(t)).change(row.items, row.option).replay()
			if got := w.log[len(w.log)-1]; got != "u1 Rejected "+row.want {
				t.Errorf("%s: %s", row.reason, got)
			}
		})
	}
	t.Run("seats that somebody holds", func(t *testing.T) {
		w := offers(newWorld(t))
		w.in.Assigned["editors"] = 1
		w.change([]TermsItem{on("viewers", "monthly", 1)}).replay()
		if got := w.log[len(w.log)-1]; got != "u1 Rejected SeatsAssigned" {
			t.Error(got)
		}
	})
	t.Run("a quantity that a loader counts", func(t *testing.T) {
		w := newWorld(t).loaded().counted("editors", 3).replay()
		w.change([]TermsItem{on("editors", "monthly", 4)}).change([]TermsItem{on("editors", "monthly", 3)}).replay()
		if got := w.log[len(w.log)-2:]; got[0] != "u1 Rejected LoadedFromSource" || got[1] != "u2 Applied: 0.00" {
			t.Error(got)
		}
	})
	t.Run("a product that is not there", func(t *testing.T) {
		w := offers(newWorld(t)).change([]TermsItem{on("nobody", "monthly", 1)}).replay()
		if w.last.Blocked == nil || w.last.Blocked.Reason != ProductNotFound {
			t.Errorf("a change that waits for a product holds back what comes after it: %v", w.last.Blocked)
		}
		w.offer("nobody-seat", "monthly", eur("2")).at("2026-04-21").replay()
		if got := w.log[len(w.log)-1]; got != "u1 Applied: -4.00" {
			t.Errorf("replayed at its own time: %s", got)
		}
	})
}

// billing.md#6-items as far as it is about effective times.
func TestItemsEffectiveTimes(t *testing.T) {
	tell(t, map[string]story{
		"never back": {
			reason: "10 → 15 effective 29 April: 5 × 10 × 2/30. Then 15 → 10 on 17 April: credited from 29 April.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").set("editors", 15, effective("2026-04-29")).replay().
					at("2026-04-17").set("editors", 10).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 3.33", "u2 Applied: -3.33"},
		},
		"backdated": {
			reason: "One that a person wrote may lie in the past of the current period.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 3, effective("2026-04-01")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 30.00"},
		},
		"in a closed period": {
			reason: "Issued invoices are never edited.",
			play: func(w *world) {
				w.holding(10).at("2026-05-02").increment("editors", 1, effective("2026-04-30T23:59:59Z")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00", "u1 Rejected EffectiveTimeInClosedPeriod"},
		},
		"after the period": {
			reason: "At or after its end.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 1, effective("2026-05-01")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Rejected EffectiveTimeAfterPeriod"},
		},
		"before the newest change": {
			reason: "Per item, effective times never go back within a period; another item's do not matter.",
			play: func(w *world) {
				w.item("viewers", eur("10"), true).holding(10, 10).at("2026-04-16").increment("editors", 1).replay().
					at("2026-04-17").increment("editors", 1, effective("2026-04-15")).increment("viewers", 3, effective("2026-04-11")).replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00 100.00", "u1 Applied: 5.00", "u2 Rejected EffectiveTimeBeforeLastChange", "u3 Applied: 20.00",
			},
		},
		"in the next period time begins anew": {
			reason: "The bound is the item's newest change of this period.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").set("editors", 15, effective("2026-04-29")).replay().
					at("2026-05-17").set("editors", 10, effective("2026-05-01")).replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "u1 Applied: 3.33", "Renewal 2026-05-01: 150.00 3.33", "u2 Applied: -50.00",
			},
		},
		"written for the boundary at which it applies": {
			reason: "An update effective at a boundary that has not been charged yet applies before it and prices nothing.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").set("editors", 15, applyingAt("2026-05-01"), effective("2026-05-01")).replay().
					at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 0.00", "Renewal 2026-05-01: 150.00"},
		},
		"one-time, in full": {
			reason: "A one-time item is never prorated: added units in full, removed ones not credited, nor charged when taken again.",
			play: func(w *world) {
				w.item("setup", eur("100"), false).holding(1, 1).at("2026-04-16").increment("setup", 2).replay().
					set("setup", 1).replay().set("setup", 3).replay().at("2026-05-01").replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00 10.00", "u1 Applied: 200.00", "u2 Applied: 0.00", "u3 Applied: 0.00",
				"Renewal 2026-05-01: 10.00 200.00",
			},
		},
		"one-time, at the renewal": {
			reason: "The renewal does not charge a one-time item, so that units added at the boundary are charged by themselves.",
			play: func(w *world) {
				w.item("setup", eur("100"), false).holding(1, 1).at("2026-04-16").increment("setup", 2, applies(ApplyNextPeriod)).replay().
					at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00 10.00", "u1 Applied: 200.00", "Renewal 2026-05-01: 10.00 200.00"},
		},
		"one-time, seen too late": {
			reason: "ProRata for what came too late does not concern what is never prorated.",
			play: func(w *world) {
				w.item("setup", eur("100"), false).holding(1, 1).at("2026-05-01").replay().
					increment("setup", 2, created("2026-04-30T23:59:59Z")).decrement("setup", 2, created("2026-04-30T23:59:59Z")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00 10.00", "Renewal 2026-05-01: 10.00", "u1 Applied: 200.00", "u2 Applied: 0.00"},
		},
	})
}
