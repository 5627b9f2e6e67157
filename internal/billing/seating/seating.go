// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package seating derives who has a seat from all claims on an item and its current quantity
// (billing.md#10-seats; consistency.md#derived).
//
// It is pure: values in, values out.
package seating

import (
	"cmp"
	"slices"
	"time"
)

// Claim is one claim on a seat of an item: a SeatAssignment.
type Claim struct {
	// Name is unique among the claims.
	Name string
	// Holder is the ID of the assignee. An assignee has at most one seat.
	Holder string
	// Created orders the claims that have no seat yet. Claims created in the same second are
	// ordered by name.
	Created time.Time
	// Assigned means that the seat was assigned before, and that its assignee may know.
	Assigned bool
}

// Verdict is the result for a claim.
type Verdict int

// The verdicts.
const (
	// Waits means that no seat is free.
	Waits Verdict = iota
	// Holds means that the claim has a seat.
	Holds
	// Duplicate means that another claim of the same assignee comes before this one, with a seat or
	// in the queue for one.
	Duplicate
)

// Place is the result for a claim, with its details.
type Place struct {
	Verdict Verdict
	// First names the claim of the same assignee that comes before a Duplicate. It is empty
	// otherwise.
	First string
}

// Plan says who has a seat of one item.
type Plan struct {
	// Places are indexed by the name of the claim.
	Places map[string]Place
	// Assigned is the number of claims that have a seat.
	Assigned int64
}

// Seat assigns the seats of an item to claims: first to those that have one already, then in the
// order of creation and name. The order in which claims are passed in does not matter.
//
// It assigns no more seats than the quantity, but it takes none away when the quantity is smaller:
// if more claims are marked as assigned than the quantity, all of them keep their seats, and no
// other claim gets one. (No quantity is lowered below the assigned seats; this handles what should
// not happen.) If one assignee has two marked claims, the younger one still loses its seat, because
// the assignee keeps one.
func Seat(claims []Claim, quantity int64) Plan {
	line := slices.Clone(claims)
	slices.SortFunc(line, inLine)
	plan := Plan{Places: make(map[string]Place, len(line))}
	first := make(map[string]string, len(line))
	for _, c := range line {
		before, taken := first[c.Holder]
		switch {
		case taken:
			plan.Places[c.Name] = Place{Verdict: Duplicate, First: before}
			continue
		case c.Assigned || plan.Assigned < quantity:
			plan.Places[c.Name] = Place{Verdict: Holds}
			plan.Assigned++
		default:
			plan.Places[c.Name] = Place{Verdict: Waits}
		}
		first[c.Holder] = c.Name
	}
	return plan
}

// inLine orders claims: those that have a seat first, then by creation and name.
func inLine(a, b Claim) int {
	if a.Assigned != b.Assigned {
		if a.Assigned {
			return -1
		}
		return 1
	}
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Name, b.Name))
}
