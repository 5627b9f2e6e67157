// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

func TestExplain(t *testing.T) {
	price := perUnit("12.50")
	unit := price.UnitAmount
	half := &proration.Share{Units: money.NewFraction(15, 1), UnitsInPeriod: money.NewFraction(30, 1), Unit: proration.Day, Rounding: proration.None}
	tests := map[string]struct {
		reason string
		line   proration.Line
		want   string
	}{
		"by the unit": {
			reason: "quantity × unit amount × ratio",
			line: proration.Line{
				Description: "5 seats added, 15 of 30 days", Quantity: 5, UnitAmount: &unit, Full: money.MustDecimal("62.50"),
				Share: half, Unrounded: money.NewFraction(125, 4), Amount: money.MustDecimal("31.25"),
			},
			want: "5 seats added × 12.50 × 15 of 30 days = 31.25",
		},
		"a credit that carries": {
			reason: "the unit amount has the sign of the line, a remainder its own",
			line: proration.Line{
				Description: "5 seats removed, 15 of 30 days", Quantity: 5, UnitAmount: &unit, Full: money.MustDecimal("-62.50"),
				Share: half, Unrounded: money.NewFraction(-125, 4), Carried: money.NewFraction(-1, 300), Amount: money.MustDecimal("-31.25"),
			},
			want: "5 seats removed × -12.50 × 15 of 30 days - 1/300 carried = -31.25, rounded from -31.253333333333",
		},
		"in full": {
			reason: "no ratio",
			line: proration.Line{
				Description: "1 seat added, charged in full", Quantity: 1, UnitAmount: &unit, Full: unit,
				Unrounded: money.FractionOf(unit), Amount: unit,
			},
			want: "1 seat added × 12.50 = 12.50",
		},
		"another description": {
			reason: "the description is a person's to read, the numbers are the line's",
			line: proration.Line{
				Description: "Launch", Full: money.MustDecimal("44"), Share: half,
				Unrounded: money.NewFraction(22, 1), Amount: money.MustDecimal("22"),
			},
			want: "Launch: 44.00 × 15 of 30 days = 22.00",
		},
		"folded": {
			reason: "its parts are explained by their updates",
			line:   proration.Line{Count: 51, FirstUpdate: "acme-1", LastUpdate: "acme-51", Amount: money.MustDecimal("12.5")},
			want:   "51 changes taken together, acme-1 to acme-51 = 12.50",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := proration.Explain(tc.line, eur); got != tc.want {
				t.Errorf("%s:\ngot  %s\nwant %s", tc.reason, got, tc.want)
			}
		})
	}
}

// What units of time read like: the largest in which both sizes are whole, when
// nothing was rounded.
func TestExplainUnits(t *testing.T) {
	tests := map[string]struct {
		reason string
		at     string
		policy proration.Policy
		want   string
	}{
		"days":         {"whole days of seconds read as days", april16, proration.NoPolicy, "1 seat added, 15 of 30 days"},
		"hours":        {"no whole days", "2026-04-16T05:00:00Z", proration.NoPolicy, "1 seat added, 355 of 720 hours"},
		"minutes":      {"no whole hours", "2026-04-16T05:01:00Z", proration.NoPolicy, "1 seat added, 21299 of 43200 minutes"},
		"seconds":      {"no whole minutes", "2026-04-16T05:01:01Z", proration.NoPolicy, "1 seat added, 1277939 of 2592000 seconds"},
		"a policy":     {"rounded hours stay hours", april16, proration.Policy{Unit: proration.Hour, Rounding: proration.Up}, "1 seat added, 360 of 720 hours"},
		"half days":    {"a decimal where it ends", "2026-04-16T12:00:00Z", proration.Policy{Unit: proration.Day}, "1 seat added, 14.5 of 30 days"},
		"a third":      {"a fraction where it does not", "2026-04-16T08:00:00Z", proration.Policy{Unit: proration.Day}, "1 seat added, 44/3 of 30 days"},
		"fine hours":   {"decimal hours", "2026-04-16T05:03:00Z", proration.Policy{Unit: proration.Hour}, "1 seat added, 354.95 of 720 hours"},
		"policy hours": {"whole days", april16, proration.Policy{Unit: proration.Hour}, "1 seat added, 15 of 30 days"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, 1, tc.policy)
			a.to(2, proration.ProRata, tc.at)
			if got := a.lines[0].Description; got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}

// sentence is the grammar of an explanation, as a reader takes it: a quantity
// times a unit amount or a full amount, a ratio, what was carried, the result.
var sentence = regexp.MustCompile(`^([^×:]*?)( × |: )(?:(\d+) × )?(-?[\d.]+)` +
	`(?: × ([\d./]+) of ([\d./]+) [a-z]+(?: \(rounding [A-Za-z]+\))?)?` +
	`(?: ([+-]) ([\d./]+) carried)?` +
	` = (-?[\d.]+)(?:, rounded from (-?[\d.]+))?$`)

// recompute multiplies an explanation out by the printed numbers alone.
func recompute(text string) (exact, printed *big.Rat, digits int, err error) {
	m := sentence.FindStringSubmatch(text)
	if m == nil {
		return nil, nil, 0, fmt.Errorf("%q is no explanation", text)
	}
	number := func(s string) *big.Rat {
		r, ok := new(big.Rat).SetString(s)
		if !ok {
			err = fmt.Errorf("%q in %q is no number", s, text)
			return new(big.Rat)
		}
		return r
	}
	exact = number(m[4])
	if m[2] == " × " {
		quantity, _, _ := strings.Cut(m[1], " ")
		exact.Mul(exact, number(quantity))
	}
	if m[3] != "" {
		exact.Mul(exact, number(m[3]))
	}
	if m[5] != "" {
		exact.Mul(exact, number(m[5]))
		exact.Quo(exact, number(m[6]))
	}
	if m[8] != "" {
		exact.Add(exact, number(m[7]+m[8]))
	}
	_, after, _ := strings.Cut(m[9], ".")
	return exact, number(m[9]), len(after), err
}

// Every line of a random history can be recomputed from its explanation.
func TestPropertyExplanationMultipliesOut(t *testing.T) {
	forHistories(t, anything, func(t *rapid.T, h history) {
		p := h.play()
		lines := append(p.all(), p.recurring)
		lines = append(lines, p.elapsed...)
		if p.settled != nil {
			lines = append(lines, *p.settled)
		}
		for _, line := range lines {
			text := proration.Explain(line, h.currency)
			exact, printed, digits, err := recompute(text)
			if err != nil {
				t.Fatal(err)
			}
			if digits != h.currency.Digits() {
				t.Fatalf("%q is written with %d digits, %s has %d", text, digits, h.currency.Code(), h.currency.Digits())
			}
			if rounded := halfAway(exact, digits); rounded.Cmp(printed) != 0 || naive(line.Amount).Cmp(printed) != 0 {
				t.Fatalf("%q multiplies out to %s", text, rounded.RatString())
			}
		}
	})
}

// Models without a price of one unit explain themselves by the full amount.
func TestExplainOtherModels(t *testing.T) {
	ten := money.FromInt(10)
	tests := map[string]struct {
		price pricing.Price
		want  string
	}{
		"package":            {pricing.Price{Model: pricing.Package, UnitAmount: ten, PackageSize: 5}, "4 seats added: 10.00 × 15 of 30 days = 5.00"},
		"with included ones": {pricing.Price{Model: pricing.PerUnit, UnitAmount: ten, IncludedUnits: 9}, "4 seats added: 30.00 × 15 of 30 days = 15.00"},
		"finer than a cent":  {perUnit("0.0125"), "4 seats added × 0.0125 × 15 of 30 days = 0.03, rounded from 0.025"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, 0, proration.NoPolicy)
			a.price = tc.price
			a.charge(8)
			a.to(12, proration.ProRata, april16)
			if got := proration.Explain(a.lines[0], eur); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
