// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
)

// metered makes the item's plan a metered one, at a price a unit, read by a loader.
func (w *world) metered(limits metering.Limits) *world {
	w.in.Terms.Items[0].Limits = limits
	return w.loaded().plan(func(p *Plan) {
		p.Metered, p.Charge = true, InArrears
		p.Price.UnitAmount = money.MustDecimal("0.10")
	})
}

// reads is a reading of an item, now. It waits until it is taken.
func (w *world) reads(item string, total int64) *world {
	declared, _ := w.in.Terms.item(item)
	return w.readsOf(declared.Product, item, total)
}

// readsOf is a reading of an item while it is of a product.
func (w *world) readsOf(product, item string, total int64) *world {
	w.in.Readings = append(slices.Clone(w.in.Readings),
		Reading{item, product, metering.Reading{Total: total, Observed: w.in.Now, Loaded: w.in.Now}})
	return w
}

// notices tells the thresholds that the newest plan reached: "editors Soft 75 %".
func (w *world) notices() []string {
	var told []string
	for _, n := range w.last.Notices {
		told = append(told, fmt.Sprintf("%s %s %d %%", n.Item, n.Limit, n.Threshold))
	}
	return told
}

func TestUsage(t *testing.T) {
	none := metering.Limits{}
	tell(t, map[string]story{
		"readings": {
			reason: "100 at the start, 900 at the last refresh before 1 May, 950 at the first after it: April bills 800, May begins with 50",
			play: func(w *world) {
				w.metered(none).reads("editors", 100).replay().at("2026-04-30T23:00:00Z").reads("editors", 900).replay().
					at("2026-05-01T01:00:00Z").reads("editors", 950).replay()
				if item, _ := w.state.Item("editors"); item.Meter.Used != 50 {
					w.t.Fatalf("May begins with %d", item.Meter.Used)
				}
				w.at("2026-06-01").replay()
			},
			want: []string{"Renewal 2026-05-01: 80.00", "Renewal 2026-06-01: 5.00"},
		},
		"read before the boundary, taken after it": {
			reason: "it counts when it was observed",
			play: func(w *world) {
				w.metered(none).reads("editors", 100).replay().at("2026-04-30T23:00:00Z").reads("editors", 900).
					at("2026-05-01T12:00:00Z").replay().at("2026-06-01").replay()
			},
			want: []string{"Renewal 2026-05-01: 80.00"},
		},
		"suspended over a boundary": {
			reason: "each reading counts in the period in which it was observed",
			play: func(w *world) {
				w.metered(none).reads("editors", 100).replay().terms(func(t *Terms) { t.Suspended = true })
				w.at("2026-04-30T23:00:00Z").reads("editors", 900).replay().at("2026-05-10").reads("editors", 950).replay().
					terms(func(t *Terms) { t.Suspended = false }).replay().at("2026-06-01").replay()
			},
			want: []string{"Renewal 2026-05-01: 80.00", "Renewal 2026-06-01: 5.00"},
		},
		"a change of plan between two readings": {
			reason: "each is priced by the plan of its time",
			play: func(w *world) {
				w.metered(none).offer("editor-seat", "cheap", func() Plan { p := eur("0.01"); p.Metered = true; return p }()).
					reads("editors", 100).replay().at("2026-04-10").reads("editors", 500).at("2026-04-11").
					change([]TermsItem{on("editors", "cheap")}).at("2026-04-20").reads("editors", 700).replay().at("2026-05-01").replay()
			},
			want: []string{"u1 Applied: 0.00", "Renewal 2026-05-01: 2.00 40.00"},
		},
		"started late": {
			reason: "the reading by the start is the baseline, whatever was read since",
			play: func(w *world) {
				plans := w.metered(none).in.Products["editor-seat"].Plans
				w.product(func(p *Product) { p.Plans = nil })
				w.reads("editors", 100).replay().at("2026-04-10").reads("editors", 500).replay().at("2026-04-11").
					product(func(p *Product) { p.Plans = plans }).replay().at("2026-05-01").replay()
			},
			want: []string{"Renewal 2026-05-01: 40.00"},
		},
		"seats beside usage": {
			reason: "what it holds costs nothing: the plan's minimum, else who was assigned a seat, where the spec does not say",
			play: func(w *world) {
				w.in.Assigned["editors"] = 4
				w.metered(none).plan(func(p *Plan) { p.Minimum = 3 }).reads("editors", 100).replay()
				if held := w.held("editors"); held != 4 {
					w.t.Fatalf("%d held, want 4", held)
				}
			},
		},
		"a month of downtime": {
			reason: "what was used cannot be told apart: it belongs to the period in which it is seen",
			play: func(w *world) {
				w.metered(none).reads("editors", 100).replay().at("2026-05-20").reads("editors", 900).replay().at("2026-06-01").replay()
			},
			want: []string{"Renewal 2026-06-01: 80.00"},
		},
		"a counter that went back": {
			reason: "a lower reading counts from zero: 100 → 500 → 30 is 400 + 30",
			play: func(w *world) {
				w.metered(none).reads("editors", 100).replay().at("2026-04-10").reads("editors", 500).replay().
					at("2026-04-11").reads("editors", 30).replay()
				if f := UsageOutsideLimits(w.state); f == nil || f.Reason != ReadingWentBack {
					w.t.Fatalf("nothing is said of it: %v", f)
				}
				w.at("2026-05-01").replay()
			},
			want: []string{"Renewal 2026-05-01: 43.00"},
		},
		"the trial is free": {
			reason: "the reading at its end is the baseline",
			play: func(w *world) {
				w.in.Terms.TrialEnd = instant("2026-04-11")
				w.metered(none).reads("editors", 100).replay().at("2026-04-10").reads("editors", 500).replay().
					at("2026-04-20").reads("editors", 600).replay().at("2026-05-11").replay()
			},
			want: []string{"Renewal 2026-05-11: 10.00"},
		},
		"cancelled": {
			reason: "what was used until then, under every method",
			play: func(w *world) {
				w.metered(none).reads("editors", 100).replay().at("2026-04-10").reads("editors", 500).replay().
					at("2026-04-11").cancel(Cancellation{At: instant("2026-04-11")}).replay()
			},
			want: []string{"Final 2026-04-11: 40.00"},
		},
		"Reset": {
			reason: "the usage so far falls due; the new period counts on from there",
			play: func(w *world) {
				w.metered(none).reads("editors", 100).replay().at("2026-04-10").reads("editors", 500).replay().
					change([]TermsItem{on("editors", "monthly")}, renewal(Reset)).replay().
					at("2026-05-01").reads("editors", 600).replay().at("2026-05-10").replay()
			},
			want: []string{"u1 Applied: 0.00", "Update 2026-04-10: 40.00", "Renewal 2026-05-10: 10.00"},
		},
		"to another metered plan": {
			reason: "each plan bills what was used on it",
			play: func(w *world) {
				w.metered(none).offer("editor-seat", "cheap", func() Plan { p := eur("0.01"); p.Metered = true; return p }()).
					reads("editors", 100).replay().at("2026-04-10").reads("editors", 500).replay().
					change([]TermsItem{on("editors", "cheap")}).replay().at("2026-04-20").reads("editors", 700).replay().at("2026-05-01").replay()
			},
			want: []string{"u1 Applied: 0.00", "Renewal 2026-05-01: 2.00 40.00"},
		},
		"to a licensed plan": {
			reason: "usage until then, seats from then on: 2 × 10 × 15/30",
			play: func(w *world) {
				w.metered(none).offer("editor-seat", "seats", eur("10")).reads("editors", 100).replay().at("2026-04-16").reads("editors", 500).replay().
					declare(on("editors", "seats", 2)).replay().at("2026-05-01").replay()
			},
			want: []string{"e1 Applied: 10.00", "Renewal 2026-05-01: 20.00 40.00 10.00"},
		},
		"from a licensed plan": {
			reason: "seats are given back for the rest, usage counts from the first reading",
			play: func(w *world) {
				w.offer("editor-seat", "used", func() Plan { p := eur("0.10"); p.Metered = true; return p }()).declaring(2).
					at("2026-04-16").declare(on("editors", "used")).replay().reads("editors", 500).replay().
					at("2026-04-20").reads("editors", 600).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 20.00", "e1 Applied: -10.00", "Renewal 2026-05-01: 10.00 -10.00"},
		},
		"no event of billing": {
			reason: "a reading a minute parks nothing, and writes no update",
			play: func(w *world) {
				w.metered(none).reads("editors", 100).replay()
				for i := range int64(500) {
					w.in.Now = w.in.Now.Add(time.Minute)
					w.reads("editors", 101+i).replay()
				}
				if w.state.Parked != "" || w.state.Sequence != 1 {
					w.t.Fatalf("after %d events: %s", w.state.Sequence, w.state.Parked)
				}
			},
		},
		"updates of what is not billed": {
			reason: "the seats of a metered item cost nothing",
			play: func(w *world) {
				w.metered(none).product(func(p *Product) { p.Loader = false }).replay().increment("editors", 5).replay().at("2026-05-01").replay()
			},
			want: []string{"u1 Applied: 0.00"},
		},
	})
}

func TestUsageLimits(t *testing.T) {
	limit := func(q int64) metering.Limit { return metering.Limit{Quantity: &q} }
	rows := map[string]struct {
		reason  string
		limits  metering.Limits
		trial   bool
		reading int64
		want    []string
		used    int64
		says    Reason
	}{
		"below":          {"nothing to say", metering.Limits{Soft: limit(100)}, false, 174, nil, 74, ""},
		"soft, 75":       {"an event", metering.Limits{Soft: limit(100)}, false, 175, []string{"editors Soft 75 %"}, 75, ""},
		"soft, all":      {"a jump reaches them all", metering.Limits{Soft: limit(100)}, false, 300, []string{"editors Soft 75 %", "editors Soft 90 %", "editors Soft 100 %"}, 200, SoftLimitReached},
		"hard":           {"usage is capped", metering.Limits{Hard: limit(100)}, false, 300, []string{"editors Hard 100 %"}, 100, HardLimitReached},
		"trial":          {"usage is not taken until the trial ends", metering.Limits{Trial: limit(50)}, true, 300, []string{"editors Trial 100 %"}, 50, TrialUsageLimitReached},
		"trial, outside": {"it means nothing after the trial", metering.Limits{Trial: limit(50)}, false, 300, nil, 200, ""},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if row.trial {
				w.in.Terms.TrialEnd = instant("2026-04-20")
			}
			w.metered(row.limits).reads("editors", 100).replay().at("2026-04-10").reads("editors", row.reading).replay()
			if got := w.notices(); !slices.Equal(got, row.want) {
				t.Errorf("%s: %v, want %v", row.reason, got, row.want)
			}
			if item, _ := w.state.Item("editors"); item.Meter.Used != row.used {
				t.Errorf("%s: %d used, want %d", row.reason, item.Meter.Used, row.used)
			}
			if f := UsageOutsideLimits(w.state); (f == nil && row.says != "") || (f != nil && f.Reason != row.says) {
				t.Errorf("%s: it says %v, want %s", row.reason, f, row.says)
			}
			if w.replay(); len(w.last.Notices) > 0 || w.last.Readings > 0 {
				t.Errorf("said twice: %v", w.last.Notices)
			}
		})
	}
	t.Run("licensed", func(t *testing.T) {
		w := newWorld(t)
		w.in.Terms.Items[0].Limits = metering.Limits{Soft: limit(1)}
		w.declaring(5)
		if f := UsageOutsideLimits(w.state); f == nil || f.Reason != NotMetered {
			t.Errorf("limits on a licensed item are ignored, and it says so: %v", f)
		}
	})
	t.Run("changed by an edit", func(t *testing.T) {
		w := newWorld(t).metered(metering.Limits{Hard: limit(50)}).reads("editors", 0).replay().at("2026-04-10").reads("editors", 80).replay()
		raised := on("editors", "monthly")
		raised.Limits = metering.Limits{Hard: limit(100)}
		w.declare(raised).replay().at("2026-04-11").reads("editors", 90).replay().at("2026-05-01").replay()
		want := []string{"e1 Applied: 0.00", "Renewal 2026-05-01: 6.00"}
		if !slices.Equal(w.log, want) {
			t.Errorf("what was capped is not billed later, 50 + 10: %v", w.log)
		}
	})
	t.Run("raised above the usage", func(t *testing.T) {
		w := newWorld(t)
		w.in.Terms.TrialEnd = instant("2026-04-20")
		w.metered(metering.Limits{Soft: limit(50), Trial: limit(50), Hard: limit(50)}).reads("editors", 0).replay().
			at("2026-04-10").reads("editors", 80).replay()
		steps := []struct {
			limits metering.Limits
			says   Reason
		}{
			{metering.Limits{Soft: limit(50), Trial: limit(50), Hard: limit(100)}, TrialUsageLimitReached},
			{metering.Limits{Soft: limit(50), Trial: limit(100), Hard: limit(100)}, SoftLimitReached},
			{metering.Limits{Soft: limit(100), Trial: limit(100), Hard: limit(100)}, ""},
			{metering.Limits{Soft: limit(100), Hard: limit(20)}, HardLimitReached},
			{metering.Limits{}, ""},
		}
		for _, step := range steps {
			item := on("editors", "monthly")
			item.Limits = step.limits
			w.declare(item).replay()
			if f := UsageOutsideLimits(w.state); (f == nil && step.says != "") || (f != nil && f.Reason != step.says) {
				t.Errorf("with %+v it says %v, want %q", step.limits, f, step.says)
			}
		}
	})
}

// A metered item with a loader waits for its first reading, as any loaded item for
// its first count.
func TestUsageFirstReading(t *testing.T) {
	w := newWorld(t).metered(metering.Limits{}).replay()
	if w.last.Blocked == nil || w.last.Blocked.Reason != WaitingForSeats {
		t.Fatalf("it starts without a reading: %v", w.last.Blocked)
	}
	w.at("2026-04-03").reads("editors", 700).replay()
	if !w.state.Period.Span.Start.Equal(instant("2026-04-01")) || w.state.Phase != Active {
		t.Errorf("with the first reading it starts as of its start time: %v", w.state.Period)
	}
}

// At 75 %, 90 % and 100 % of the maximum, once for each crossing in each period
// (billing.md#10-seats).
func TestNotices(t *testing.T) {
	w := newWorld(t).plan(func(p *Plan) { p.Maximum = 10 })
	steps := []struct {
		reason string
		play   func()
		want   []string
	}{
		{"7 of 10 are no 75 %", func() { w.holding(7) }, nil},
		{"8 are", func() { w.at("2026-04-02").set("editors", 8) }, []string{"editors Seats 75 %"}},
		{"down and up again in the period: not again", func() { w.at("2026-04-03").set("editors", 1).set("editors", 8) }, nil},
		{"all that is crossed", func() { w.at("2026-04-04").set("editors", 10) }, []string{"editors Seats 90 %", "editors Seats 100 %"}},
		{"a renewal crosses nothing", func() { w.at("2026-05-01") }, nil},
		{"nor does a fall", func() { w.at("2026-05-02").set("editors", 8) }, nil},
		{"another period, another crossing", func() { w.at("2026-05-03").set("editors", 9) }, []string{"editors Seats 90 %"}},
		{"a new item", func() {
			plan := eur("1")
			plan.Maximum = 4
			w.offer("viewers-seat", "monthly", plan).at("2026-05-04").change([]TermsItem{on("editors", "monthly"), on("viewers", "monthly", 3)})
		}, []string{"viewers Seats 75 %"}},
	}
	for _, step := range steps {
		step.play()
		w.replay()
		if got := w.notices(); !slices.Equal(got, step.want) {
			t.Errorf("%s: %v, want %v", step.reason, got, step.want)
		}
	}
}
