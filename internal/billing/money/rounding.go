// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package money

import (
	"math"
	"math/big"
	"math/bits"
)

// maxPower is the largest power of ten that fits into 64 bits.
const maxPower = 18

var powersOfTen = func() (powers [maxPower + 1]int64) {
	powers[0] = 1
	for i := 1; i <= maxPower; i++ {
		powers[i] = powers[i-1] * 10
	}
	return powers
}()

// Floor returns the largest integer that is not above f, clamped to 64 bits.
func (f Fraction) Floor() int64 {
	num, den, small := f.small()
	if !small {
		return floorOf(f.large)
	}
	q := num / den
	if num%den < 0 {
		q--
	}
	return q
}

// Ceil returns the smallest integer that is not below f, clamped to 64 bits.
func (f Fraction) Ceil() int64 {
	if f.large == nil {
		return -f.Neg().Floor()
	}
	q := floorOf(f.large)
	if f.large.IsInt() || q == math.MaxInt64 || q == math.MinInt64 {
		return q
	}
	return q + 1
}

// HalfUp returns the integer nearest to f. If two are equally near, it returns the larger one: 19.5
// gives 20, and −19.5 gives −19. The result is clamped to 64 bits. It rounds units of time; use
// [Currency.Round] for money.
func (f Fraction) HalfUp() int64 {
	return f.Add(Fraction{num: 1, den: 2}).Floor()
}

func floorOf(r *big.Rat) int64 {
	// Euclidean division rounds down when the divisor is positive.
	q := new(big.Int).Div(r.Num(), r.Denom())
	switch {
	case q.IsInt64():
		return q.Int64()
	case q.Sign() < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}

// Decimal returns f for display, rounded half away from zero to 12 decimal digits. The result is
// exact if f has no more digits than that.
func (f Fraction) Decimal() Decimal {
	return f.round(maxFractionDigits)
}

// Text formats f exactly for people: as a decimal if it has at most 12 decimal digits, and
// otherwise in lowest terms: "19.5", "-1/300". [ParseFraction] parses it.
func (f Fraction) Text() string {
	if _, den, small := f.small(); small && den == 1 || !f.IsDecimal() {
		return f.String()
	}
	return f.Decimal().String()
}

// IsDecimal reports whether [Fraction.Decimal] is exactly f.
func (f Fraction) IsDecimal() bool {
	_, den, small := f.small()
	if !small {
		return FractionOf(f.Decimal()).Equal(f)
	}
	return powersOfTen[maxFractionDigits]%den == 0
}

// round returns f rounded half away from zero to a number of decimal digits, which is at most
// maxPower.
func (f Fraction) round(digits int) Decimal {
	num, den, small := f.small()
	if !small {
		return roundRat(f.large, digits)
	}
	hi, lo := bits.Mul64(uint64(magnitude(num)), uint64(powersOfTen[digits]))
	if hi >= uint64(den) {
		return roundRat(f.rat(), digits)
	}
	q, rest := bits.Div64(hi, lo, uint64(den))
	if q >= math.MaxInt64 {
		return roundRat(f.rat(), digits)
	}
	if rest >= uint64(den)-rest {
		q++
	}
	if num < 0 {
		return scaled(-int64(q), int32(-digits))
	}
	return scaled(int64(q), int32(-digits))
}

func roundRat(r *big.Rat, digits int) Decimal {
	num := new(big.Int).Abs(r.Num())
	num.Mul(num, big.NewInt(powersOfTen[digits]))
	q, rest := num.QuoRem(num, r.Denom(), new(big.Int))
	if rest.Lsh(rest, 1).Cmp(r.Denom()) >= 0 {
		q.Add(q, big.NewInt(1))
	}
	if r.Sign() < 0 {
		q.Neg(q)
	}
	return fromBig(q, int32(-digits))
}
