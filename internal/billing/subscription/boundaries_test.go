// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import "testing"

// billing.md#11-usage: a reading is taken in the period of its time.
func TestBoundaries(t *testing.T) {
	terms := func(start string) Terms { return Terms{Created: instant("2026-04-01"), Start: instant(start)} }
	started := newWorld(t).holding(5).state
	trial := newWorld(t)
	trial.in.Terms.TrialEnd, trial.in.Terms.Anchor = instant("2026-04-11"), instant("2026-05-01")
	inParis := started
	inParis.Period.Zone = "Europe/Paris"
	cases := map[string]struct {
		reason         string
		state          State
		terms          Terms
		earlier, later string
		want           bool
	}{
		"WithinAPeriod":  {reason: "April is one period", state: started, earlier: "2026-04-01", later: "2026-04-30T23:59:59Z"},
		"UpToTheRenewal": {reason: "a period does not contain its end", state: started, earlier: "2026-04-30", later: "2026-05-01", want: true},
		"FromTheRenewal": {reason: "a period contains its start", state: started, earlier: "2026-05-01", later: "2026-05-02"},
		"LaterPeriods":   {reason: "renewals that are not replayed yet are boundaries too", state: started, earlier: "2026-06-30", later: "2026-07-01", want: true},
		"TrialEnd":       {reason: "the end of a trial lies between two boundaries", state: trial.holding(5).state, earlier: "2026-04-10", later: "2026-04-11", want: true},
		"OtherZone":      {reason: "it renews at two o'clock in Paris, which is an hour later in winter", state: inParis, earlier: "2026-11-01T00:30:00Z", later: "2026-11-01T01:00:00Z", want: true},
		"Start":          {reason: "usage counts from the start", terms: terms("2026-04-15"), earlier: "2026-04-15", later: "2026-04-15T00:00:01Z", want: true},
		"BeforeStart":    {reason: "nothing counts yet", terms: terms("2026-04-15"), earlier: "2026-04-02", later: "2026-04-15"},
		"AfterStart":     {reason: "no period is known yet but that it begins at the start", terms: terms("2026-04-15"), earlier: "2026-04-16", later: "2026-08-01"},
		"Created":        {reason: "without a start time, it starts when it is created", terms: Terms{Created: instant("2026-04-01")}, earlier: "2026-04-01", later: "2026-04-02", want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Boundaries(tc.state, tc.terms)(instant(tc.earlier), instant(tc.later)); got != tc.want {
				t.Errorf("%s: got %t", tc.reason, got)
			}
		})
	}
}
