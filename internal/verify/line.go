// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"fmt"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/record"
)

// Line recomputes the amount of a line from the other numbers that the line records (billing.md#3-rounding), and returns
// a description of what does not follow from them, or "".
func Line(l *v1alpha1.Line, currency money.Currency) string {
	line, err := record.PricedLine(l)
	if err != nil {
		return err.Error()
	}
	switch {
	case isNotBilled(line):
		return ""
	case line.Count > 0:
		return folded(line, currency)
	}
	if wrong := full(line, currency); wrong != "" {
		return wrong
	}
	return share(line, currency)
}

// isNotBilled reports whether a line only records a charge that was abandoned. Such a line has no
// arithmetic.
func isNotBilled(line proration.Line) bool {
	return line.Amount.IsZero() && line.Full.IsZero() && line.Unrounded.IsZero()
}

// full checks the amount for a full period.
func full(line proration.Line, currency money.Currency) string {
	if line.UnitAmount == nil {
		return ""
	}
	product := line.UnitAmount.MulInt(line.Quantity)
	if product.Equal(line.Full.Abs()) {
		return ""
	}
	return fmt.Sprintf("%d × %s is %s, and the amount for a full period is %s", line.Quantity,
		currency.FormatExact(*line.UnitAmount), currency.FormatExact(product), currency.FormatExact(line.Full))
}

// share checks the amount for the time that is charged, and its rounding.
func share(line proration.Line, currency money.Currency) string {
	exact, words := money.FractionOf(line.Full), currency.FormatExact(line.Full)
	if line.Share != nil {
		if line.Share.UnitsInPeriod.Sign() <= 0 {
			return "the period has no units of time"
		}
		exact = exact.Mul(line.Share.Ratio())
		words += fmt.Sprintf(" × %s ÷ %s", line.Share.Units.Text(), line.Share.UnitsInPeriod.Text())
	}
	if !exact.Decimal().Equal(line.Unrounded.Decimal()) {
		return fmt.Sprintf("%s is %s, and the unrounded amount is %s", words, currency.FormatExact(exact.Decimal()),
			currency.FormatExact(line.Unrounded.Decimal()))
	}
	if isRoundedFrom(line.Amount, exact, line.Carried, currency) {
		return ""
	}
	sum := exact.Add(line.Carried)
	return fmt.Sprintf("%s + %s carried is %s, and the amount is %s", words, line.Carried.Text(),
		currency.Format(currency.Round(sum)), currency.Format(line.Amount))
}

// isRoundedFrom reports whether an exact amount and the carried remainder round to an amount. The remainder is recorded
// with twelve digits, so a number next to it may decide a tie. A line that covers no time carries nothing.
func isRoundedFrom(amount money.Decimal, exact, carried money.Fraction, currency money.Currency) bool {
	if exact.IsZero() {
		return amount.IsZero()
	}
	const halfADigit = 2_000_000_000_000 // of twelve digits
	slack := money.NewFraction(1, halfADigit)
	for _, carried := range []money.Fraction{carried, carried.Sub(slack), carried.Add(slack)} {
		if currency.Round(exact.Add(carried)).Equal(amount) {
			return true
		}
	}
	return false
}

// folded checks a line that stands for several changes. Their own updates have the arithmetic; the sum of the rounded
// amounts is at most one minor unit for each change from the sum of the exact ones.
func folded(line proration.Line, currency money.Currency) string {
	off := money.FractionOf(line.Amount).Sub(line.Unrounded)
	if off.Sign() < 0 {
		off = off.Neg()
	}
	most := money.NewFraction(int64(line.Count), 1)
	for range currency.Digits() {
		most = most.Mul(money.NewFraction(1, 10))
	}
	if off.Cmp(most) <= 0 {
		return ""
	}
	return fmt.Sprintf("%d changes come to %s before rounding, and the amount is %s", line.Count,
		currency.FormatExact(line.Unrounded.Decimal()), currency.Format(line.Amount))
}
