// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record_test

import (
	"testing"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

func TestRevenueOf(t *testing.T) {
	renewal := record.Time(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	for name, c := range map[string]struct {
		reason string
		change func(*v1alpha1.Subscription)
		state  record.RevenueState
		earns  bool
	}{
		"active": {reason: "it renews", change: func(*v1alpha1.Subscription) {}, state: record.RevenueActive, earns: true},
		"ending": {
			reason: "it is paid until its end", state: record.RevenueEnding, earns: true,
			change: func(s *v1alpha1.Subscription) { s.Status.EndTime, s.Status.RenewalTime = renewal, nil },
		},
		"trial": {
			reason: "nobody pays yet", state: record.RevenueTrialing, earns: true,
			change: func(s *v1alpha1.Subscription) {
				s.Status.State, s.Status.CurrentPeriod.Trial = v1alpha1.SubscriptionTrialing, true
			},
		},
		"trial that ends it": {
			reason: "nobody will ever pay",
			change: func(s *v1alpha1.Subscription) {
				s.Status.State, s.Status.CurrentPeriod.Trial, s.Status.RenewalTime = v1alpha1.SubscriptionTrialing, true, nil
			},
		},
		"suspended": {
			reason: "it is charged when it continues", state: record.RevenueSuspended, earns: true,
			change: func(s *v1alpha1.Subscription) { s.Status.State = v1alpha1.SubscriptionSuspended },
		},
		"suspended in a trial that ends it": {
			reason: "nobody will ever pay",
			change: func(s *v1alpha1.Subscription) {
				s.Status.State, s.Status.CurrentPeriod.Trial, s.Status.RenewalTime = v1alpha1.SubscriptionSuspended, true, nil
			},
		},
		"canceled":    {reason: "it is over", change: func(s *v1alpha1.Subscription) { s.Status.State = v1alpha1.SubscriptionCanceled }},
		"not started": {reason: "it has no period", change: func(s *v1alpha1.Subscription) { s.Status.CurrentPeriod = nil }},
		"free":        {reason: "nothing is nothing", change: func(s *v1alpha1.Subscription) { s.Status.RecurringAmount = "0.00" }},
		"usage only":  {reason: "usage is not recurring", change: func(s *v1alpha1.Subscription) { s.Status.RecurringAmount = "" }},
		"test clock": {
			reason: "nobody pays in a test",
			change: func(s *v1alpha1.Subscription) { s.Spec.TestClockRef = &v1alpha1.LocalReference{Name: "clock"} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := builders.MakeSubscription("acme", "shop").With(func(s *v1alpha1.Subscription) {
				s.Status.State, s.Status.RenewalTime = v1alpha1.SubscriptionActive, renewal
				s.Status.CurrentPeriod = &v1alpha1.BillingPeriod{}
				s.Status.RecurringAmount, s.Status.Currency = "1200.00", "EUR"
				s.Status.Interval = &v1alpha1.Interval{Unit: v1alpha1.IntervalMonth, Count: 12}
			}).With(c.change).Obj()
			got, earns := record.RevenueOf(s)
			if earns != c.earns {
				t.Fatalf("%s: it earns: %v", c.reason, earns)
			}
			if !earns {
				return
			}
			want := record.RevenueKind{Currency: "EUR", Interval: "Year", State: c.state}
			if got.Kind != want || got.Monthly.Text() != "100" {
				t.Errorf("%s: got %+v with %s a month, want %+v with 100", c.reason, got.Kind, got.Monthly.Text(), want)
			}
		})
	}
}
