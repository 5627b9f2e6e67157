// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration

import (
	"strconv"
	"strings"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// Explain writes a line as a sentence that multiplies out:
//
//	5 seats added × 12.50 × 15 of 30 days = 31.25
//	4 seats added: 44.00 × 15 of 30 days = 22.00
//	5 → 15 seats: 5 × 10.00 × 15 of 30 days = 25.00
//	1 seat removed × -10.00 × 20 of 30 days + 1/300 carried = -6.67, rounded from -6.663333333333
//
// The printed numbers are exact, and you can recompute the amount from them by hand. A number that is
// not a short decimal is written as a fraction. Only the number after "rounded from" is truncated, to 12
// digits.
func Explain(l Line, currency money.Currency) string {
	if l.Count > 0 {
		return explainFolded(l, currency)
	}
	b := make([]byte, 0, 128)
	if l.Share == nil {
		b = append(b, strings.TrimSuffix(strings.TrimPrefix(l.Description, unusedTime), inFull)...)
		b = appendFull(b, l, currency)
	} else {
		share := inWords(*l.Share)
		b = append(b, subject(l.Description, share)...)
		b = appendFull(b, l, currency)
		b = append(append(b, " × "...), share...)
		b = append(b, roundedTime(l.Share.Rounding)...)
	}
	switch {
	case l.Carried.Sign() > 0:
		b = append(append(append(b, " + "...), l.Carried.Text()...), " carried"...)
	case l.Carried.Sign() < 0:
		b = append(append(append(b, " - "...), l.Carried.Neg().Text()...), " carried"...)
	}
	return string(appendResult(b, l, currency))
}

// appendFull writes the full amount, by the unit if that multiplies out.
func appendFull(b []byte, l Line, currency money.Currency) []byte {
	if l.UnitAmount == nil {
		return append(append(b, ": "...), currency.FormatExact(l.Full)...)
	}
	unit := *l.UnitAmount
	if l.Full.Sign() < 0 {
		unit = unit.Neg()
	}
	if strings.Contains(l.Description, " → ") { // the words name the change, not what is priced
		b = append(append(b, ": "...), strconv.FormatInt(l.Quantity, 10)...)
	}
	return append(append(b, " × "...), currency.FormatExact(unit)...)
}

// appendResult writes the amount, and the unrounded amount if it differs.
func appendResult(b []byte, l Line, currency money.Currency) []byte {
	b = append(append(b, " = "...), currency.Format(l.Amount)...)
	exact := l.Unrounded.Add(l.Carried)
	if exact.Equal(money.FractionOf(l.Amount)) {
		return b
	}
	return append(append(b, ", rounded from "...), exact.Decimal().String()...)
}

// explainFolded describes what a folded line stands for. The updates explain its parts.
func explainFolded(l Line, currency money.Currency) string {
	text := count(int64(l.Count), "change", "changes") + " taken together"
	if l.FirstUpdate != "" {
		text += ", " + l.FirstUpdate + " to " + l.LastUpdate
	}
	return text + " = " + currency.Format(l.Amount)
}

// subject is what a line is for: its description without the share. The sign of the amounts shows
// whether it is a credit.
func subject(description, share string) string {
	description = strings.TrimPrefix(description, unusedTime)
	what, found := strings.CutSuffix(description, share)
	if !found {
		return description
	}
	return strings.TrimSuffix(what, ", ")
}

const (
	inFull     = ", charged in full"
	unusedTime = "Credit for unused time: "
)

// unused describes the credit for units whose plan, item or period ends early: "Credit for unused time: 10
// seats (monthly)".
func unused(quantity int64, plan string) string { return unusedTime + onPlan(quantity, plan) }

// onPlan names units and the plan that prices them: "10 seats (monthly)".
func onPlan(quantity int64, plan string) string { return seats(quantity) + " (" + plan + ")" }

// describe writes what changed and for how much of the period: "5 seats added, 15 of 30 days".
func describe(what string, share *Share) string {
	if share == nil {
		return what + inFull
	}
	return what + ", " + inWords(*share)
}

// inWords writes a share: "15 of 30 days".
func inWords(s Share) string {
	s = s.coarse()
	b := make([]byte, 0, 48)
	b = append(b, s.Units.Text()...)
	b = append(b, " of "...)
	b = append(b, s.UnitsInPeriod.Text()...)
	b = append(b, ' ')
	one := s.UnitsInPeriod.Equal(money.NewFraction(1, 1))
	return string(append(b, s.Unit.word(one)...))
}

// coarse returns elapsed time that was not rounded in the largest unit in which both sizes are
// whole: 15 of 30 days, not 1296000 of 2592000 seconds. The ratio stays the same.
func (s Share) coarse() Share {
	if s.Rounding != None && s.Rounding != "" || s.Unit == Day {
		return s
	}
	for _, larger := range [...]struct {
		unit    Unit
		seconds int64
	}{{Day, secondsPerDay}, {Hour, 3600}, {Minute, 60}} {
		if larger.seconds <= s.Unit.seconds() {
			break
		}
		scale := money.NewFraction(s.Unit.seconds(), larger.seconds)
		units, period := s.Units.Mul(scale), s.UnitsInPeriod.Mul(scale)
		if whole(units) && whole(period) {
			return Share{Units: units, UnitsInPeriod: period, Unit: larger.unit, Rounding: s.Rounding}
		}
	}
	return s
}

const secondsPerDay = 24 * 60 * 60

func whole(f money.Fraction) bool {
	return money.NewFraction(f.Floor(), 1).Equal(f)
}

func (u Unit) word(one bool) string {
	word := "second"
	switch u {
	case Second:
	case Minute:
		word = "minute"
	case Hour:
		word = "hour"
	case Day:
		word = "day"
	}
	if one {
		return word
	}
	return word + "s"
}

// roundedTime describes how units of time were rounded, if they were.
func roundedTime(r Rounding) string {
	if r == None || r == "" {
		return ""
	}
	return " (rounding " + string(r) + ")"
}

func seats(n int64) string {
	return count(n, "seat", "seats")
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + many
}
