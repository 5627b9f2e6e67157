// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"

	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

func TestDecidesOnSeats(t *testing.T) {
	holding := func(held int64) subscription.State {
		return subscription.State{Items: []subscription.Item{{Name: "editors", Position: proration.Position{Held: held}}}}
	}
	changed := func(from, to int64) []subscription.Effect {
		return []subscription.Effect{{Decision: &subscription.Decision{Changes: []subscription.Change{
			{Item: "editors", PreviousCount: from, NewCount: to},
		}}}}
	}
	refused := []subscription.Effect{{Decision: &subscription.Decision{Fault: subscription.Fault{Reason: subscription.SeatsAssigned}}}}
	document := []subscription.Effect{{Document: &subscription.Document{}}}
	for name, tc := range map[string]struct {
		reason string
		after  subscription.Outcome
		want   bool
	}{
		"nothing":       {"an idle pass lists nothing live", subscription.Outcome{State: holding(5)}, false},
		"renewal":       {"nor does a renewal", subscription.Outcome{State: holding(5), Effects: document}, false},
		"increase":      {"more seats than before are there for everybody", subscription.Outcome{State: holding(7), Effects: changed(5, 7)}, false},
		"decrease":      {"somebody may sit on the seat", subscription.Outcome{State: holding(4), Effects: changed(5, 4)}, true},
		"down and up":   {"the first of two changes counts too", subscription.Outcome{State: holding(5), Effects: append(changed(5, 2), changed(2, 5)...)}, true},
		"refused":       {"the holder may have left", subscription.Outcome{State: holding(5), Effects: refused}, true},
		"item is gone":  {"all its seats go", subscription.Outcome{}, true},
		"fewer, unsaid": {"whatever made it so", subscription.Outcome{State: holding(4)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{state: holding(5)}
			if got := w.decidesOnSeats(tc.after); got != tc.want {
				t.Errorf("%s: got %t", tc.reason, got)
			}
		})
	}
}
