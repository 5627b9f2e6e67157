// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

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
