// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package pricing

import (
	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
)

// The months and days of a year, which normalize revenue.
const (
	monthsOfYear = 12
	daysOfYear   = 365
	daysOfWeek   = 7
)

// Monthly returns what an amount for each interval comes to in a month: a twelfth of the yearly amount, or for an
// interval of days or weeks a twelfth of the cost of 365 days. The result is exact. The interval must be valid.
func Monthly(amount money.Decimal, interval calendar.Interval) money.Fraction {
	count := int64(interval.Count)
	switch interval.Unit {
	case calendar.Year:
		return money.NewFraction(1, monthsOfYear*count).MulDecimal(amount)
	case calendar.Week:
		return money.NewFraction(daysOfYear, monthsOfYear*daysOfWeek*count).MulDecimal(amount)
	case calendar.Day:
		return money.NewFraction(daysOfYear, monthsOfYear*count).MulDecimal(amount)
	default:
		return money.NewFraction(1, count).MulDecimal(amount)
	}
}
