// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// A credit covers at most as many units of time as the smallest debit in force, also where the policy, and with it the
// unit or the rounding, changed after that debit (billing.md#time-rounding). Effective times never go back, so without
// such a change the newest debit is the smallest.
func TestTheSmallestDebitCapsACredit(t *testing.T) {
	const noon = "2026-04-11T12:00:00Z" // R = 19.5 days
	tests := map[string]struct {
		reason string
		second proration.Policy
		want   []string
	}{
		"another rounding": {
			reason: "19 days were charged for the first seat, and 20 for the second: 2 × 10 × 19/30 comes back",
			second: byDayUp, want: []string{"6.33", "6.67", "-12.67"},
		},
		"another unit": {
			reason: "468 hours are more than 19 days; the credit carries the remainder of the first line",
			second: proration.Policy{Name: "hours", Unit: proration.Hour, Rounding: proration.Down}, want: []string{"6.33", "6.50", "-12.66"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, 5, byDayDown)
			got := []string{a.to(6, proration.ProRata, noon)}
			a.policy = tc.second
			got = append(got, a.to(7, proration.ProRata, noon))
			a.policy = byDayDown
			got = append(got, a.to(5, proration.ProRata, noon))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
