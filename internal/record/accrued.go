// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

// AccruedLines returns the whole lines that wait for the next invoice, as the invoice will have them. The status stores
// only a part of most lines (consistency.md#5-size-bounds).
func AccruedLines(s *v1alpha1.SubscriptionStatus) ([]v1alpha1.Line, error) {
	state, err := ReadState(s)
	if err != nil {
		return nil, err
	}
	return Lines(state.Accrued, state.Currency), nil
}

// writeAccrued writes accrued lines. Of most lines, it stores only what does not follow from the rest of the state.
func writeAccrued(state *subscription.State, lines []proration.Line) []v1alpha1.Line {
	if len(lines) == 0 {
		return nil
	}
	out := make([]v1alpha1.Line, 0, len(lines))
	for _, kept := range state.AbridgeAccrued(lines) {
		if kept.Whole {
			out = append(out, Line(kept.Line, state.Currency))
		} else {
			out = append(out, writeKept(kept, state.Currency))
		}
	}
	return out
}

// isWhole reports whether an accrued line is stored whole. The unrounded amount always follows from the rest, so only
// whole lines have it, including all lines that earlier versions wrote.
func isWhole(l *v1alpha1.Line) bool { return l.UnroundedAmount != "" }

// writeKept writes the stored part of a line, with exact fractions.
func writeKept(l subscription.Kept, c money.Currency) v1alpha1.Line {
	kept := v1alpha1.Line{
		Key: l.Key, Item: l.Item, Product: l.Product, Plan: l.Plan, Kind: v1alpha1.LineKind(l.Kind), Description: l.Description,
		Quantity: ptr.To(l.Quantity), From: Time(l.From), To: Time(l.To), Amount: rounded(l.Amount, c), Update: l.Update,
	}
	if l.UnitAmount != nil {
		kept.UnitAmount = exact(*l.UnitAmount, c)
	}
	if !l.Full.IsZero() {
		kept.FullAmount = exact(l.Full, c)
	}
	if l.Carries {
		kept.Carried = v1alpha1.Rational(l.Carried.Text())
	}
	if l.Share == nil {
		return kept
	}
	kept.Unit, kept.Rounding = v1alpha1.TimeUnit(l.Share.Unit), v1alpha1.LineRounding(l.Share.Rounding)
	if !l.Share.UnitsInPeriod.IsZero() {
		kept.Units = v1alpha1.Rational(l.Share.Units.Text())
		kept.UnitsInPeriod = v1alpha1.Rational(l.Share.UnitsInPeriod.Text())
	}
	return kept
}

// readAccrued reads accrued lines, and fills in the parts that are not stored. The state has everything
// except these lines.
func readAccrued(lines []v1alpha1.Line, state *subscription.State) ([]proration.Line, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	kept := make([]subscription.Kept, 0, len(lines))
	for i := range lines {
		line, err := readLine(&lines[i])
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", lines[i].Key, err)
		}
		kept = append(kept, subscription.Kept{Line: line, Whole: isWhole(&lines[i]), Carries: lines[i].Carried != ""})
	}
	return state.RestateAccrued(kept)
}
