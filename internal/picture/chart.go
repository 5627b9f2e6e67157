// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package picture draws seats and money over time: steps for seats, and a bar for each invoice, as SVG or as one HTML
// file. A picture has labeled axes, fits light and dark pages, and runs no scripts.
//
// It is pure, and the same chart gives the same bytes.
package picture

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// Chart is what a picture shows. Times outside of From and Until are drawn at the edge.
type Chart struct {
	Title string
	// From and Until bound the axis of time.
	From, Until time.Time
	// Seats are the seats of each subscription. Those of several subscriptions are drawn as their sum.
	Seats []Line
	// Invoices in any order. Each currency has a separate panel.
	Invoices []Invoice
}

// Line is the seats of one subscription over time, in order of time.
type Line struct {
	Name   string
	Points []Point
}

// Point is a number of seats from an instant on.
type Point struct {
	Time  time.Time
	Value int64
}

// Invoice is a bar: a charge above the axis, or a credit below it.
type Invoice struct {
	Time     time.Time
	Name     string
	Currency string
	// Amount is what is due, a decimal of major units. One that cannot be read is left out.
	Amount string
	// What is the reason for the invoice, in a word.
	What string
}

// total are the seats of all lines, in order of time.
func (c *Chart) total() []Point {
	var changes []Point
	for _, line := range c.Seats {
		held := int64(0)
		for _, p := range line.Points {
			changes = append(changes, Point{p.Time, p.Value - held})
			held = p.Value
		}
	}
	slices.SortStableFunc(changes, func(a, b Point) int { return a.Time.Compare(b.Time) })
	var points []Point
	seats := int64(0)
	for _, change := range changes {
		seats += change.Value
		if last := len(points) - 1; last >= 0 && points[last].Time.Equal(change.Time) {
			points[last].Value = seats
			continue
		}
		points = append(points, Point{change.Time, seats})
	}
	return points
}

// amount is an invoice with its amount read.
type amount struct {
	Invoice
	exact money.Decimal
	size  float64
}

// account is the invoices in one currency.
type account struct {
	currency money.Currency
	amounts  []amount
	sum      money.Decimal
}

// accounts are the invoices by currency, each in order of time.
func (c *Chart) accounts() []account {
	byCode := map[string]*account{}
	for _, invoice := range c.Invoices {
		currency, wrongCode := money.ParseCurrency(invoice.Currency)
		exact, wrongAmount := money.ParseDecimal(invoice.Amount)
		size, wrongSize := strconv.ParseFloat(invoice.Amount, 64)
		if wrongCode != nil || wrongAmount != nil || wrongSize != nil {
			continue
		}
		a := byCode[invoice.Currency]
		if a == nil {
			a = &account{currency: currency}
			byCode[invoice.Currency] = a
		}
		a.amounts = append(a.amounts, amount{invoice, exact, size})
		a.sum = a.sum.Add(exact)
	}
	var all []account
	for _, a := range byCode {
		slices.SortStableFunc(a.amounts, func(x, y amount) int {
			return cmp.Or(x.Time.Compare(y.Time), cmp.Compare(x.Name, y.Name))
		})
		all = append(all, *a)
	}
	slices.SortFunc(all, func(x, y account) int { return cmp.Compare(x.currency.Code(), y.currency.Code()) })
	return all
}

// bar is the invoices that are drawn in one place.
type bar struct {
	at             float64
	charged, given float64
	sum            money.Decimal
	amounts        []amount
}

// bars puts invoices on an axis by their time. Invoices that would overlap share a bar at the place of the first of
// them.
func (a *account) bars(axis timeAxis, width float64) []bar {
	var all []bar
	for _, each := range a.amounts {
		x := axis.x(each.Time)
		if last := len(all) - 1; last < 0 || x-all[last].at >= width+1 {
			all = append(all, bar{at: x})
		}
		b := &all[len(all)-1]
		b.sum = b.sum.Add(each.exact)
		b.amounts = append(b.amounts, each)
		if each.size < 0 {
			b.given += each.size
		} else {
			b.charged += each.size
		}
	}
	return all
}
