// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

const fifteenDigits = "999999999999999"

// billing.md#bounds: what cannot be recorded is refused before anything is committed.
func TestBounds(t *testing.T) {
	price := func(w *world, amount string) *world {
		return w.plan(func(p *Plan) { p.Price.UnitAmount = money.MustDecimal(amount) })
	}
	t.Run("a start", func(t *testing.T) {
		w := price(newWorld(t), fifteenDigits).declaring(2)
		if w.last.Blocked == nil || w.last.Blocked.Reason != AmountTooLarge || w.state.Started() {
			t.Errorf("two seats of fifteen digits: %+v", w.last.Blocked)
		}
		if w := price(newWorld(t), fifteenDigits).declaring(1); w.last.Blocked != nil || len(w.documents) != 1 {
			t.Errorf("one seat of fifteen digits fits: %+v", w.last.Blocked)
		}
	})
	t.Run("a renewal", func(t *testing.T) {
		w := newWorld(t).holding(2)
		price(w, fifteenDigits).at("2026-05-01").increment("editors", 1, created("2026-04-16")).replay()
		if w.last.Blocked == nil || w.last.Blocked.Reason != AmountTooLarge || len(w.documents) != 1 {
			t.Errorf("%+v, %d documents", w.last.Blocked, len(w.documents))
		}
		if w.held("editors") != 3 || w.last.Events != 1 {
			t.Errorf("what was due before it takes place: %d held", w.held("editors"))
		}
		if price(w, "10").replay(); len(w.documents) != 2 {
			t.Errorf("it goes on when the price is right: %+v", w.last.Blocked)
		}
	})
	t.Run("a user's update and an edit", func(t *testing.T) {
		w := price(newWorld(t), fifteenDigits).holding(1).at("2026-04-16").increment("editors", 1).replay()
		if got := w.decisions["u1"]; got.Verdict != IsRejected || got.Fault.Reason != AmountTooLarge || w.held("editors") != 1 {
			t.Errorf("%s %s, %d held", got.Verdict, got.Fault.Reason, w.held("editors"))
		}
		if !strings.Contains(w.decisions["u1"].Fault.Message, `"editors"`) {
			t.Errorf("it does not name the item: %q", w.decisions["u1"].Fault.Message)
		}
		w.edit("editors", 2).replay()
		if got := w.waits(); len(got) != 1 || got[0] != "e1 Pending AmountTooLarge" {
			t.Errorf("the edit: %v", got)
		}
		if w.at("2026-05-01").replay(); len(w.documents) != 2 {
			t.Errorf("what is in force goes on being billed: %+v", w.last.Blocked)
		}
	})
	t.Run("a reading", func(t *testing.T) {
		w := newWorld(t).metered(metering.Limits{}).item("viewers", eur("10"), true)
		price(w, "2").reads("editors", 0).holding(0, 1).at("2026-04-16").reads("editors", 900_000_000_000_000).
			increment("viewers", 1).replay()
		if len(w.last.Refused) != 1 || w.last.Refused[0].Reason != AmountTooLarge || !strings.Contains(w.last.Refused[0].Message, `"editors"`) {
			t.Fatalf("refused: %+v", w.last.Refused)
		}
		if w.last.Blocked != nil || w.held("viewers") != 2 {
			t.Errorf("something else was held up: %+v", w.last.Blocked)
		}
		w.at("2026-04-20").reads("editors", 30).replay().at("2026-05-01").replay()
		if last := w.log[len(w.log)-1]; last != "Renewal 2026-05-01: 60.00 20.00 5.00" {
			t.Errorf("the next reading counts: %s", last)
		}
	})
}

// billing.md#bounds: amounts that fit one by one are refused where their sum does not,
// by the name of what would make it too large. The renewal and the end are never
// blocked.
func TestSumOutOfBounds(t *testing.T) {
	metered := func(t *testing.T) *world {
		plan := eur("2")
		plan.Metered, plan.Charge = true, InArrears
		w := newWorld(t).item("calls", plan, true).item("seats", eur("10"), true).metered(metering.Limits{})
		w.in.Products["calls-seat"] = Product{Plans: w.in.Products["calls-seat"].Plans, Loader: true}
		w.plan(func(p *Plan) { p.Price.UnitAmount = money.MustDecimal("2") })
		return w.reads("editors", 0).reads("calls", 0).holding(0, 0, 1).at("2026-04-16")
	}
	t.Run("two readings", func(t *testing.T) {
		w := metered(t).reads("editors", 400_000_000_000_000).replay().reads("calls", 400_000_000_000_000).replay()
		if len(w.last.Refused) != 1 || w.last.Refused[0].Reason != AmountTooLarge || !strings.Contains(w.last.Refused[0].Message, `"calls"`) {
			t.Fatalf("refused: %+v", w.last.Refused)
		}
		if w.at("2026-05-01").replay(); w.last.Blocked != nil || len(w.documents) != 2 {
			t.Errorf("the renewal is blocked: %+v", w.last.Blocked)
		}
	})
	t.Run("two readings, and an end", func(t *testing.T) {
		w := metered(t).reads("editors", 400_000_000_000_000).replay().reads("calls", 400_000_000_000_000).replay()
		w.cancel(Cancellation{At: instant("2026-04-20"), Method: proration.ProRata}).at("2026-04-20").replay()
		if w.last.Blocked != nil || w.state.Phase != Canceled {
			t.Errorf("the end is blocked: %+v", w.last.Blocked)
		}
	})
	t.Run("a reading next to a recurring charge", func(t *testing.T) {
		w := metered(t).reads("editors", 499_999_999_999_995).replay()
		if len(w.last.Refused) != 1 || !strings.Contains(w.last.Refused[0].Message, `"editors"`) {
			t.Fatalf("EUR 999,999,999,999,990 and EUR 10: %+v", w.last.Refused)
		}
		if w.reads("editors", 499_999_999_999_994).replay(); len(w.last.Refused) != 0 {
			t.Errorf("EUR 2 less fits: %+v", w.last.Refused)
		}
	})
	t.Run("what was recorded before there was a bound", func(t *testing.T) {
		w := metered(t).reads("editors", 400_000_000_000_000).replay()
		w.state.item("calls").Meter.Used = 400_000_000_000_000
		if w.increment("seats", 1).replay(); w.decisions["u1"].Fault.Reason != AmountTooLarge {
			t.Errorf("a rise: %+v", w.decisions["u1"].Fault)
		}
		w.decrement("seats", 1, by(proration.DoNotCharge)).replay()
		if got := w.decisions["u2"]; got.Verdict != IsApplied {
			t.Errorf("a fall adds nothing: %s %s", got.Verdict, got.Fault.Reason)
		}
	})
	t.Run("an accrued line", func(t *testing.T) {
		w := newWorld(t).plan(func(p *Plan) { p.Price.UnitAmount = money.MustDecimal("400000000000000") }).holding(1).at("2026-04-16")
		w.increment("editors", 1, by(proration.PayInFull)).replay()
		if got := w.decisions["u1"]; got.Fault.Reason != AmountTooLarge {
			t.Errorf("two seats and a seat that waits for the next invoice: %s %s", got.Verdict, got.Fault.Reason)
		}
		if w.at("2026-05-01").replay(); w.last.Blocked != nil || len(w.documents) != 2 {
			t.Errorf("the renewal is blocked: %+v", w.last.Blocked)
		}
	})
}

// Lines that wait are bounded: an update that would make too many is Rejected.
func TestDeferredLines(t *testing.T) {
	w := newWorld(t).holding(10).at("2026-04-16")
	line := proration.Line{Item: "editors", Kind: proration.KindDebit, Update: "before"}
	for i := range MaxDeferred - 1 {
		line.Key = "before-" + string(rune('a'+i%26)) + strings.Repeat("x", i/26)
		w.state.Deferred = append(w.state.Deferred, Deferred{BillAt: instant("2026-06-01"), Reason: DocumentCustom, Line: line})
	}
	w.increment("editors", 1, paidAt("2026-06-01")).increment("editors", 1, paidAt("2026-06-01")).increment("editors", 1).replay()
	for name, want := range map[string]Reason{"u1": ReasonApplied, "u2": TooManyLines, "u3": ReasonApplied} {
		if got := w.decisions[name].Fault.Reason; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// billing.md#14-start-and-end: a year and more of daily boundaries is a typing
// error, and waits for a person.
func TestManyBoundaries(t *testing.T) {
	daily := func() *world {
		w := newWorld(t).plan(func(p *Plan) { p.Interval = calendar.Interval{Unit: calendar.Day, Count: 1} })
		w.in.Terms.Start, w.in.Terms.BilledUntil = instant("1970-01-02"), instant("1970-01-03")
		return w
	}
	w := daily().declaring(1)
	if w.last.Blocked == nil || w.last.Blocked.Reason != StartTimeInPast || w.state.Started() || w.last.Events != 0 {
		t.Fatalf("%+v, %d events", w.last.Blocked, w.last.Events)
	}
	if !strings.Contains(w.last.Blocked.Message, "20543") {
		t.Errorf("the number is not named: %q", w.last.Blocked.Message)
	}
	t.Run("with the date corrected", func(t *testing.T) {
		w := daily().declaring(1)
		w.in.Terms.Start, w.in.Terms.BilledUntil = instant("2026-03-30"), instant("2026-03-31")
		if w.settle(); w.last.Blocked != nil || len(w.documents) != 2 {
			t.Errorf("%d documents: %+v", len(w.documents), w.last.Blocked)
		}
	})
	t.Run("at the bound", func(t *testing.T) {
		for start, want := range map[string]Reason{"2025-02-25": "", "2025-02-24": StartTimeInPast} {
			w := daily()
			w.in.Terms.Start = instant(start)
			w.in.Terms.BilledUntil = w.in.Terms.Start.AddDate(0, 0, 1)
			var got Reason
			if w.declaring(1); w.last.Blocked != nil {
				got = w.last.Blocked.Reason
			}
			if got != want {
				t.Errorf("a start on %s: %q, want %q", start, got, want)
			}
		}
	})
	w.in.Unpark = true
	w.settle()
	if got := len(w.documents); got != 20543 || w.last.Blocked != nil {
		t.Errorf("let go on, it issued %d documents: %+v", got, w.last.Blocked)
	}
	t.Run("exactly as many as are allowed", func(t *testing.T) {
		w := newWorld(t).plan(func(p *Plan) { p.Interval = calendar.Interval{Unit: calendar.Day, Count: 1} }).declaring(1)
		w.in.Now = w.in.Now.AddDate(0, 0, MaxBoundaries)
		if w.settle(); len(w.documents) != MaxBoundaries+1 || w.state.Parked != "" {
			t.Errorf("%d documents, parked: %q", len(w.documents), w.state.Parked)
		}
		w.in.Now = w.in.Now.AddDate(0, 0, MaxBoundaries+1)
		if w.settle(); !strings.Contains(w.state.Parked, "billing.seatplane.dev/delete: Abandon") {
			t.Errorf("one more is not parked, or no way out is named: %q", w.state.Parked)
		}
		if w.replay(); w.last.Events != 0 {
			t.Errorf("a parked subscription took %d steps", w.last.Events)
		}
	})
	t.Run("on a clock that is moved by hand", func(t *testing.T) {
		w := daily()
		w.in.Terms.ByHand = true
		w.in.Now = instant("1972-01-01")
		if w.declaring(1).settle(); w.state.Parked != "" {
			t.Errorf("it is parked: %q", w.state.Parked)
		}
	})
}

// many are items of one product, named m00, m01…
func (w *world) many(n int, loaded bool) []TermsItem {
	w.offer("many-seat", "monthly", eur("1"))
	product := w.in.Products["many-seat"]
	product.Loader = loaded
	w.in.Products["many-seat"] = product
	var items []TermsItem
	for i := range n {
		items = append(items, TermsItem{Name: fmt.Sprintf("m%02d", i), Product: "many-seat", Plan: "monthly", Recurring: true})
	}
	return items
}

// One event always fits into an outbox, however many first counts it uses, and never joins more than fit
// (consistency.md#5-size-bounds).
func TestEffectsOfFirstCounts(t *testing.T) {
	const room = 64
	settle := func(t *testing.T, w *world, items []TermsItem) {
		t.Helper()
		w.in.MaxEffects = room
		for w.last.More = true; w.last.More; {
			if w.replay(); len(w.last.Effects) > room {
				t.Fatalf("%d effects of %d events do not fit", len(w.last.Effects), w.last.Events)
			}
		}
		if len(w.last.Waiting) > 0 || w.last.Blocked != nil {
			t.Fatalf("%d updates are left, blocked: %+v", len(w.last.Waiting), w.last.Blocked)
		}
		for _, item := range items {
			if w.held(item.Name) != 2 {
				t.Errorf("%s holds %d, want its count", item.Name, w.held(item.Name))
			}
		}
	}
	count := func(w *world, items []TermsItem) {
		for _, item := range items {
			w.counted(item.Name, 2)
		}
	}
	t.Run("an edit that adds items", func(t *testing.T) {
		w := newWorld(t).holding(5).at("2026-04-16")
		items := w.many(70, true)
		w.declare(append(items, on("editors", "monthly"))...)
		count(w, items)
		settle(t, w, items)
	})
	t.Run("an edit after other changes", func(t *testing.T) {
		w := newWorld(t).holding(5).at("2026-04-16")
		for range 10 {
			w.increment("editors", 1, created("2026-04-15"))
		}
		items := w.many(60, true)
		w.declare(append(items, on("editors", "monthly"))...)
		count(w, items)
		settle(t, w, items)
	})
	t.Run("a start after previews", func(t *testing.T) {
		w := newWorld(t)
		items := w.many(70, true)
		w.in.Terms.Items = items
		count(w, items)
		for range 5 {
			w.increment("m00", 1, preview, created("2026-03-31"))
		}
		settle(t, w, items)
	})
}

// The items of the spec and those that updates added fit together, or the edit waits. The status of a subscription has room
// for 100 items.
func TestTooManyItems(t *testing.T) {
	w := newWorld(t).holding(5).at("2026-04-16")
	added := w.many(MaxItems, false)
	editors := on("editors", "monthly")
	w.change(append(slices.Clone(added[:60]), editors)).replay()
	w.at("2026-04-17").declare(append(slices.Clone(added[60:]), editors)...).replay()
	if got := w.waits(); len(got) != 1 || got[0] != "e1 Pending InvalidItems" {
		t.Fatalf("101 items: %v", got)
	}
	if w.at("2026-05-01").replay(); len(w.documents) != 2 || len(w.state.Items) != 61 {
		t.Errorf("what is in force goes on being billed: %d documents, %d items", len(w.documents), len(w.state.Items))
	}
	w.at("2026-05-02").declare(append(slices.Clone(added[61:]), editors)...).replay()
	if len(w.state.Items) != MaxItems || len(w.last.Waiting) > 0 {
		t.Errorf("100 items: %d, and %v", len(w.state.Items), w.waits())
	}
}
