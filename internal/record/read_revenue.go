// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
)

// RevenueState is how certain recurring revenue is.
type RevenueState string

// The states of recurring revenue.
const (
	// RevenueActive renews until somebody ends it.
	RevenueActive RevenueState = "Active"
	// RevenueEnding is paid and has an end.
	RevenueEnding RevenueState = "Ending"
	// RevenueTrialing is what a trial will cost after it is over.
	RevenueTrialing RevenueState = "Trialing"
	// RevenueSuspended is not charged until somebody lets the subscription continue.
	RevenueSuspended RevenueState = "Suspended"
)

// Revenue is the monthly revenue of a subscription, before taxes and without usage.
type Revenue struct {
	Kind RevenueKind
	// Monthly is status.recurringAmount for a month, exactly.
	Monthly money.Fraction
}

// RevenueKind distinguishes revenue that cannot be added up, or that people ask for separately.
type RevenueKind struct {
	Currency string
	// Interval is the largest unit of the billing period: Day, Week, Month or Year.
	Interval string
	State    RevenueState
}

// RevenueOf reads a subscription's recurring revenue. It is false if there is none: if the subscription has not
// started, is over, ends with its trial, or uses a TestClock, on which nobody pays.
func RevenueOf(s *v1alpha1.Subscription) (Revenue, bool) {
	state, earns := revenueState(s)
	if !earns || s.Spec.TestClockRef != nil || s.Status.Interval == nil {
		return Revenue{}, false
	}
	recurring, err := amount(s.Status.RecurringAmount)
	if err != nil || recurring.IsZero() {
		return Revenue{}, false
	}
	interval := readInterval(*s.Status.Interval)
	return Revenue{
		Kind: RevenueKind{
			Currency: string(s.Status.Currency), Interval: string(interval.LargestUnit()), State: state,
		},
		Monthly: pricing.Monthly(recurring, interval),
	}, true
}

func revenueState(s *v1alpha1.Subscription) (state RevenueState, earns bool) {
	period := s.Status.CurrentPeriod
	if period == nil || period.Trial && s.Status.RenewalTime == nil {
		return "", false // not started, or ends with its trial
	}
	switch s.Status.State {
	case v1alpha1.SubscriptionTrialing:
		return RevenueTrialing, true
	case v1alpha1.SubscriptionSuspended:
		return RevenueSuspended, true
	case v1alpha1.SubscriptionActive:
		if s.Status.EndTime != nil {
			return RevenueEnding, true
		}
		return RevenueActive, true
	default:
		return "", false
	}
}
