// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

var basic, pro = perUnit("30"), perUnit("90")

// planned is an account of one seat on a plan of 30.00, charged on 1 April.
func planned(t *testing.T, policy proration.Policy) *account {
	a := charged(t, 1, policy)
	a.plan, a.price = "basic", basic
	a.charge(1)
	return a
}

// Plan 30.00 → plan 90.00 on 16 April with Retain.
func TestItemsRetain(t *testing.T) {
	tests := map[string]struct {
		reason string
		method proration.Method
		want   []string
		after  proration.Position
	}{
		"ProRata":     {"figure 5: −15.00 and +45.00", proration.ProRata, []string{"-15.00", "45.00"}, position(1, "90")},
		"PayInFull":   {"no credit, debit in full", proration.PayInFull, []string{"90.00"}, position(1, "90")},
		"DoNotCharge": {"figure 7: no lines; V is unchanged", proration.DoNotCharge, nil, position(1, "30")},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := planned(t, proration.NoPolicy)
			if diff := cmp.Diff(tc.want, a.replace("pro", pro, 1, tc.method, april16)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.after, settled(a.pos)); diff != "" {
				t.Errorf("%s: position (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func position(quantity int64, v string) proration.Position {
	covered := proration.Coverage{{Units: quantity, Charged: true}}
	return proration.Position{Held: quantity, Coverage: covered, Charged: money.MustDecimal(v)}
}

// What follows a plan change that was not charged.
func TestItemsAfterDoNotCharge(t *testing.T) {
	t.Run("removed", func(t *testing.T) {
		a := planned(t, proration.NoPolicy)
		a.replace("pro", pro, 1, proration.DoNotCharge, april16)
		if got := a.remove(proration.ProRata, april26); got != "-5.00" {
			t.Errorf("removed ProRata on 26 April: −30 × 5/30: got %s, want -5.00", got)
		}
	})
	t.Run("given back", func(t *testing.T) {
		a := planned(t, proration.NoPolicy)
		a.replace("pro", pro, 1, proration.DoNotCharge, april16)
		if got := a.to(0, proration.ProRata, april26); got != "-5.00" {
			t.Errorf("1 → 0 on 26 April: min(90, V = 30) × 5/30: got %s, want -5.00", got)
		}
	})
	t.Run("one more", func(t *testing.T) {
		a := planned(t, proration.NoPolicy)
		a.replace("pro", pro, 1, proration.DoNotCharge, april16)
		if got := a.to(2, proration.ProRata, april20); got != "33.00" {
			t.Errorf("1 → 2 on 20 April: (180 − 90) × 11/30: got %s, want 33.00", got)
		}
	})
}

// One R' serves both lines of a plan change, by the sign of the full-period
// difference. At R = 19.5 days.
func TestItemsOneRatioForBoth(t *testing.T) {
	const noon = "2026-04-11T12:00:00Z"
	tests := map[string]struct {
		reason   string
		policy   proration.Policy
		from, to pricing.Price
		want     []string
	}{
		"upgrade, up":       {"a debit: ceil", byDayUp, basic, pro, []string{"-20.00", "60.00"}},
		"upgrade, down":     {"a debit: floor", byDayDown, basic, pro, []string{"-19.00", "57.00"}},
		"downgrade, up":     {"a credit: floor", byDayUp, pro, basic, []string{"-57.00", "19.00"}},
		"downgrade, down":   {"a credit: ceil", byDayDown, pro, basic, []string{"-60.00", "20.00"}},
		"same price, down":  {"nets to zero", byDayDown, pro, pro, []string{"-57.00", "57.00"}},
		"to nothing, up":    {"a credit alone", byDayUp, pro, perUnit("0"), []string{"-57.00"}},
		"from nothing, up":  {"a debit alone", byDayUp, perUnit("0"), pro, []string{"60.00"}},
		"nothing at all":    {"no lines", byDayUp, perUnit("0"), perUnit("0"), nil},
		"upgrade, nearest":  {"half up", byDayNearest, basic, pro, []string{"-20.00", "60.00"}},
		"upgrade, no round": {"as it is", proration.NoPolicy, basic, pro, []string{"-19.50", "58.50"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, 1, tc.policy)
			a.price = tc.from
			a.charge(1)
			if diff := cmp.Diff(tc.want, a.replace("new", tc.to, 1, proration.ProRata, noon)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// There and back at one instant never pays the subscriber: 90 → 30 → 90 and
// 30 → 90 → 30 under each rounding.
func TestItemsThereAndBack(t *testing.T) {
	const noon = "2026-04-11T12:00:00Z"
	tests := map[string]struct {
		policy proration.Policy
		a, b   pricing.Price
		want   string
	}{
		"down, cheaper first": {byDayDown, pro, basic, "0.00"},
		"down, dearer first":  {byDayDown, basic, pro, "0.00"},
		"up, cheaper first":   {byDayUp, pro, basic, "2.00"},
		"up, dearer first":    {byDayUp, basic, pro, "2.00"},
		"nearest":             {byDayNearest, pro, basic, "0.00"},
		"no rounding":         {proration.NoPolicy, pro, basic, "0.00"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, 1, tc.policy)
			a.price = tc.a
			a.charge(1)
			a.replace("b", tc.b, 1, proration.ProRata, noon)
			a.replace("a", tc.a, 1, proration.ProRata, noon)
			if got := eur.Format(total(a.lines)); got != tc.want {
				t.Errorf("there and back cost %s, want %s", got, tc.want)
			}
		})
	}
}

func total(lines []proration.Line) money.Decimal {
	var sum money.Decimal
	for _, line := range lines {
		sum = sum.Add(line.Amount)
	}
	return sum
}

// Reset: what is held is settled, and charged again for the whole new period.
func TestItemsReset(t *testing.T) {
	addOn := perUnit("20")
	next := window("2026-04-16T00:00:00Z", "2026-05-16T00:00:00Z", nil)
	settle := func(price pricing.Price, method proration.Method) money.Decimal {
		a := charged(t, 1, proration.NoPolicy)
		a.price = price
		a.charge(1)
		line := proration.SettleItem(a.pos, a.change(0, method, april16))
		if line == nil {
			return money.Decimal{}
		}
		return line.Amount
	}
	anew := func(price pricing.Price) money.Decimal {
		_, line := proration.PeriodCharge(proration.Charge{
			Price: price, Currency: eur, Quantity: 1, From: next.Natural.Start, Window: next,
		})
		return line.Amount
	}
	tests := map[string]struct {
		reason string
		lines  []money.Decimal
		want   string
	}{
		"figure 6":      {"−15.00 and +90.00", []money.Decimal{settle(basic, proration.ProRata), anew(pro)}, "75.00"},
		"with an addon": {"−15.00 − 10.00 + 90.00 + 20.00", []money.Decimal{settle(basic, proration.ProRata), settle(addOn, proration.ProRata), anew(pro), anew(addOn)}, "85.00"},
		"figure 7":      {"DoNotCharge: no credit", []money.Decimal{settle(basic, proration.DoNotCharge), anew(pro)}, "90.00"},
		"in full":       {"PayInFull: no credit", []money.Decimal{settle(basic, proration.PayInFull), anew(pro)}, "90.00"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var sum money.Decimal
			for _, amount := range tc.lines {
				sum = sum.Add(amount)
			}
			if got := eur.Format(sum); got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// What is credited is both charged and still held.
func TestItemsChargedAndHeld(t *testing.T) {
	tests := map[string]struct {
		reason string
		play   func(a *account)
		want   string
	}{
		"all of it":   {"10 seats, 15 days", func(*account) {}, "-50.00"},
		"given up":    {"5 of them were given up without a credit, and are not held", func(a *account) { a.to(5, proration.DoNotCharge, april6) }, "-25.00"},
		"not charged": {"5 more were never charged", func(a *account) { a.to(15, proration.DoNotCharge, april6) }, "-50.00"},
		"given back":  {"5 of them were credited", func(a *account) { a.to(5, proration.ProRata, april6) }, "-25.00"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, 10, proration.NoPolicy)
			tc.play(a)
			if got := a.remove(proration.ProRata, april16); got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// The same for a plan that is left: 5 of 15 seats were never charged.
func TestItemsReplacedCreditsChargedAndHeld(t *testing.T) {
	a := charged(t, 10, proration.NoPolicy)
	a.to(15, proration.DoNotCharge, april6)
	want := []string{"-50.00", "225.00"}
	if diff := cmp.Diff(want, a.replace("basic", basic, 15, proration.ProRata, april16)); diff != "" {
		t.Errorf("credit min(150, V = 100) × 15/30, debit 450 × 15/30 (-want +got):\n%s", diff)
	}
}

// An item that is added with Retain.
func TestItemsAdded(t *testing.T) {
	tests := map[string]struct {
		reason string
		method proration.Method
		want   string
		after  proration.Position
	}{
		"ProRata":   {reason: "for what is left", method: proration.ProRata, want: "15.00", after: position(1, "30")},
		"PayInFull": {reason: "in full", method: proration.PayInFull, want: "30.00", after: position(1, "30")},
		"DoNotCharge": {
			reason: "free for the period", method: proration.DoNotCharge, want: "",
			after: proration.Position{Held: 1, Coverage: proration.Coverage{{Units: 1}}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, 0, proration.NoPolicy)
			a.price = basic
			pos, line := proration.AddItem(a.change(1, tc.method, april16))
			if got := a.keep(line); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
			if diff := cmp.Diff(tc.after, settled(pos)); diff != "" {
				t.Errorf("%s: position (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// A one-time item is never prorated, credited or charged again.
func TestItemsOneTime(t *testing.T) {
	a := charged(t, 0, byDayUp)
	pos, line := proration.OneTimeCharge(proration.Charge{Price: basic, Currency: eur, Quantity: 2, From: april.Natural.Start, Window: april})
	if got := eur.Format(line.Amount); got != "60.00" || line.Kind != proration.KindOneTime {
		t.Fatalf("got a %s line of %s, want OneTime and 60.00", line.Kind, got)
	}
	a.price = basic
	for _, s := range []step{
		{3, proration.ProRata, april16, "30.00"}, // added units in full
		{1, proration.ProRata, april20, ""},      // removed ones are not credited
		{3, proration.PayInFull, april26, ""},    // nor charged again
		{4, proration.DoNotCharge, april26, ""},
	} {
		var line *proration.Line
		pos, line = proration.ChangeOneTime(pos, a.change(s.to, s.method, s.at))
		if got := a.keep(line); got != s.want {
			t.Errorf("→ %d %s: got %q, want %q", s.to, s.method, got, s.want)
		}
		if line != nil && line.Kind != proration.KindOneTime {
			t.Errorf("→ %d: a %s line, want OneTime", s.to, line.Kind)
		}
	}
}

// The remainder belongs to an item on a plan: one that comes back finds it.
func TestItemsRemainderStaysWithThePlan(t *testing.T) {
	a := planned(t, proration.NoPolicy)
	a.pos.Remainder = money.NewFraction(1, 300)
	after, _, left := proration.ReplaceItem(a.pos, proration.Replacement{
		OldPrice: basic, Price: pro, Currency: eur, Quantity: 1, Method: proration.DoNotCharge, At: at(april16), Window: april,
	})
	if !left.Equal(money.NewFraction(1, 300)) || !after.Remainder.IsZero() {
		t.Fatalf("the old plan leaves %s and the new one begins with %s, want 1/300 and 0", left, after.Remainder)
	}
	after, _, _ = proration.ReplaceItem(after, proration.Replacement{
		OldPrice: pro, Price: basic, Currency: eur, Quantity: 1, Method: proration.DoNotCharge, At: at(april16), Window: april, Carried: left,
	})
	if !after.Remainder.Equal(left) {
		t.Errorf("back on the old plan it carries %s, want %s", after.Remainder, left)
	}
}
