// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// exactly compares amounts and fractions by their values.
var exactly = cmp.Options{
	cmp.Comparer(func(a, b money.Decimal) bool { return a.Equal(b) }),
	cmp.Comparer(func(a, b money.Fraction) bool { return a.Equal(b) }),
}

// Every line of a change of quantity comes back exactly from what is kept of it, in every model, zone and currency, also
// if the price, the plan or the period is another one by then.
func TestPropertyLinesAreRestated(t *testing.T) {
	abridged, lines := 0, 0
	forHistories(t, anything, func(t *rapid.T, h history) {
		p := h.play()
		plan, price := "a", h.price
		for i, change := range h.changes {
			if change.price != nil {
				plan, price = change.plan, *change.price
			}
			for _, line := range p.lines[i] {
				now := proration.Change{Item: "i", Product: "p", Plan: plan, Price: price, Currency: h.currency, Window: h.window}
				other := now
				other.Price, other.Plan = pricing.Price{Model: pricing.PerUnit, UnitAmount: money.FromInt(7)}, "other"
				later := now
				later.Window.End = later.Window.End.AddDate(0, 0, -1)
				for what, c := range map[string]proration.Change{"as it was": now, "on another plan": other, "in another period": later} {
					kept, ok := c.Abridge(line)
					lines++
					if !ok {
						if what == "as it was" && change.price == nil && !line.Amount.IsZero() {
							t.Fatalf("%+v has to be kept whole", line)
						}
						continue
					}
					abridged++
					if diff := cmp.Diff(line, c.Restate(kept), exactly); diff != "" {
						t.Fatalf("%s (-line +restated):\n%s", what, diff)
					}
				}
			}
		}
	})
	if abridged == 0 || lines == 0 {
		t.Errorf("%d of %d lines were abridged", abridged, lines)
	}
}

// What is kept of a line is what does not follow from the rest.
func TestAbridge(t *testing.T) {
	tests := map[string]struct {
		reason string
		price  pricing.Price
		policy proration.Policy
		method proration.Method
		from   int64
		to     int64
		want   proration.Line
	}{
		"usual": {
			reason: "quantity, unit price and period say it all", price: perUnit("12.50"), method: proration.ProRata, from: 2, to: 7,
			want: proration.Line{Kind: proration.KindDebit, Quantity: 5, Amount: money.MustDecimal("31.25")},
		},
		"fewer": {
			reason: "the kind says that they were removed", price: perUnit("12.50"), method: proration.ProRata, from: 7, to: 2,
			want: proration.Line{Kind: proration.KindCredit, Quantity: 5, Amount: money.MustDecimal("-31.25")},
		},
		"a policy": {
			reason: "its unit and rounding may be others by the renewal", price: perUnit("12.50"), method: proration.ProRata, from: 2, to: 7,
			policy: proration.Policy{Unit: proration.Day, Rounding: proration.Up},
			want: proration.Line{
				Kind: proration.KindDebit, Quantity: 5, Amount: money.MustDecimal("31.25"),
				Share: &proration.Share{Unit: proration.Day, Rounding: proration.Up},
			},
		},
		"in full": {
			reason: "the words say so", price: perUnit("12.50"), method: proration.PayInFull, from: 2, to: 7,
			want: proration.Line{Kind: proration.KindDebit, Quantity: 5, Amount: money.MustDecimal("62.50"), Description: "5 seats added, charged in full"},
		},
		"packages": {
			reason: "the full amount depends on the other units", price: pricing.Price{Model: pricing.Package, UnitAmount: money.FromInt(10), PackageSize: 5},
			method: proration.ProRata, from: 8, to: 12,
			want: proration.Line{Kind: proration.KindDebit, Quantity: 4, Full: money.FromInt(10), Amount: money.MustDecimal("5.00")},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, 0, tc.policy)
			a.price = tc.price
			a.charge(tc.from)
			a.to(tc.to, tc.method, april16)
			line := a.lines[0]
			c := a.change(0, "", april16)
			kept, ok := c.Abridge(line)
			if !ok {
				t.Fatalf("%s: it has to be kept whole", tc.reason)
			}
			tc.want.Item, tc.want.Update, tc.want.From = "editors", "u", line.From
			if diff := cmp.Diff(tc.want, kept, exactly); diff != "" {
				t.Errorf("%s (-want +kept):\n%s", tc.reason, diff)
			}
		})
	}
}

// What no change of quantity made is kept whole.
func TestAbridgeKeepsOthersWhole(t *testing.T) {
	c := proration.Change{Item: "i", Product: "p", Plan: "a", Price: perUnit("10"), Currency: eur, Window: april}
	whole := proration.Line{Item: "i", Product: "p", Plan: "a", Kind: proration.KindDebit, Quantity: 1, Full: money.FromInt(10), From: at(april16), Amount: money.FromInt(10)}
	tests := map[string]struct {
		reason string
		change func(*proration.Line)
	}{
		"folded":         {"its numbers are sums", func(l *proration.Line) { l.Count = 51 }},
		"a charge":       {"a change has no such line", func(l *proration.Line) { l.Kind = proration.KindRecurring }},
		"usage":          {"a change has no such line", func(l *proration.Line) { l.Kind = proration.KindUsage }},
		"other numbers":  {"the unrounded amount is not the full one for the time", func(l *proration.Line) { l.Description = "1 seat added, charged in full" }},
		"without a time": {"nothing follows from no time", func(l *proration.Line) { l.From = time.Time{} }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			line := whole
			tc.change(&line)
			if kept, ok := c.Abridge(line); ok {
				t.Errorf("%s: %s was kept", tc.reason, fmt.Sprint(kept))
			}
		})
	}
}
