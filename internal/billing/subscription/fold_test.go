// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"testing"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// changes makes lines of two items in turn, debits and credits of a third of a
// cent more than a cent.
func changes(n int) []proration.Line {
	var lines []proration.Line
	for i := range n {
		line := proration.Line{
			Key: fmt.Sprintf("%d-0", i), Item: fmt.Sprintf("item-%d", i%2), Plan: "monthly", Kind: proration.KindDebit,
			Update: fmt.Sprintf("update-%d", i), Quantity: 1, Full: money.MustDecimal("0.02"),
			Unrounded: money.NewFraction(4, 300), Amount: money.MustDecimal("0.01"),
		}
		if i%4 > 1 {
			line.Kind, line.Full, line.Amount = proration.KindCredit, line.Full.Neg(), line.Amount.Neg()
			line.Unrounded = line.Unrounded.Neg()
		}
		lines = append(lines, line)
	}
	return lines
}

func TestFold(t *testing.T) {
	if got := fold(changes(maxAccrued)); len(got) != maxAccrued {
		t.Errorf("%d lines became %d, although they are few enough", maxAccrued, len(got))
	}
	// Folding line by line, as they come in, is the same as folding once.
	var folded []proration.Line
	all := changes(203)
	for _, line := range all {
		folded = fold(append(folded, line))
		if len(folded) > maxAccrued {
			t.Fatalf("%d accrued lines are kept", len(folded))
		}
	}
	folded = fold(append(folded, changes(maxAccrued)...))
	all = append(all, changes(maxAccrued)...)
	if len(folded) != 4 {
		t.Fatalf("%d lines, want one for each of two items and signs", len(folded))
	}
	count, unrounded := 0, money.Fraction{}
	for _, line := range folded {
		count += line.Count
		unrounded = unrounded.Add(line.Unrounded)
		if line.FirstUpdate == "" || line.LastUpdate == "" || line.Update != "" || line.Share != nil {
			t.Errorf("a folded line names its first and last update, and no other: %+v", line)
		}
	}
	var exact money.Fraction
	for _, line := range all {
		exact = exact.Add(line.Unrounded)
	}
	if count != len(all) || !unrounded.Equal(exact) || !Total(folded).Equal(Total(all)) {
		t.Errorf("%d changes, %s exactly, %s rounded; want %d, %s, %s", count, unrounded, Total(folded), len(all), exact, Total(all))
	}
	if want := "2 changes, from update-0 to update-1"; merge(all[0], all[1]).Description != want {
		t.Errorf("description %q, want %q", merge(all[0], all[1]).Description, want)
	}
}
