// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatplanetest_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/seatplanetest"
	"github.com/seatplane/seatplane/seatplanetest/builders"
)

// exampleT stands for the *testing.T of a test.
type exampleT struct{}

func (exampleT) Helper()                  {}
func (exampleT) Cleanup(func())           {}
func (exampleT) Context() context.Context { return context.Background() }
func (exampleT) Failed() bool             { return false }
func (exampleT) Logf(string, ...any)      {}
func (exampleT) Fatalf(format string, args ...any) {
	fmt.Printf(format+"\n", args...)
	os.Exit(1)
}

var t exampleT

// A customer starts with three editors. A fourth is found on 16 April at 02:00, and is charged for the rest of the month.
func Example() {
	april := time.Date(2026, time.April, 1, 0, 0, 0, 0, time.UTC)

	s := seatplanetest.New(t) // t is your *testing.T
	clock := s.Clock(april)
	s.SetCounts("editor", map[string]int64{"acme": 3})
	s.Create(
		builders.MakeSeatProduct("editor", "").Plan("monthly", "EUR", "10").ConfigMapLoader("counts").
			Refresh(v1alpha1.Refresh{Schedule: "0 2 * * *"}).Obj(),
		builders.MakeSubscription("acme", "").Start(april).TestClock(clock.Name()).
			LoadedItem("editors", "editor", "monthly").Obj())
	clock.CatchUp()

	s.SetCounts("editor", map[string]int64{"acme": 4})
	clock.MoveTo(april.AddDate(0, 0, 15).Add(2 * time.Hour))
	clock.MoveTo(april.AddDate(0, 1, 0))

	for _, update := range s.Updates("acme") {
		fmt.Println(update.Status.Summary, update.Status.AdjustmentAmount)
	}
	for _, invoice := range s.Invoices("acme") {
		fmt.Println(invoice.Spec.Reason, invoice.Spec.AmountDue, invoice.Spec.Currency)
	}
	// Output:
	// editors 0 → 3 0.00
	// editors 3 → 4 4.97
	// Initial 30.00 EUR
	// Renewal 44.97 EUR
}

// Apply takes the manifests that you sell by.
func ExampleSeatplane_Apply() {
	s := seatplanetest.New(t)
	clock := s.Clock(time.Date(2026, time.April, 1, 0, 0, 0, 0, time.UTC))
	s.Apply([]byte(`
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: editor}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: Graduated, tiers: [{upTo: 10, unitAmount: "12.00"}, {unitAmount: "10.00"}]}
`))
	s.Create(builders.MakeSubscription("acme", "").Start(clock.Now()).TestClock(clock.Name()).
		Item("editors", "editor", "monthly", 12).Obj())
	clock.CatchUp()

	fmt.Println(s.Invoices("acme")[0].Spec.AmountDue)
	// Output: 140.00
}
