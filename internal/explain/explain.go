// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package explain says in words how the amounts of an update, an invoice or a subscription came about. Each line is
// multiplied out, and the sums are recomputed. It reads no cluster and no clock.
package explain

import (
	"fmt"
	"strings"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/table"
	"github.com/seatplane/seatplane/internal/verify"
)

// SchemaVersion is the version of the JSON of an [Explanation]. It grows when a field changes its meaning.
const SchemaVersion = 1

// maxSummands is how many amounts a sum names one by one.
const maxSummands = 12

// Explanation explains the amounts of one object.
type Explanation struct {
	// SchemaVersion is [SchemaVersion].
	SchemaVersion int `json:"schemaVersion"`
	// Kind, Namespace and Name say which object.
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Headline says in one line what it is.
	Headline string `json:"headline"`
	// Facts are sentences about when and why.
	Facts []string `json:"facts,omitempty"`
	// Currency is the ISO 4217 code of the amounts, "" while there are none.
	Currency string `json:"currency,omitempty"`
	// Lines are the amounts with their arithmetic.
	Lines []Line `json:"lines,omitempty"`
	// Sums are sentences that add the lines up.
	Sums []string `json:"sums,omitempty"`
	// AddsUp says whether every amount follows from the numbers next to it.
	AddsUp bool `json:"addsUp"`
	// Problems say what does not add up.
	Problems []verify.Problem `json:"problems,omitempty"`
}

// Line is one amount with its arithmetic.
type Line struct {
	// Item is the item of the subscription.
	Item string `json:"item"`
	// Text is the arithmetic: "5 seats added × 12.50 × 15 of 30 days = 31.25".
	Text string `json:"text"`
	// Amount is the rounded amount, signed, in major units.
	Amount string `json:"amount"`
	// Update is the SubscriptionUpdate that the line comes from, if any.
	Update string `json:"update,omitempty"`
}

// Text returns the explanation for people, with a newline at the end. Nothing that a user wrote starts a line of its own:
// an approver must be able to tell it from what Seatplane computed.
func (e Explanation) Text() string {
	out := &strings.Builder{}
	line := func(format string, args ...any) { out.WriteString(table.Plain(fmt.Sprintf(format, args...)) + "\n") }
	line("%s %s: %s", e.Kind, e.Name, e.Headline)
	if len(e.Facts) > 0 {
		line("%s", strings.Join(e.Facts, " "))
	}
	if len(e.Lines) > 0 {
		lines := table.Table{}
		for _, line := range e.Lines {
			cells := []string{" " + line.Item, line.Text}
			if line.Update != "" && line.Update != e.Name {
				cells = append(cells, line.Update)
			}
			lines.Add(cells...)
		}
		fmt.Fprintf(out, "\n%s", lines.String())
	}
	if len(e.Sums) > 0 {
		out.WriteByte('\n')
	}
	for _, sum := range e.Sums {
		line("%s", sum)
	}
	for _, problem := range e.Problems {
		line("This does not add up: %s: %s.", problem.Field, problem.Message)
	}
	return out.String()
}

// linesOf puts lines into words.
func linesOf(lines []v1alpha1.Line, currency money.Currency) []Line {
	var out []Line
	for n := range lines {
		l := &lines[n]
		out = append(out, Line{Item: l.Item, Text: inWords(l, currency), Amount: string(l.Amount), Update: l.Update})
	}
	return out
}

// inWords is the arithmetic of a line. If a line cannot be read, the explanation reports a problem and shows
// the line's description instead.
func inWords(l *v1alpha1.Line, currency money.Currency) string {
	line, err := record.PricedLine(l)
	if err != nil || line.Amount.IsZero() && line.Full.IsZero() {
		return l.Description
	}
	return proration.Explain(line, currency)
}

// sumOf writes amounts as a sum: "187.50 + 31.25 = 218.75", "20.00 - 6.67 = 13.33". One amount is its own sum, and many
// amounts are counted.
func sumOf(amounts []v1alpha1.Amount, total string) string {
	switch {
	case len(amounts) <= 1:
		return total
	case len(amounts) > maxSummands:
		return fmt.Sprintf("%d lines come to %s", len(amounts), total)
	}
	sum := &strings.Builder{}
	for n, amount := range amounts {
		text, isNegative := strings.CutPrefix(string(amount), "-")
		switch {
		case n == 0:
			sum.WriteString(string(amount))
		case isNegative:
			sum.WriteString(" - " + text)
		default:
			sum.WriteString(" + " + text)
		}
	}
	return sum.String() + " = " + total
}

func amountsOf(lines []v1alpha1.Line) []v1alpha1.Amount {
	var amounts []v1alpha1.Amount
	for n := range lines {
		amounts = append(amounts, lines[n].Amount)
	}
	return amounts
}
