// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// Lines writes priced lines.
func Lines(lines []proration.Line, c money.Currency) []v1alpha1.Line {
	var out []v1alpha1.Line
	for _, l := range lines {
		out = append(out, Line(l, c))
	}
	return out
}

// Line writes a priced line. Amounts without a finite decimal form are truncated to twelve digits.
// The numbers that they are computed from are stored exactly, next to them.
func Line(l proration.Line, c money.Currency) v1alpha1.Line {
	line := v1alpha1.Line{
		Key: l.Key, Item: l.Item, Product: l.Product, Plan: l.Plan, Kind: v1alpha1.LineKind(l.Kind),
		Description: l.Description, Quantity: ptr.To(l.Quantity), FullAmount: exact(l.Full, c),
		From: Time(l.From), To: Time(l.To),
		UnroundedAmount: v1alpha1.Rational(exact(l.Unrounded.Decimal(), c)),
		Carried:         v1alpha1.Rational(l.Carried.Decimal().String()),
		Amount:          rounded(l.Amount, c), Update: l.Update,
		FirstUpdate: l.FirstUpdate, LastUpdate: l.LastUpdate,
	}
	if l.UnitAmount != nil {
		line.UnitAmount = exact(*l.UnitAmount, c)
	}
	if l.Count > 0 {
		line.Count = ptr.To(int64(l.Count))
	}
	if l.Share != nil {
		line.Units = v1alpha1.Rational(l.Share.Units.Text())
		line.UnitsInPeriod = v1alpha1.Rational(l.Share.UnitsInPeriod.Text())
		line.Unit = v1alpha1.TimeUnit(l.Share.Unit)
		line.Rounding = v1alpha1.LineRounding(l.Share.Rounding)
	}
	return line
}
