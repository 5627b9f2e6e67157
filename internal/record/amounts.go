// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
)

// amount reads an amount; one that is left out is zero.
func amount(a v1alpha1.Amount) (money.Decimal, error) {
	if a == "" {
		return money.Decimal{}, nil
	}
	return money.ParseDecimal(string(a))
}

// optionalFraction reads an exact fraction; one that is left out is none.
func optionalFraction(r v1alpha1.Rational) (*money.Fraction, error) {
	if r == "" {
		return nil, nil
	}
	f, err := money.ParseFraction(string(r))
	return &f, err
}

// fraction reads an exact fraction; one that is left out is zero.
func fraction(r v1alpha1.Rational) (money.Fraction, error) {
	if r == "" {
		return money.Fraction{}, nil
	}
	return money.ParseFraction(string(r))
}

// rounded writes an amount of whole minor units: "12.50".
func rounded(d money.Decimal, c money.Currency) v1alpha1.Amount {
	return v1alpha1.Amount(c.Format(d))
}

// exact writes an amount with at least the currency's digits: "12.50", "0.0123".
func exact(d money.Decimal, c money.Currency) v1alpha1.Amount {
	return v1alpha1.Amount(c.FormatExact(d))
}

func optionalAmount(d *money.Decimal, c money.Currency) v1alpha1.Amount {
	if d == nil {
		return ""
	}
	return rounded(*d, c)
}
