// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
)

// What the figures of billing.md#15-figures assume: a month is April 2026, a
// seat EUR 10, in advance, UTC.
var (
	april = window("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z", time.UTC)
	eur   = currency("EUR")
	seat  = perUnit("10")

	byDayUp      = proration.Policy{Name: "up", Unit: proration.Day, Rounding: proration.Up}
	byDayDown    = proration.Policy{Name: "down", Unit: proration.Day, Rounding: proration.Down}
	byDayNearest = proration.Policy{Name: "nearest", Unit: proration.Day, Rounding: proration.Nearest}
)

func currency(code string) money.Currency {
	c, err := money.ParseCurrency(code)
	if err != nil {
		panic(err)
	}
	return c
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func zone(name string) *time.Location {
	z, err := calendar.LoadZone(name)
	if err != nil {
		panic(err)
	}
	return z
}

func window(start, end string, z *time.Location) proration.Window {
	return proration.Window{Natural: calendar.Span{Start: at(start), End: at(end)}, End: at(end), Zone: z}
}

func perUnit(amount string) pricing.Price {
	return pricing.Price{Model: pricing.PerUnit, UnitAmount: money.MustDecimal(amount)}
}

// account plays changes of one item in one period and keeps what they cost.
type account struct {
	t        *testing.T
	price    pricing.Price
	currency money.Currency
	window   proration.Window
	policy   proration.Policy
	pos      proration.Position
	plan     string
	lines    []proration.Line
}

// charged starts an account on 1 April with a quantity charged for the period.
func charged(t *testing.T, quantity int64, policy proration.Policy) *account {
	t.Helper()
	a := &account{t: t, price: seat, currency: eur, window: april, policy: policy, plan: "monthly"}
	a.charge(quantity)
	return a
}

func (a *account) charge(quantity int64) proration.Line {
	pos, line := proration.PeriodCharge(a.recurring(quantity))
	a.pos = pos
	return line
}

// recurring is the charge that the account's period starts with.
func (a *account) recurring(quantity int64) proration.Charge {
	return proration.Charge{
		Item: "editors", Product: "editor-seat", Plan: a.plan, Price: a.price, Currency: a.currency,
		Quantity: quantity, From: a.window.Natural.Start, Window: a.window, Policy: a.policy,
	}
}

func (a *account) change(quantity int64, method proration.Method, when string) proration.Change {
	return proration.Change{
		Item: "editors", Product: "editor-seat", Plan: a.plan, Update: "u", Price: a.price, Currency: a.currency,
		Quantity: quantity, Method: method, At: at(when), Window: a.window, Policy: a.policy,
	}
}

// to changes the quantity and returns the amount, "" without a line.
func (a *account) to(quantity int64, method proration.Method, when string) string {
	a.t.Helper()
	pos, line := proration.ChangeQuantity(a.pos, a.change(quantity, method, when))
	a.pos = pos
	return a.keep(line)
}

// replace moves the item to a plan and returns the amounts.
func (a *account) replace(plan string, price pricing.Price, quantity int64, method proration.Method, when string) []string {
	a.t.Helper()
	pos, lines, _ := proration.ReplaceItem(a.pos, proration.Replacement{
		Item: "editors", Update: "u", OldProduct: "editor-seat", OldPlan: a.plan, OldPrice: a.price,
		Product: "editor-seat", Plan: plan, Price: price, Currency: a.currency,
		Quantity: quantity, Method: method, At: at(when), Window: a.window, Policy: a.policy,
	})
	a.pos, a.plan, a.price = pos, plan, price
	var amounts []string
	for _, line := range lines {
		amounts = append(amounts, a.keep(&line))
	}
	return amounts
}

func (a *account) remove(method proration.Method, when string) string {
	a.t.Helper()
	line, _ := proration.RemoveItem(a.pos, a.change(0, method, when))
	return a.keep(line)
}

func (a *account) keep(line *proration.Line) string {
	if line == nil {
		return ""
	}
	a.lines = append(a.lines, *line)
	return a.currency.Format(line.Amount)
}
