// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/record"
)

// tell adds a step.
func (m *machine) tell(s Step) { m.result.Steps = append(m.result.Steps, s) }

// at returns a step at an instant in a state.
func at(t time.Time, kind Kind, state *subscription.State, what string) Step {
	return Step{Time: instant(t), Kind: kind, What: what, Seats: seatsOf(state)}
}

// seatsOf is the number of seats; zero for a subscription that has ended.
func seatsOf(state *subscription.State) int64 {
	if state.Phase == subscription.Canceled {
		return 0
	}
	return state.Seats()
}

// tellBefore adds the steps before the updates and invoices of an outcome.
func (m *machine) tellBefore(before subscription.State, outcome subscription.Outcome) {
	after := &outcome.State
	if before.Start.IsZero() && !after.Start.IsZero() {
		what := "the subscription starts"
		if after.Period.Trial {
			what = "a trial starts, until " + after.Period.Span.End.Format(time.DateOnly)
		}
		m.tell(at(after.Start, Started, after, what))
	}
	if before.Period.Trial && !after.Period.Trial && after.Started() {
		m.tell(at(after.Period.Renewed, TrialEnd, after, "the trial ends"))
	}
}

// tellAfter adds the steps after the updates and invoices of an outcome.
func (m *machine) tellAfter(before subscription.State, outcome subscription.Outcome) {
	after := &outcome.State
	isNewPeriod := before.Started() && after.Started() && before.Period.Span != after.Period.Span && !before.Period.Trial
	if isNewPeriod && !issued(outcome) {
		m.tell(at(after.Period.Span.Start, Renewed, after, "a period starts, with nothing to invoice"))
	}
	if before.Phase != subscription.Canceled && after.Phase == subscription.Canceled {
		m.tell(at(after.LastEvent, Ended, after, "the subscription ends"))
	}
	m.tellBlocked(outcome)
	m.seatsFrom(before, after)
}

// tellBlocked adds a step, once, for what blocks any further step.
func (m *machine) tellBlocked(outcome subscription.Outcome) {
	message := ""
	if outcome.Blocked != nil {
		message = outcome.Blocked.Message
	}
	if message != "" && m.told[""] != message {
		s := at(m.now, Waiting, &outcome.State, "the subscription waits")
		s.Message = message
		m.tell(s)
	}
	m.told[""] = message
}

// seatsFrom records the number of seats when it changes.
func (m *machine) seatsFrom(before subscription.State, after *subscription.State) {
	seats := seatsOf(after)
	points := m.result.SeatsOverTime
	if after.Start.IsZero() || (len(points) > 0 && points[len(points)-1].Seats == seats) {
		return
	}
	from := cmp.Or(after.LastEvent, m.now)
	switch {
	case len(points) == 0 && !before.Start.IsZero():
		from = m.from
	case before.Start.IsZero():
		from = after.Start
	}
	m.result.SeatsOverTime = append(m.result.SeatsOverTime, Seats{Time: instant(from), Seats: seats})
}

func issued(outcome subscription.Outcome) bool {
	for _, e := range outcome.Effects {
		if e.Document != nil {
			return true
		}
	}
	return false
}

// tellDecision adds a step for the result of an update.
func (m *machine) tellDecision(outcome subscription.Outcome, d *subscription.Decision) {
	kind := Kind(d.Verdict)
	s := at(cmp.Or(d.AppliedAt, m.now), kind, &outcome.State, cmp.Or(d.Summary, "a change"))
	s.Update = d.Name
	if d.Adjustment != nil {
		s.Adjustment = outcome.State.Currency.Format(*d.Adjustment)
	}
	switch kind {
	case Applied:
	case Previewed:
		s.What += ", previewed"
	case Rejected:
		s.What, s.Message = s.What+", rejected", d.Fault.Message
	default:
		s.What, s.Message = s.What+", superseded", d.Fault.Message
	}
	m.tell(s)
}

// tellInvoice adds a step for an invoice.
func (m *machine) tellInvoice(sub *v1alpha1.Subscription, outcome subscription.Outcome, d subscription.Document) {
	name, spec := assembly.IssuedInvoice(sub, outcome, d)
	currency := outcome.State.Currency
	m.due = m.due.Add(d.AmountDue)
	what := strings.ToLower(string(spec.Reason)) + " invoice"
	if spec.Type == v1alpha1.TypeCreditNote {
		what = strings.ToLower(string(spec.Reason)) + " credit note"
	}
	s := at(d.Issued, Invoiced, &outcome.State, what)
	s.Invoice, s.AmountDue, s.Balance = name, string(spec.AmountDue), string(spec.CreditBalanceAfter)
	s.Total = currency.Format(m.due)
	m.tell(s)
	m.result.Invoices = append(m.result.Invoices, Invoice{
		Name: name, Number: d.Number, Type: string(spec.Type), Reason: string(spec.Reason), Time: instant(d.Issued),
		PeriodStart: instant(d.Period.Start), PeriodEnd: instant(d.Period.End), Lines: linesOf(spec.Lines),
		Subtotal: string(spec.Subtotal), CreditApplied: string(spec.CreditApplied), AmountDue: string(spec.AmountDue),
		BalanceAfter: string(spec.CreditBalanceAfter),
	})
}

func linesOf(lines []v1alpha1.Line) []Line {
	var all []Line
	for _, l := range lines {
		all = append(all, Line{Item: string(l.Item), Kind: string(l.Kind), Description: l.Description, Amount: string(l.Amount)})
	}
	return all
}

// tellWaiting adds a step for an update that waits, and another one if it then waits for something else.
func (m *machine) tellWaiting(outcome subscription.Outcome, w *subscription.Waiting) {
	message := w.Fault.Message
	what := w.Summary
	switch w.Verdict {
	case subscription.IsHeld:
		what += ", pending approval"
	case subscription.IsScheduled:
		what += ", scheduled"
		if !w.InForce.ApplyAt.IsZero() {
			what += " for " + w.InForce.ApplyAt.UTC().Format(time.DateOnly)
		}
	default:
		what += ", pending"
	}
	if m.told[w.UID] == what {
		return
	}
	m.told[w.UID] = what
	s := at(m.now, Kind(w.Verdict), &outcome.State, what)
	s.Update, s.Message = w.Name, message
	m.tell(s)
}

// report adds the subscription to a result.
func (m *machine) report(result *Result, sums map[money.Currency]*sum) {
	result.Warnings = append(result.Warnings, m.warnings...)
	if m.of.Subscription == nil {
		return
	}
	if m.unreadable != nil {
		result.NotSimulated = append(result.NotSimulated, Problem{
			Subscription: m.name.Namespace + "/" + m.name.Name, Message: sentence(m.unreadable),
		})
		return
	}
	sub := m.of.Subscription
	r := &m.result
	r.Namespace, r.Name, r.Customer, r.From = m.name.Namespace, m.name.Name, sub.Spec.Customer.ID, instant(m.from)
	r.End = End{State: string(sub.Status.State), Seats: seatsOf(&m.state), Waiting: m.told[""]}
	for _, item := range slices.Sorted(maps.Keys(m.source)) {
		if _, held := m.state.Item(item); held && !m.isLoaded(item) && m.state.Started() {
			m.warn(fmt.Sprintf("No data loader counts item %q of Subscription %q: the script's counts for it have no effect.", item, m.name.Name))
		}
	}
	if currency := m.state.Currency; currency.Code() != "" {
		r.Currency, r.AmountDue = currency.Code(), currency.Format(m.due)
		r.End.Balance = currency.Format(m.state.Balance)
		if up := sub.Status.UpcomingInvoice; up != nil && m.state.Started() {
			r.End.NextInvoiceTime, r.End.NextInvoice = instant(record.Instant(up.DueTime)), string(up.AmountDue)
		}
		if sums[currency] == nil {
			sums[currency] = &sum{}
		}
		sums[currency].invoices += len(r.Invoices)
		sums[currency].due = sums[currency].due.Add(m.due)
	}
	result.Subscriptions = append(result.Subscriptions, *r)
}

// sentence makes an error a sentence.
func sentence(err error) string {
	text := strings.TrimSuffix(err.Error(), ".")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
