// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package money_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/billing/money"
)

func TestParseFraction(t *testing.T) {
	tests := map[string]struct {
		text string
		want string // as String writes it
		show string // as Text does
		err  string
	}{
		"whole":         {text: "7", want: "7", show: "7"},
		"negative":      {text: "-1/300", want: "-1/300", show: "-1/300"},
		"not lowest":    {text: "15/30", want: "1/2", show: "0.5"},
		"decimal":       {text: "0.5", want: "1/2", show: "0.5"},
		"zero":          {text: "0", want: "0", show: "0"},
		"negative zero": {text: "-0.0", want: "0", show: "0"},
		"zero of some":  {text: "-0/5", want: "0", show: "0"},
		"large":         {text: "123456789012345678901234567891/7", want: "123456789012345678901234567891/7", show: "123456789012345678901234567891/7"},
		"by zero":       {text: "1/0", err: `"1/0" divides by zero`},
		"two slashes":   {text: "1/2/3", err: `"1/2/3" is not a fraction: write it as "7", "-1/300" or "0.5"`},
		"sign below":    {text: "1/-2", err: `"1/-2" is not a fraction: write it as "7", "-1/300" or "0.5"`},
		"decimal above": {text: "0.5/2", err: `"0.5/2" is not a fraction: write it as "7", "-1/300" or "0.5"`},
		"exponent":      {text: "1e9", err: `"1e9" is not a fraction: write it as "7", "-1/300" or "0.5"`},
		"empty":         {text: "", err: `"" is not a fraction: write it as "7", "-1/300" or "0.5"`},
		"nothing above": {text: "/2", err: `"/2" is not a fraction: write it as "7", "-1/300" or "0.5"`},
		"infinite":      {text: "Inf", err: `"Inf" is not a fraction: write it as "7", "-1/300" or "0.5"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := money.ParseFraction(tc.text)
			if got := errorText(err); got != tc.err {
				t.Fatalf("got the error %q, want %q", got, tc.err)
			}
			if err != nil {
				return
			}
			if f.String() != tc.want || f.Text() != tc.show {
				t.Errorf("got %s and %s, want %s and %s", f, f.Text(), tc.want, tc.show)
			}
		})
	}
}

func TestFractionZeroValue(t *testing.T) {
	var zero money.Fraction
	half := money.NewFraction(1, 2)
	for name, got := range map[string]money.Fraction{
		"zero": zero, "sum": half.Sub(half), "product": half.Mul(zero), "new": money.NewFraction(0, -7),
		"of a decimal": money.FractionOf(money.MustDecimal("0.00")), "negative": zero.Neg(),
	} {
		if got != zero || got.String() != "0" {
			t.Errorf("%s: %#v is not the zero value", name, got)
		}
	}
	if diff := cmp.Diff(half, money.NewFraction(2, 4)); diff != "" {
		t.Errorf("1/2 and 2/4 differ: %s", diff)
	}
}

// Floor, Ceil and HalfUp, and Decimal for display.
func TestFractionRounding(t *testing.T) {
	tests := map[string]struct {
		floor, ceil, halfUp int64
		decimal             string
	}{
		"39/2":                       {19, 20, 20, "19.5"},
		"-39/2":                      {-20, -19, -19, "-19.5"},
		"58/23":                      {2, 3, 3, "2.521739130435"},
		"-58/23":                     {-3, -2, -3, "-2.521739130435"},
		"1/3":                        {0, 1, 0, "0.333333333333"},
		"-2/3":                       {-1, 0, -1, "-0.666666666667"},
		"15":                         {15, 15, 15, "15"},
		"0":                          {0, 0, 0, "0"},
		"1/2000000000000":            {0, 1, 0, "0.000000000001"}, // half of the last digit, away from zero
		"-1/2000000000000":           {-1, 0, 0, "-0.000000000001"},
		"9223372036854775807/2":      {4611686018427387903, 4611686018427387904, 4611686018427387904, "4611686018427387903.5"},
		"10000000000000000000000":    {math.MaxInt64, math.MaxInt64, math.MaxInt64, "10000000000000000000000"},
		"-30000000000000000000001/2": {math.MinInt64, math.MinInt64, math.MinInt64, "-15000000000000000000000.5"},
	}
	for text, tc := range tests {
		t.Run(text, func(t *testing.T) {
			f, err := money.ParseFraction(text)
			if err != nil {
				t.Fatal(err)
			}
			if f.Floor() != tc.floor || f.Ceil() != tc.ceil || f.HalfUp() != tc.halfUp {
				t.Errorf("floor %d, ceil %d, half up %d; want %d, %d, %d", f.Floor(), f.Ceil(), f.HalfUp(), tc.floor, tc.ceil, tc.halfUp)
			}
			if got := f.Decimal().String(); got != tc.decimal {
				t.Errorf("for display %s, want %s", got, tc.decimal)
			}
		})
	}
}

// fractions draws small fractions, and some that do not fit into 64 bits.
func fractions() *rapid.Generator[money.Fraction] {
	return rapid.Custom(func(t *rapid.T) money.Fraction {
		den := rapid.OneOf(rapid.Int64Range(1, 4_000_000), rapid.Int64()).Filter(func(d int64) bool { return d != 0 }).Draw(t, "den")
		f := money.NewFraction(rapid.OneOf(rapid.Int64Range(-10_000, 10_000), rapid.Int64()).Draw(t, "num"), den)
		if rapid.IntRange(0, 9).Draw(t, "large") == 0 {
			f = f.Mul(money.NewFraction(rapid.Int64().Draw(t, "more"), 1_000_003)).Add(money.NewFraction(1, 7))
		}
		return f
	})
}

// Every operation agrees with big.Rat, within 64 bits and beyond.
func TestPropertyFraction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := fractions().Draw(t, "a"), fractions().Draw(t, "b")
		x, y := rat(t, a.String()), rat(t, b.String())
		same := func(op string, got money.Fraction, want *big.Rat) {
			if got.String() != want.RatString() {
				t.Fatalf("%s of %s and %s: got %s, want %s", op, a, b, got, want.RatString())
			}
		}
		same("sum", a.Add(b), new(big.Rat).Add(x, y))
		same("difference", a.Sub(b), new(big.Rat).Sub(x, y))
		same("product", a.Mul(b), new(big.Rat).Mul(x, y))
		same("negative", a.Neg(), new(big.Rat).Neg(x))
		if !b.IsZero() {
			same("quotient", a.Quo(b), new(big.Rat).Quo(x, y))
		}
		if a.Cmp(b) != x.Cmp(y) || a.Equal(b) != (x.Cmp(y) == 0) || a.Sign() != x.Sign() || a.IsZero() != (x.Sign() == 0) {
			t.Fatalf("%s and %s do not compare as %s and %s", a, b, x, y)
		}
		d := decimals().Draw(t, "d")
		same("product with a decimal", a.MulDecimal(d), new(big.Rat).Mul(x, rat(t, d.String())))
	})
}

// Rounded numbers are as far from the exact one as they may be.
func TestPropertyFractionRounding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := fractions().Draw(t, "f")
		integer := func(n int64) money.Fraction { return money.NewFraction(n, 1) }
		one, half := integer(1), money.NewFraction(1, 2)
		if limit := integer(math.MaxInt64 / 4); f.Cmp(limit) < 0 && f.Cmp(limit.Neg()) > 0 {
			if floor := integer(f.Floor()); floor.Cmp(f) > 0 || floor.Add(one).Cmp(f) <= 0 {
				t.Fatalf("floor of %s is %s", f, floor)
			}
			if ceil := integer(f.Ceil()); ceil.Cmp(f) < 0 || ceil.Sub(one).Cmp(f) >= 0 {
				t.Fatalf("ceil of %s is %s", f, ceil)
			}
			if away := integer(f.HalfUp()).Sub(f); away.Cmp(half) > 0 || away.Cmp(half.Neg()) <= 0 {
				t.Fatalf("half up of %s is %d", f, f.HalfUp())
			}
		}
		checkRounded(t, f, f.Decimal(), 12)
		if f.IsDecimal() != money.FractionOf(f.Decimal()).Equal(f) {
			t.Fatalf("%s: IsDecimal is %t", f, f.IsDecimal())
		}
		again, err := money.ParseFraction(f.Text())
		if err != nil || !again.Equal(f) {
			t.Fatalf("%s is written %q, and read as %s (%v)", f, f.Text(), again, err)
		}
		for code, digits := range map[string]int{"JPY": 0, "EUR": 2, "KWD": 3, "CLF": 4} {
			c, _ := money.ParseCurrency(code)
			checkRounded(t, f, c.Round(f), digits)
		}
	})
}

// checkRounded: half away from zero to a number of digits.
func checkRounded(t *rapid.T, f money.Fraction, got money.Decimal, digits int) {
	unit := money.NewFraction(1, int64(math.Pow10(digits)))
	half := unit.Mul(money.NewFraction(1, 2))
	away := money.FractionOf(got).Sub(f)
	if f.Sign() < 0 {
		away = away.Neg() // the size of f was rounded
	}
	if away.Cmp(half) > 0 || away.Cmp(half.Neg()) <= 0 {
		t.Fatalf("%s rounded to %d digits is %s", f, digits, got)
	}
	if whole := money.FractionOf(got).Quo(unit); !whole.Equal(whole.Mul(money.NewFraction(1, 1))) || !isWhole(whole) {
		t.Fatalf("%s rounded to %d digits is %s", f, digits, got)
	}
}

func isWhole(f money.Fraction) bool {
	r, ok := new(big.Rat).SetString(f.String())
	return ok && r.IsInt()
}

func FuzzParseFraction(f *testing.F) {
	for _, s := range []string{"7", "-1/300", "0.5", "0/1", "1/0", "", "/", "-", "-/1", "1e9", "00/00", "010/10", "123456789012345678901234567890/98765432109876543210"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, err := money.ParseFraction(s)
		if err != nil {
			return
		}
		for _, text := range []string{x.String(), x.Text()} {
			if again, err := money.ParseFraction(text); err != nil || !again.Equal(x) {
				t.Fatalf("%q is written %q, and read as %s (%v)", s, text, again, err)
			}
		}
		if want := naiveFraction(s); want != x.String() {
			t.Fatalf("%q is read as %s, want %s", s, x, want)
		}
	})
}

// naiveFraction reads both sides of a slash by themselves: big.Rat would take
// "010/10" for octal.
func naiveFraction(s string) string {
	num, den, divided := strings.Cut(s, "/")
	x, ok := new(big.Rat).SetString(num)
	if !ok {
		return "no number"
	}
	if divided {
		y, ok := new(big.Rat).SetString(den)
		if !ok {
			return "no number"
		}
		x.Quo(x, y)
	}
	return x.RatString()
}
