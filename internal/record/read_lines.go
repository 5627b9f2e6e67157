// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

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
	if l.UnitsInPeriod == "" && l.Unit == "" {
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

// PricedLine reads a line of an update or an invoice as the numbers that it was made from. Exact amounts that do not end
// were cut to twelve digits when the line was written. The error names the field that cannot be parsed.
func PricedLine(l *v1alpha1.Line) (proration.Line, error) { return readLine(l) }
