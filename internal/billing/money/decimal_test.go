// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package money_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/billing/money"
)

func TestParseDecimal(t *testing.T) {
	tests := map[string]struct {
		text string
		want string // as String writes it
		err  string
	}{
		"cents":             {text: "12.50", want: "12.5"},
		"whole":             {text: "3", want: "3"},
		"negative":          {text: "-0.0123", want: "-0.0123"},
		"zero":              {text: "0", want: "0"},
		"negative zero":     {text: "-0.00", want: "0"},
		"leading zeros":     {text: "007.10", want: "7.1"},
		"the longest":       {text: "-999999999999999.999999999999", want: "-999999999999999.999999999999"},
		"the smallest":      {text: "0.000000000001", want: "0.000000000001"},
		"too long before":   {text: "1000000000000000", err: `"1000000000000000" has more than 15 digits before the point`},
		"too long after":    {text: "0.0000000000001", err: `"0.0000000000001" has more than 12 digits after the point`},
		"exponent":          {text: "1e5", err: `"1e5" is not an amount: write it in plain digits, such as "12.50" or "-3"`},
		"plus":              {text: "+1", err: `"+1" is not an amount: write it in plain digits, such as "12.50" or "-3"`},
		"no digits before":  {text: ".5", err: `".5" is not an amount: write it in plain digits, such as "12.50" or "-3"`},
		"no digits after":   {text: "5.", err: `"5." is not an amount: write it in plain digits, such as "12.50" or "-3"`},
		"empty":             {text: "", err: `"" is not an amount: write it in plain digits, such as "12.50" or "-3"`},
		"a word":            {text: "NaN", err: `"NaN" is not an amount: write it in plain digits, such as "12.50" or "-3"`},
		"a comma":           {text: "1,5", err: `"1,5" is not an amount: write it in plain digits, such as "12.50" or "-3"`},
		"two minus signs":   {text: "--1", err: `"--1" is not an amount: write it in plain digits, such as "12.50" or "-3"`},
		"digits of another": {text: "٣", err: `"٣" is not an amount: write it in plain digits, such as "12.50" or "-3"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := money.ParseDecimal(tc.text)
			if got := errorText(err); got != tc.err {
				t.Fatalf("got the error %q, want %q", got, tc.err)
			}
			if err == nil && d.String() != tc.want {
				t.Errorf("got %s, want %s", d, tc.want)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestParseDecimalCutsWhatItQuotes(t *testing.T) {
	_, err := money.ParseDecimal(strings.Repeat("x", 1000))
	if len(errorText(err)) > 150 {
		t.Errorf("the error drowns in what was written: %v", err)
	}
}

func TestDecimalZeroValue(t *testing.T) {
	var zero money.Decimal
	if zero.String() != "0" || !zero.IsZero() || zero.Sign() != 0 {
		t.Errorf("the zero value is %s", zero)
	}
	one := money.FromInt(1)
	if got := zero.Add(one).Sub(one).Neg(); !got.Equal(zero) || got.String() != "0" {
		t.Errorf("0 + 1 − 1 is %s", got)
	}
}

func TestDecimalComparesInDiffs(t *testing.T) {
	if diff := cmp.Diff(money.MustDecimal("1.5"), money.MustDecimal("1.50")); diff != "" {
		t.Errorf("1.5 and 1.50 differ: %s", diff)
	}
}

func TestDecimalCheckRange(t *testing.T) {
	largest := money.MustDecimal("999999999999999.999999999999")
	if err := largest.CheckRange(); err != nil {
		t.Errorf("%s is refused: %v", largest, err)
	}
	if err := largest.Add(money.MustDecimal("0.000000000001")).CheckRange(); !errors.Is(err, money.ErrOutOfRange) {
		t.Errorf("one more is not refused: %v", err)
	}
	if err := largest.MulInt(math.MinInt64).CheckRange(); !errors.Is(err, money.ErrOutOfRange) {
		t.Errorf("a large negative amount is not refused: %v", err)
	}
	if err := money.MustDecimal("0.00").CheckRange(); err != nil {
		t.Errorf("0 is refused: %v", err)
	}
}

// A Decimal is a value: what was copied does not change.
func TestDecimalIsImmutable(t *testing.T) {
	large := money.MustDecimal("999999999999999.999999999999").MulInt(math.MaxInt64).MulInt(math.MaxInt64)
	before := large.String()
	other := large
	_ = large.Add(other).Mul(large).Sub(other).Neg().Abs()
	_ = other.MulInt(-3)
	if large.String() != before || other.String() != before {
		t.Errorf("was %s, is %s and %s", before, large, other)
	}
}

// decimals draws amounts in range, and some far beyond.
func decimals() *rapid.Generator[money.Decimal] {
	return rapid.Custom(func(t *rapid.T) money.Decimal {
		d := money.MustDecimal(rapid.StringMatching(`-?[0-9]{1,15}(\.[0-9]{1,12})?`).Draw(t, "amount"))
		if rapid.IntRange(0, 9).Draw(t, "beyond") == 0 {
			d = d.MulInt(rapid.Int64().Draw(t, "factor")).MulInt(math.MaxInt64)
		}
		return d
	})
}

func rat(t *rapid.T, s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%q is no number", s)
	}
	return r
}

// Every operation agrees with big.Rat.
func TestPropertyDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := decimals().Draw(t, "a"), decimals().Draw(t, "b")
		n := rapid.Int64().Draw(t, "n")
		x, y := rat(t, a.String()), rat(t, b.String())
		same := func(op string, got money.Decimal, want *big.Rat) {
			if rat(t, got.String()).Cmp(want) != 0 {
				t.Fatalf("%s of %s and %s: got %s, want %s", op, a, b, got, want)
			}
			if money.FractionOf(got).String() != want.RatString() {
				t.Fatalf("%s as a fraction: got %s, want %s", got, money.FractionOf(got), want.RatString())
			}
		}
		same("sum", a.Add(b), new(big.Rat).Add(x, y))
		same("difference", a.Sub(b), new(big.Rat).Sub(x, y))
		same("product", a.Mul(b), new(big.Rat).Mul(x, y))
		same("product with an integer", a.MulInt(n), new(big.Rat).Mul(x, new(big.Rat).SetInt64(n)))
		same("negative", a.Neg(), new(big.Rat).Neg(x))
		same("size", a.Abs(), new(big.Rat).Abs(x))
		if a.Cmp(b) != x.Cmp(y) || a.Equal(b) != (x.Cmp(y) == 0) || a.Sign() != x.Sign() || a.IsZero() != (x.Sign() == 0) {
			t.Fatalf("%s and %s do not compare as %s and %s", a, b, x, y)
		}
		if smaller, larger := money.Min(a, b), money.Max(a, b); smaller.Cmp(larger) > 0 || !smaller.Add(larger).Equal(a.Add(b)) {
			t.Fatalf("of %s and %s, %s is the smaller and %s the larger", a, b, smaller, larger)
		}
	})
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"12.50", "-3", "0", "-0", "1e5", "", ".", "-", "NaN", "999999999999999.999999999999", "00", "1.", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := money.ParseDecimal(s)
		if err != nil {
			return
		}
		again, err := money.ParseDecimal(d.String())
		if err != nil || !again.Equal(d) {
			t.Fatalf("%q is read as %s, and that as %s (%v)", s, d, again, err)
		}
		if err := d.CheckRange(); err != nil {
			t.Fatalf("%q is read and out of range", s)
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok || money.FractionOf(d).String() != want.RatString() {
			t.Fatalf("%q is read as %s, want %v", s, d, want)
		}
	})
}
