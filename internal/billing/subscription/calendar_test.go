// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// billing.md#1-calendar: the calendar.
func TestCalendar(t *testing.T) {
	anchored := func(start, anchor string) func(*world) *world {
		return func(w *world) *world {
			w.starting(start).in.Terms.Anchor = instant(anchor)
			return w
		}
	}
	tell(t, map[string]story{
		"stub to an anchor in the future": {
			reason: "Start 10 April, anchor 1 July, 5 seats: 50 × 21/30, then whole months.",
			play: func(w *world) {
				anchored("2026-04-10", "2026-07-01")(w).declaring(5).at("2026-06-01").replay()
			},
			want: []string{"Initial 2026-04-10: 35.00", "Renewal 2026-05-01: 50.00", "Renewal 2026-06-01: 50.00"},
		},
		"stub to an anchor in the past": {
			reason: "Start 10 April, anchor 1 January: the same stub.",
			play: func(w *world) {
				anchored("2026-04-10", "2026-01-01")(w).declaring(5).at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-10: 35.00", "Renewal 2026-05-01: 50.00"},
		},
		"no stub at a boundary": {
			reason: "A start that is a boundary of the anchor is a whole period.",
			play:   func(w *world) { anchored("2026-04-01", "2026-01-01")(w).declaring(5) },
			want:   []string{"Initial 2026-04-01: 50.00"},
		},
		"stub rounded up": {
			reason: "A stub is priced like a debit by the policy: R = 20.5 days, 21 up.",
			play: func(w *world) {
				anchored("2026-04-10T12:00:00Z", "2026-05-01")(w).policy(proration.Day, proration.Up).declaring(5)
			},
			want: []string{"Initial 2026-04-10T12:00:00Z: 35.00"},
		},
		"stub rounded down": {
			reason: "The same by Down: 20 days.",
			play: func(w *world) {
				anchored("2026-04-10T12:00:00Z", "2026-05-01")(w).policy(proration.Day, proration.Down).declaring(5)
			},
			want: []string{"Initial 2026-04-10T12:00:00Z: 33.33"},
		},
		"change in a stub": {
			reason: "The denominator of a change in a stub is the natural period: 5 × 10 × 15/30.",
			play: func(w *world) {
				anchored("2026-04-10", "2026-07-01")(w).holding(5).at("2026-04-16").increment("editors", 5).replay()
			},
			want: []string{"Initial 2026-04-10: 35.00", "u1 Applied: 25.00"},
		},
		"given back in a stub": {
			reason: "A credit in a stub comes to no more than the stub: 5 × 10 × 15/30.",
			play: func(w *world) {
				anchored("2026-04-10", "2026-07-01")(w).holding(5).at("2026-04-16").set("editors", 0).replay()
			},
			want: []string{"Initial 2026-04-10: 35.00", "u1 Applied: -25.00"},
		},
		"the anchor's day": {
			reason: "Figure 12: an anchor on the 31st, clamped to each month's last day, counted from the anchor.",
			play:   func(w *world) { w.starting("2026-01-31").declaring(1).at("2026-05-31").replay() },
			want: []string{
				"Initial 2026-01-31: 10.00", "Renewal 2026-02-28: 10.00", "Renewal 2026-03-31: 10.00",
				"Renewal 2026-04-30: 10.00", "Renewal 2026-05-31: 10.00",
			},
		},
		"29 February": {
			reason: "In a leap year an anchor on the 31st gives 29 February.",
			play:   func(w *world) { w.starting("2028-01-31").declaring(1).at("2028-03-31").replay() },
			want:   []string{"Initial 2028-01-31: 10.00", "Renewal 2028-02-29: 10.00", "Renewal 2028-03-31: 10.00"},
		},
		"local boundaries": {
			reason: "Boundaries keep the anchor's wall time over changes of the clock: DST starts on 29 March.",
			play: func(w *world) {
				w.starting("2026-02-28T23:00:00Z").in.Terms.Zone = "Europe/Paris"
				w.declaring(1).at("2026-04-02").replay()
			},
			want: []string{
				"Initial 2026-02-28T23:00:00Z: 10.00", "Renewal 2026-03-31T22:00:00Z: 10.00",
			},
		},
		"an instant before the boundary": {
			reason: "An instant equal to a period's end belongs to the next period, the one before it to this.",
			play: func(w *world) {
				w.holding(10).at("2026-04-30T23:59:59Z").increment("editors", 5, paid(PayImmediately), by(proration.PayInFull)).
					replay().at("2026-05-01").replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "u1 Applied: 50.00", "Update 2026-04-30T23:59:59Z: 50.00",
				"Renewal 2026-05-01: 150.00",
			},
		},
	})
}

// A new time zone takes effect at the next boundary, and no period is inserted.
func TestTimeZoneChanges(t *testing.T) {
	w := newWorld(t).starting("2026-08-31T22:00:00Z")
	w.in.Terms.Zone = "Europe/Paris"
	w.declaring(5).at("2026-09-15").terms(func(t *Terms) { t.Zone = "UTC" }).replay()
	if got := w.state.Period; got.Zone != "Europe/Paris" || !got.Span.End.Equal(instant("2026-09-30T22:00:00Z")) {
		t.Errorf("the period in force changed: %+v", got)
	}
	w.at("2026-10-15").replay()
	// In Paris it would end at 23:00, after the clock was put back.
	want := Period{Index: 1, Zone: "UTC", Span: calendar.Span{Start: instant("2026-09-30T22:00:00Z"), End: instant("2026-10-31T22:00:00Z")}}
	want.Natural, want.Renewed = want.Span, want.Span.Start
	if w.state.Period != want {
		t.Errorf("got %+v, want %+v", w.state.Period, want)
	}
	w.at("2026-10-16T22:00:00Z").edit("editors", 6).replay()
	w.at("2026-11-01").replay()
	wantLog := []string{
		"Initial 2026-08-31T22:00:00Z: 50.00", "Renewal 2026-09-30T22:00:00Z: 50.00",
		"e1 Applied: 4.84", // 10 × 15/31: its own natural period
		"Renewal 2026-10-31T22:00:00Z: 60.00 4.84",
	}
	if dump(w.log) != dump(wantLog) {
		t.Errorf("got %q", w.log)
	}
	w.terms(func(t *Terms) { t.Zone = "Mars/Olympus" }).at("2026-12-01").replay()
	if w.state.Period.Zone != "UTC" {
		t.Errorf("an unknown zone took effect: %+v", w.state.Period)
	}
}

// Every interval renews, and its periods tile time.
func TestIntervals(t *testing.T) {
	for name, interval := range map[string]calendar.Interval{
		"days":     {Unit: calendar.Day, Count: 1},
		"weeks":    {Unit: calendar.Week, Count: 2},
		"quarters": {Unit: calendar.Month, Count: 3},
		"years":    {Unit: calendar.Year, Count: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).plan(func(p *Plan) { p.Interval = interval })
			w.in.Terms.Zone = "America/New_York"
			w.declaring(1).at("2027-04-01").settle().at("2028-04-01").settle()
			last := w.documents[len(w.documents)-1]
			for i := 1; i < len(w.documents); i++ {
				if !w.documents[i].Period.Start.Equal(w.documents[i-1].Period.End) {
					t.Fatalf("%+v follows %+v", w.documents[i].Period, w.documents[i-1].Period)
				}
			}
			if !last.Period.Contains(instant("2028-04-01")) {
				t.Errorf("the last period is %+v", last.Period)
			}
		})
	}
}

// A day that the local calendar skipped is no period: Apia had no 30 December 2011.
func TestSkippedDay(t *testing.T) {
	w := newWorld(t).starting("2011-12-28T10:00:00Z").plan(func(p *Plan) { p.Interval = calendar.Interval{Unit: calendar.Day, Count: 1} })
	w.in.Terms.Zone = "Pacific/Apia"
	w.declaring(1).at("2012-01-02").replay()
	for _, d := range w.documents {
		if d.Period.Empty() {
			t.Errorf("an empty period was charged: %+v", d.Period)
		}
	}
}

// The price is captured when a period starts (billing.md#4-prices).
func TestCapturedPrice(t *testing.T) {
	tell(t, map[string]story{
		"edited in mid-period": {
			reason: "A product's plan edited in mid-period changes nothing until the next period.",
			play: func(w *world) {
				w.holding(10).plan(func(p *Plan) { p.Price.UnitAmount = money.MustDecimal("20") }).
					at("2026-04-16").increment("editors", 2).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 10.00", "Renewal 2026-05-01: 240.00 10.00"},
		},
		"charge moved to arrears": {
			reason: "A plan that is charged in arrears from now on charges the next period at its end.",
			play: func(w *world) {
				w.holding(10).plan(func(p *Plan) { p.Charge = InArrears }).at("2026-05-01").replay().at("2026-06-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "Renewal 2026-06-01: 100.00"},
		},
	})
}

// The ratio R' / N of billing.md#2-ratio by local days, through Replay.
func TestFigure11LocalDays(t *testing.T) {
	w := newWorld(t).starting("2026-02-28T23:00:00Z").plan(func(p *Plan) { p.Price.UnitAmount = money.MustDecimal("31") })
	w.in.Terms.Zone = "Europe/Paris"
	w.policy(proration.Day, proration.Up).holding(1)
	paris, _ := time.LoadLocation("Europe/Paris")
	noon := time.Date(2026, 3, 29, 12, 0, 0, 0, paris)
	w.in.Now = noon.UTC()
	w.increment("editors", 1, createdAt(noon.UTC())).replay()
	if want := []string{"Initial 2026-02-28T23:00:00Z: 31.00", "u1 Applied: 3.00"}; dump(w.log) != dump(want) {
		t.Errorf("got %q, want %q", w.log, want)
	}
}
