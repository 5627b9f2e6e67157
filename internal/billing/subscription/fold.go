// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"time"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// maxAccrued is how many accrued lines are kept separately. A status that is rewritten with each
// change has to stay small (consistency.md#5-size-bounds).
const maxAccrued = 50

// fold sums up accrued lines, one for each item, plan and sign, when there are too many of them.
// The amounts, rounded and unrounded, stay exactly the same. The details stay on the updates, and
// the folded line names the first and the last of them.
func fold(lines []proration.Line) []proration.Line {
	if len(lines) <= maxAccrued {
		return lines
	}
	type group struct {
		item, product, plan string
		kind                proration.Kind
	}
	places := map[group]int{}
	var folded []proration.Line
	for _, line := range lines {
		if !ofUpdate(&line) {
			folded = append(folded, line) // a charge of its own, and few
			continue
		}
		g := group{line.Item, line.Product, line.Plan, line.Kind}
		at, known := places[g]
		if !known {
			places[g] = len(folded)
			folded = append(folded, line)
			continue
		}
		folded[at] = merge(folded[at], line)
	}
	return folded
}

// merge adds a line to another line, which may already stand for several.
func merge(sum, line proration.Line) proration.Line {
	sum.Count, line.Count = max(sum.Count, 1)+max(line.Count, 1), 0
	if sum.FirstUpdate == "" {
		sum.FirstUpdate = sum.Update
	}
	sum.LastUpdate = line.Update
	sum.Update = ""
	sum.Quantity += line.Quantity
	sum.Full = sum.Full.Add(line.Full)
	sum.Unrounded = sum.Unrounded.Add(line.Unrounded)
	sum.Amount = sum.Amount.Add(line.Amount)
	sum.UnitAmount, sum.Share = nil, nil
	sum.From, sum.To = earlier(sum.From, line.From), latest(sum.To, line.To)
	sum.Description = fmt.Sprintf("%d changes, from %s to %s", sum.Count, sum.FirstUpdate, sum.LastUpdate)
	return sum
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
