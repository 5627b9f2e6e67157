// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package money

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// The bounds of an amount in the API: at most 15 digits before the decimal point and 12 after it.
const (
	maxIntegerDigits  = 15
	maxFractionDigits = 12
)

// ErrOutOfRange is returned by [Decimal.CheckRange] for an amount that the API cannot represent.
var ErrOutOfRange = errors.New("the amount has more than 15 digits before the decimal point, which is more than can be billed")

// exact is the context of every operation. With a precision of 0, apd never rounds or truncates
// sums and products.
var exact = apd.Context{
	MaxExponent: apd.MaxExponent,
	MinExponent: apd.MinExponent,
	Traps:       apd.DefaultTraps,
}

// Decimal is an exact decimal amount in major units: 12.50 is twelve euros fifty. It is immutable:
// operations return a new value. The zero value is 0. Compare with [Decimal.Equal] or
// [Decimal.Cmp], never with ==, to which 1.5 and 1.50 are different.
type Decimal struct {
	// apd warns against copying a value that is written to afterwards. A Decimal is never written
	// to after it was returned, so copies may share memory.
	d apd.Decimal
}

// FromInt returns n as an amount in major units.
func FromInt(n int64) Decimal {
	return scaled(n, 0)
}

// scaled returns coefficient × 10^exponent.
func scaled(coefficient int64, exponent int32) Decimal {
	var z Decimal
	z.d.SetFinite(coefficient, exponent)
	return z
}

// Add returns d + o.
func (d Decimal) Add(o Decimal) Decimal {
	var z Decimal
	mustBeExact(exact.Add(&z.d, &d.d, &o.d))
	return z
}

// Sub returns d − o.
func (d Decimal) Sub(o Decimal) Decimal {
	var z Decimal
	mustBeExact(exact.Sub(&z.d, &d.d, &o.d))
	return z
}

// Mul returns d × o exactly, with as many decimal digits as both have together.
func (d Decimal) Mul(o Decimal) Decimal {
	var z Decimal
	mustBeExact(exact.Mul(&z.d, &d.d, &o.d))
	return z
}

// MulInt returns d × n.
func (d Decimal) MulInt(n int64) Decimal {
	return d.Mul(FromInt(n))
}

// Neg returns −d.
func (d Decimal) Neg() Decimal {
	var z Decimal
	mustBeExact(exact.Neg(&z.d, &d.d))
	return z
}

// Abs returns |d|.
func (d Decimal) Abs() Decimal {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

// mustBeExact checks the condition that apd reports instead of ignoring it. With a precision of 0
// the only remaining condition is an exponent beyond 100,000 digits. That takes thousands of
// multiplications of amounts in range, so it is a defect of the program and not of its input.
func mustBeExact(condition apd.Condition, err error) {
	if err != nil || condition.Any() {
		panic(fmt.Sprintf("money: an exact operation reported %s: %v", condition, err))
	}
}

// Cmp returns −1, 0 or +1 when d is less than, equal to or greater than o.
func (d Decimal) Cmp(o Decimal) int { return d.d.Cmp(&o.d) }

// Equal reports whether d and o are the same amount: 1.5 equals 1.50.
func (d Decimal) Equal(o Decimal) bool { return d.d.Cmp(&o.d) == 0 }

// Sign returns −1, 0 or +1 as d is negative, zero or positive.
func (d Decimal) Sign() int { return d.d.Sign() }

// IsZero reports whether d is 0.
func (d Decimal) IsZero() bool { return d.d.Sign() == 0 }

// String writes d in plain notation with trailing zeros trimmed: "12.5", "0",
// "-0.0123". Never an exponent, never "-0".
func (d Decimal) String() string {
	if d.IsZero() {
		return "0"
	}
	s := d.d.Text('f')
	if strings.IndexByte(s, '.') < 0 {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// CheckRange returns [ErrOutOfRange] if d has more than 15 digits before the decimal point. Sums
// and products are exact and may exceed the API's range, so amounts are checked before they are
// recorded.
func (d Decimal) CheckRange() error {
	if d.IsZero() {
		return nil
	}
	if d.d.NumDigits()+int64(d.d.Exponent) > maxIntegerDigits {
		return ErrOutOfRange
	}
	return nil
}

// Min returns the smaller of a and b.
func Min(a, b Decimal) Decimal {
	if b.Cmp(a) < 0 {
		return b
	}
	return a
}

// Max returns the larger of a and b.
func Max(a, b Decimal) Decimal {
	if b.Cmp(a) > 0 {
		return b
	}
	return a
}
