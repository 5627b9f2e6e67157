// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// billing.md#8-documents: items in arrears.
func TestArrears(t *testing.T) {
	arrears := func(w *world) *world { return w.plan(func(p *Plan) { p.Charge = InArrears }) }
	tell(t, map[string]story{
		"a change": {
			reason: "The boundary's invoice carries T of what was held at the start and the changes: 10 → 20 on 16 April.",
			play: func(w *world) {
				arrears(w).holding(10).at("2026-04-16").increment("editors", 10, paid(PayImmediately)).replay().at("2026-05-01").replay()
			},
			want: []string{"u1 Applied: 50.00", "Renewal 2026-05-01: 100.00 50.00"},
		},
		"cancelled": {
			reason: "Charged for the elapsed time under every method: 100 × 20/30.",
			play: func(w *world) {
				arrears(w).holding(10).at("2026-04-21").cancel(Cancellation{At: instant("2026-04-21")}).replay()
			},
			want: []string{"Final 2026-04-21: 66.67"},
		},
		"cancelled after a change": {
			reason: "10 → 20 on 16 April, cancelled on 21 April: 100 × 20/30 + 100 × 5/30.",
			play: func(w *world) {
				arrears(w).holding(10).at("2026-04-16").increment("editors", 10).replay().
					at("2026-04-21").cancel(Cancellation{At: instant("2026-04-21"), Method: proration.ProRata}).replay()
			},
			want: []string{"u1 Applied: 50.00", "Final 2026-04-21: 66.67 -33.33 50.00"},
		},
		"cancelled at the period's end": {
			reason: "The whole period has elapsed; the next is not charged.",
			play: func(w *world) {
				arrears(w).holding(10).cancel(Cancellation{AtPeriodEnd: true}).at("2026-05-02").replay()
			},
			want: []string{"Final 2026-05-01: 100.00"},
		},
		"beside one in advance": {
			reason: "One invoice settles what has passed, and charges what begins.",
			play: func(w *world) {
				w.item("viewers", eur("1"), true).plan(func(p *Plan) { p.Charge = InArrears }, "viewers-seat").
					holding(10, 30).at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 30.00 100.00"},
		},
		"a stub": {
			reason: "Start 10 April, anchor 1 May: the boundary settles the stub, 100 × 21/30.",
			play: func(w *world) {
				w.starting("2026-04-10").in.Terms.Anchor = instant("2026-05-01")
				arrears(w).holding(10).at("2026-06-01").replay()
			},
			want: []string{"Renewal 2026-05-01: 70.00", "Renewal 2026-06-01: 100.00"},
		},
	})
}

// billing.md#8-documents: the balance.
func TestBalance(t *testing.T) {
	tell(t, map[string]story{
		"a credit note": {
			reason: "Subtotal −6.33, creditApplied −6.33, amountDue 0.00 (figure 3, Up).",
			play: func(w *world) {
				w.policy(proration.Day, proration.Up).holding(6).at("2026-04-11T12:00:00Z").decrement("editors", 1, paid(PayImmediately)).replay()
			},
			want: []string{
				"Initial 2026-04-01: 60.00", "u1 Applied: -6.33",
				"CreditNote Update 2026-04-11T12:00:00Z: -6.33, credit -6.33, due 0.00",
			},
		},
		"a negative renewal": {
			reason: "An invoice whose subtotal is negative adds all of it to the balance, and the next uses that.",
			play: func(w *world) {
				w.holding(10).at("2026-04-02").set("editors", 1).replay().at("2026-06-01").replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "u1 Applied: -87.00",
				"Renewal 2026-05-01: 10.00 -87.00, credit -77.00, due 0.00", "Renewal 2026-06-01: 10.00, credit 10.00, due 0.00",
			},
		},
		"the final document pays out": {
			reason: "Balance 20.00, subtotal 5.00: a credit note with creditApplied 20.00 and amountDue −15.00.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").decrement("editors", 4, paid(PayImmediately)).replay().
					increment("editors", 1).replay().cancel(Cancellation{At: instant("2026-04-17")}).at("2026-04-17").replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "u1 Applied: -20.00", "CreditNote Update 2026-04-16: -20.00, credit -20.00, due 0.00",
				"u2 Applied: 5.00", "CreditNote Final 2026-04-17: 5.00, credit 20.00, due -15.00",
			},
		},
		"the balance alone": {
			reason: "A Final document without a line pays the balance out.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").decrement("editors", 4, paid(PayImmediately)).replay().
					cancel(Cancellation{At: instant("2026-04-17")}).at("2026-04-17").replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "u1 Applied: -20.00", "CreditNote Update 2026-04-16: -20.00, credit -20.00, due 0.00",
				"CreditNote Final 2026-04-17:, credit 20.00, due -20.00",
			},
		},
		"every document uses it": {
			reason: "Also one in mid-period, as far as it goes.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").decrement("editors", 4, paid(PayImmediately)).replay().
					at("2026-04-22").increment("editors", 1, paid(PayImmediately)).replay().at("2026-05-01").replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "u1 Applied: -20.00", "CreditNote Update 2026-04-16: -20.00, credit -20.00, due 0.00",
				"u2 Applied: 3.00", "Update 2026-04-22: 3.00, credit 3.00, due 0.00", "Renewal 2026-05-01: 70.00, credit 17.00, due 53.00",
			},
		},
		"no lines, no invoice": {
			reason: "Nothing held, nothing billed.",
			play:   func(w *world) { w.holding(0).at("2026-06-01").replay() },
		},
	})
}

// The upcoming invoice is what the renewal then comes to if nothing changes.
func TestUpcoming(t *testing.T) {
	for name, prepare := range map[string]func(w *world) *world{
		"in advance": func(w *world) *world { return w },
		"in arrears": func(w *world) *world { return w.plan(func(p *Plan) { p.Charge = InArrears }) },
		"a minimum": func(w *world) *world {
			return w.plan(func(p *Plan) { p.Minimum = 2 })
		},
		"one-time": func(w *world) *world { return w.item("setup", eur("100"), false) },
		"a credit": func(w *world) *world { return w },
	} {
		t.Run(name, func(t *testing.T) {
			w := prepare(newWorld(t))
			quantities := []int64{10, 3}[:len(w.in.Terms.Items)]
			w.holding(quantities...).at("2026-04-16").increment("editors", 10).replay()
			if name == "a credit" {
				w.decrement("editors", 12, paid(PayImmediately)).replay()
			}
			upcoming := UpcomingInvoice(w.state, w.in)
			w.at("2026-05-01").replay()
			issued := w.documents[len(w.documents)-1]
			if !upcoming.Subtotal.Equal(issued.Subtotal) || !upcoming.AmountDue.Equal(issued.AmountDue) || !upcoming.DueTime.Equal(issued.Issued) {
				t.Errorf("upcoming %s, %s due; issued %s, %s due", upcoming.Subtotal, upcoming.AmountDue, issued.Subtotal, issued.AmountDue)
			}
		})
	}
	for name, row := range map[string]struct {
		play func(w *world)
		want string
		due  string
	}{
		"a line with a date of its own is not on it": {func(w *world) {
			w.holding(10).at("2026-04-16").increment("editors", 10, paidAt("2026-04-20")).replay()
		}, "200.00", "2026-05-01"},
		"a trial's end, and the stub after it": {func(w *world) {
			w.in.Terms.TrialEnd, w.in.Terms.Anchor = instant("2026-04-11"), instant("2026-05-01")
			w.declaring(5)
		}, "33.33", "2026-04-11"},
		"what is accrued when it ends with the period": {func(w *world) {
			w.holding(10).cancel(Cancellation{AtPeriodEnd: true}).at("2026-04-16").increment("editors", 10).replay()
		}, "50.00", "2026-05-01"},
		"what it ends with before that": {func(w *world) {
			w.holding(10).cancel(Cancellation{At: instant("2026-04-21"), Method: proration.ProRata}).at("2026-04-16").replay()
		}, "-33.33", "2026-04-21"},
		"an update that applies at the renewal": {func(w *world) {
			w.holding(10).at("2026-04-16").set("editors", 4, applies(ApplyNextPeriod)).replay()
		}, "40.00", "2026-05-01"},
		"an update that is seen with the clock's first time": {func(w *world) {
			w.in.Terms.ByHand = true
			w.holding(10).at("2026-04-16").set("editors", 4, applies(ApplyNextPeriod))
			w.in.Before = time.Time{}
		}, "40.00", "2026-05-01"},
		"an update that applies before it": {func(w *world) {
			w.holding(10).at("2026-04-11").increment("editors", 10, applyingAt("2026-04-16")).replay()
		}, "250.00", "2026-05-01"},
		"an update that waits for an approval is not on it": {func(w *world) {
			w.loaded().product(func(p *Product) { p.Guard.MaxIncreasePercent = ptr[int64](100) }).
				counted("editors", 10).replay().at("2026-04-16").counted("editors", 60).replay()
		}, "100.00", "2026-05-01"},
		"the end, with a credit": {func(w *world) {
			w.holding(10).at("2026-04-16").cancel(Cancellation{At: instant("2026-04-25"), Method: proration.ProRata}).replay()
		}, "-20.00", "2026-04-25"},
		"usage so far": {func(w *world) {
			w.metered(metering.Limits{}).reads("editors", 100).replay().at("2026-04-16").reads("editors", 300).replay()
		}, "20.00", "2026-05-01"},
		"after a day with too many events": {func(w *world) {
			w.holding(10).at("2026-05-01")
			w.state.Day = DayCount{Date: "2026-05-01", Count: MaxEventsPerDay}
		}, "100.00", "2026-05-01"},
		"what has accrued, where a policy is gone": {func(w *world) {
			w.policy(proration.Day, proration.Up).in.Terms.Anchor = instant("2026-05-01")
			w.in.Terms.TrialEnd = instant("2026-04-11")
			w.declaring(5)
			w.in.Policies = nil
		}, "0.00", "2026-04-11"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			row.play(w)
			got := UpcomingInvoice(w.state, w.in)
			if totals := w.totals(&got.Totals); totals != row.want || brief(got.DueTime) != row.due {
				t.Errorf("%s on %s, want %s on %s", totals, brief(got.DueTime), row.want, row.due)
			}
		})
	}
	var none State
	ending := newWorld(t).holding(10).at("2026-04-16").cancel(Cancellation{AtPeriodEnd: true})
	if got := UpcomingInvoice(ending.state, ending.in); !got.Absent || got.Renews || !got.End.Equal(instant("2026-05-01")) {
		t.Errorf("before an end with nothing to bill: %+v", got)
	}
	ending.cancel(Cancellation{})
	if got := UpcomingInvoice(ending.state, ending.in); got.Absent || !got.Renews || !got.End.IsZero() {
		t.Errorf("after the end was taken back: %+v", got)
	}
	if got := UpcomingInvoice(none, Input{}); !got.DueTime.IsZero() || !got.Subtotal.Equal(money.Decimal{}) {
		t.Errorf("before the start: %+v", got)
	}
}
