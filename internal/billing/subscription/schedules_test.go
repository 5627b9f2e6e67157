// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"
	"testing"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// billing.md#7-schedules: when a change applies.
func TestApplication(t *testing.T) {
	tell(t, map[string]story{
		"Immediately": {
			reason: "Now: 5 × 10 × 15/30.",
			play:   func(w *world) { w.holding(10).at("2026-04-16").increment("editors", 5).replay() },
			want:   []string{"Initial 2026-04-01: 100.00", "u1 Applied: 25.00"},
		},
		"NextPeriod": {
			reason: "At the renewal, before it is charged: no proration.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").decrement("editors", 5, applies(ApplyNextPeriod)).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 0.00", "Renewal 2026-05-01: 50.00"},
		},
		"NextPeriod at the boundary itself": {
			reason: "An instant equal to a period's end belongs to the next: it waits for the next renewal.",
			play: func(w *world) {
				w.holding(10).at("2026-05-01").decrement("editors", 5, applies(ApplyNextPeriod)).replay().at("2026-06-01").replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00", "u1 Applied: 0.00", "Renewal 2026-06-01: 50.00",
			},
		},
		"NextPeriod during a downtime": {
			reason: "Created in May while the operator was down since April: it waits for June, whatever boundaries come first.",
			play: func(w *world) {
				w.holding(10).at("2026-06-02").decrement("editors", 5, applies(ApplyNextPeriod), created("2026-05-10")).replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "Renewal 2026-05-01: 100.00", "u1 Applied: 0.00", "Renewal 2026-06-01: 50.00",
			},
		},
		"Custom": {
			reason: "At applyAt: 5 × 10 × 10/30.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5, applyingAt("2026-04-21")).replay().at("2026-04-22").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 16.67"},
		},
		"Custom in the past": {
			reason: "One in the past applies now, at now.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5, applyingAt("2026-04-06")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 25.00"},
		},
		"Custom that passed during a downtime": {
			reason: "It was to come when it was made: a downtime changes nothing.",
			play: func(w *world) {
				w.holding(10).at("2026-05-02").increment("editors", 5, created("2026-04-16"), applyingAt("2026-04-21")).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 16.67", "Renewal 2026-05-01: 150.00 16.67"},
		},
		"Custom at the boundary": {
			reason: "It applies before the renewal.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5, applyingAt("2026-05-01")).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 0.00", "Renewal 2026-05-01: 150.00"},
		},
		"Scheduled": {
			reason: "With the next refresh of the product, after its counts; the one before does not count.",
			play: func(w *world) {
				w.product(func(p *Product) { p.LastRefresh = instant("2026-04-10") }).holding(10).
					at("2026-04-16").increment("editors", 5, applies(ApplyScheduled)).replay()
				w.product(func(p *Product) { p.LastRefresh = instant("2026-04-21") }).at("2026-04-21").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 16.67"},
		},
		"Scheduled count": {
			reason: "A count that waits for a refresh waits for the one after its own.",
			play: func(w *world) {
				w.loaded().product(func(p *Product) { p.OnDecrease.Application = ApplyScheduled }).counted("editors", 10).replay()
				w.at("2026-04-11").product(func(p *Product) { p.LastRefresh = instant("2026-04-11") }).refresh("editors", 8).replay()
				w.at("2026-04-16").product(func(p *Product) { p.LastRefresh = instant("2026-04-16") }).refresh("editors", 8).replay()
			},
			want: []string{"c1 Applied: 0.00", "Initial 2026-04-01: 100.00", "c2 Applied: -10.00"},
		},
	})
}

// billing.md#7-schedules: which products' refreshes a change of items waits for that is
// Scheduled. Two items are held; the products are refreshed on the 18th (viewers), the
// 21st (editors) and the 24th (addon).
func TestScheduledItems(t *testing.T) {
	for name, row := range map[string]struct {
		reason string
		items  []TermsItem
		want   string
	}{
		"a quantity":        {"what does not change does not count", []TermsItem{on("editors", "monthly", 12), on("viewers", "monthly")}, "2026-04-21"},
		"the quantity held": {"that is no change either", []TermsItem{on("editors", "monthly", 12), on("viewers", "monthly", 10)}, "2026-04-21"},
		"two quantities":    {"the earliest counts", []TermsItem{on("editors", "monthly", 12), on("viewers", "monthly", 12)}, "2026-04-18"},
		"an item that goes": {"its product is the one that it had", []TermsItem{on("editors", "monthly")}, "2026-04-18"},
		"an item that comes": {
			"its product is the one that it will have",
			[]TermsItem{on("editors", "monthly"), on("viewers", "monthly"), on("addon", "monthly", 1)},
			"2026-04-24",
		},
		"another plan": {"by the product of the new one", []TermsItem{on("editors", "big"), on("viewers", "monthly")}, "2026-04-21"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).item("viewers", eur("1"), true).offer("editor-seat", "big", eur("20")).offer("addon-seat", "monthly", eur("5")).
				holding(10, 10).at("2026-04-16").change(row.items, applies(ApplyScheduled)).replay()
			for _, refresh := range []struct{ product, on string }{
				{"viewers-seat", "2026-04-18"}, {"editor-seat", "2026-04-21"}, {"addon-seat", "2026-04-24"},
			} {
				product := w.in.Products[refresh.product]
				product.LastRefresh = instant(refresh.on)
				w.in.Products[refresh.product] = product
				w.at(refresh.on).replay()
			}
			if got := w.decisions["u1"].InForce.ApplyAt; !got.Equal(instant(row.want)) {
				t.Errorf("%s: applied at %s, want %s", row.reason, brief(got), row.want)
			}
		})
	}
}

// billing.md#7-schedules: an edit of an item that an update took away waits for
// its date like any other, and then says why it cannot apply.
func TestScheduledEditOfWhatIsGone(t *testing.T) {
	w := newWorld(t).item("viewers", eur("1"), true).declaring(10, 10).
		at("2026-04-10").change([]TermsItem{on("editors", "monthly")}).replay()
	w.in.Terms.Change.Application = ApplyScheduled
	w.at("2026-04-16").edit("viewers", 12).replay()
	if got := w.waits(); !slices.Equal(got, []string{"e1 Scheduled"}) {
		t.Fatalf("it waits: %q", got)
	}
	w.at("2026-04-18").product(func(p *Product) { p.LastRefresh = instant("2026-04-18") }).replay()
	if got := w.waits(); !slices.Equal(got, []string{"e1 Scheduled"}) {
		t.Errorf("after the refresh of another product: %q", got)
	}
	viewers := w.in.Products["viewers-seat"]
	viewers.LastRefresh = instant("2026-04-21")
	w.in.Products["viewers-seat"] = viewers
	if got := w.at("2026-04-21").replay().waits(); !slices.Equal(got, []string{"e1 Pending UnknownItem"}) {
		t.Errorf("after the refresh of its own: %q", got)
	}
}

// What a waiting update says stays the same from one pass to the next.
func TestWaiting(t *testing.T) {
	w := newWorld(t).holding(10).at("2026-04-16").
		increment("editors", 1, applies(ApplyNextPeriod)).
		increment("editors", 1, applyingAt("2026-04-20")).
		increment("editors", 1, applies(ApplyScheduled)).replay()
	want := []string{"u1 Scheduled 2026-05-01", "u2 Scheduled 2026-04-20", "u3 Scheduled"}
	if got := w.waits(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !w.last.Next.Equal(instant("2026-04-20")) {
		t.Errorf("looks again at %s", w.last.Next)
	}
	first := dump(w.last.Waiting)
	w.at("2026-04-17").replay()
	if again := dump(w.last.Waiting); again != first {
		t.Errorf("an hour later: %s", firstDifference(first, again))
	}
}

// billing.md#7-schedules: when an adjustment is billed.
func TestPayment(t *testing.T) {
	tell(t, map[string]story{
		"NextInvoice": {
			reason: "As a line of the upcoming invoice.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 25.00", "Renewal 2026-05-01: 150.00 25.00"},
		},
		"Immediately": {
			reason: "On a document of its own, issued at once.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5, paid(PayImmediately)).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 25.00", "Update 2026-04-16: 25.00", "Renewal 2026-05-01: 150.00"},
		},
		"Immediately, negative": {
			reason: "A credit note, which adds all of its amount to the balance; the renewal uses it.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").decrement("editors", 5, paid(PayImmediately)).replay().at("2026-05-01").replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "u1 Applied: -25.00",
				"CreditNote Update 2026-04-16: -25.00, credit -25.00, due 0.00", "Renewal 2026-05-01: 50.00, credit 25.00, due 25.00",
			},
		},
		"Custom": {
			reason: "On a document issued at billAt, also over a renewal.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5, paidAt("2026-05-10")).replay().at("2026-05-10").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 25.00", "Renewal 2026-05-01: 150.00", "Custom 2026-05-10: 25.00"},
		},
		"Custom in the far future": {
			reason: "Within ten years: a typing error does not defer a charge until the end.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5, paidAt("2199-05-10")).replay()
				if got := w.decisions["u1"].InForce.BillAt; !got.Equal(instant("2036-04-16")) {
					w.t.Fatalf("billed at %s", got)
				}
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 25.00"},
		},
		"Custom in the past": {
			reason: "Now, if past.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5, paidAt("2026-04-10")).replay()
				if got := w.decisions["u1"].InForce.BillAt; !got.Equal(w.in.Now) {
					w.t.Fatalf("billed at %s", got)
				}
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 25.00", "Custom 2026-04-16: 25.00"},
		},
		"Custom at the boundary": {
			reason: "A billing date at the boundary's instant comes before the renewal, on a document of its own.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5, paidAt("2026-05-01")).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 25.00", "Custom 2026-05-01: 25.00", "Renewal 2026-05-01: 150.00"},
		},
		"Custom after the end": {
			reason: "On the Final document if that comes first.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 5, paidAt("2026-05-10")).replay().
					cancel(Cancellation{At: instant("2026-04-20")}).replay().at("2026-05-11").replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 25.00", "Final 2026-04-20: 25.00"},
		},
		"one document for one own time": {
			reason: "Changes with the same event time and Immediately share a document; others do not.",
			play: func(w *world) {
				w.item("viewers", eur("10"), true).holding(10, 10).at("2026-04-16").
					increment("editors", 3, paid(PayImmediately)).
					decrement("viewers", 1, paid(PayImmediately)).
					increment("viewers", 1, paid(PayImmediately), created("2026-04-15T23:59:59Z")).
					increment("editors", 1).
					increment("editors", 1, paidAt("2026-04-16")).replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00 100.00",
				"u3 Applied: 5.00", "Update 2026-04-15T23:59:59Z: 5.00",
				"u1 Applied: 15.00", "u2 Applied: -5.00", "u4 Applied: 5.00", "u5 Applied: 5.00",
				"Custom 2026-04-16: 5.00", "Update 2026-04-16: 15.00 -5.00",
			},
		},
		"one document for one billing date": {
			reason: "As do those with the same billAt, whatever was committed together.",
			play: func(w *world) {
				w.holding(10).at("2026-04-16").increment("editors", 2, paidAt("2026-04-25")).replay().
					at("2026-04-19").increment("editors", 3, paidAt("2026-04-25")).increment("editors", 3, paidAt("2026-04-26")).replay().
					at("2026-05-01").replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "u1 Applied: 10.00", "u2 Applied: 12.00", "u3 Applied: 12.00",
				"Custom 2026-04-25: 10.00 12.00", "Custom 2026-04-26: 12.00", "Renewal 2026-05-01: 180.00",
			},
		},
		"nothing for nothing": {
			reason: "A line that rounds to zero is left off, and so is a document without lines.",
			play: func(w *world) {
				w.plan(func(p *Plan) { p.Price = eur("0.0001").Price }).holding(10).at("2026-04-16").
					increment("editors", 1, paid(PayImmediately)).increment("editors", 1, paidAt("2026-04-20")).replay().at("2026-05-01").replay()
			},
			want: []string{"u1 Applied: 0.00", "u2 Applied: 0.00"},
		},
	})
}

// The document that bills an update is named where one commit did both.
func TestDocumentOfUpdate(t *testing.T) {
	w := newWorld(t).holding(10).at("2026-04-16").
		increment("editors", 1, paid(PayImmediately)).
		increment("editors", 1).
		increment("editors", 1, paidAt("2026-04-20")).replay()
	for name, want := range map[string]int64{"u1": 2, "u2": 0, "u3": 0} {
		if got := w.decisions[name].Document; got != want {
			t.Errorf("%s is billed by document %d, want %d", name, got, want)
		}
	}
	w.at("2026-05-01").increment("editors", 1, created("2026-04-30")).replay()
	if got := w.decisions["u4"].Document; got != 4 {
		t.Errorf("u4 is billed by document %d, want the renewal, 4", got)
	}
}

// Increases and decreases may have different schedules, and who says what is
// resolved from the update over the subscription and the product to the default.
func TestResolution(t *testing.T) {
	onProduct := func(w *world) *world {
		return w.product(func(p *Product) {
			p.OnIncrease = ChangePolicy{Application: ApplyImmediately, Payment: PayImmediately, Method: proration.PayInFull}
			p.OnDecrease = ChangePolicy{Application: ApplyNextPeriod, Payment: PayNextInvoice, Method: proration.DoNotCharge}
		})
	}
	tell(t, map[string]story{
		"the product": {
			reason: "onIncrease and onDecrease differ.",
			play: func(w *world) {
				onProduct(w).holding(10).at("2026-04-16").set("editors", 12).replay().set("editors", 8).replay().at("2026-05-01").replay()
			},
			want: []string{
				"Initial 2026-04-01: 100.00", "u1 Applied: 20.00", "Update 2026-04-16: 20.00", "u2 Applied", "Renewal 2026-05-01: 80.00",
			},
		},
		"the subscription over the product": {
			reason: "Field by field.",
			play: func(w *world) {
				onProduct(w).in.Terms.Change = ChangePolicy{Application: ApplyImmediately, Method: proration.ProRata}
				w.holding(10).at("2026-04-16").set("editors", 12).replay().set("editors", 8).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: 10.00", "Update 2026-04-16: 10.00", "u2 Applied: -20.00"},
		},
		"the update over all": {
			reason: "Field by field.",
			play: func(w *world) {
				onProduct(w).in.Terms.Change = ChangePolicy{Method: proration.DoNotCharge}
				w.holding(10).at("2026-04-16").set("editors", 8, applies(ApplyImmediately), by(proration.ProRata)).replay()
			},
			want: []string{"Initial 2026-04-01: 100.00", "u1 Applied: -10.00"},
		},
		"proration policies": {
			reason: "The update, the subscription, the product: 19.5 days as they are, 19 down, 20 up.",
			play: func(w *world) {
				w.policy(proration.Day, proration.Up).policy(proration.Day, proration.Down).in.Terms.Policy = PolicyRef{}
				w.holding(0).at("2026-04-11T12:00:00Z").increment("editors", 1).replay()
				w.product(func(p *Product) { p.Policy = PolicyRef{"ProrationPolicy", "Up"} }).increment("editors", 1).replay()
				w.in.Terms.Policy = PolicyRef{"ProrationPolicy", "Down"}
				w.increment("editors", 1).increment("editors", 1, prorated("Up")).replay()
			},
			want: []string{"u1 Applied: 6.50", "u2 Applied: 6.67", "u3 Applied: 6.33", "u4 Applied: 6.67"},
		},
	})
	w := newWorld(t).policy(proration.Day, proration.Up).holding(5).at("2026-04-11T12:00:00Z").increment("editors", 1).replay()
	got := w.decisions["u1"].InForce
	want := InForce{
		Application: ApplyImmediately, Payment: PayNextInvoice, Method: proration.ProRata,
		Proration: PolicyRef{"ProrationPolicy", "Up"}, PolicyGeneration: 1,
		ApplyAt: w.in.Now, Effective: w.in.Now, SeenAt: w.in.Now,
	}
	if got != want {
		t.Errorf("in force: got %+v, want %+v", got, want)
	}
}

// An edit of the spec makes one update for each item of which only the quantity
// changed.
func TestEdits(t *testing.T) {
	tell(t, map[string]story{
		"two items": {
			reason: "One update an item, each by its own policy.",
			play: func(w *world) {
				w.item("viewers", eur("1"), true).declaring(5, 50)
				w.in.Terms.Items = slices.Clone(w.in.Terms.Items)
				w.in.Terms.Items[1].Quantity = ptr[int64](60)
				w.at("2026-04-16").edit("editors", 6).replay()
			},
			want: []string{"Initial 2026-04-01: 50.00 50.00", "e1 Applied: 5.00", "e2 Applied: 5.00"},
		},
		"taken back before it applied": {
			reason: "A new generation supersedes what an earlier one left open; taken back leaves nothing open.",
			play: func(w *world) {
				w.in.Terms.Change.Application = ApplyNextPeriod
				w.declaring(5).at("2026-04-16").edit("editors", 500).replay().at("2026-04-17").edit("editors", 5).replay().at("2026-05-01").replay()
			},
			want: []string{"Initial 2026-04-01: 50.00", "e1 Superseded SupersededBySpec", "Renewal 2026-05-01: 50.00"},
		},
		"taken back at once": {
			reason: "An edit that another follows before it was acted on is not acted on.",
			play: func(w *world) {
				w.declaring(5).at("2026-04-16").edit("editors", 500).at("2026-04-16T00:00:05Z").edit("editors", 5).replay()
			},
			want: []string{"Initial 2026-04-01: 50.00", "e1 Superseded SupersededBySpec"},
		},
		"taken back after its date": {
			reason: "What was due before the newer edit was seen took effect, also when a downtime lay between.",
			play: func(w *world) {
				w.in.Terms.Change.Application = ApplyNextPeriod
				w.declaring(5).at("2026-04-16").edit("editors", 6).replay().
					at("2026-05-03").edit("editors", 5).replay().recordEdits().replay().at("2026-06-01").replay()
			},
			want: []string{
				"Initial 2026-04-01: 50.00", "e1 Applied: 0.00", "Renewal 2026-05-01: 60.00",
				"e2 Applied: 0.00", "Renewal 2026-06-01: 50.00",
			},
		},
		"outside the limits": {
			reason: "Never Rejected: it waits, holds nothing up, and applies as soon as it can.",
			play: func(w *world) {
				w.plan(func(p *Plan) { p.Maximum = 8 }).declaring(5).at("2026-04-16").edit("editors", 10).replay().
					at("2026-05-01").replay().plan(func(p *Plan) { p.Maximum = 20 }).at("2026-05-16T12:00:00Z").replay()
			},
			want: []string{"Initial 2026-04-01: 50.00", "Renewal 2026-05-01: 50.00", "e1 Applied: 25.00"},
		},
		"outside the limits at the renewal": {
			reason: "One that was due and could not apply waits for no further date: 5 × 10 × 15.5/31.",
			play: func(w *world) {
				w.in.Terms.Change.Application = ApplyNextPeriod
				w.declaring(5).at("2026-04-16").edit("editors", 10).replay().
					plan(func(p *Plan) { p.Maximum = 8 }).at("2026-05-01").replay()
				if got := w.waits(); !slices.Equal(got, []string{"e1 Pending AboveMaximum"}) {
					w.t.Fatalf("it waits for %q", got)
				}
				w.at("2026-05-02").replay()
				if got := w.waits(); !slices.Equal(got, []string{"e1 Pending AboveMaximum"}) {
					w.t.Fatalf("it waits for %q", got)
				}
				w.plan(func(p *Plan) { p.Maximum = 20 }).at("2026-05-16T12:00:00Z").replay()
			},
			want: []string{"Initial 2026-04-01: 50.00", "Renewal 2026-05-01: 50.00", "e1 Applied: 25.00"},
		},
		"a late copy": {
			reason: "An edit that was acted on is not applied again, also when a stale process makes it again.",
			play: func(w *world) {
				w.declaring(5).at("2026-04-16").edit("editors", 6)
				again := w.in.Updates[0]
				again.UID = "another"
				w.replay().edit("editors", 7).replay()
				w.in.Updates = append(w.in.Updates, again)
				w.replay()
			},
			want: []string{"Initial 2026-04-01: 50.00", "e1 Applied: 5.00", "e2 Applied: 5.00", "e1 Superseded SupersededBySpec"},
		},
		"declared again": {
			reason: "A quantity that was let go, changed otherwise and declared again is an edit.",
			play: func(w *world) {
				w.holding(5).at("2026-04-16").increment("editors", 4).replay().at("2026-04-21").edit("editors", 5).replay()
			},
			want: []string{"Initial 2026-04-01: 50.00", "u1 Applied: 20.00", "e1 Applied: -13.33"},
		},
		"what it did not touch stays": {
			reason: "An edit of one item leaves the other's quantity as an update left it.",
			play: func(w *world) {
				w.item("viewers", eur("1"), true)
				w.in.Terms.Items[0].Quantity = ptr[int64](5)
				w.replay().at("2026-04-16").increment("viewers", 30).edit("editors", 6).replay()
			},
			want: []string{"Initial 2026-04-01: 50.00", "e1 Applied: 5.00", "u1 Applied: 15.00"},
		},
	})
}

// An edit that cannot apply says so in every pass, also where something else is in
// the way of trying.
func TestOverdueEditSays(t *testing.T) {
	w := newWorld(t).plan(func(p *Plan) { p.Maximum = 8 }).policy(proration.Day, proration.Up).item("viewers", eur("1"), true)
	w.in.Terms.Items[0].Quantity = ptr[int64](5)
	w.replay().at("2026-04-16").edit("editors", 10).replay()
	clear(w.in.Policies)
	w.at("2026-04-17").increment("viewers", 1)
	for _, day := range []string{"2026-04-17", "2026-04-18", "2026-04-19"} {
		w.at(day).replay()
		want := []string{"e1 Pending AboveMaximum", "u1 Pending PolicyNotReady 2026-04-17"}
		if got := w.waits(); !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// A Reset after a change with a later effective time begins a period that is still to come. A change before that is not too
// late, and keeps its method.
func TestChangeBeforeAPeriodThatIsToCome(t *testing.T) {
	w := newWorld(t).offer("editor-seat", "big", eur("20")).holding(10)
	w.at("2026-04-16").increment("editors", 5, effective("2026-04-29")).replay()
	w.at("2026-04-20").change([]TermsItem{on("editors", "big")}, renewal(Reset)).replay()
	if start := w.state.Period.Span.Start; !start.Equal(instant("2026-04-29")) {
		t.Fatalf("the new period starts on %s", brief(start))
	}
	w.at("2026-04-21").increment("editors", 1, by(proration.DoNotCharge)).replay()
	got := w.decisions["u3"]
	if got.Verdict != IsApplied || got.InForce.Method != proration.DoNotCharge || len(got.Lines) > 0 {
		t.Errorf("%s by %s with %d lines", got.Verdict, got.InForce.Method, len(got.Lines))
	}
	if !got.InForce.Effective.Equal(instant("2026-04-29")) {
		t.Errorf("effective on %s", brief(got.InForce.Effective))
	}
}
