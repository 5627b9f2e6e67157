// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// readAt is a reading of the item calls at an hour of 1 April.
func readAt(product string, hour int, total int64) v1alpha1.LoadedReading {
	at := metav1.NewTime(time.Date(2026, time.April, 1, hour, 0, 0, 0, time.UTC))
	return v1alpha1.LoadedReading{Item: "calls", Product: product, Reading: total, ObservedTime: at, LoadedTime: at}
}

// A subscription that cannot start counts its usage from the first reading after its start, however many more wait.
func TestTheBaseLineStays(t *testing.T) {
	s := builders.MakeSubscription("acme", "shop").Obj()
	start := metav1.NewTime(time.Date(2026, time.April, 1, 0, 0, 0, 0, time.UTC))
	s.Spec.StartTime = &start
	for hour := 1; hour <= 40; hour++ {
		AddReading(s, readAt("calls", hour, int64(100*hour)))
	}
	readings := s.Status.LoadedReadings
	if n := len(readings); n != maxReadings || readings[0].Reading != 100 || readings[n-1].Reading != 4000 {
		t.Errorf("%d readings wait, from %d to %d, want %d from 100 to 4000", n, readings[0].Reading, readings[n-1].Reading, maxReadings)
	}
}

// What one product said of an item is nothing to another product: the reading leaves the status when the item has left
// the product, and the first reading of the new product is written, even if it is the same number.
func TestReadingsOfAnotherProduct(t *testing.T) {
	tests := map[string]struct {
		reason  string
		inForce string
		reading v1alpha1.LoadedReading
		known   bool
		left    int
	}{
		"of the product":             {reason: "it waits", inForce: "calls", reading: readAt("calls", 1, 600), known: true, left: 1},
		"of the product it has left": {reason: "nothing will take it", inForce: "calls", reading: readAt("messages", 1, 600)},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := builders.MakeSubscription("acme", "shop").Obj()
			s.Status.Items = []v1alpha1.SubscriptionItemStatus{{Name: "calls", Product: tc.inForce, Usage: v1alpha1.UsageMetered}}
			s.Status.LoadedReadings = []v1alpha1.LoadedReading{tc.reading}
			known := false
			for _, item := range LoadingSubscription(s, tc.inForce).Items {
				known = known || (item.Name == "calls" && item.Reading != nil)
			}
			if known != tc.known {
				t.Errorf("%s: compared with the reading: %t", tc.reason, known)
			}
			state := subscription.State{Items: []subscription.Item{{Name: "calls", Product: tc.inForce, Metered: true}}}
			if diff := cmp.Diff(tc.left, len(dropTaken(&state, s.Status.LoadedReadings))); diff != "" {
				t.Errorf("%s: readings that wait (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
