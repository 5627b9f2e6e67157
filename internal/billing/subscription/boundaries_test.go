// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"
	"testing"

	"github.com/seatplane/seatplane/internal/billing/metering"
)

// billing.md#11-usage: a reading is taken in the period of its time.
func TestBoundaries(t *testing.T) {
	terms := func(start string) Terms { return Terms{Created: instant("2026-04-01"), Start: instant(start)} }
	started := newWorld(t).holding(5).state
	trial := newWorld(t)
	trial.in.Terms.TrialEnd, trial.in.Terms.Anchor = instant("2026-04-11"), instant("2026-05-01")
	ended := trial.holding(5).state
	inParis := started
	inParis.Period.Zone = "Europe/Paris"
	cases := map[string]struct {
		reason         string
		state          State
		terms          Terms
		earlier, later string
		want           bool
	}{
		"WithinAPeriod":   {reason: "April is one period", state: started, earlier: "2026-04-01T00:00:01Z", later: "2026-04-30T23:59:59Z"},
		"UpToTheRenewal":  {reason: "a reading is taken before the renewal of that instant", state: started, earlier: "2026-04-30", later: "2026-05-01"},
		"FromTheRenewal":  {reason: "the reading at the renewal is the last one of April", state: started, earlier: "2026-05-01", later: "2026-05-01T00:00:01Z", want: true},
		"AfterTheRenewal": {reason: "May is one period", state: started, earlier: "2026-05-01T00:00:01Z", later: "2026-06-01"},
		"LaterPeriods":    {reason: "renewals that are not replayed yet are boundaries too", state: started, earlier: "2026-07-01", later: "2026-07-02", want: true},
		"TrialEnd":        {reason: "the end of a trial lies between two boundaries", state: ended, earlier: "2026-04-11", later: "2026-04-12", want: true},
		"UpToTrialEnd":    {reason: "a reading is taken before the trial ends", state: ended, earlier: "2026-04-10", later: "2026-04-11"},
		"OtherZone":       {reason: "it renews at two o'clock in Paris, which is an hour later in winter", state: inParis, earlier: "2026-11-01T01:00:00Z", later: "2026-11-01T01:30:00Z", want: true},
		"OtherZoneUpTo":   {reason: "the hour before belongs to October", state: inParis, earlier: "2026-11-01T00:30:00Z", later: "2026-11-01T01:00:00Z"},
		"Start":           {reason: "usage counts from the start", terms: terms("2026-04-15"), earlier: "2026-04-15", later: "2026-04-15T00:00:01Z", want: true},
		"BeforeStart":     {reason: "nothing counts yet", terms: terms("2026-04-15"), earlier: "2026-04-02", later: "2026-04-15"},
		"AfterStart":      {reason: "no period is known yet but that it begins at the start", terms: terms("2026-04-15"), earlier: "2026-04-16", later: "2026-08-01"},
		"Created":         {reason: "without a start time, it starts when it is created", terms: Terms{Created: instant("2026-04-01")}, earlier: "2026-04-01", later: "2026-04-02", want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Boundaries(tc.state, tc.terms)(instant(tc.earlier), instant(tc.later)); got != tc.want {
				t.Errorf("%s: got %t", tc.reason, got)
			}
		})
	}
}

// Readings are thinned out by the same boundaries by which they are taken: usage up to a reading at the very instant of the
// renewal is April's, so that reading is the one that stays.
func TestBoundariesAreThoseOfReplay(t *testing.T) {
	w := newWorld(t).metered(metering.Limits{}).reads("editors", 0).replay()
	between := Boundaries(w.state, w.in.Terms)
	w.at("2026-04-30").reads("editors", 100).at("2026-05-01").reads("editors", 300).at("2026-05-02").reads("editors", 310).
		replay().at("2026-06-01").replay()
	if want := []string{"Renewal 2026-05-01: 30.00", "Renewal 2026-06-01: 1.00"}; !slices.Equal(w.log, want) {
		t.Fatalf("April used 300 and May 10, and the documents are %v", w.log)
	}
	if between(instant("2026-04-30"), instant("2026-05-01")) || !between(instant("2026-05-01"), instant("2026-05-02")) {
		t.Error("the reading of 1 May is not known to be the last one of April")
	}
}
