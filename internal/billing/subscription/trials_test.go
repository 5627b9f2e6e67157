// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"strings"
	"testing"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// billing.md#9-trials: trials, as far as items do not change.
func TestTrials(t *testing.T) {
	trial := func(w *world) *world {
		w.in.Terms.TrialEnd = instant("2026-04-11")
		return w
	}
	tell(t, map[string]story{
		"figure 13": {
			reason: "5 seats, trial to 11 April, no anchor: first period 11 April to 11 May.",
			play:   func(w *world) { trial(w).declaring(5).at("2026-05-11").replay() },
			want:   []string{"Initial 2026-04-11: 50.00", "Renewal 2026-05-11: 50.00"},
		},
		"figure 14": {
			reason: "Anchor on 1 May: stub from 11 April, 50 × 20/30.",
			play: func(w *world) {
				trial(w).in.Terms.Anchor = instant("2026-05-01")
				w.declaring(5).at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-11: 33.33", "Renewal 2026-05-01: 50.00"},
		},
		"the longest of the plans'": {
			reason: "In local calendar units; items with a shorter one share it.",
			play: func(w *world) {
				w.plan(func(p *Plan) { p.Trial = calendar.Interval{Unit: calendar.Day, Count: 7} }).item("viewers", eur("1"), true).
					plan(func(p *Plan) { p.Trial = calendar.Interval{Unit: calendar.Week, Count: 2} }, "viewers-seat").
					declaring(5, 30).at("2026-04-20").replay()
			},
			want: []string{"Initial 2026-04-15: 50.00 30.00"},
		},
		"changes inside": {
			reason: "Nothing is charged for time inside, under every method; the first period charges what is held.",
			play: func(w *world) {
				trial(w).holding(5).at("2026-04-03").increment("editors", 5, by(proration.PayInFull), paid(PayImmediately)).
					increment("editors", 1).decrement("editors", 3).replay().at("2026-04-11").replay()
			},
			want: []string{"u1 Applied", "u2 Applied", "u3 Applied", "Initial 2026-04-11: 80.00"},
		},
		"NextPeriod inside": {
			reason: "The trial is a period: its end is the renewal that it waits for, and it applies before that is charged.",
			play: func(w *world) {
				trial(w).holding(5).at("2026-04-03").increment("editors", 5, applies(ApplyNextPeriod)).replay().at("2026-04-11").replay()
			},
			want: []string{"u1 Applied", "Initial 2026-04-11: 100.00"},
		},
		"a change at its end": {
			reason: "An update effective at a boundary that has not been charged yet prices nothing.",
			play: func(w *world) {
				trial(w).holding(5).at("2026-04-11").increment("editors", 5, by(proration.DoNotCharge)).replay()
			},
			want: []string{"u1 Applied", "Initial 2026-04-11: 100.00"},
		},
		"a change seen too late": {
			reason: "Made inside, seen after the first period was charged: as if it had been seen in time.",
			play: func(w *world) {
				trial(w).holding(5).at("2026-04-11").replay().increment("editors", 5, by(proration.DoNotCharge), created("2026-04-10T23:59:59Z")).replay()
			},
			want: []string{"Initial 2026-04-11: 50.00", "u1 Applied: 50.00"},
		},
		"trial only": {
			reason: "A trial-only subscription ends with its trial and charges nothing.",
			play: func(w *world) {
				trial(w).in.Terms.TrialOnly = true
				w.declaring(5).at("2026-06-01").replay()
				if w.state.Phase != Canceled {
					w.t.Fatalf("it is %s", w.state.Phase)
				}
			},
			want: []string{"Final 2026-04-11:"},
		},
		"cancelled with the trial": {
			reason: "atPeriodEnd in a trial is the trial's end: the first period is not charged.",
			play: func(w *world) {
				trial(w).declaring(5).cancel(Cancellation{AtPeriodEnd: true}).at("2026-06-01").replay()
			},
			want: []string{"Final 2026-04-11:"},
		},
		"cancelled at its end": {
			reason: "The same by the date; cancellation comes before the boundary.",
			play: func(w *world) {
				trial(w).declaring(5).cancel(Cancellation{At: instant("2026-04-11")}).replay().at("2026-06-01").replay()
			},
			want: []string{"Final 2026-04-11:"},
		},
		"cancelled inside": {
			reason: "There is nothing to settle.",
			play: func(w *world) {
				trial(w).plan(func(p *Plan) { p.Charge = InArrears }).declaring(5).
					cancel(Cancellation{At: instant("2026-04-05"), Method: proration.ProRata}).replay().at("2026-06-01").replay()
			},
			want: []string{"Final 2026-04-05:"},
		},
		"a one-time item": {
			reason: "It is charged at the start all the same, and never again.",
			play: func(w *world) {
				trial(w).item("setup", eur("100"), false).declaring(5, 1).at("2026-05-11").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "Initial 2026-04-11: 50.00", "Renewal 2026-05-11: 50.00"},
		},
		"in arrears": {
			reason: "The first charge comes at the end of the first paid period.",
			play: func(w *world) {
				trial(w).plan(func(p *Plan) { p.Charge = InArrears }).declaring(5).at("2026-05-11").replay()
			},
			want: []string{"Renewal 2026-05-11: 50.00"},
		},
	})
	w := trial(newWorld(t)).declaring(5)
	if w.state.Phase != Trialing || !UpcomingInvoice(w.state, w.in).DueTime.Equal(instant("2026-04-11")) {
		t.Errorf("it is %s, and renews at %s", w.state.Phase, UpcomingInvoice(w.state, w.in).DueTime)
	}
	if w.at("2026-04-11").replay(); w.state.Phase != Active || w.state.Period.Trial {
		t.Errorf("after the trial it is %s", w.state.Phase)
	}
}

// Changes of items in a trial end it, unless they keep it.
func TestTrialAndChangesOfItems(t *testing.T) {
	trial := func(w *world) *world {
		w.in.Terms.TrialEnd = instant("2026-04-15")
		return w.plan(func(p *Plan) { *p = eur("30") }).offer("editor-seat", "big", eur("50"))
	}
	only := func(w *world) *world {
		w.in.Terms.TrialOnly = true
		return trial(w)
	}
	big := []TermsItem{on("editors", "big")}
	tell(t, map[string]story{
		"Retain ends it": {
			reason: "trial to 15 April, EUR 50, change on 10 April: a stub of 50 × 5/31, then 50.00 on the 15th",
			play: func(w *world) {
				trial(w).holding(1).at("2026-04-10").change(big).replay().at("2026-04-15").replay().at("2026-05-15").replay()
			},
			want: []string{"Initial 2026-04-10: 8.06", "u1 Applied: 8.06", "Renewal 2026-04-15: 50.00", "Renewal 2026-05-15: 50.00"},
		},
		"Retain ends it, with an anchor": {
			reason: "the boundaries stay: the trial's end, then the anchor's; 50 × 5/30, 50 × 16/30",
			play: func(w *world) {
				trial(w).in.Terms.Anchor = instant("2026-05-01")
				w.holding(1).at("2026-04-10").change(big).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-10: 8.33", "u1 Applied: 8.33", "Renewal 2026-04-15: 26.67", "Renewal 2026-05-01: 50.00"},
		},
		"an anchor inside it": {
			reason: "no period is longer than its natural one: 50 × 2/31 to the anchor, and on from there",
			play: func(w *world) {
				trial(w).in.Terms.Anchor = instant("2026-04-12")
				w.holding(1).at("2026-04-10").change(big).replay().at("2026-04-12").replay()
			},
			want: []string{"Initial 2026-04-10: 3.23", "u1 Applied: 3.23", "Renewal 2026-04-12: 50.00"},
		},
		"keepTrial": {
			reason: "the items change, nothing is charged, the trial continues",
			play: func(w *world) {
				trial(w).holding(1).at("2026-04-10").change(big, keepingTrial, by(proration.PayInFull)).replay().at("2026-04-15").replay()
			},
			want: []string{"u1 Applied", "Initial 2026-04-15: 50.00"},
		},
		"Reset": {
			reason: "it always ends, and the new period is charged in full",
			play: func(w *world) {
				trial(w).holding(1).at("2026-04-10").change(big, renewal(Reset), keepingTrial).replay().at("2026-05-10").replay()
			},
			want: []string{"Initial 2026-04-10: 50.00", "u1 Applied: 50.00", "Renewal 2026-05-10: 50.00"},
		},
		"a quantity": {
			reason: "never ends a trial",
			play: func(w *world) {
				trial(w).holding(1).at("2026-04-10").increment("editors", 1).replay().at("2026-04-15").replay()
			},
			want: []string{"u1 Applied", "Initial 2026-04-15: 60.00"},
		},
		"a quantity, by a list": {
			reason: "it is no change of items either",
			play: func(w *world) {
				trial(w).holding(1).at("2026-04-10").change([]TermsItem{on("editors", "monthly", 2)}).replay().at("2026-04-15").replay()
			},
			want: []string{"u1 Applied", "Initial 2026-04-15: 60.00"},
		},
		"trial-only": {
			reason: "a change of items turns it into a recurring one after the trial",
			play: func(w *world) {
				only(w).holding(1).at("2026-04-10").change(big, keepingTrial).replay().at("2026-04-15").replay()
			},
			want: []string{"u1 Applied", "Initial 2026-04-15: 50.00"},
		},
		"trial-only, ignoreRecurring": {
			reason: "it stays trial-only",
			play: func(w *world) {
				only(w).holding(1).at("2026-04-10").change(big, ignoringRecurring).replay().at("2026-06-15").replay()
				if w.state.Phase != Canceled {
					w.t.Fatalf("it is %s", w.state.Phase)
				}
			},
			want: []string{"u1 Applied", "Final 2026-04-15:"},
		},
		"trial-only, ended by the change": {
			reason: "what comes after it is paid for",
			play: func(w *world) {
				only(w).holding(1).at("2026-04-10").change(big).replay().at("2026-04-15").replay()
			},
			want: []string{"Initial 2026-04-10: 8.06", "u1 Applied: 8.06", "Renewal 2026-04-15: 50.00"},
		},
		"at its very end": {
			reason: "before it is charged; the first period charges what is then held",
			play: func(w *world) {
				trial(w).holding(1).at("2026-04-10").change(big, applies(ApplyNextPeriod)).replay().at("2026-04-15").replay()
			},
			want: []string{"u1 Applied: 0.00", "Initial 2026-04-15: 50.00"},
		},
	})
}

// A trial that cannot be keeps a subscription from starting.
func TestInvalidTrial(t *testing.T) {
	for name, change := range map[string]func(*Terms){
		"ends before it starts": func(t *Terms) { t.TrialEnd = instant("2026-04-01") },
		"only, without one":     func(t *Terms) { t.TrialOnly = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			change(&w.in.Terms)
			if w.declaring(5); w.last.Blocked == nil || w.last.Blocked.Reason != InvalidTrial || w.last.Events != 0 {
				t.Errorf("got %+v", w.last)
			}
		})
	}
}

// billing.md#9-trials: a trial ends at most three years after the start, as it
// starts and when it is moved.
func TestLatestTrialEnd(t *testing.T) {
	t.Run("at the start", func(t *testing.T) {
		tests := map[string]struct {
			reason string
			end    string
			want   Reason
		}{
			"three years":         {reason: "a long pilot", end: "2029-04-01"},
			"a second more":       {reason: "it is bounded", end: "2029-04-01T00:00:01Z", want: InvalidTrial},
			"in the next century": {reason: "nothing would ever be billed", end: "2199-12-31", want: InvalidTrial},
		}
		for name, tc := range tests {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				w.in.Terms.TrialEnd = instant(tc.end)
				var got Fault
				if w.declaring(5); w.last.Blocked != nil {
					got = *w.last.Blocked
				}
				if got.Reason != tc.want || w.state.Started() != (tc.want == "") {
					t.Errorf("%s: %+v, started: %t", tc.reason, got, w.state.Started())
				}
			})
		}
	})
	t.Run("by a plan", func(t *testing.T) {
		w := newWorld(t).plan(func(p *Plan) { p.Trial = calendar.Interval{Unit: calendar.Year, Count: 100} }).declaring(5)
		if got := w.state.Period.Span.End; !got.Equal(instant("2029-04-01")) {
			t.Errorf("it ends at %s", got)
		}
	})
	t.Run("moved", func(t *testing.T) {
		w := newWorld(t)
		w.in.Terms.TrialEnd = instant("2026-04-15")
		w.declaring(5).at("2026-04-10")
		w.in.Terms.TrialEnd = instant("2199-12-31")
		w.replay()
		fault := Check(w.state, w.in)
		if fault == nil || fault.Reason != InvalidTrial || !strings.Contains(fault.Message, "still ends at 2026-04-15T00:00:00Z") {
			t.Errorf("it is not said: %+v", fault)
		}
		if w.at("2026-04-15").replay(); w.state.Phase != Active || len(w.documents) != 1 {
			t.Errorf("it is %s, with %d documents", w.state.Phase, len(w.documents))
		}
		if fault := Check(w.state, w.in); fault != nil {
			t.Errorf("after the trial: %+v", fault)
		}
	})
}
