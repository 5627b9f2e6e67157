// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// Method is how a change is charged within its period (billing.md#5-coverage and
// billing.md#6-items).
type Method string

// The calculation methods. Any other value counts as DoNotCharge.
const (
	// ProRata charges for the part of the period that the change covers.
	ProRata Method = "ProRata"
	// PayInFull charges an increase in full, and does not credit a decrease.
	PayInFull Method = "PayInFull"
	// DoNotCharge charges nothing within the period.
	DoNotCharge Method = "DoNotCharge"
)

// Kind is what a line is for.
type Kind string

// The kinds of lines.
const (
	KindRecurring Kind = "Recurring" // a recurring charge of a period
	KindOneTime   Kind = "OneTime"   // an item that is charged once
	KindUsage     Kind = "Usage"     // the metered usage of a period
	KindDebit     Kind = "Debit"     // a change that adds
	KindCredit    Kind = "Credit"    // a change that gives back
)

// Line is one amount and the numbers it was computed from: Amount is Unrounded + Carried, rounded
// once, and Unrounded is Full × the ratio of Share. Amounts are in major units, positive for a
// charge and negative for a credit.
type Line struct {
	// Key identifies the line for its caller; this package leaves it empty.
	Key string
	// Item, Product and Plan identify what the line is for.
	Item, Product, Plan string
	Kind                Kind
	// Description describes it in words: "5 seats added, 15 of 30 days".
	Description string
	// Quantity is the number of units that the line is for. For a change it is the difference. It
	// is never negative.
	Quantity int64
	// UnitAmount is the price of one unit if Quantity × UnitAmount is the absolute value of Full,
	// which is only possible for PerUnit. Otherwise it is nil.
	UnitAmount *money.Decimal
	// Full is the amount for a full period, signed like Amount.
	Full money.Decimal
	// From and To bound the time that the line covers.
	From, To time.Time
	// Share is the part of the period. It is nil if Full is charged in full.
	Share *Share
	// Unrounded is the exact amount before rounding.
	Unrounded money.Fraction
	// Carried is the rounding remainder of earlier lines (billing.md#3-rounding).
	Carried money.Fraction
	// Amount is what is billed, in the currency's minor units.
	Amount money.Decimal
	// Update names the update that the line comes from. It is empty for a renewal.
	Update string

	// Count is the number of lines that a folded line stands for, or 0 for a separate line.
	// FirstUpdate and LastUpdate are the first and last update among them.
	Count                   int
	FirstUpdate, LastUpdate string
}
