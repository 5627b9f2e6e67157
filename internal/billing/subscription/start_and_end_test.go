// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// billing.md#14-start-and-end: starting late.
func TestStart(t *testing.T) {
	start := func(when string) *world {
		w := newWorld(t).starting("2026-05-10")
		w.in.Terms.Start = instant(when)
		return w.declaring(5)
	}
	if w := start("2026-04-10"); w.last.Blocked != nil || w.state.Period.Index != 1 {
		t.Errorf("exactly one period in the past: %+v, period %d", w.last.Blocked, w.state.Period.Index)
	}
	if w := start("2026-04-09T23:59:59Z"); w.last.Blocked == nil || w.last.Blocked.Reason != StartTimeInPast {
		t.Errorf("more than one period in the past: %+v", w.last.Blocked)
	}
}

// billing.md#14-start-and-end: nobody is charged twice because a manifest was
// pruned and came back, whatever it says about an import long ago.
func TestPredecessor(t *testing.T) {
	for name, c := range map[string]struct {
		reason      string
		billedUntil string
		found       bool
	}{
		"nothing said":                {"it was billed for something", "", true},
		"an import before it":         {"the manifest came back as it was", "2026-03-01", true},
		"the day of its last invoice": {"what fell due on that day was billed", "2026-04-01", true},
		"the end of what it billed":   {"as a person should write", "2026-05-01", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.in.Predecessor = Predecessor{Invoice: "acme-7f3k2x-000004", Issued: instant("2026-04-01"), BilledUntil: instant("2026-05-01")}
			if c.billedUntil != "" {
				w.in.Terms.BilledUntil = instant(c.billedUntil)
			}
			w.declaring(5)
			found := w.last.Blocked != nil && w.last.Blocked.Reason == PredecessorFound
			if found != c.found {
				t.Errorf("%s: %+v", c.reason, w.last.Blocked)
			}
		})
	}
}

// Why a subscription cannot start.
func TestCannotStart(t *testing.T) {
	for reason, prepare := range map[Reason]func(w *world){
		ProductNotFound: func(w *world) { delete(w.in.Products, "editor-seat") },
		PlanNotFound:    func(w *world) { w.in.Terms.Items[0].Plan = "yearly" },
		MixedCurrency: func(w *world) {
			w.item("viewers", eur("1"), true).plan(func(p *Plan) { p.Currency = "JPY" }, "viewers-seat")
		},
		MixedInterval: func(w *world) {
			w.item("viewers", eur("1"), true).plan(func(p *Plan) { p.Interval.Count = 3 }, "viewers-seat")
		},
		InvalidTimeZone: func(w *world) { w.in.Terms.Zone = "Mars/Olympus" },
		PolicyNotReady: func(w *world) {
			w.in.Terms.Anchor, w.in.Terms.Policy = instant("2026-04-15"), PolicyRef{"ProrationPolicy", "none"}
		},
	} {
		t.Run(string(reason), func(t *testing.T) {
			w := newWorld(t)
			prepare(w)
			w.increment("editors", 1).replay()
			if w.last.Blocked == nil || w.last.Blocked.Reason != reason || w.last.Events != 0 || w.last.Blocked.Message == "" {
				t.Fatalf("got %+v", w.last.Blocked)
			}
			if got := w.last.Waiting[0]; got.Verdict != IsPending || got.Fault.Reason != reason {
				t.Errorf("the update waits: %+v", got)
			}
			if w.cancel(Cancellation{At: instant("2026-04-20")}).replay(); !w.last.Next.Equal(instant("2026-04-20")) {
				t.Errorf("it looks again at %s", w.last.Next)
			}
			if w.at("2026-04-21").replay(); w.state.Phase != Canceled || len(w.documents) != 0 || len(w.in.Updates) != 0 {
				t.Errorf("cancelled, it is %s with %d documents and %d updates", w.state.Phase, len(w.documents), len(w.in.Updates))
			}
		})
	}
}

// billing.md#14-start-and-end: cancelling.
func TestCancel(t *testing.T) {
	tell(t, map[string]story{
		"at once, by default": {
			reason: "DoNotCharge: no credit. A date in the past is now.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").cancel(Cancellation{At: instant("2026-04-02")}).replay().at("2026-06-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00"},
		},
		"at once, by ProRata": {
			reason: "100 × 15/30 is given back, and paid out.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").cancel(Cancellation{At: instant("2026-04-16"), Method: proration.ProRata}).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "CreditNote Final 2026-04-16: -50.00"},
		},
		"what was never charged is not given back": {
			reason: "15 held, 10 charged: 100 × 15/30; 5 held, 10 charged: 50 × 15/30.",
			play: func(w *world) {
				w.item("viewers", eur("10"), true).holding(10, 10).at("2026-04-16").
					increment("editors", 5, by(proration.DoNotCharge)).decrement("viewers", 5, by(proration.PayInFull)).
					cancel(Cancellation{At: instant("2026-04-16"), Method: proration.ProRata}).replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00 100.00", "u1 Applied", "u2 Applied: 0.00", "CreditNote Final 2026-04-16: -50.00 -25.00",
			},
		},
		"later": {
			reason: "At its date, after a downtime as well.",
			play: func(w *world) {
				w.holding(10).cancel(Cancellation{At: instant("2026-05-16T12:00:00Z"), Method: proration.ProRata}).replay().at("2026-07-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00", "CreditNote Final 2026-05-16T12:00:00Z: -50.00"},
		},
		"at the period's end": {
			reason: "There is no unused time; accrued and deferred lines are billed.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 1).increment("editors", 1, paidAt("2026-06-01")).
					cancel(Cancellation{AtPeriodEnd: true, Method: proration.ProRata}).replay().at("2026-06-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 5.00", "u2 Applied: 5.00", "Final 2026-05-01: 5.00 5.00"},
		},
		"taken back": {
			reason: "Before it is due, it is undone.",
			play: func(w *world) {
				w.holding(10).cancel(Cancellation{AtPeriodEnd: true}).replay().at("2026-04-30").cancel(Cancellation{}).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00"},
		},
		"before the start": {
			reason: "It ends without a document, and what is open is Superseded.",
			play: func(w *world) {
				w.in.Terms.Start = instant("2026-05-01")
				w.increment("editors", 1).cancel(Cancellation{At: instant("2026-04-20")}).replay().at("2026-06-01").replay()
			},
			want: []string{"u1 Superseded SubscriptionCanceled"},
		},
		"at the start": {
			reason: "Like one at a boundary it comes before what is charged there.",
			play: func(w *world) {
				w.in.Terms.Start = instant("2026-05-01")
				w.in.Terms.Items[0].Quantity = ptr[int64](5)
				w.cancel(Cancellation{At: instant("2026-05-01")}).replay().at("2026-06-01").replay()
				if w.state.Phase != Canceled {
					w.t.Fatalf("it is %s", w.state.Phase)
				}
			},
		},
		"open updates": {
			reason: "They are Superseded; one made afterwards is Rejected.",
			play: func(w *world) {
				w.loaded().counted("editors", 10).replay()
				w.product(func(p *Product) {
					p.OnDecrease.Application = ApplyNextPeriod
					p.Guard.MaxIncreasePercent = ptr[int64](10)
				}).
					item("viewers", eur("1"), true).at("2026-04-16").counted("editors", 5).replay().
					cancel(Cancellation{At: instant("2026-04-17")}).at("2026-04-17").replay().
					at("2026-04-18").increment("viewers", 1).replay()
			},
			want: []string{
				"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Superseded SubscriptionCanceled", "u1 Rejected SubscriptionCanceled",
			},
		},
		"suspended": {
			reason: "The operator stops, not the contract: what fell due is billed when it is lifted.",
			play: func(w *world) {
				w.holding(10).in.Terms.Suspended = true
				w.at("2026-04-16").increment("editors", 5).replay().at("2026-05-02").replay()
				if got := w.waits(); len(got) != 1 || got[0] != "u1 Pending Suspended" || w.last.Events != 0 {
					w.t.Fatalf("it waits for %q", got)
				}
				w.in.Terms.Suspended = false
				w.replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 25.00", "Renewal 2026-05-01: 150.00 25.00"},
		},
		"a preview": {
			reason: "It computes and changes nothing.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5, func(u *Update) { u.Preview = true }).replay()
				if d := w.decisions["u1"]; !d.Adjustment.Equal(Total(d.Lines)) || len(d.Lines) != 1 || w.held("editors") != 10 {
					w.t.Fatalf("got %+v", d)
				}
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Previewed"},
		},
		"a preview of a change at the renewal": {
			reason: "It does not wait for the renewal to say what would come of it: no proration.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5, func(u *Update) {
					u.Preview, u.Policy.Application = true, ApplyNextPeriod
				}).replay()
				d := w.decisions["u1"]
				if !d.Adjustment.IsZero() || len(d.Lines) != 0 || !d.InForce.ApplyAt.Equal(instant("2026-05-01")) || w.held("editors") != 10 {
					w.t.Fatalf("got %+v", d)
				}
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Previewed"},
		},
	})
}

// billing.md#14-start-and-end: a deletion ends the subscription at its own moment.
func TestDeletion(t *testing.T) {
	deleted := func(at string) func(*Terms) {
		return func(terms *Terms) { terms.Deleted, terms.DeletedAt = true, instant(at) }
	}
	byProRata := Cancellation{Method: proration.ProRata}
	tell(t, map[string]story{
		"seen late": {
			reason: "The moment is exact: 100 × 15/30 is given back, whenever the operator comes to it.",
			play: func(w *world) {
				w.holding(10).cancel(byProRata).replay().at("2026-04-20").terms(deleted("2026-04-16")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "CreditNote Final 2026-04-16: -50.00"},
		},
		"held up by what came before it": {
			reason: "It ends then, not with the pass in which it no longer waits.",
			play: func(w *world) {
				w.holding(10).cancel(byProRata).replay()
				plans := w.in.Products["editor-seat"].Plans
				w.product(func(p *Product) { p.Plans = nil })
				w.at("2026-05-20").terms(deleted("2026-05-16T12:00:00Z")).replay().at("2026-07-20").replay()
				if w.state.Phase == Canceled || w.last.Blocked == nil {
					w.t.Fatalf("it is %s, held up by %v", w.state.Phase, w.last.Blocked)
				}
				w.product(func(p *Product) { p.Plans = plans })
				w.replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00", "CreditNote Final 2026-05-16T12:00:00Z: -50.00"},
		},
		"after an end that was agreed": {
			reason: "It had ended by then: no period begins between the two.",
			play: func(w *world) {
				w.holding(10).cancel(Cancellation{AtPeriodEnd: true}).replay().at("2026-05-04").terms(deleted("2026-05-03")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00"},
		},
		"before an end that was agreed": {
			reason: "The deletion comes first.",
			play: func(w *world) {
				w.holding(10).cancel(Cancellation{At: instant("2026-04-20"), Method: proration.ProRata}).replay().
					at("2026-04-25").terms(deleted("2026-04-16")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "CreditNote Final 2026-04-16: -50.00"},
		},
		"with a date in the past that nobody saw": {
			reason: "Such a date means now, and the deletion was before.",
			play: func(w *world) {
				w.holding(10).at("2026-04-20").cancel(Cancellation{At: instant("2026-04-02"), Method: proration.ProRata}).
					terms(deleted("2026-04-16")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "CreditNote Final 2026-04-16: -50.00"},
		},
		"on a clock that cannot tell": {
			reason: "It ends when that is seen, whatever date was agreed and seen before.",
			play: func(w *world) {
				w.in.Terms.ByHand = true
				w.holding(10).cancel(Cancellation{At: instant("2026-04-28"), Method: proration.ProRata}).replay().
					at("2026-04-16").replay().terms(func(terms *Terms) { terms.Deleted = true }).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "CreditNote Final 2026-04-16: -50.00"},
		},
		"while it is suspended": {
			reason: "A suspension holds up no deletion, and what falls due until then is billed.",
			play: func(w *world) {
				w.holding(10).terms(func(terms *Terms) { terms.Suspended = true }).replay().
					at("2026-05-20").terms(deleted("2026-05-16")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00"},
		},
		"before the start": {
			reason: "It ends without a document.",
			play: func(w *world) {
				w.in.Terms.Start = instant("2026-05-01")
				w.replay().at("2026-06-01").terms(deleted("2026-04-20")).replay()
				if w.state.Phase != Canceled {
					w.t.Fatalf("it is %s", w.state.Phase)
				}
			},
		},
	})
}

// An update that is made after the end is Rejected, at the instant of the end too.
func TestMadeAfterTheEnd(t *testing.T) {
	for _, at := range []string{"2026-04-17", "2026-04-18"} {
		w := newWorld(t)
		w.in.Terms.ByHand = true
		w.holding(10).replay().at("2026-04-17").cancel(Cancellation{At: instant("2026-04-17")}).replay().
			at(at).increment("editors", 1).replay()
		if want := "u1 Rejected SubscriptionCanceled"; w.log[len(w.log)-1] != want {
			t.Errorf("made on %s: got %q, want %q", at, w.log, want)
		}
	}
}

// After the end nothing happens any more.
func TestTerminal(t *testing.T) {
	w := newWorld(t).holding(10).cancel(Cancellation{AtPeriodEnd: true}).at("2026-05-01").replay()
	if w.state.Phase != Canceled {
		t.Fatalf("it is %s", w.state.Phase)
	}
	before := dump(w.state)
	w.cancel(Cancellation{}).at("2027-05-01").replay()
	if after := dump(w.state); after != before {
		t.Errorf("%s", firstDifference(before, after))
	}
}
