// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
)

// amount parses an amount. An empty one is zero.
func amount(a v1alpha1.Amount) (money.Decimal, error) {
	if a == "" {
		return money.Decimal{}, nil
	}
	return money.ParseDecimal(string(a))
}

// optionalFraction parses an exact fraction. An empty one is nil.
func optionalFraction(r v1alpha1.Rational) (*money.Fraction, error) {
	if r == "" {
		return nil, nil
	}
	f, err := money.ParseFraction(string(r))
	return &f, err
}

// fraction parses an exact fraction. An empty one is zero.
func fraction(r v1alpha1.Rational) (money.Fraction, error) {
	if r == "" {
		return money.Fraction{}, nil
	}
	return money.ParseFraction(string(r))
}

// rounded formats an amount in whole minor units: "12.50".
func rounded(d money.Decimal, c money.Currency) v1alpha1.Amount {
	return v1alpha1.Amount(c.Format(d))
}

// exact formats an amount with at least the currency's digits: "12.50", "0.0123".
func exact(d money.Decimal, c money.Currency) v1alpha1.Amount {
	return v1alpha1.Amount(c.FormatExact(d))
}

func optionalAmount(d *money.Decimal, c money.Currency) v1alpha1.Amount {
	if d == nil {
		return ""
	}
	return rounded(*d, c)
}
