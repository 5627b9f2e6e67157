// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import "github.com/seatplane/seatplane/internal/billing/proration"

// This file decides which calculation method a change is priced by: the one that was asked for, unless the
// circumstances say otherwise.

// methodOfQuantity is the method for a change of one item's quantity. It never ends a trial, and inside one nothing is
// charged.
func (v view) methodOfQuantity(c proposal, item *Item) proration.Method {
	switch {
	case v.state.Period.Trial:
		return proration.DoNotCharge
	case item.Recurring:
		return c.methodOfRecurring()
	default:
		return c.methodOfOneTime()
	}
}

// methodOfItems is the method for the recurring items of a change of items. During a trial that continues, nothing
// is charged. The items that are charged once keep the requested method; see [itemsProposal.asked].
func (v view) methodOfItems(c itemsProposal) proration.Method {
	if v.state.Period.Trial && c.inForce.Renewal != Reset && !v.endsTrial(c) {
		return proration.DoNotCharge
	}
	return c.methodOfRecurring()
}

// methodOfRecurring prices what was seen too late as if it had come in time (billing.md#seen-too-late).
func (c proposal) methodOfRecurring() proration.Method {
	if c.tooLate {
		return proration.ProRata
	}
	return c.inForce.Method
}

// methodOfOneTime never prorates (billing.md#6-items).
func (c proposal) methodOfOneTime() proration.Method {
	if c.inForce.Method == proration.ProRata {
		return proration.PayInFull
	}
	return c.inForce.Method
}
