// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package money

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// The bounds of an amount as the contract writes it: "at most 15 digits before
// the point and 12 after".
const (
	maxIntegerDigits  = 15
	maxFractionDigits = 12
)

// ErrOutOfRange is what [Decimal.CheckRange] returns for an amount that the
// contract has no room for.
var ErrOutOfRange = errors.New("the amount has more than 15 digits before the decimal point, which is more than can be billed")

// exact is the context of every operation: with a precision of 0 apd neither
// rounds nor cuts sums and products.
var exact = apd.Context{
	MaxExponent: apd.MaxExponent,
	MinExponent: apd.MinExponent,
	Traps:       apd.DefaultTraps,
}

// Decimal is an exact decimal amount in major units: 12.50 is twelve euros
// fifty. It is a value: operations return a new one. The zero value is 0.
// Compare with [Decimal.Equal] or [Decimal.Cmp], never with ==, which tells 1.5
// from 1.50.
type Decimal struct {
	// apd warns against copying a value that is written to afterwards. A Decimal
	// is never written to once it has been returned, so that copies may share.
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

// Mul returns d × o, exactly: it has as many digits after the point as both
// together.
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

// mustBeExact checks what apd reports instead of ignoring it. With a precision
// of 0 the only thing left to report is an exponent beyond 100,000 digits,
// which takes thousands of multiplications of amounts in range: a fault of the
// program, not of its input.
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

// CheckRange returns [ErrOutOfRange] when d has more than 15 digits before the
// point. Sums and products are exact and may outgrow the contract; what is
// recorded is checked with this first.
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
