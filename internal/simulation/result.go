// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package simulation computes what will be invoiced for subscriptions until a date. It runs the operator's engine from
// event to event, and commits each outcome as the operator does. A script describes what else happens: counts and edits.
//
// It is pure: it reads no cluster, no file and no clock. The same world and script give the same result.
package simulation

import (
	"time"

	"github.com/seatplane/seatplane/internal/picture"
)

// SchemaVersion is the version of the format of a [Result]. It is raised when a field is removed or its meaning changes.
const SchemaVersion = "1"

// ResultKind distinguishes a result from other JSON.
const ResultKind = "Simulation"

// Result is what happens until a date. Amounts are decimals of major units, in strings. All formats of a simulation
// are made from the result alone.
type Result struct {
	SchemaVersion string `json:"schemaVersion"`
	Kind          string `json:"kind"`
	// Source is where the subscriptions come from, and From is the time of their state at the beginning.
	Source string `json:"source"`
	From   string `json:"from"`
	// Until is the last instant that is simulated.
	Until string `json:"until"`
	// Totals of all subscriptions, one for each currency.
	Totals []Total `json:"totals,omitempty"`
	// Subscriptions by namespace and name.
	Subscriptions []Subscription `json:"subscriptions,omitempty"`
	// NotSimulated are the subscriptions that could not be computed. The totals do not include them.
	NotSimulated []Problem `json:"notSimulated,omitempty"`
	// Warnings are additional information for readers.
	Warnings []string `json:"warnings,omitempty"`
	// Ignored counts the objects that are not Seatplane's.
	Ignored int `json:"ignored,omitempty"`
}

// Total is the sum of all invoices in one currency.
type Total struct {
	Currency string `json:"currency"`
	// Invoices is how many invoices and credit notes there are.
	Invoices int `json:"invoices"`
	// AmountDue is the sum of what is due on them.
	AmountDue string `json:"amountDue"`
}

// Problem is a subscription that could not be simulated, and why.
type Problem struct {
	Subscription string `json:"subscription"`
	Message      string `json:"message"`
}

// Subscription is what happens to one subscription.
type Subscription struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Customer  string `json:"customer"`
	// Currency is empty for a subscription that does not start.
	Currency string `json:"currency,omitempty"`
	// From is the time on its clock at which the simulation begins.
	From string `json:"from"`
	// Steps are what happens, in order, and Invoices are the invoices among the steps.
	Steps    []Step    `json:"steps,omitempty"`
	Invoices []Invoice `json:"invoices,omitempty"`
	// SeatsOverTime has the number of seats from each instant on.
	SeatsOverTime []Seats `json:"seatsOverTime,omitempty"`
	// AmountDue is the sum of what is due on the invoices.
	AmountDue string `json:"amountDue,omitempty"`
	// End is the state at the end.
	End End `json:"end"`
}

// Kind is a kind of step.
type Kind string

// The kinds of steps.
const (
	Started   Kind = "Start"
	Applied   Kind = "Applied"
	Previewed Kind = "Previewed"
	Rejected  Kind = "Rejected"
	Dropped   Kind = "Superseded"
	Held      Kind = "Held"
	Scheduled Kind = "Scheduled"
	Pending   Kind = "Pending"
	TrialEnd  Kind = "TrialEnd"
	Renewed   Kind = "Renewal"
	Invoiced  Kind = "Invoice"
	Waiting   Kind = "Waiting"
	Ended     Kind = "End"
)

// Step is one thing that happens to a subscription.
type Step struct {
	// Time is when, on the subscription's clock.
	Time string `json:"time"`
	Kind Kind   `json:"kind"`
	// What describes the step in short: "editors 10 → 15".
	What string `json:"what"`
	// Message explains why something was refused, or waits.
	Message string `json:"message,omitempty"`
	// Seats is the number of seats after the step.
	Seats int64 `json:"seats"`
	// Update and Invoice are the names of the SubscriptionUpdate and the invoice of the step.
	Update  string `json:"update,omitempty"`
	Invoice string `json:"invoice,omitempty"`
	// Adjustment is what an update costs.
	Adjustment string `json:"adjustment,omitempty"`
	// AmountDue is the amount of an invoice, Balance the customer's credit after it, and Total the sum of all invoices so
	// far.
	AmountDue string `json:"amountDue,omitempty"`
	Balance   string `json:"balance,omitempty"`
	Total     string `json:"total,omitempty"`
}

// Invoice is an invoice or a credit note.
type Invoice struct {
	Name   string `json:"name"`
	Number int64  `json:"number"`
	Type   string `json:"type"`
	Reason string `json:"reason"`
	Time   string `json:"time"`
	// PeriodStart and PeriodEnd bound the period that the invoice belongs to.
	PeriodStart   string `json:"periodStart"`
	PeriodEnd     string `json:"periodEnd"`
	Lines         []Line `json:"lines,omitempty"`
	Subtotal      string `json:"subtotal"`
	CreditApplied string `json:"creditApplied"`
	AmountDue     string `json:"amountDue"`
	BalanceAfter  string `json:"balanceAfter"`
}

// Line is one amount of an invoice, in words.
type Line struct {
	Item        string `json:"item"`
	Kind        string `json:"kind"`
	Description string `json:"description"`
	Amount      string `json:"amount"`
}

// Seats is the number of seats from an instant on.
type Seats struct {
	Time  string `json:"time"`
	Seats int64  `json:"seats"`
}

// End is the state of a subscription at the end of a simulation.
type End struct {
	State string `json:"state"`
	Seats int64  `json:"seats"`
	// Balance is the customer's credit.
	Balance string `json:"balance,omitempty"`
	// NextInvoiceTime is when the next invoice falls due, and NextInvoice its amount due, if nothing else happens. They
	// are empty if no invoice follows.
	NextInvoiceTime string `json:"nextInvoiceTime,omitempty"`
	NextInvoice     string `json:"nextInvoice,omitempty"`
	// Waiting explains why the subscription takes no further step; empty if nothing blocks it.
	Waiting string `json:"waiting,omitempty"`
}

// instant writes an instant; "" for the zero one.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Picture has the data for a picture of the result: the seats of all subscriptions, and their invoices by currency.
func (r *Result) Picture() picture.Chart {
	from, _ := time.Parse(time.RFC3339, r.From)
	until, _ := time.Parse(time.RFC3339, r.Until)
	chart := picture.Chart{Title: r.title(), From: from, Until: until}
	for i := range r.Subscriptions {
		s := &r.Subscriptions[i]
		line := picture.Line{Name: s.Name}
		for _, p := range s.SeatsOverTime {
			at, _ := time.Parse(time.RFC3339, p.Time)
			line.Points = append(line.Points, picture.Point{Time: at, Value: p.Seats})
			chart.From = earlier(chart.From, at)
		}
		chart.Seats = append(chart.Seats, line)
		for _, invoice := range s.Invoices {
			at, _ := time.Parse(time.RFC3339, invoice.Time)
			chart.Invoices = append(chart.Invoices, picture.Invoice{
				Time: at, Name: invoice.Name, Currency: s.Currency, Amount: invoice.AmountDue, What: invoice.Reason,
			})
			chart.Until = later(chart.Until, at)
		}
	}
	return chart
}

func (r *Result) title() string {
	if len(r.Subscriptions) == 1 {
		return "Subscription " + r.Subscriptions[0].Name + ", simulated"
	}
	return "All subscriptions, simulated"
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
