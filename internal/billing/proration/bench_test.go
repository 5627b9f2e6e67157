// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"testing"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// One change of a quantity, priced and explained.
func BenchmarkChangeQuantity(b *testing.B) {
	tests := map[string]struct {
		policy proration.Policy
		window proration.Window
		at     string
	}{
		"seconds":       {proration.NoPolicy, april, april16},
		"days":          {byDayUp, april, april16},
		"days in Paris": {byDayUp, window("2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", zone("Europe/Paris")), "2026-03-29T10:00:00Z"},
	}
	for name, tc := range tests {
		b.Run(name, func(b *testing.B) {
			c := proration.Charge{Price: perUnit("12.50"), Currency: eur, Quantity: 2, From: tc.window.Natural.Start, Window: tc.window, Policy: tc.policy}
			pos, _ := proration.PeriodCharge(c)
			change := proration.Change{
				Item: "editors", Product: "editor-seat", Plan: "monthly", Update: "acme-1", Price: c.Price, Currency: eur,
				Quantity: 7, Method: proration.ProRata, At: at(tc.at), Window: tc.window, Policy: tc.policy,
			}
			b.ReportAllocs()
			for b.Loop() {
				_, line := proration.ChangeQuantity(pos, change)
				proration.Explain(*line, eur)
			}
		})
	}
}

// One recurring charge, priced and explained.
func BenchmarkPeriodCharge(b *testing.B) {
	c := proration.Charge{Price: perUnit("12.50"), Currency: eur, Quantity: 2, From: april.Natural.Start, Window: april}
	b.ReportAllocs()
	for b.Loop() {
		_, line := proration.PeriodCharge(c)
		proration.Explain(line, eur)
	}
}
