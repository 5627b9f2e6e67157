// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package seating says who holds a seat: a function of all claims on one item and
// of the quantity held, so that it is derived and never decided
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
	// Holder is the ID of who would hold the seat. One holder holds one seat.
	Holder string
	// Created orders the claims that have no seat yet; of two of one second the one
	// whose name comes first is served first.
	Created time.Time
	// Assigned says that the seat was given before: the holder was told so.
	Assigned bool
}

// Verdict is what a claim comes to.
type Verdict int

// The verdicts.
const (
	// Waits: no seat is free.
	Waits Verdict = iota
	// Holds a seat.
	Holds
	// Duplicate: another claim of this holder goes before this one, with a seat or
	// in the line for one.
	Duplicate
)

// Place is where a claim stands.
type Place struct {
	Verdict Verdict
	// First names the claim of the same holder that goes before a Duplicate; empty
	// otherwise.
	First string
}

// Plan is who holds a seat of one item.
type Plan struct {
	// Places by the name of the claim.
	Places map[string]Place
	// Assigned counts the claims that hold a seat.
	Assigned int64
}

// Seat gives the seats of an item to those who claim them: first to those whom
// they were given before, then in the order of creation and name. The order in
// which claims are handed in does not matter.
//
// No more seats are given than the quantity, but nobody loses one to a smaller
// quantity either: should more claims be marked than the quantity, all of them hold
// on, and nobody else is served. (No quantity is lowered below the assigned seats;
// this is for what should not be.) Of two marked claims of one holder the younger
// one goes all the same: the holder keeps a seat.
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
