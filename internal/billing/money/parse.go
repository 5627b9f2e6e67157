// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package money

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// ParseDecimal parses an amount in major units in plain notation: an optional minus sign, 1 to 15
// digits, and optionally a decimal point with 1 to 12 more digits. It refuses exponents, plus
// signs, spaces and bare points. The error is a sentence for the person who wrote the amount.
func ParseDecimal(s string) (Decimal, error) {
	integer, fraction, pointed := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	switch {
	case !allDigits(integer) || (pointed && !allDigits(fraction)):
		return Decimal{}, fmt.Errorf("%s is not an amount: write it in plain digits, such as \"12.50\" or \"-3\"", quoted(s))
	case len(integer) > maxIntegerDigits:
		return Decimal{}, fmt.Errorf("%s has more than %d digits before the point", quoted(s), maxIntegerDigits)
	case len(fraction) > maxFractionDigits:
		return Decimal{}, fmt.Errorf("%s has more than %d digits after the point", quoted(s), maxFractionDigits)
	}
	var z Decimal
	_, condition, err := exact.SetString(&z.d, s)
	mustBeExact(condition, err)
	if z.IsZero() {
		return Decimal{}, nil // no negative zero
	}
	return z, nil
}

// MustDecimal is [ParseDecimal] for tests and constants. It panics on an error.
func MustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic("money: " + err.Error())
	}
	return d
}

// maxFractionText bounds the text that ParseFraction accepts. A fraction that the engine wrote is
// far shorter: 30 digits for an amount, 30 for a denominator.
const maxFractionText = 256

// ParseFraction parses the output of [Fraction.String] ("7", "-1/300") and, for people, decimals
// ("0.5"). The denominator is a positive integer without a sign, and the terms need not be lowest.
// The text is at most 256 characters long.
func ParseFraction(s string) (Fraction, error) {
	if len(s) > maxFractionText {
		return Fraction{}, fmt.Errorf("%s is longer than %d characters", quoted(s), maxFractionText)
	}
	num, den, divided := strings.Cut(s, "/")
	if divided {
		return parseQuotient(s, num, den)
	}
	integer, fraction, pointed := strings.Cut(strings.TrimPrefix(num, "-"), ".")
	if !allDigits(integer) || (pointed && !allDigits(fraction)) {
		return Fraction{}, notAFraction(s)
	}
	if n, err := strconv.ParseInt(num, 10, 64); err == nil {
		return NewFraction(n, 1), nil
	}
	r, ok := new(big.Rat).SetString(num)
	if !ok {
		return Fraction{}, notAFraction(s)
	}
	return fromRat(r), nil
}

func parseQuotient(s, num, den string) (Fraction, error) {
	if !allDigits(strings.TrimPrefix(num, "-")) || !allDigits(den) {
		return Fraction{}, notAFraction(s)
	}
	n, _ := new(big.Int).SetString(num, 10)
	d, _ := new(big.Int).SetString(den, 10)
	if d.Sign() == 0 {
		return Fraction{}, fmt.Errorf("%s divides by zero", quoted(s))
	}
	return fromRat(new(big.Rat).SetFrac(n, d)), nil
}

func notAFraction(s string) error {
	return fmt.Errorf("%s is not a fraction: write it as \"7\", \"-1/300\" or \"0.5\"", quoted(s))
}

// quoted quotes what a person wrote, shortened if it is too long for the sentence.
func quoted(s string) string {
	const most = 40
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// fromBig returns coefficient × 10^exponent.
func fromBig(coefficient *big.Int, exponent int32) Decimal {
	var z Decimal
	var c apd.BigInt
	c.SetMathBigInt(coefficient)
	z.d.Set(apd.NewWithBigInt(&c, exponent))
	return z
}
