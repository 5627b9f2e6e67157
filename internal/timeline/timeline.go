// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package timeline puts what happened to a subscription in order: its start, its updates, its invoices and its end. It
// reads no cluster and no clock. The model is the same for a table, a chart in the terminal and a picture.
package timeline

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/table"
)

// SchemaVersion is the version of the JSON of a [Timeline]. It grows when a field changes its meaning.
const SchemaVersion = 1

// Kinds of events.
const (
	// Started is the start of the subscription.
	Started = "Start"
	// Updated is an update that was applied, or that waits.
	Updated = "Update"
	// Invoiced is an invoice or a credit note.
	Invoiced = "Invoice"
	// Ended is the end of the subscription.
	Ended = "End"
)

// Timeline is the history of one subscription, oldest first.
type Timeline struct {
	// SchemaVersion is [SchemaVersion].
	SchemaVersion int `json:"schemaVersion"`
	// Subscription is the name, and Customer the ID of the customer.
	Subscription string `json:"subscription"`
	Customer     string `json:"customer"`
	// Currency is the ISO 4217 code of all amounts; "" before the start.
	Currency string `json:"currency,omitempty"`
	// Events are what happened, and then what is planned.
	Events []Event `json:"events"`
	// Seats are the seats over time, and Billed is the money invoiced so far over time, in major units. Each point
	// holds until the next.
	Seats  []Point `json:"seats,omitempty"`
	Billed []Point `json:"billed,omitempty"`
	// Missing describes the records that no longer exist; "" if all exist.
	Missing string `json:"missing,omitempty"`
}

// Event is one thing that happened.
type Event struct {
	// Time is when, on the subscription's clock. It is zero for an update that waits without a known time.
	Time metav1.Time `json:"time"`
	// Kind is Start, Update, Invoice or End.
	Kind string `json:"kind"`
	// Name is the object's name, if there is one.
	Name string `json:"name,omitempty"`
	// What is the event in short: "editors 10 → 15", "Renewal".
	What string `json:"what"`
	// State is that of an update, or "Paid", "Void" or "Open" of an invoice.
	State string `json:"state,omitempty"`
	// Amount is the adjustment of an update, or the amount due of an invoice. An estimate is in parentheses.
	Amount string `json:"amount,omitempty"`
	// Total is the money invoiced so far, including this invoice.
	Total string `json:"total,omitempty"`

	// created is when the object was, on the wall clock: it orders what happened at one instant of a TestClock.
	created time.Time
}

// Point is a number at an instant. It holds until the next point.
type Point struct {
	Time  metav1.Time `json:"time"`
	Value string      `json:"value"`
}

// Of puts the records of a subscription in order. Records of an earlier subscription with the same name are left out,
// and so are previews, which changed nothing.
func Of(s *v1alpha1.Subscription, updates []v1alpha1.SubscriptionUpdate, invoices []v1alpha1.Invoice) Timeline {
	t := Timeline{
		SchemaVersion: SchemaVersion, Subscription: s.Name, Customer: s.Spec.Customer.ID, Currency: string(s.Status.Currency),
	}
	updates = slices.DeleteFunc(slices.Clone(updates), func(u v1alpha1.SubscriptionUpdate) bool {
		return !facts.Belongs(&u, s) || u.Status.State == v1alpha1.UpdatePreviewed
	})
	invoices = slices.DeleteFunc(slices.Clone(invoices), func(i v1alpha1.Invoice) bool { return i.Spec.SubscriptionRef.UID != facts.Identity(s) })
	slices.SortFunc(invoices, func(a, b v1alpha1.Invoice) int { return cmp.Compare(a.Spec.Sequence, b.Spec.Sequence) })
	if s.Status.StartTime != nil {
		t.Events = append(t.Events, Event{Time: *s.Status.StartTime, Kind: Started, What: "the subscription starts"})
	}
	for n := range updates {
		t.Events = append(t.Events, ofUpdate(&updates[n]))
	}
	t.addInvoices(invoices)
	if at := cmp.Or(s.Status.CancelTime, s.Status.EndTime); at != nil {
		t.Events = append(t.Events, Event{Time: *at, Kind: Ended, What: "the subscription ends"})
	}
	slices.SortStableFunc(t.Events, byTime)
	t.Seats = seatsOverTime(s, updates)
	t.Missing = missing(s, invoices)
	return t
}

// byTime orders events. Events without a time come last. At the same instant, the start comes first and the end last,
// and an update comes before the invoice that bills it.
func byTime(a, b Event) int {
	if a.Time.IsZero() != b.Time.IsZero() {
		if a.Time.IsZero() {
			return 1
		}
		return -1
	}
	order := []string{Started, Updated, Invoiced, Ended}
	return cmp.Or(a.Time.Compare(b.Time.Time), cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)),
		a.created.Compare(b.created), cmp.Compare(a.Name, b.Name))
}

func ofUpdate(u *v1alpha1.SubscriptionUpdate) Event {
	st := &u.Status
	e := Event{
		Kind: Updated, Name: u.Name, What: cmp.Or(st.Summary, "a change"), State: string(cmp.Or(st.State, v1alpha1.UpdatePending)),
		Amount: cmp.Or(st.AdjustmentText, string(st.AdjustmentAmount)), created: facts.Created(u),
	}
	if at := cmp.Or(st.AppliedTime, st.ApplyAt, st.EffectiveTime, st.SeenTime); at != nil {
		e.Time = *at
	}
	return e
}

// addInvoices adds invoices in the order of their numbers, with the money invoiced so far.
func (t *Timeline) addInvoices(invoices []v1alpha1.Invoice) {
	var total money.Decimal
	for n := range invoices {
		spec := &invoices[n].Spec
		e := Event{
			Time: spec.IssueTime, Kind: Invoiced, Name: invoices[n].Name, What: string(spec.Reason),
			State: collected(&invoices[n]), Amount: string(spec.AmountDue),
		}
		currency, err := money.ParseCurrency(string(spec.Currency))
		due, wrong := money.ParseDecimal(string(spec.AmountDue))
		if err == nil && wrong == nil {
			total = total.Add(due)
			e.Total = currency.Format(total)
			t.Billed = append(t.Billed, Point{Time: spec.IssueTime, Value: e.Total})
		}
		t.Events = append(t.Events, e)
	}
}

// collected is the state of an invoice according to the systems that collect payments.
func collected(i *v1alpha1.Invoice) string {
	for _, condition := range []string{v1alpha1.ConditionVoid, v1alpha1.ConditionPaid} {
		for _, c := range i.Status.Conditions {
			if c.Type == condition && c.Status == metav1.ConditionTrue {
				return condition
			}
		}
	}
	return "Open"
}

// seatsOverTime are the seats after each change, worked out backwards from the present ones, so that records that were
// deleted only shorten the line.
func seatsOverTime(s *v1alpha1.Subscription, updates []v1alpha1.SubscriptionUpdate) []Point {
	if s.Status.Seats == nil || s.Status.StartTime == nil {
		return nil
	}
	type change struct {
		at time.Time
		by int64
	}
	var changes []change
	for n := range updates {
		st := &updates[n].Status
		if st.State != v1alpha1.UpdateApplied || st.AppliedTime == nil {
			continue
		}
		var by int64
		for _, c := range st.Changes {
			by += c.NewCount - c.PreviousCount
		}
		changes = append(changes, change{record.Instant(st.AppliedTime), by})
	}
	slices.SortStableFunc(changes, func(a, b change) int { return b.at.Compare(a.at) })
	seats := *s.Status.Seats
	var points []Point
	for _, c := range changes {
		points = append(points, Point{Time: metav1.NewTime(c.at), Value: fmt.Sprint(seats)})
		seats -= c.by
	}
	points = append(points, Point{Time: *s.Status.StartTime, Value: fmt.Sprint(max(0, seats))})
	slices.Reverse(points)
	return points
}

// missing describes how many invoices of the subscription no longer exist. Retention deletes those that were archived.
func missing(s *v1alpha1.Subscription, invoices []v1alpha1.Invoice) string {
	gone := max(s.Status.NextInvoiceNumber-1, 0) - int64(len(invoices))
	switch {
	case gone <= 0:
		return ""
	case gone == 1:
		return "1 archived invoice was deleted, so the totals do not include it."
	default:
		return fmt.Sprintf("%d archived invoices were deleted, so the totals do not include them.", gone)
	}
}

// Table has a row for each event.
func (t Timeline) Table() table.Table {
	rows := table.Table{Columns: []string{"TIME", "EVENT", "WHAT", "STATE", "AMOUNT", "INVOICED", "NAME"}}
	for _, e := range t.Events {
		at := "-"
		if !e.Time.IsZero() {
			at = e.Time.UTC().Format(time.RFC3339)
		}
		rows.Add(at, e.Kind, e.What, e.State, e.Amount, e.Total, e.Name)
	}
	return rows
}

// Text returns the timeline as a table, with a newline at the end.
func (t Timeline) Text() string {
	rows := t.Table()
	text := rows.String()
	if t.Missing != "" {
		text += t.Missing + "\n"
	}
	return text
}
