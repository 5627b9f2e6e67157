// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package money

import (
	"fmt"
	"strings"

	"golang.org/x/text/currency"
)

// Currency is an ISO 4217 currency. Currencies compare with ==. The zero value is not a currency: it has
// no code and no digits after the decimal point.
type Currency struct {
	code   string
	digits int
}

// ParseCurrency returns the currency with an ISO 4217 code in capitals, such as "EUR" or "JPY". It
// refuses unknown codes, and codes of metals, funds and tests, which have no minor unit. The error
// is a sentence.
func ParseCurrency(code string) (Currency, error) {
	if !threeCapitals(code) {
		return Currency{}, fmt.Errorf("%s is not a currency: write its ISO 4217 code in three capitals, such as \"EUR\"", quoted(code))
	}
	if digits, ok := minorUnits[code]; ok {
		if digits == noMinorUnit {
			return Currency{}, fmt.Errorf("%q has no minor unit in ISO 4217, so nothing can be billed in it", code)
		}
		return Currency{code: code, digits: digits}, nil
	}
	unit, err := currency.ParseISO(code)
	if err != nil {
		return Currency{}, fmt.Errorf("%q is not a currency of ISO 4217", code)
	}
	digits, _ := currency.Standard.Rounding(unit)
	return Currency{code: code, digits: digits}, nil
}

func threeCapitals(code string) bool {
	if len(code) != 3 {
		return false
	}
	for i := range len(code) {
		if code[i] < 'A' || code[i] > 'Z' {
			return false
		}
	}
	return true
}

// Code returns the ISO 4217 code, such as "EUR".
func (c Currency) Code() string { return c.code }

// Digits returns the number of digits after the decimal point in the minor unit: JPY 0, EUR 2, KWD
// 3.
func (c Currency) Digits() int { return c.digits }

// Round rounds an amount once, half away from zero, to the minor unit (billing.md#3-rounding).
// Money is rounded nowhere else.
func (c Currency) Round(f Fraction) Decimal {
	return f.round(c.digits)
}

// Format writes an amount with the currency's number of decimal digits: "12.50", "1000" in yen,
// never "-0.00". An amount finer than the minor unit is rounded as by [Currency.Round]. Use
// [Decimal.String] or [Currency.FormatExact] if it must not be rounded.
func (c Currency) Format(d Decimal) string {
	if int(d.d.Exponent) < -c.digits {
		d = c.Round(FractionOf(d))
	}
	return c.FormatExact(d)
}

// FormatExact writes an amount with at least the currency's number of decimal digits, and more if
// the amount is finer: "12.50", "0.0123".
func (c Currency) FormatExact(d Decimal) string {
	s := d.String()
	point := strings.IndexByte(s, '.')
	if point < 0 {
		if c.digits == 0 {
			return s
		}
		return s + "." + zeros[:c.digits]
	}
	if missing := c.digits - (len(s) - point - 1); missing > 0 {
		return s + zeros[:missing]
	}
	return s
}

const zeros = "000000000000"
