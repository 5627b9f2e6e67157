// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

// The files of the engine that mutants break.
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

// mutants each break one rule of docs/design/billing.md. The tests must notice every one of
// them.
var mutants = []mutant{
	// What is settled (billing.md#5-coverage).
	{coverage, "if run.Charged {\n\t\t\tgone :=", "if run.Units > 0 {\n\t\t\tgone :=", "free units are credited"},
	{coverage, "return c.with(quantity-c.Units(), false)", "return c.with(quantity-c.Units(), true)", "units that were never priced count as charged"},
	{coverage, "if run.Charged && overlap(", "if overlap(", "free units add to what is credited"},
	{coverage, "return price.Total(0).Add(c.adds(price, 0, held))", "return c.adds(price, 0, held)", "what an item costs whatever its quantity is left out"},
	{coverage, "oldest := Run{grown[0].Units + grown[1].Units, false}", "oldest := Run{grown[0].Units + grown[1].Units, true}", "runs that are joined become charged"},
	{coverage, "return max(0, min(b, high)-max(a, low))", "return max(0, min(b, high)-a)", "units below the range are credited too"},
	{quantity, "added := c.Quantity - covered", "added := c.Quantity - held", "units given up without a credit are counted again"},
	{quantity, "if c.Quantity <= covered {", "if c.Quantity <= held {", "units that are covered are charged again"},
	{quantity, "c.Price.Total(c.Quantity).Sub(c.Price.Total(covered))", "c.Price.Total(c.Quantity).Sub(c.Price.Total(held))", "an increase is priced from the quantity and not from what is covered"},
	{quantity, "pos.Coverage = pos.Coverage.with(added, inFull || proRata)", "pos.Coverage = pos.Coverage.with(added, true)", "units that were not charged are credited later"},
	{quantity, "case c.Quantity < held && c.Method == ProRata:", "case c.Quantity < held:", "units are credited under every method"},
	{quantity, "return c.credit(pos, money.Min(full, less), what)", "return c.credit(pos, money.Max(full, less), what)", "more is given back than what stays is worth less"},
	{quantity, "due := money.Min(full.Neg(), worth.Sub(pos.Charged))", "due := full.Neg()", "giving up seats is charged beyond what stays"},
	{items, "after.Held, after.Coverage = r.Quantity, charged(r.Quantity)", "after.Held, after.Coverage = r.Quantity, pos.Coverage", "a new plan keeps what was settled on the old one"},
	{items, "pos.Coverage = pos.Coverage.with(c.Quantity, c.Method == ProRata || c.Method == PayInFull)", "pos.Coverage = pos.Coverage.with(c.Quantity, true)", "an item added for nothing is credited later"},
	{charge, "Coverage: charged(billed), Charged: total}\n\tline := c.line(KindRecurring", "Coverage: charged(c.Quantity), Charged: total}\n\tline := c.line(KindRecurring", "the plan's minimum is not covered"},

	// What is given back at most (billing.md#2-ratio and billing.md#5-coverage).
	{credit, "full = money.Min(full, pos.Charged)", "full = money.Min(full, full)", "more is credited than was charged"},
	{credit, "return money.Min(pos.Coverage.worth(p, pos.Held), pos.Charged)", "return pos.Coverage.worth(p, pos.Held)", "an item that leaves is credited more than was charged"},
	{items, "if c.Method != ProRata {", "if c.Method == PayInFull {", "a removed item is credited although nothing is to be charged"},
	{items, "after.Charged = money.Decimal{} // V is what the new plan is charged", "// V is what the new plan is charged", "what the old plan was charged can be credited twice"},
	{credit, "p.Charged = p.Charged.Sub(amount)", "p.Charged = p.Charged.Sub(money.Decimal{})", "what was credited can be credited again"},
	{credit, "units = atMost(units, w.convert(*p.DebitUnits, p.DebitUnit, s.Unit))", "units = atMost(units, s.Units)", "the smallest debit does not cap a credit"},
	{position, "if p.CreditUnits != nil && p.CreditTime.Equal(t) {", "if p.CreditUnits != nil && p.CreditTime.After(t) {", "what is given back and taken again at once pays"},
	{share, "if side == Credit && debitUnits != nil {", "if side == Debit && debitUnits != nil {", "a credit covers more time than was charged"},
	{charge, "pos = pos.capped(c.Window, share)", "pos = pos.capped(c.Window, Share{Units: share.UnitsInPeriod, UnitsInPeriod: share.UnitsInPeriod, Unit: share.Unit})", "a stub's charge does not cap a credit"},
	{arrears, "share.Units = atLeast(share.Units.Sub(unused.Units), money.Fraction{})", "share.Units = atLeast(share.Units.Sub(unused.Units.Neg()), money.Fraction{})", "an item in arrears is charged for the time after its end"},
	{arrears, "pos.Charged.Sub(start.Charged))...)", "pos.Charged.Add(start.Charged))...)", "the start of an item in arrears is taken back as a change"},

	// Rounding (billing.md#2-ratio and billing.md#3-rounding).
	{settle, "exact := l.Unrounded.Add(carried)", "exact := l.Unrounded", "remainders are not carried"},
	{settle, "return exact.Sub(money.FractionOf(l.Amount))", "return money.Fraction{}", "remainders are lost"},
	{moneyRounds, "if rest >= uint64(den)-rest {", "if rest > uint64(den)-rest {", "half a cent is rounded towards zero"},
	{moneyRounds, "if num%den < 0 {", "if num%den <= 0 {", "a whole number of units is rounded down"},
	{unitRounds, "case r == Up && side == Debit, r == Down && side == Credit:", "case r == Up && side == Debit:", "a credit under Down is not rounded up"},
	{unitRounds, "case r == Up && side == Credit, r == Down && side == Debit:", "case r == Down && side == Debit:", "a credit under Up is not rounded down"},
	{unitRounds, "return money.NewFraction(units.HalfUp(), 1)", "return money.NewFraction(units.Floor(), 1)", "Nearest rounds down"},
	{models, "if q%p.PackageSize != 0 {", "if q%p.PackageSize > 1 {", "a package that was begun is free"},
	{models, "if tier.UpTo == 0 || q <= tier.UpTo {", "if tier.UpTo == 0 || q < tier.UpTo {", "a volume tier ends one unit early"},
	{models, "last = min(q, tier.UpTo)", "last = q", "a graduated tier goes on for ever"},

	// Seat limits (billing.md#10-seats and billing.md#12-refreshes).
	{limits, "return max(count, minimum, assigned)", "return max(count, minimum)", "a count takes away seats that somebody has"},
	{limits, "count = min(count, maximum)", "count = min(maximum, maximum)", "every count becomes the maximum"},
	{guard, "return (count-held)*100 > held**g.MaxIncreasePercent", "return (count-held)*100 >= held**g.MaxIncreasePercent", "a change at the very limit waits for approval"},
	{guard, "if max(held, count) < g.FromSeats {", "if min(held, count) < g.FromSeats {", "an increase from a few seats passes the guard"},
	{counted, "exists := c.InForce || c.Declared && !c.ActedOn", "exists := c.InForce || c.Declared", "an item that was removed is counted"},
	{renewal, "Quantity: item.AtStart, Minimum: item.Minimum,", "Quantity: item.AtStart,", "the plan's minimum is not billed"},

	// Usage (billing.md#11-usage).
	{usage, "item.Metered && reading.Product == item.Product &&", "item.Metered &&", "the total of one product is measured against that of another"},
	{usage, "found && item.Metered {", "found && !item.Metered {", "what was used before an item came is charged"},
	{thin, "drop := 1\n", "drop := 0\n", "usage after a base line that waited is lost"},

	// What a predecessor was billed for (billing.md#14-start-and-end).
	{start, "position.Charged = money.Min(position.Charged, left)", "position.Charged = money.Max(position.Charged, left)", "a successor is credited more than its predecessor paid"},
	{billedUntil, "if until.Before(last.BilledUntil) {", "if !until.IsZero() && until.Before(last.BilledUntil) {", "a manifest that comes back is charged again"},
	{billedUntil, "if !until.After(latest(start, newest)) {", "if !until.After(latest(start, newest).AddDate(1, 0, 0)) {", "billedUntil may lie after the end of a predecessor that gave time back"},
	{predecessor, "newest := slices.MaxFunc(invoices, compareIssued)", "newest := slices.MinFunc(invoices, compareIssued)", "the oldest invoice says when the predecessor ended"},
	{billedUntil, "return last.exists() && (!last.paidAhead() || v.in.Terms.BilledUntil.After(last.BilledUntil))", "return last.exists() && !last.paidAhead()", "the rest of a period in which billing resumes is not charged"},
	{predecessor, "if !billed || balance.Sign() > 0 {", "if !billed {", "credits of a predecessor are not seen: the time is free"},
	{predecessor, "billed, balance = billed || c.billed, money.Max(balance.Add(c.full), money.Decimal{})", "billed, balance = billed || c.billed, money.Max(balance.Add(c.full.Abs()), money.Decimal{})", "time that was charged again counts as given back"},
	{predecessor, "case line.Kind == v1alpha1.LineRecurring, line.Kind == v1alpha1.LineDebit && line.Count == nil:", "case line.Kind == v1alpha1.LineRecurring, line.Kind == v1alpha1.LineDebit:", "a folded debit makes up for a credit"},

	// Documents and the credit balance (billing.md#8-documents and billing.md#14-start-and-end).
	{document, "return money.Min(balance, subtotal)", "return money.Decimal{}", "the balance is never used"},
	{document, "r.state.Balance = r.state.Balance.Sub(credit)", "r.state.Balance = r.state.Balance.Sub(money.Min(credit, money.Decimal{}))", "credit is used twice"},
	{document, "case subtotal.Sign() < 0:\n\t\treturn subtotal", "case subtotal.Sign() < 0:\n\t\treturn money.Decimal{}", "a credit is paid out and not kept"},
	{cancel, "(before <= 1 || !ahead.IsZero())", "(before <= 1)", "what an import was billed for elsewhere is not on record"},
	{cancel, "lines = append(lines, r.state.Accrued...)", "", "the Final document forgets what has accrued"},
	{cancel, "r.state.NextNumber == before && (before <= 1 ||", "r.state.NextNumber == before && (before < 1 ||", "a free trial leaves no trace"},
	{renewal, "r.state.Accrued = nil", "", "accrued lines are invoiced twice"},

	// Bounds (billing.md#8-documents).
	{bounds, "case len(r.state.Deferred) > MaxDeferred:", "case len(r.state.Deferred) > 2*MaxDeferred:", "more lines wait than the status can have"},
	{replay, "fault = r.sumOutOfBounds(e, before.view)", "fault = r.sumOutOfBounds(e, r.view)", "the next invoice may grow beyond what can be written"},
	{replay, "*r = before", "r.out = before.out", "what an event changed before it met a fault stays"},

	// Statuses of the previous version (docs/operations/upgrade.md).
	{state, "c = append(c, proration.Run{Units: billed, Charged: true})", "c = append(c, proration.Run{Units: billed})", "what the previous version billed is never credited"},
	{state, "if i.Quantity > billed {", "if i.Quantity < billed {", "what the previous version did not charge is charged"},
}
