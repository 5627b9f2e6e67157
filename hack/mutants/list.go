// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import "slices"

// These are the files of the engine that mutants break.
const (
	coverage    = "internal/billing/proration/coverage.go"
	quantity    = "internal/billing/proration/quantity.go"
	items       = "internal/billing/proration/items.go"
	credit      = "internal/billing/proration/credit.go"
	position    = "internal/billing/proration/position.go"
	share       = "internal/billing/proration/share.go"
	settle      = "internal/billing/proration/settle.go"
	charge      = "internal/billing/proration/charge.go"
	arrears     = "internal/billing/proration/arrears.go"
	unitRounds  = "internal/billing/proration/policy.go"
	models      = "internal/billing/pricing/models.go"
	moneyRounds = "internal/billing/money/rounding.go"
	guard       = "internal/billing/subscription/guard.go"
	limits      = "internal/billing/subscription/limits.go"
	counted     = "internal/billing/subscription/counted.go"
	usage       = "internal/billing/subscription/usage.go"
	thin        = "internal/billing/metering/thin.go"
	billedUntil = "internal/billing/subscription/billeduntil.go"
	start       = "internal/billing/subscription/start.go"
	bounds      = "internal/billing/subscription/bounds.go"
	document    = "internal/billing/subscription/document.go"
	cancel      = "internal/billing/subscription/cancel.go"
	renewal     = "internal/billing/subscription/renewal.go"
	replay      = "internal/billing/subscription/replay.go"
	predecessor = "internal/record/read_invoice.go"
	state       = "internal/record/read_state.go"
)

// mutants each break one rule. The tests must notice every one of them.
var mutants = slices.Concat(ofEngine, ofDelivery, ofArchive)

// ofEngine each break one rule of docs/design/billing.md.
var ofEngine = []mutant{
	// What is settled (billing.md#5-coverage).
	{
		file: coverage, why: "free units are credited",
		from: "if run.Charged {\n\t\t\tgone :=",
		to:   "if run.Units > 0 {\n\t\t\tgone :=",
	},
	{
		file: coverage, why: "units that were never priced count as charged",
		from: "return c.with(quantity-c.Units(), false)",
		to:   "return c.with(quantity-c.Units(), true)",
	},
	{
		file: coverage, why: "free units add to what is credited",
		from: "if run.Charged && overlap(",
		to:   "if overlap(",
	},
	{
		file: coverage, why: "the part of an item's price that does not depend on its quantity is left out",
		from: "return price.Total(0).Add(c.adds(price, 0, held))",
		to:   "return c.adds(price, 0, held)",
	},
	{
		file: coverage, why: "runs that are joined become charged",
		from: "oldest := Run{grown[0].Units + grown[1].Units, false}",
		to:   "oldest := Run{grown[0].Units + grown[1].Units, true}",
	},
	{
		file: coverage, why: "units below the range are credited too",
		from: "return max(0, min(b, high)-max(a, low))",
		to:   "return max(0, min(b, high)-a)",
	},
	{
		file: quantity, why: "units given up without a credit are counted again",
		from: "added := c.Quantity - covered",
		to:   "added := c.Quantity - held",
	},
	{
		file: quantity, why: "units that are covered are charged again",
		from: "if c.Quantity <= covered {",
		to:   "if c.Quantity <= held {",
	},
	{
		file: quantity, why: "an increase is priced from the quantity and not from what is covered",
		from: "c.Price.Total(c.Quantity).Sub(c.Price.Total(covered))",
		to:   "c.Price.Total(c.Quantity).Sub(c.Price.Total(held))",
	},
	{
		file: quantity, why: "units that were not charged are credited later",
		from: "pos.Coverage = pos.Coverage.with(added, inFull || proRata)",
		to:   "pos.Coverage = pos.Coverage.with(added, true)",
	},
	{
		file: quantity, why: "units are credited under every method",
		from: "case c.Quantity < held && c.Method == ProRata:",
		to:   "case c.Quantity < held:",
	},
	{
		file: quantity, why: "more is given back than what stays is worth less",
		from: "return c.credit(pos, money.Min(full, less), what)",
		to:   "return c.credit(pos, money.Max(full, less), what)",
	},
	{
		file: quantity, why: "giving up seats is charged beyond what stays",
		from: "due := money.Min(full.Neg(), worth.Sub(pos.Charged))",
		to:   "due := full.Neg()",
	},
	{
		file: items, why: "a new plan keeps what was settled on the old one",
		from: "after.Held, after.Coverage = r.Quantity, charged(r.Quantity)",
		to:   "after.Held, after.Coverage = r.Quantity, pos.Coverage",
	},
	{
		file: items, why: "an item added for nothing is credited later",
		from: "pos.Coverage = pos.Coverage.with(c.Quantity, c.Method == ProRata || c.Method == PayInFull)",
		to:   "pos.Coverage = pos.Coverage.with(c.Quantity, true)",
	},
	{
		file: charge, why: "the plan's minimum is not covered",
		from: "Coverage: charged(billed), Charged: total}\n\tline := c.line(KindRecurring",
		to:   "Coverage: charged(c.Quantity), Charged: total}\n\tline := c.line(KindRecurring",
	},

	// What is given back at most (billing.md#2-ratio and billing.md#5-coverage).
	{
		file: credit, why: "more is credited than was charged",
		from: "full = money.Min(full, pos.Charged)",
		to:   "full = money.Min(full, full)",
	},
	{
		file: credit, why: "an item that leaves is credited more than was charged",
		from: "return money.Min(pos.Coverage.worth(p, pos.Held), pos.Charged)",
		to:   "return pos.Coverage.worth(p, pos.Held)",
	},
	{
		file: items, why: "a removed item is credited although nothing is to be charged",
		from: "if c.Method != ProRata {",
		to:   "if c.Method == PayInFull {",
	},
	{
		file: items, why: "what the old plan was charged can be credited twice",
		from: "after.Charged = money.Decimal{} // V is what is charged for the new plan",
		to:   "// V is what is charged for the new plan",
	},
	{
		file: credit, why: "what was credited can be credited again",
		from: "p.Charged = p.Charged.Sub(amount)",
		to:   "p.Charged = p.Charged.Sub(money.Decimal{})",
	},
	{
		file: credit, why: "the smallest debit does not cap a credit",
		from: "units = atMost(units, w.convert(*p.DebitUnits, p.DebitUnit, s.Unit))",
		to:   "units = atMost(units, s.Units)",
	},
	{
		file: position, why: "what is given back and taken again at once pays",
		from: "if p.CreditUnits != nil && p.CreditTime.Equal(t) {",
		to:   "if p.CreditUnits != nil && p.CreditTime.After(t) {",
	},
	{
		file: share, why: "a credit covers more time than was charged",
		from: "if side == Credit && debitUnits != nil {",
		to:   "if side == Debit && debitUnits != nil {",
	},
	{
		file: charge, why: "a stub's charge does not cap a credit",
		from: "pos = pos.capped(c.Window, share)",
		to:   "pos = pos.capped(c.Window, Share{Units: share.UnitsInPeriod, UnitsInPeriod: share.UnitsInPeriod, Unit: share.Unit})",
	},
	{
		file: arrears, why: "an item in arrears is charged for the time after its end",
		from: "share.Units = atLeast(share.Units.Sub(unused.Units), money.Fraction{})",
		to:   "share.Units = atLeast(share.Units.Sub(unused.Units.Neg()), money.Fraction{})",
	},
	{
		file: arrears, why: "the start of an item in arrears is taken back as a change",
		from: "pos.Charged.Sub(start.Charged))...)",
		to:   "pos.Charged.Add(start.Charged))...)",
	},

	// Rounding (billing.md#2-ratio and billing.md#3-rounding).
	{
		file: settle, why: "remainders are not carried",
		from: "exact := l.Unrounded.Add(carried)",
		to:   "exact := l.Unrounded",
	},
	{
		file: settle, why: "remainders are lost",
		from: "return exact.Sub(money.FractionOf(l.Amount))",
		to:   "return money.Fraction{}",
	},
	{
		file: moneyRounds, why: "half a cent is rounded toward zero",
		from: "if rest >= uint64(den)-rest {",
		to:   "if rest > uint64(den)-rest {",
	},
	{
		file: moneyRounds, why: "a whole number of units is rounded down",
		from: "if num%den < 0 {",
		to:   "if num%den <= 0 {",
	},
	{
		file: unitRounds, why: "a credit under Down is not rounded up",
		from: "case r == Up && side == Debit, r == Down && side == Credit:",
		to:   "case r == Up && side == Debit:",
	},
	{
		file: unitRounds, why: "a credit under Up is not rounded down",
		from: "case r == Up && side == Credit, r == Down && side == Debit:",
		to:   "case r == Down && side == Debit:",
	},
	{
		file: unitRounds, why: "Nearest rounds down",
		from: "return money.NewFraction(units.HalfUp(), 1)",
		to:   "return money.NewFraction(units.Floor(), 1)",
	},
	{
		file: models, why: "a package that was begun is free",
		from: "if q%p.PackageSize != 0 {",
		to:   "if q%p.PackageSize > 1 {",
	},
	{
		file: models, why: "a volume tier ends one unit early",
		from: "if tier.UpTo == 0 || q <= tier.UpTo {",
		to:   "if tier.UpTo == 0 || q < tier.UpTo {",
	},
	{
		file: models, why: "a graduated tier never ends",
		from: "last = min(q, tier.UpTo)",
		to:   "last = q",
	},

	// Seat limits (billing.md#10-seats and billing.md#12-refreshes).
	{
		file: limits, why: "a count takes away seats that somebody has",
		from: "return max(count, minimum, assigned)",
		to:   "return max(count, minimum)",
	},
	{
		file: limits, why: "every count becomes the maximum",
		from: "count = min(count, maximum)",
		to:   "count = min(maximum, maximum)",
	},
	{
		file: guard, why: "a change at the very limit waits for approval",
		from: "return (count-held)*100 > held**g.MaxIncreasePercent",
		to:   "return (count-held)*100 >= held**g.MaxIncreasePercent",
	},
	{
		file: guard, why: "an increase from a few seats passes the guard",
		from: "if max(held, count) < g.FromSeats {",
		to:   "if min(held, count) < g.FromSeats {",
	},
	{
		file: counted, why: "an item that was removed is counted",
		from: "exists := c.InForce || c.Declared && !c.ActedOn",
		to:   "exists := c.InForce || c.Declared",
	},
	{
		file: renewal, why: "the plan's minimum is not billed",
		from: "Quantity: item.AtStart, Minimum: item.Minimum,",
		to:   "Quantity: item.AtStart,",
	},

	// Usage (billing.md#11-usage).
	{
		file: usage, why: "the total of one product is measured against that of another",
		from: "item.Metered && reading.Product == item.Product &&",
		to:   "item.Metered &&",
	},
	{
		file: usage, why: "what was used before an item came is charged",
		from: "found && item.Metered {",
		to:   "found && !item.Metered {",
	},
	{
		file: thin, why: "usage after a base line that waited is lost",
		from: "drop := 1\n",
		to:   "drop := 0\n",
	},

	// What a predecessor was billed for (billing.md#14-start-and-end).
	{
		file: start, why: "a successor is credited more than its predecessor paid",
		from: "position.Charged = money.Min(position.Charged, left)",
		to:   "position.Charged = money.Max(position.Charged, left)",
	},
	{
		file: billedUntil, why: "a manifest that comes back is charged again",
		from: "if until.Before(last.BilledUntil) {",
		to:   "if !until.IsZero() && until.Before(last.BilledUntil) {",
	},
	{
		file: billedUntil, why: "billedUntil may lie after the end of a predecessor that gave time back",
		from: "if !until.After(latest(start, newest)) {",
		to:   "if !until.After(latest(start, newest).AddDate(1, 0, 0)) {",
	},
	{
		file: predecessor, why: "the oldest invoice says when the predecessor ended",
		from: "newest := slices.MaxFunc(invoices, compareIssued)",
		to:   "newest := slices.MinFunc(invoices, compareIssued)",
	},
	{
		file: billedUntil, why: "the rest of a period in which billing resumes is not charged",
		from: "return last.exists() && (!last.paidAhead() || v.in.Terms.BilledUntil.After(last.BilledUntil))",
		to:   "return last.exists() && !last.paidAhead()",
	},
	{
		file: predecessor, why: "credits of a predecessor are not seen: the time is free",
		from: "if !billed || balance.Sign() > 0 {",
		to:   "if !billed {",
	},
	{
		file: predecessor, why: "time that was charged again counts as given back",
		from: "billed, balance = billed || c.billed, money.Max(balance.Add(c.full), money.Decimal{})",
		to:   "billed, balance = billed || c.billed, money.Max(balance.Add(c.full.Abs()), money.Decimal{})",
	},
	{
		file: predecessor, why: "a folded debit makes up for a credit",
		from: "case line.Kind == v1alpha1.LineRecurring, line.Kind == v1alpha1.LineDebit && line.Count == nil:",
		to:   "case line.Kind == v1alpha1.LineRecurring, line.Kind == v1alpha1.LineDebit:",
	},

	// Documents and the credit balance (billing.md#8-documents and billing.md#14-start-and-end).
	{
		file: document, why: "the balance is never used",
		from: "return money.Min(balance, subtotal)",
		to:   "return money.Decimal{}",
	},
	{
		file: document, why: "credit is used twice",
		from: "r.state.Balance = r.state.Balance.Sub(credit)",
		to:   "r.state.Balance = r.state.Balance.Sub(money.Min(credit, money.Decimal{}))",
	},
	{
		file: document, why: "a credit is paid out and not kept",
		from: "case subtotal.Sign() < 0:\n\t\treturn subtotal",
		to:   "case subtotal.Sign() < 0:\n\t\treturn money.Decimal{}",
	},
	{
		file: cancel, why: "what an import was billed for elsewhere is not on record",
		from: "(before <= 1 || !ahead.IsZero())",
		to:   "(before <= 1)",
	},
	{
		file: cancel, why: "the Final document forgets what has accrued",
		from: "lines = append(lines, r.state.Accrued...)",
		to:   "",
	},
	{
		file: cancel, why: "a free trial leaves no trace",
		from: "r.state.NextNumber == before && (before <= 1 ||",
		to:   "r.state.NextNumber == before && (before < 1 ||",
	},
	{
		file: renewal, why: "accrued lines are invoiced twice",
		from: "r.state.Accrued = nil",
		to:   "",
	},

	// Bounds (billing.md#8-documents).
	{
		file: bounds, why: "more lines wait than the status can have",
		from: "case len(r.state.Deferred) > MaxDeferred:",
		to:   "case len(r.state.Deferred) > 2*MaxDeferred:",
	},
	{
		file: replay, why: "the next invoice may grow beyond what can be written",
		from: "fault = r.sumOutOfBounds(e, before.view)",
		to:   "fault = r.sumOutOfBounds(e, r.view)",
	},
	{
		file: replay, why: "what an event changed before it met a fault stays",
		from: "*r = before",
		to:   "r.out = before.out",
	},

	// Statuses of the previous version (docs/operations/upgrade.md).
	{
		file: state, why: "what the previous version billed is never credited",
		from: "c = append(c, proration.Run{Units: billed, Charged: true})",
		to:   "c = append(c, proration.Run{Units: billed})",
	},
	{
		file: state, why: "what the previous version did not charge is charged",
		from: "if i.Quantity > billed {",
		to:   "if i.Quantity < billed {",
	},
}
