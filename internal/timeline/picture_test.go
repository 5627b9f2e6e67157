// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/internal/picture"
)

// A picture has the seats and the invoices of a timeline, and reaches from the first of them to now.
func TestPicture(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, time.April, n, 0, 0, 0, 0, time.UTC) }
	of := Timeline{
		Subscription: "acme", Currency: "EUR",
		Events: []Event{
			{Time: metav1.NewTime(day(1)), Kind: Started, What: "the subscription starts"},
			{Time: metav1.NewTime(day(1)), Kind: Invoiced, Name: "acme-1", What: "Initial", Amount: "20.00"},
			{Time: metav1.NewTime(day(9)), Kind: Updated, Name: "more", What: "seats 2 → 3", Amount: "7.00"},
		},
		Seats: []Point{{metav1.NewTime(day(1)), "2"}, {metav1.NewTime(day(9)), "3"}},
	}
	want := picture.Chart{
		Title: "Subscription acme", From: day(1), Until: day(16),
		Seats:    []picture.Line{{Name: "acme", Points: []picture.Point{{Time: day(1), Value: 2}, {Time: day(9), Value: 3}}}},
		Invoices: []picture.Invoice{{Time: day(1), Name: "acme-1", Currency: "EUR", Amount: "20.00", What: "Initial"}},
	}
	if diff := cmp.Diff(want, of.Picture(day(16))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
