// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// billing.md#13-time: time.
func TestTime(t *testing.T) {
	tell(t, map[string]story{
		"order at one instant": {
			reason: "Loaded counts, updates by apply time, creation and name, cancellation; the boundary is not reached.",
			play: func(w *world) {
				w.item("viewers", eur("1"), true).loaded().counted("editors", 10)
				w.replay().cancel(Cancellation{At: instant("2026-05-01")}).replay()
				w.at("2026-04-30").increment("viewers", 1, applyingAt("2026-05-01"), created("2026-04-20")).
					increment("viewers", 2, applyingAt("2026-05-01"), created("2026-04-10")).
					increment("viewers", 3, applyingAt("2026-05-01"), created("2026-04-10")).
					at("2026-05-01").counted("editors", 12).replay()
			},
			want: []string{
				"c1 Applied: 0.00", "Initial 2026-04-01: 100.00",
				"c2 Applied: 0.00", "u2 Applied: 0.00", "u3 Applied: 0.00", "u1 Applied: 0.00",
			},
		},
		"by apply time": {
			reason: "Of two that are seen late, the one that was to apply first comes first.",
			play: func(w *world) {
				w.holding(10).at("2026-04-20").increment("editors", 1, paid(PayImmediately)).replay().
					set("editors", 3, created("2026-04-02"), applyingAt("2026-04-15")).set("editors", 4, created("2026-04-10")).replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "u1 Applied: 3.67", "Update 2026-04-20: 3.67", "u3 Applied: -25.67", "u2 Applied: -3.67",
			},
		},
		"at the boundary, not charged yet": {
			reason: "10 → 15 PayInFull at 1 May 00:00: 150.00.",
			play: func(w *world) {
				w.holding(10).at("2026-05-01").increment("editors", 5, by(proration.PayInFull)).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 0.00", "Renewal 2026-05-01: 150.00"},
		},
		"at the boundary, charged": {
			reason: "Or 100.00 and then 50.00.",
			play: func(w *world) {
				w.holding(10).at("2026-05-01").replay().increment("editors", 5, by(proration.PayInFull)).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00", "u1 Applied: 50.00"},
		},
		"at the boundary, DoNotCharge": {
			reason: "It prices nothing under every method: the renewal charges what is then held.",
			play: func(w *world) {
				w.holding(10).at("2026-05-01").increment("editors", 5, by(proration.DoNotCharge)).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied", "Renewal 2026-05-01: 150.00"},
		},
		"seen too late": {
			reason: "Ten seats renewed at 100.00, a NextPeriod update to 5 created in the last second and seen after: −50.00.",
			play: func(w *world) {
				w.holding(10).at("2026-05-01").replay().at("2026-05-01T00:00:03Z").
					set("editors", 5, applies(ApplyNextPeriod), created("2026-04-30T23:59:59Z")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00", "u1 Applied: -50.00"},
		},
		"seen too late, whatever its method": {
			reason: "By ProRata with R = N: the renewal then comes to what it would have been.",
			play: func(w *world) {
				w.policy(proration.Day, proration.Down).holding(10).at("2026-05-01").replay().at("2026-05-01T00:00:03Z").
					increment("editors", 5, by(proration.DoNotCharge), created("2026-04-30T23:59:58Z")).
					decrement("editors", 2, by(proration.PayInFull), created("2026-04-30T23:59:59Z")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00", "u1 Applied: 50.00", "u2 Applied: -20.00"},
		},
		"a Custom one seen too late": {
			reason: "Its date lay before a boundary that was charged without it.",
			play: func(w *world) {
				w.holding(10).at("2026-05-01").replay().at("2026-05-02").
					increment("editors", 5, applyingAt("2026-04-28"), created("2026-04-20")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00", "u1 Applied: 50.00"},
		},
		"before the last committed event": {
			reason: "An event time is never before the last committed event: 5 × 10 × 10/30.",
			play: func(w *world) {
				w.holding(10).at("2026-04-21").increment("editors", 1, by(proration.DoNotCharge)).replay().
					increment("editors", 5, created("2026-04-10")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied", "u2 Applied: 16.67"},
		},
		"before the start": {
			reason: "What was made before the start takes effect at the start, once that is charged.",
			play: func(w *world) {
				w.in.Terms.Start = instant("2026-04-10")
				w.increment("editors", 3, paid(PayImmediately)).increment("editors", 2, by(proration.DoNotCharge)).
					replay().at("2026-04-12").replay()
			},
			want: []string{"u1 Applied: 30.00", "u2 Applied", "Update 2026-04-10: 30.00"},
		},
		"a month of downtime": {
			reason: "The result is what it would have been.",
			play: func(w *world) {
				w.holding(10).at("2026-06-05").
					increment("editors", 5, created("2026-04-16")).
					decrement("editors", 3, created("2026-04-21"), applies(ApplyNextPeriod)).
					increment("editors", 1, created("2026-05-16T12:00:00Z"), paid(PayImmediately)).replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "u1 Applied: 25.00", "u2 Applied: 0.00", "Renewal 2026-05-01: 120.00 25.00",
				"u3 Applied: 5.00", "Update 2026-05-16T12:00:00Z: 5.00", "Renewal 2026-06-01: 130.00",
			},
		},
		"a clock that goes back": {
			reason: "It changes nothing; what is made in the meantime takes effect when time is back where it was.",
			play: func(w *world) {
				w.holding(10).at("2026-05-02").increment("editors", 1).replay().
					at("2026-04-16").increment("editors", 5).replay().at("2026-05-02").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00", "u1 Applied: 9.68", "u2 Applied: 48.38"},
		},
		"a clock moved by hand": {
			reason: "What was made before the clock moved counts as seen before: 5 × 10 × 15/30.",
			play: func(w *world) {
				w.in.Terms.ByHand = true
				w.holding(10).at("2026-04-16").replay().increment("editors", 5, created("2031-01-01")).at("2026-05-16").replay().
					edit("editors", 20).at("2026-06-01").replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "u1 Applied: 25.00", "Renewal 2026-05-01: 150.00 25.00",
				"e1 Applied: 25.81", "Renewal 2026-06-01: 200.00 25.81",
			},
		},
	})
}

// What waits for a policy, product or plan blocks every later event, in order;
// when it is there again, all is replayed.
func TestBlocked(t *testing.T) {
	ref := PolicyRef{"ProrationPolicy", "Down"}
	for name, c := range map[string]struct {
		reason      Reason
		spoil, mend func(w *world)
	}{
		"policy": {
			PolicyNotReady,
			func(w *world) { delete(w.in.Policies, ref) },
			func(w *world) { w.policy(proration.Day, proration.Down) },
		},
		"product": {
			ProductNotFound,
			func(w *world) { delete(w.in.Products, "editor-seat") },
			func(w *world) { w.in.Products["editor-seat"] = Product{Plans: map[string]Plan{"monthly": eur("10")}} },
		},
		"plan": {
			PlanNotFound,
			func(w *world) { delete(w.in.Products["editor-seat"].Plans, "monthly") },
			func(w *world) { w.in.Products["editor-seat"].Plans["monthly"] = eur("10") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).policy(proration.Day, proration.Down).holding(10)
			c.spoil(w)
			w.at("2026-04-16").increment("editors", 5).replay().
				at("2026-04-17").increment("editors", 1, by(proration.DoNotCharge)).replay().at("2026-05-02").replay()
			if w.last.Blocked == nil || w.last.Blocked.Reason != c.reason || len(w.log) != 1 {
				t.Fatalf("got %+v and %q", w.last.Blocked, w.log)
			}
			for _, waiting := range w.last.Waiting {
				if waiting.Fault.Reason != c.reason || waiting.Verdict != IsPending {
					t.Errorf("%s waits for %s as %s", waiting.Name, waiting.Fault.Reason, waiting.Verdict)
				}
			}
			c.mend(w)
			w.replay()
			want := []string{"Initial 2026-04-01: 100.00", "u1 Applied: 25.00", "u2 Applied", "Renewal 2026-05-01: 160.00 25.00"}
			if !slices.Equal(w.log, want) {
				t.Errorf("got %q", w.log)
			}
		})
	}
}

// More than 200 events on one local day park a subscription until a person
// resumes it. Nothing is charged in the meantime, and nothing is lost.
func TestParking(t *testing.T) {
	w := newWorld(t).holding(1).at("2026-04-16")
	for i := range MaxEventsPerDay + 10 {
		w.set("editors", int64(i%2)+1)
	}
	w.replay()
	applied := func() int { return len(w.log) - 1 }
	if w.last.Blocked == nil || w.last.Blocked.Reason != ReasonParked || applied() != MaxEventsPerDay {
		t.Fatalf("%d applied, blocked by %+v", applied(), w.last.Blocked)
	}
	if !strings.Contains(w.state.Parked, "unpark") {
		t.Errorf("it does not say what to do: %q", w.state.Parked)
	}
	w.at("2026-05-02").replay()
	if w.last.Events != 0 || applied() != MaxEventsPerDay {
		t.Fatalf("parked, it went on: %d events", w.last.Events)
	}
	w.in.Unpark = true
	w.replay()
	if w.last.Blocked != nil || applied() != MaxEventsPerDay+10+1 || w.state.Parked != "" {
		t.Errorf("%d applied, blocked by %+v", applied(), w.last.Blocked)
	}
	// 100 starting values and back again cost and pay the same.
	if got := w.documents[len(w.documents)-1]; got.Reason != DocumentRenewal {
		t.Errorf("the last document is %+v", got)
	}
}

// As many events as a day may have, on each of many days, do not park.
func TestManyDays(t *testing.T) {
	w := newWorld(t).holding(1)
	for day := range 3 {
		for i := range MaxEventsPerDay - 1 {
			at := instant("2026-04-10").AddDate(0, 0, day).Add(time.Duration(i) * time.Minute)
			w.set("editors", int64(i%2)+1, createdAt(at))
		}
	}
	w.at("2026-04-15").settle()
	if w.state.Parked != "" || len(w.in.Updates) != 0 {
		t.Errorf("parked: %q, %d left", w.state.Parked, len(w.in.Updates))
	}
}

// Books that do not add up park a subscription, and nothing of the plan is
// committed.
func TestAudit(t *testing.T) {
	w := newWorld(t).holding(10).at("2026-04-16").increment("editors", 5, paid(PayImmediately))
	for name, spoil := range map[string]func(*Outcome){
		"a lost line":        func(o *Outcome) { o.State.Accrued = nil },
		"a line billed":      func(o *Outcome) { o.Effects = o.Effects[:1] },
		"a wrong number":     func(o *Outcome) { o.Effects[1].Document.Number++ },
		"a wrong subtotal":   func(o *Outcome) { o.Effects[1].Document.Subtotal = w.priced },
		"a wrong amount":     func(o *Outcome) { o.Effects[1].Document.AmountDue = w.priced },
		"a wrong balance":    func(o *Outcome) { o.State.Balance = o.Effects[1].Document.Subtotal },
		"a balance unsaid":   func(o *Outcome) { o.Effects[1].Document.BalanceAfter = o.Effects[1].Document.Subtotal },
		"too much given":     func(o *Outcome) { o.State.Items[0].Position.Charged = o.Effects[1].Document.Subtotal.Neg() },
		"an update twice":    func(o *Outcome) { o.Effects = append(o.Effects, o.Effects[0]) },
		"a document is left": func(o *Outcome) { o.Effects = append(o.Effects, o.Effects[1]) },
	} {
		t.Run(name, func(t *testing.T) {
			state := w.state.clone()
			if name == "a lost line" {
				state.Accrued = Replay(w.state, w.in).Effects[0].Decision.Lines
			}
			out := Replay(state, w.in)
			if wrong := auditPlan(state, out); wrong != "" {
				t.Fatalf("in order, and yet: %s", wrong)
			}
			spoil(&out)
			wrong := auditPlan(state, out)
			if wrong == "" {
				t.Fatal("not noticed")
			}
			parked := park(state, wrong)
			if parked.Events != 1 || len(parked.Effects) != 0 || !strings.Contains(parked.State.Parked, wrong) || len(parked.State.Items) != 1 {
				t.Errorf("got %+v", parked)
			}
		})
	}
}

// A bound on effects gives the same end, replayed until done.
func TestMaxEffects(t *testing.T) {
	var want string
	for _, bound := range []int{0, 1, 2, 3, 7, 64} {
		t.Run(fmt.Sprint(bound), func(t *testing.T) {
			w := newWorld(t)
			w.in.MaxEffects = bound
			w.holding(10)
			for i := range 20 {
				w.increment("editors", 1, createdAt(instant("2026-04-10").AddDate(0, 0, 2*i)), paid([]Payment{PayImmediately, PayNextInvoice}[i%2]))
			}
			w.at("2026-06-01").settle()
			if want == "" {
				want = strings.Join(w.log, "\n")
			}
			if got := strings.Join(w.log, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			if w.last.More {
				t.Error("there is more")
			}
		})
	}
}

// Nothing is due: nothing happens, and the time of the next event is known.
func TestNext(t *testing.T) {
	w := newWorld(t).holding(10).at("2026-04-16").replay()
	if w.last.Events != 0 || !w.last.Next.Equal(instant("2026-05-01")) {
		t.Errorf("%d events, next at %s", w.last.Events, w.last.Next)
	}
	w.increment("editors", 1, paidAt("2026-04-20")).replay()
	if !w.last.Next.Equal(instant("2026-04-20")) {
		t.Errorf("next at %s", w.last.Next)
	}
	w.cancel(Cancellation{At: instant("2026-04-19")}).replay()
	if !w.last.Next.Equal(instant("2026-04-19")) {
		t.Errorf("next at %s", w.last.Next)
	}
	future := newWorld(t)
	future.in.Terms.Start = instant("2026-05-01")
	if future.replay(); !future.last.Next.Equal(instant("2026-05-01")) {
		t.Errorf("starts at %s", future.last.Next)
	}
}

// The zero state has not started.
func TestZeroStateStarts(t *testing.T) {
	w := newWorld(t)
	w.in.Terms.Items[0].Quantity = ptr[int64](1)
	zero := Replay(State{}, w.in)
	pending := Replay(State{Phase: Pending}, w.in)
	if zero.State.Phase != Active || dump(zero) != dump(pending) {
		t.Errorf("the zero state came to %+v", zero.State)
	}
}
