// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"strconv"
	"time"

	"github.com/seatplane/seatplane/internal/picture"
)

// Picture is what a picture of the timeline shows, up to an instant, or to the last event after it.
func (t Timeline) Picture(now time.Time) picture.Chart {
	chart := picture.Chart{Title: "Subscription " + t.Subscription, From: now.UTC(), Until: now.UTC()}
	see := func(at time.Time) {
		if at.Before(chart.From) {
			chart.From = at.UTC()
		}
		if at.After(chart.Until) {
			chart.Until = at.UTC()
		}
	}
	line := picture.Line{Name: t.Subscription}
	for _, p := range t.Seats {
		seats, err := strconv.ParseInt(p.Value, 10, 64)
		if err != nil {
			continue // the operator writes no such number
		}
		line.Points = append(line.Points, picture.Point{Time: p.Time.UTC(), Value: seats})
		see(p.Time.Time)
	}
	chart.Seats = []picture.Line{line}
	for _, e := range t.Events {
		if e.Kind != Invoiced {
			continue
		}
		chart.Invoices = append(chart.Invoices, picture.Invoice{
			Time: e.Time.UTC(), Name: e.Name, Currency: t.Currency, Amount: e.Amount, What: e.What,
		})
		see(e.Time.Time)
	}
	return chart
}
