// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package proration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/billing/proration"
)

// Items in arrears whose period is cut short: the time elapsed is charged.
func TestElapsed(t *testing.T) {
	const april21 = "2026-04-21T00:00:00Z"
	tests := map[string]struct {
		reason  string
		policy  proration.Policy
		from    string
		changes []step
		cut     string
		want    []string
		total   string // with the lines of the changes
	}{
		"cancelled": {
			reason: "10 seats cancelled on 21 April: 100 × 20/30",
			cut:    april21, want: []string{"66.67"}, total: "66.67",
		},
		"more seats": {
			reason:  "10 seats 20 days and 10 more for 5 of them: 66.67 + 16.67",
			changes: []step{{20, proration.ProRata, april16, "50.00"}},
			cut:     april21, want: []string{"66.67", "-33.33"}, total: "83.34",
		},
		"fewer seats": {
			reason:  "10 seats 15 days and 5 for 5 more: 50.00 + 8.33",
			changes: []step{{5, proration.ProRata, april16, "-25.00"}},
			cut:     april21, want: []string{"66.67", "16.67"}, total: "58.34",
		},
		"up": {
			reason: "partial use is paid for: 10.5 days are 11",
			policy: byDayUp, cut: "2026-04-11T12:00:00Z", want: []string{"36.67"}, total: "36.67",
		},
		"down": {
			reason: "partial use is free: 10.5 days are 10",
			policy: byDayDown, cut: "2026-04-11T12:00:00Z", want: []string{"33.33"}, total: "33.33",
		},
		"a stub": {
			reason: "from 10 April: 11 of 30 days",
			from:   "2026-04-10T00:00:00Z", cut: april21, want: []string{"36.67"}, total: "36.67",
		},
		"at once": {
			reason: "nothing has elapsed",
			from:   "2026-04-10T12:00:00Z", policy: byDayDown, cut: "2026-04-10T12:00:00Z", want: []string{"0.00"}, total: "0.00",
		},
		"a change that takes effect later": {
			reason:  "10 → 5 effective 29 April gave back 2 days of 5 seats, which the cut undoes",
			changes: []step{{5, proration.ProRata, april29, "-3.33"}},
			cut:     april21, want: []string{"66.67", "3.33"}, total: "66.67",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := charged(t, 10, tc.policy)
			c := proration.Charge{Price: seat, Currency: eur, Quantity: 10, From: april.Natural.Start, Window: april, Policy: tc.policy}
			if tc.from != "" {
				c.From = at(tc.from)
			}
			a.pos, _ = proration.PeriodCharge(c)
			for _, s := range tc.changes {
				if got := a.to(s.to, s.method, s.at); got != s.want {
					t.Fatalf("%s: → %d: got %s, want %s", tc.reason, s.to, got, s.want)
				}
			}
			var got []string
			for _, line := range proration.ElapsedCharge(a.pos, c, at(tc.cut)) {
				got = append(got, a.keep(&line))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if sum := eur.Format(total(a.lines)); sum != tc.total {
				t.Errorf("%s: in all %s, want %s", tc.reason, sum, tc.total)
			}
		})
	}
}

// In arrears, the boundary's invoice carries T of the quantity held at the
// start and the lines of the changes: 10 → 20 on 16 April: 100.00 + 50.00.
func TestWholePeriod(t *testing.T) {
	a := charged(t, 10, proration.NoPolicy)
	line := a.charge(10)
	if got := a.to(20, proration.ProRata, april16); got != "50.00" || eur.Format(line.Amount) != "100.00" {
		t.Errorf("got %s and %s, want 100.00 and 50.00", line.Amount, got)
	}
}

// Usage is billed as it is, never prorated (billing.md#11-usage).
func TestUsage(t *testing.T) {
	line := proration.UsageCharge(proration.Charge{
		Price: perUnit("0.0123"), Currency: eur, Quantity: 800, From: at(april16), Window: april,
	})
	if got := eur.Format(line.Amount); got != "9.84" || line.Kind != proration.KindUsage || line.Share != nil {
		t.Errorf("got a %s line of %s, want Usage, 9.84 and no share", line.Kind, got)
	}
}
