// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"cmp"
	"fmt"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

func cmpString(a, b string) int { return cmp.Compare(a, b) }

// rounded writes an amount of whole minor units: "12.50".
func rounded(d money.Decimal, c money.Currency) v1alpha1.Amount {
	return v1alpha1.Amount(c.Format(d))
}

// exact writes an amount with at least the currency's digits: "12.50", "0.0123".
func exact(d money.Decimal, c money.Currency) v1alpha1.Amount {
	return v1alpha1.Amount(c.FormatExact(d))
}

// Lines writes priced lines down.
func Lines(lines []proration.Line, c money.Currency) []v1alpha1.Line {
	var out []v1alpha1.Line
	for _, l := range lines {
		out = append(out, Line(l, c))
	}
	return out
}

// Line writes a priced line down. Amounts that do not end are cut to twelve
// digits; the numbers that they come from stand beside them, exactly.
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

func readLines(lines []v1alpha1.Line) ([]proration.Line, error) {
	var out []proration.Line
	for i := range lines {
		l, err := readLine(&lines[i])
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", lines[i].Key, err)
		}
		out = append(out, l)
	}
	return out, nil
}

// readLine reads a line that waits for its document. The amount is what will be
// billed; nothing is computed from the other numbers again.
func readLine(l *v1alpha1.Line) (proration.Line, error) {
	line := proration.Line{
		Key: l.Key, Item: l.Item, Product: l.Product, Plan: l.Plan, Kind: proration.Kind(l.Kind),
		Description: l.Description, Quantity: ptr.Deref(l.Quantity, 0),
		From: Instant(l.From), To: Instant(l.To), Update: l.Update,
		Count: int(ptr.Deref(l.Count, 0)), FirstUpdate: l.FirstUpdate, LastUpdate: l.LastUpdate,
	}
	var err error
	if line.Full, err = amount(l.FullAmount); err != nil {
		return line, err
	}
	if line.Amount, err = amount(l.Amount); err != nil {
		return line, err
	}
	if line.Unrounded, err = fraction(l.UnroundedAmount); err != nil {
		return line, err
	}
	if line.Carried, err = fraction(l.Carried); err != nil {
		return line, err
	}
	if l.UnitAmount != "" {
		unit, err := amount(l.UnitAmount)
		if err != nil {
			return line, err
		}
		line.UnitAmount = &unit
	}
	err = readShare(l, &line)
	return line, err
}

func readShare(l *v1alpha1.Line, line *proration.Line) error {
	if l.UnitsInPeriod == "" {
		return nil
	}
	share := proration.Share{Unit: proration.Unit(l.Unit), Rounding: proration.Rounding(l.Rounding)}
	var err error
	if share.Units, err = fraction(l.Units); err != nil {
		return err
	}
	if share.UnitsInPeriod, err = fraction(l.UnitsInPeriod); err != nil {
		return err
	}
	line.Share = &share
	return nil
}
