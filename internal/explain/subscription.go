// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/verify"
)

// Subscription explains what a subscription costs for a full period, and what its next invoice has so far. Amounts are
// those of the current quantities and the captured prices. It returns an error when the status cannot be read.
func Subscription(s *v1alpha1.Subscription) (Explanation, error) {
	st := &s.Status
	e := Explanation{
		SchemaVersion: SchemaVersion, Kind: "Subscription", Namespace: s.Namespace, Name: s.Name, AddsUp: true,
		Headline: fmt.Sprintf("%s, for %s", stateInWords(st.State), CustomerName(s.Spec.Customer)),
		Currency: string(st.Currency),
		Facts:    factsOf(s),
	}
	if st.StartTime == nil || st.CancelTime != nil {
		return e, nil
	}
	state, err := record.ReadState(st)
	if err != nil {
		return e, fmt.Errorf("the status of subscription %q cannot be read: %w", s.Name, err)
	}
	var amounts []v1alpha1.Amount
	for n := range state.Items {
		line := chargeOf(&state.Items[n], state.Currency)
		e.Lines = append(e.Lines, line)
		if isSummand(&state.Items[n]) {
			amounts = append(amounts, v1alpha1.Amount(line.Amount))
		}
	}
	e.checkRecurring(s, state)
	e.Sums = append(e.Sums, fmt.Sprintf("A full %s: %s. %s", interval(st.Interval),
		sumOf(amounts, string(st.RecurringAmount)+" "+string(st.Currency)), itAddsUp(e.AddsUp)))
	e.Sums = append(e.Sums, nextInvoice(s, state)...)
	return e, nil
}

func stateInWords(state v1alpha1.SubscriptionState) string {
	if state == "" {
		return "not seen by the operator yet"
	}
	return string(state)
}

// factsOf says when a subscription is billed.
func factsOf(s *v1alpha1.Subscription) []string {
	st := &s.Status
	var known []string
	if p := st.CurrentPeriod; p != nil && st.CancelTime == nil {
		what := "period"
		if p.Trial {
			what = "trial"
		}
		known = append(known, fmt.Sprintf("The current %s is from %s to %s.", what, When(&p.Start), When(&p.End)))
	}
	switch {
	case st.CancelTime != nil:
		known = append(known, fmt.Sprintf("It ended on %s.", When(st.CancelTime)))
	case st.EndTime != nil:
		known = append(known, fmt.Sprintf("It ends on %s.", When(st.EndTime)))
	case st.RenewalTime != nil:
		known = append(known, fmt.Sprintf("It renews on %s.", When(st.RenewalTime)))
	}
	if st.Parked != "" {
		known = append(known, "It is parked: "+st.Parked)
	}
	return known
}

// chargeOf is what an item costs for a full period.
func chargeOf(item *subscription.Item, currency money.Currency) Line {
	line := Line{Item: item.Name, Amount: currency.Format(money.Decimal{})}
	switch {
	case item.Metered:
		line.Text = fmt.Sprintf("%s used so far, billed by use (%s)", units(item.Meter.Used, "unit"), item.Plan)
		return line
	case !item.Recurring:
		line.Text = fmt.Sprintf("%s, charged once (%s)", units(item.Position.Held, "seat"), item.Plan)
		return line
	}
	billed := max(item.Position.Held, item.Minimum)
	total := item.Price.Total(billed)
	amount := currency.Round(money.FractionOf(total))
	line.Amount = currency.Format(amount)
	words := units(billed, "seat")
	if billed > item.Position.Held {
		words += ", the plan's minimum"
	}
	line.Text = fmt.Sprintf("%s%s = %s (%s, %s)", words, priceInWords(item.Price, billed, total, currency), line.Amount,
		item.Product, item.Plan)
	return line
}

// priceInWords multiplies a price out if it is one number for each unit. Otherwise it names the pricing
// model.
func priceInWords(p pricing.Price, billed int64, total money.Decimal, currency money.Currency) string {
	if p.Model == pricing.PerUnit && p.UnitAmount.MulInt(billed).Equal(total) {
		return " × " + currency.FormatExact(p.UnitAmount)
	}
	words := fmt.Sprintf(" by the model %s", p.Model)
	if p.IncludedUnits > 0 {
		words += fmt.Sprintf(", %s included", units(p.IncludedUnits, "unit"))
	}
	return words
}

// isSummand reports whether an item is part of the recurring amount.
func isSummand(item *subscription.Item) bool { return item.Recurring && !item.Metered }

// checkRecurring compares the recorded amount of a full period with the sum of its items.
func (e *Explanation) checkRecurring(s *v1alpha1.Subscription, state subscription.State) {
	want := state.Currency.Format(state.Recurring())
	if string(s.Status.RecurringAmount) == want {
		return
	}
	e.AddsUp = false
	e.Problems = append(e.Problems, verify.Problem{
		Kind: "Subscription", Namespace: s.Namespace, Name: s.Name, Field: "status.recurringAmount",
		Message: fmt.Sprintf("the items come to %s, and the record says %q", want, s.Status.RecurringAmount),
	})
}

// nextInvoice describes the lines of the next invoice so far, and its amounts.
func nextInvoice(s *v1alpha1.Subscription, state subscription.State) []string {
	var words []string
	next := s.Status.UpcomingInvoice
	if next == nil {
		return []string{"There is no next invoice."}
	}
	words = append(words, fmt.Sprintf("The next invoice, on %s: %s %s due.", When(next.DueTime), next.AmountDue, s.Status.Currency))
	if len(next.Lines) > 0 {
		total := state.Currency.Format(subscription.Total(state.Accrued)) + " " + state.Currency.Code()
		words = append(words, fmt.Sprintf("%s of changes so far: %s.", units(int64(len(next.Lines)), "line"),
			sumOf(amountsOf(next.Lines), total)))
		for _, line := range linesOf(next.Lines, state.Currency) {
			words = append(words, "  "+line.Item+": "+line.Text)
		}
	}
	if !state.Balance.IsZero() {
		words = append(words, fmt.Sprintf("The customer has %s %s in credit.", s.Status.CreditBalance, s.Status.Currency))
	}
	if pending := s.Status.PendingUpdates; pending != nil && *pending > 0 {
		words = append(words, fmt.Sprintf("%s not finished: see \"kubectl seatplane trace %s\".", areUpdates(*pending), s.Name))
	}
	return words
}

func areUpdates(n int64) string {
	if n == 1 {
		return "1 update is"
	}
	return fmt.Sprintf("%d updates are", n)
}

func units(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
