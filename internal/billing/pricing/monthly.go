// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package pricing

import (
	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/money"
)

// Months and days of the year that revenue is normalised by.
const (
	monthsOfYear = 12
	daysOfYear   = 365
	daysOfWeek   = 7
)

// Monthly returns what an amount for each interval comes to in a month: a twelfth of the amount for a year, and a
// twelfth of what 365 days cost for an interval of days or weeks. It is exact. The interval is valid.
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
