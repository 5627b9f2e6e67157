// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package money

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
)

// Fraction is an exact rational number in lowest terms: a size in units of time, a ratio, or an
// amount before rounding. It is immutable: operations return a new value. The zero value is 0.
// Compare with [Fraction.Equal] or [Fraction.Cmp].
type Fraction struct {
	// num/den is the number if both fit into 64 bits, where den 0 stands for 1 so that the zero
	// value is 0. Otherwise large contains the number, and num and den are 0. A number that fits is
	// never stored in large.
	num, den int64
	large    *big.Rat
}

// NewFraction returns num/den in lowest terms. It panics if den is 0, which is a defect of the
// program: use [ParseFraction] to read text.
func NewFraction(num, den int64) Fraction {
	if den == 0 {
		panic("money: a fraction with a denominator of 0")
	}
	if num == math.MinInt64 || den == math.MinInt64 {
		return fromRat(new(big.Rat).SetFrac(big.NewInt(num), big.NewInt(den)))
	}
	if den < 0 {
		num, den = -num, -den
	}
	g := gcd(magnitude(num), den)
	return lowest(num/g, den/g)
}

// lowest returns num/den, which must be in lowest terms unless it is 0. Every zero becomes the zero
// value.
func lowest(num, den int64) Fraction {
	if num == 0 {
		return Fraction{}
	}
	return Fraction{num: num, den: den}
}

// FractionOf returns d as a fraction.
func FractionOf(d Decimal) Fraction {
	if d.IsZero() {
		return Fraction{}
	}
	exponent := int64(d.d.Exponent)
	if exponent <= 0 && exponent >= -maxPower && d.d.Coeff.IsInt64() {
		n := d.d.Coeff.Int64()
		if d.d.Negative {
			n = -n
		}
		return NewFraction(n, powersOfTen[-exponent])
	}
	r := new(big.Rat).SetInt(d.d.Coeff.MathBigInt())
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(max(exponent, -exponent)), nil))
	if exponent < 0 {
		r.Quo(r, scale)
	} else {
		r.Mul(r, scale)
	}
	if d.d.Negative {
		r.Neg(r)
	}
	return fromRat(r)
}

// Add returns f + o.
func (f Fraction) Add(o Fraction) Fraction {
	a, b, small := f.small()
	c, d, alsoSmall := o.small()
	if small && alsoSmall {
		g := gcd(b, d)
		left, ok1 := times(a, d/g)
		right, ok2 := times(c, b/g)
		den, ok3 := times(b/g, d)
		sum, ok4 := plus(left, right)
		if ok1 && ok2 && ok3 && ok4 {
			return NewFraction(sum, den)
		}
	}
	return fromRat(new(big.Rat).Add(f.rat(), o.rat()))
}

// Sub returns f − o.
func (f Fraction) Sub(o Fraction) Fraction { return f.Add(o.Neg()) }

// Mul returns f × o.
func (f Fraction) Mul(o Fraction) Fraction {
	a, b, small := f.small()
	c, d, alsoSmall := o.small()
	if small && alsoSmall {
		// Crosswise reduction first keeps the products small and in lowest terms.
		g, h := gcd(magnitude(a), d), gcd(magnitude(c), b)
		num, ok1 := times(a/g, c/h)
		den, ok2 := times(b/h, d/g)
		if ok1 && ok2 {
			return lowest(num, den)
		}
	}
	return fromRat(new(big.Rat).Mul(f.rat(), o.rat()))
}

// MulDecimal returns f × d.
func (f Fraction) MulDecimal(d Decimal) Fraction { return f.Mul(FractionOf(d)) }

// Quo returns f / o. It panics if o is 0.
func (f Fraction) Quo(o Fraction) Fraction {
	if a, b, small := o.small(); small && a != 0 {
		return f.Mul(NewFraction(b, a))
	}
	return fromRat(new(big.Rat).Quo(f.rat(), o.rat()))
}

// Neg returns −f.
func (f Fraction) Neg() Fraction {
	if f.large != nil {
		return fromRat(new(big.Rat).Neg(f.large))
	}
	return Fraction{num: -f.num, den: f.den}
}

// Cmp returns −1, 0 or +1 when f is less than, equal to or greater than o.
func (f Fraction) Cmp(o Fraction) int {
	a, b, small := f.small()
	c, d, alsoSmall := o.small()
	if small && alsoSmall {
		left, ok1 := times(a, d)
		right, ok2 := times(c, b)
		switch {
		case !ok1 || !ok2: // too large to compare in place
		case left < right:
			return -1
		case left > right:
			return 1
		default:
			return 0
		}
	}
	return f.rat().Cmp(o.rat())
}

// Equal reports whether f and o are the same number.
func (f Fraction) Equal(o Fraction) bool { return f.Cmp(o) == 0 }

// Sign returns −1, 0 or +1 as f is negative, zero or positive.
func (f Fraction) Sign() int {
	switch {
	case f.large != nil:
		return f.large.Sign()
	case f.num < 0:
		return -1
	case f.num > 0:
		return 1
	}
	return 0
}

// IsZero reports whether f is 0.
func (f Fraction) IsZero() bool { return f.Sign() == 0 }

// String writes f in lowest terms: "7", "-1/300", "0".
func (f Fraction) String() string {
	num, den, small := f.small()
	switch {
	case !small:
		return f.large.RatString()
	case den == 1:
		return strconv.FormatInt(num, 10)
	}
	var buf [41]byte
	text := strconv.AppendInt(buf[:0], num, 10)
	text = append(text, '/')
	return string(strconv.AppendInt(text, den, 10))
}

// small returns the numerator and the denominator if both fit into 64 bits.
func (f Fraction) small() (num, den int64, ok bool) {
	if f.large != nil {
		return 0, 0, false
	}
	return f.num, max(f.den, 1), true
}

// rat returns f for unbounded arithmetic. The caller must not modify it.
func (f Fraction) rat() *big.Rat {
	if f.large != nil {
		return f.large
	}
	return big.NewRat(f.num, max(f.den, 1))
}

// fromRat returns r as a Fraction. The caller must not modify r afterwards.
func fromRat(r *big.Rat) Fraction {
	num, den := r.Num(), r.Denom()
	if num.IsInt64() && den.IsInt64() && num.Int64() != math.MinInt64 {
		return lowest(num.Int64(), den.Int64())
	}
	return Fraction{large: r}
}

// gcd returns the greatest common divisor of a ≥ 0 and b > 0.
func gcd(a, b int64) int64 {
	for a != 0 {
		a, b = b%a, a
	}
	return b
}

// magnitude returns |n| for any n except the smallest, which a Fraction never contains.
func magnitude(n int64) int64 {
	return max(n, -n)
}

// times returns a × b unless it overflows.
func times(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(magnitude(a)), uint64(magnitude(b)))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

// plus returns a + b unless it overflows or is the smallest number.
func plus(a, b int64) (int64, bool) {
	sum := a + b
	overflown := (a > 0 && b > 0 && sum <= 0) || (a < 0 && b < 0 && sum >= 0)
	return sum, !overflown && sum != math.MinInt64
}
