// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// billing.md#14-start-and-end: billedUntil is a boundary of the subscription's
// own periods, at most one period from now.
func TestBilledUntil(t *testing.T) {
	tests := map[string]struct {
		reason              string
		zone, start, anchor string
		trialEnd            string
		until               string
		want                Reason
		names               []string
	}{
		"a boundary": {reason: "1 April to 1 July were billed", start: "2026-04-01", until: "2026-07-01"},
		"the start":  {reason: "nothing was billed", start: "2026-04-01", until: "2026-04-01"},
		"within a period": {
			reason: "the rest of it would never be invoiced", start: "2026-04-01", until: "2026-06-16",
			want: BilledUntilNotABoundary, names: []string{"2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"},
		},
		"a local midnight that is not one": {
			reason: "a customer in Paris with a start at 00:00 UTC has boundaries at 01:00 or 02:00 local time",
			zone:   "Europe/Paris", start: "2024-02-01", until: "2026-07-01",
			want: BilledUntilNotABoundary, names: []string{"2026-06-30T23:00:00Z", "2026-07-31T23:00:00Z"},
		},
		"by local time": {reason: "01:00 in Paris", zone: "Europe/Paris", start: "2024-02-01", until: "2026-06-30T23:00:00Z"},
		"in the first stub": {
			reason: "between the start and the anchor", start: "2026-04-10", anchor: "2026-05-01", until: "2026-04-20",
			want: BilledUntilNotABoundary, names: []string{"2026-04-10T00:00:00Z", "2026-05-01T00:00:00Z"},
		},
		"within a trial": {
			reason: "the boundary is its end", start: "2026-07-01", trialEnd: "2026-07-15", until: "2026-07-10",
			want: BilledUntilNotABoundary, names: []string{"2026-07-01T00:00:00Z", "2026-07-15T00:00:00Z"},
		},
		"a trial's end":       {reason: "it is a boundary", start: "2026-07-01", trialEnd: "2026-07-15", until: "2026-07-15"},
		"one period from now": {reason: "the current period was billed in advance", start: "2026-04-01", until: "2026-08-01"},
		"more than that":      {reason: "nothing would be billed until then", start: "2026-04-01", until: "2026-09-01", want: BilledUntilTooLate},
		"in 2199":             {reason: "nothing would ever be billed", start: "2026-04-01", until: "2199-01-01", want: BilledUntilTooLate},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).starting("2026-07-01")
			w.in.Terms.Zone, w.in.Terms.Start, w.in.Terms.BilledUntil = tc.zone, instant(tc.start), instant(tc.until)
			if tc.anchor != "" {
				w.in.Terms.Anchor = instant(tc.anchor)
			}
			if tc.trialEnd != "" {
				w.in.Terms.TrialEnd = instant(tc.trialEnd)
			}
			w.declaring(5)
			var got Fault
			if w.last.Blocked != nil {
				got = *w.last.Blocked
			}
			if got.Reason != tc.want {
				t.Fatalf("%s: got %+v, want %q", tc.reason, got, tc.want)
			}
			for _, part := range tc.names {
				if !strings.Contains(got.Message, part) {
					t.Errorf("%q does not name %s", got.Message, part)
				}
			}
		})
	}
}

// billing.md#14-start-and-end: a predecessor that ended with credits gave time back.
func TestPredecessorGaveBack(t *testing.T) {
	tests := map[string]struct {
		reason string
		until  string
		charge Charge
		at     string
		want   []string
	}{
		"the figure": {
			reason: "ended on 11 January with −67.74: 100 × 20/31", until: "2026-01-12", charge: InAdvance, at: "2026-02-01",
			want: []string{"Initial 2026-01-12: 64.52", "Renewal 2026-02-01: 100.00"},
		},
		"its very end": {
			reason: "100 × 21/31", until: "2026-01-11", charge: InAdvance, at: "2026-01-12", want: []string{"Initial 2026-01-11: 67.74"},
		},
		"in arrears": {
			reason: "only the time since is billed", until: "2026-01-12", charge: InArrears, at: "2026-02-01",
			want: []string{"Renewal 2026-02-01: 64.52"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).starting("2026-01-12").plan(func(p *Plan) { p.Charge = tc.charge })
			w.in.Terms.Start, w.in.Terms.BilledUntil = instant("2026-01-01"), instant(tc.until)
			w.in.Predecessor = Predecessor{Invoice: "acme-7f3k2x-000002", Issued: instant("2026-01-11"), BilledUntil: instant("2026-01-11")}
			if w.declaring(10).at(tc.at).replay(); !slices.Equal(w.log, tc.want) {
				t.Errorf("%s: got %q, want %q", tc.reason, w.log, tc.want)
			}
		})
	}
	w := newWorld(t).starting("2026-01-12")
	w.in.Terms.Start, w.in.Terms.BilledUntil = instant("2026-01-01"), instant("2026-01-10")
	w.in.Predecessor = Predecessor{Invoice: "acme-7f3k2x-000002", Issued: instant("2026-01-11"), BilledUntil: instant("2026-01-11")}
	if w.declaring(10); w.last.Blocked == nil || w.last.Blocked.Reason != PredecessorFound {
		t.Errorf("before its end: %+v", w.last.Blocked)
	}
}

// billing.md#14-start-and-end: after a predecessor that gave time back, no
// later billedUntil makes that time free.
func TestBilledUntilPastCredits(t *testing.T) {
	tests := map[string]struct {
		reason       string
		start, until string
		now          string
		want         Reason
		message      string
	}{
		"the boundary": {
			reason: "12 January to 1 February were given back", start: "2026-01-01", until: "2026-02-01", now: "2026-01-12",
			want: BilledUntilTooLate, message: "to 2026-01-12T00:00:00Z at the latest",
		},
		"a boundary of its own": {
			reason: "a whole month would be free", until: "2026-02-12", now: "2026-01-12", want: BilledUntilTooLate,
		},
		"waiting until it has passed": {
			reason: "the subscription was there all the time", until: "2026-02-12", now: "2026-02-12", want: BilledUntilTooLate,
		},
		"one second too late": {
			reason: "it lies after the creation", start: "2026-01-01", until: "2026-01-12T00:00:01Z", now: "2026-01-13",
			want: BilledUntilTooLate,
		},
		"the creation": {reason: "nobody had seats before it", start: "2026-01-01", until: "2026-01-12", now: "2026-01-13"},
		"a later start": {
			reason: "nothing falls due before the start", start: "2026-01-20", until: "2026-01-20", now: "2026-01-20",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).starting("2026-01-12").at(tc.now)
			if tc.start != "" {
				w.in.Terms.Start = instant(tc.start)
			}
			w.in.Terms.BilledUntil = instant(tc.until)
			w.in.Predecessor = Predecessor{Invoice: "acme-7f3k2x-000002", Issued: instant("2026-01-11"), BilledUntil: instant("2026-01-11")}
			var got Fault
			if w.declaring(10); w.last.Blocked != nil {
				got = *w.last.Blocked
			}
			if got.Reason != tc.want || !strings.Contains(got.Message, tc.message) {
				t.Errorf("%s: got %+v, want %q", tc.reason, got, tc.want)
			}
			if started := w.state.Started(); started != (tc.want == "") {
				t.Errorf("%s: started: %t", tc.reason, started)
			}
		})
	}
}

// billing.md#14-start-and-end: whoever comes back was billed here, so that
// billedUntil is what the earlier subscription was billed for, whether it gave
// time back or not.
func TestComesBack(t *testing.T) {
	trace := Predecessor{Invoice: "acme-7f3k2x-000001", Issued: instant("2026-01-10"), BilledUntil: instant("2026-01-10")}
	paid := Predecessor{Invoice: "acme-7f3k2x-000001", Issued: instant("2026-01-01"), BilledUntil: instant("2026-02-01")}
	tests := map[string]struct {
		reason        string
		last          Predecessor
		start, anchor string
		until         string
		want          []string
		fault         Reason
		names         string
	}{
		"free until the end of the period": {
			reason: "nobody was charged for it", last: trace, start: "2026-01-01", until: "2026-02-01",
			fault: BilledUntilTooLate, names: "2026-01-12T00:00:00Z at the latest",
		},
		"free for a period of its own": {
			reason: "nor for that", last: trace, until: "2026-02-12", fault: BilledUntilTooLate, names: "2026-01-12T00:00:00Z at the latest",
		},
		"from the creation": {
			reason: "100 × 20/31", last: trace, start: "2026-01-01", until: "2026-01-12", want: []string{"Initial 2026-01-12: 64.52", "Renewal 2026-02-01: 100.00"},
		},
		"with a new start": {
			reason: "nothing before it is free", last: trace, start: "2026-01-20", until: "2026-01-20", want: []string{"Initial 2026-01-20: 100.00"},
		},
		"what was paid": {reason: "January is not charged again", last: paid, start: "2026-01-01", until: "2026-02-01", want: []string{"Renewal 2026-02-01: 100.00"}},
		"one period more": {
			reason: "February was charged by nobody", last: paid, start: "2026-01-01", until: "2026-03-01", fault: BilledUntilTooLate, names: "up to 2026-02-01T00:00:00Z only",
		},
		"after what was paid, in mid-period": {
			reason: "nobody used the days between; the rest is charged: 100 × 22/31",
			last:   Predecessor{Invoice: "acme-7f3k2x-000001", Issued: instant("2026-01-01"), BilledUntil: instant("2026-01-08")},
			start:  "2026-01-01", until: "2026-01-10", want: []string{"Initial 2026-01-10: 70.97", "Renewal 2026-02-01: 100.00"},
		},
		"within what was paid": {
			reason: "it would be charged twice", last: paid, until: "2026-01-12", fault: PredecessorFound, names: "billed up to 2026-02-01T00:00:00Z",
		},
		"with other periods": {
			reason: "one lasts from 12 January to 12 February", last: paid, until: "2026-02-01", fault: BilledUntilNotABoundary, names: "spec.billingCycleAnchor",
		},
		"with the anchor that is asked for": {
			reason: "a period begins there", last: paid, anchor: "2026-02-01", until: "2026-02-01", want: []string{"Renewal 2026-02-01: 100.00"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).starting("2026-01-12")
			w.in.Predecessor, w.in.Terms.BilledUntil = tc.last, instant(tc.until)
			if tc.start != "" {
				w.in.Terms.Start = instant(tc.start)
			}
			if tc.anchor != "" {
				w.in.Terms.Anchor = instant(tc.anchor)
			}
			var got Fault
			if w.declaring(10); w.last.Blocked != nil {
				got = *w.last.Blocked
			}
			if got.Reason != tc.fault || !strings.Contains(got.Message, tc.names) {
				t.Fatalf("%s: got %+v, want %q that names %q", tc.reason, got, tc.fault, tc.names)
			}
			if tc.fault != "" {
				return
			}
			if w.at("2026-02-10").replay(); !slices.Equal(w.log, tc.want) {
				t.Errorf("%s: got %q, want %q", tc.reason, w.log, tc.want)
			}
		})
	}
}

// billing.md#14-start-and-end: a subscription that ends before its billedUntil says so on its Final document, whatever
// else is on it.
func TestBilledUntilIsRecorded(t *testing.T) {
	tests := map[string]struct {
		reason string
		end    string
		play   func(w *world) *world
		want   []string
		until  string
	}{
		"nothing charged": {
			reason: "the trace has it", end: "2026-04-16", play: (*world).replay, want: []string{"Final 2026-04-16:"}, until: "2026-05-01",
		},
		"something charged before": {
			reason: "the document is issued for this alone", end: "2026-04-16",
			play: func(w *world) *world { return w.increment("editors", 3, paid(PayImmediately)).replay() },
			want: []string{"u1 Applied: 30.00", "Update 2026-04-01: 30.00", "Final 2026-04-16:"}, until: "2026-05-01",
		},
		"abandoned": {
			reason: "it was billed elsewhere all the same", end: "2026-04-16",
			play:  func(w *world) *world { w.in.Terms.Deleted = true; return w },
			until: "2026-05-01",
		},
		"afterwards": {
			reason: "what was charged here says more", end: "2026-05-16", play: (*world).replay, want: []string{"Renewal 2026-05-01: 100.00"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.in.Terms.BilledUntil = instant("2026-05-01")
			w.holding(10)
			tc.play(w)
			w.at(tc.end)
			var until time.Time
			if w.in.Terms.Deleted {
				until = Abandon(w.state, w.in).Effects[0].Document.BilledUntil
			} else {
				w.cancel(Cancellation{At: instant(tc.end)}).replay()
				until = w.documents[len(w.documents)-1].BilledUntil
			}
			if want := tc.until; (want == "") != until.IsZero() || (want != "" && !until.Equal(instant(want))) {
				t.Errorf("%s: the document says %s, want %q", tc.reason, until, want)
			}
			if !slices.Equal(w.log, tc.want) {
				t.Errorf("%s: got %q, want %q", tc.reason, w.log, tc.want)
			}
		})
	}
}

// billing.md#14-start-and-end: a plan gives no second trial to the customer of an earlier subscription.
func TestNoSecondTrial(t *testing.T) {
	w := newWorld(t).starting("2026-04-06").plan(func(p *Plan) { p.Trial = calendar.Interval{Unit: calendar.Day, Count: 14} })
	w.in.Predecessor = Predecessor{Invoice: "acme-7f3k2x-000001", Issued: instant("2026-04-05"), BilledUntil: instant("2026-04-05")}
	w.in.Terms.BilledUntil = instant("2026-04-06")
	if w.declaring(5); w.state.Phase != Active || len(w.documents) != 1 {
		t.Errorf("it is %s with %d documents: %+v", w.state.Phase, len(w.documents), w.last.Blocked)
	}
}

// billing.md#14-start-and-end: nor does a trial that the spec names.
func TestNoSecondExplicitTrial(t *testing.T) {
	tests := map[string]struct {
		reason     string
		end, until string
		billed     string
		want       Reason
	}{
		"for ever after a trace": {
			reason: "an earlier trial was deleted", end: "2029-01-01", billed: "2026-04-05", until: "2026-04-06", want: InvalidTrial,
		},
		"after credits": {
			reason: "the customer was billed before", end: "2026-04-20", billed: "2026-04-05", until: "2026-04-06",
			want: InvalidTrial,
		},
		"up to billedUntil": {
			reason: "a deletion and a new end would make it a trial without end", end: "2026-05-06", billed: "2026-05-06", until: "2026-05-06",
			want: InvalidTrial,
		},
		"over by billedUntil": {reason: "the manifest came back with it", end: "2026-04-20", billed: "2026-05-20", until: "2026-05-20"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).starting("2026-04-22")
			w.in.Terms.Start = instant("2026-04-06")
			w.in.Predecessor = Predecessor{Invoice: "acme-7f3k2x-000001", Issued: instant("2026-04-05"), BilledUntil: instant(tc.billed)}
			w.in.Terms.TrialEnd, w.in.Terms.BilledUntil = instant(tc.end), instant(tc.until)
			var got Fault
			if w.declaring(5); w.last.Blocked != nil {
				got = *w.last.Blocked
			}
			if got.Reason != tc.want || (w.state.Phase == Active) != (tc.want == "") {
				t.Errorf("%s: %q, %+v", tc.reason, w.state.Phase, got)
			}
		})
	}
}

// billing.md#14-start-and-end: an abandoned subscription leaves a Final
// document over 0.00 that names what is not billed.
func TestAbandoned(t *testing.T) {
	tests := map[string]struct {
		reason string
		play   func(w *world)
		want   []string
	}{
		"with accrued and deferred lines": {
			reason: "both are named",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 1).increment("editors", 1, paidAt("2026-06-01")).replay()
			},
			want: []string{
				"Not billed: 1 seat added, 15 of 30 days, 5.00 EUR", "Not billed: 1 seat added, 15 of 30 days, 5.00 EUR",
			},
		},
		"in arrears": {
			reason: "the time elapsed is named: 100 × 15/30",
			play: func(w *world) {
				w.plan(func(p *Plan) { p.Charge = InArrears }).holding(10).at("2026-04-16").replay()
			},
			want: []string{"Not billed: 10 seats, 15 of 30 days, 50.00 EUR"},
		},
		"in a trial": {
			reason: "a trace alone",
			play: func(w *world) {
				w.in.Terms.TrialEnd = instant("2026-04-21")
				w.holding(10).at("2026-04-16").replay()
			},
		},
		"with a credit balance": {
			reason: "it is not paid out",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").decrement("editors", 4, paid(PayImmediately)).replay()
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tc.play(w)
			w.in.Terms.Deleted, w.in.Terms.DeletedAt = true, w.in.Now
			out := Abandon(w.state, w.in)
			if wrong := auditPlan(w.state, out); wrong != "" {
				t.Fatalf("%s: %s", tc.reason, wrong)
			}
			d := out.Effects[0].Document
			if len(out.Effects) != 1 || d.Reason != DocumentFinal || !d.Subtotal.IsZero() || !d.AmountDue.IsZero() || out.State.Phase != Canceled {
				t.Fatalf("%s: %+v", tc.reason, out.Effects)
			}
			var got []string
			for _, line := range d.Lines {
				got = append(got, line.Description)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
			if again := Abandon(out.State, w.in); again.Events != 0 {
				t.Errorf("%s: it is abandoned twice", tc.reason)
			}
		})
	}
	if out := Abandon(State{}, Input{}); out.Events != 0 {
		t.Errorf("before the start: %+v", out)
	}
}

// A cancellation at once, by ProRata, and the subscription that comes back: what was
// given back is charged again, and nothing else.
func TestEndAndReturn(t *testing.T) {
	w := newWorld(t).starting("2026-01-01").holding(10).at("2026-01-11").
		cancel(Cancellation{At: instant("2026-01-11"), Method: proration.ProRata}).replay()
	want := []string{"Initial 2026-01-01: 100.00", "CreditNote Final 2026-01-11: -67.74"}
	if !slices.Equal(w.log, want) {
		t.Errorf("got %q, want %q", w.log, want)
	}
}

// billing.md#14-start-and-end: a successor with more seats than were paid for is
// credited for no more than was paid.
func TestCreditAtMostPaid(t *testing.T) {
	ten := money.FromInt(10)
	tests := map[string]struct {
		reason   string
		paid     *money.Decimal
		currency string
		want     string
	}{
		"one seat was paid":   {reason: "10.00 × 20/30, not ten times as much", paid: &ten, currency: "EUR", want: "CreditNote Final 2026-04-11: -6.67"},
		"in another currency": {reason: "nothing was paid in this one", paid: &ten, currency: "USD", want: "Final 2026-04-11:"},
		"billed elsewhere":    {reason: "nobody knows for how many seats", want: "CreditNote Final 2026-04-11: -66.67"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).starting("2026-04-10")
			w.in.Terms.Start, w.in.Terms.BilledUntil = instant("2026-04-01"), instant("2026-05-01")
			w.in.Predecessor = Predecessor{
				Invoice: "acme-7f3k2x-000002", Issued: instant("2026-04-09"), BilledUntil: instant("2026-05-01"),
				Paid: tc.paid, Currency: tc.currency,
			}
			w.declaring(10).cancel(Cancellation{At: instant("2026-04-11"), Method: proration.ProRata}).at("2026-04-11").replay()
			if want := []string{tc.want}; !slices.Equal(w.log, want) {
				t.Errorf("%s: got %q, want %q", tc.reason, w.log, want)
			}
		})
	}
}

// A one-time item is never credited, so that it leaves what was paid to the other items.
func TestCreditAtMostPaidNextToAOneTimeItem(t *testing.T) {
	paid := money.FromInt(100)
	w := newWorld(t).starting("2026-04-10").item("setup", eur("100"), false)
	slices.Reverse(w.in.Terms.Items)
	w.in.Terms.Start, w.in.Terms.BilledUntil = instant("2026-04-01"), instant("2026-05-01")
	w.in.Predecessor = Predecessor{
		Invoice: "acme-7f3k2x-000002", Issued: instant("2026-04-09"), BilledUntil: instant("2026-05-01"), Paid: &paid, Currency: "EUR",
	}
	w.declaring(1, 10).cancel(Cancellation{At: instant("2026-04-11"), Method: proration.ProRata}).at("2026-04-11").replay()
	if want := []string{"CreditNote Final 2026-04-11: -66.67"}; !slices.Equal(w.log, want) {
		t.Errorf("got %q, want %q", w.log, want)
	}
}
