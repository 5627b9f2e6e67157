// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"
	"slices"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
)

// readLimits reads the limits on the usage of an item. Admission refuses an amount that is not
// valid.
func readLimits(l *v1alpha1.UsageLimits) metering.Limits {
	if l == nil {
		return metering.Limits{}
	}
	return metering.Limits{Soft: readLimit(l.SoftLimit), Trial: readLimit(l.TrialLimit), Hard: readLimit(l.HardLimit)}
}

func readLimit(l *v1alpha1.UsageLimit) metering.Limit {
	if l == nil {
		return metering.Limit{}
	}
	limit := metering.Limit{Quantity: l.Quantity}
	if a, err := money.ParseDecimal(string(l.Amount)); l.Amount != "" && err == nil {
		limit.Amount = &a
	}
	return limit
}

// readUsage reads the meters of the metered items.
func readUsage(usage []v1alpha1.UsageStatus, state *subscription.State) error {
	for _, u := range usage {
		i := slices.IndexFunc(state.Items, func(item subscription.Item) bool { return item.Name == u.Item })
		if i < 0 {
			return fmt.Errorf("usage of item %q, which is not there", u.Item)
		}
		state.Items[i].Meter = metering.Meter{
			Known: u.Reading != nil,
			Last:  metering.Reading{Total: ptr.Deref(u.Reading, 0), Observed: Instant(u.ObservedTime), Loaded: Instant(u.LoadedTime)},
			Used:  u.Quantity, Soft: int(u.SoftLimitPercent), WentBack: u.WentBack,
			TrialReached: u.TrialLimitReached, HardReached: u.HardLimitReached,
		}
	}
	return nil
}

// Readings are the readings of a subscription that were loaded and not taken yet, if the items
// still have the product that was read.
func Readings(s *v1alpha1.Subscription) []subscription.Reading {
	var readings []subscription.Reading
	for _, r := range s.Status.LoadedReadings {
		if productOf(s, r.Item) == r.Product {
			readings = append(readings, subscription.Reading{Item: r.Item, Product: r.Product, Reading: ReadReading(r)})
		}
	}
	return readings
}

// productOf is the product of an item in force or, before it is in force, as declared.
func productOf(s *v1alpha1.Subscription, item string) string {
	if inForce := facts.ItemInForce(s, item); inForce != nil {
		return inForce.Product
	}
	for i := range s.Spec.Items {
		if s.Spec.Items[i].Name == item {
			return s.Spec.Items[i].ProductRef.Name
		}
	}
	return ""
}

// ReadReading reads one reading.
func ReadReading(r v1alpha1.LoadedReading) metering.Reading {
	return metering.Reading{Total: r.Reading, Observed: r.ObservedTime.UTC(), Loaded: r.LoadedTime.UTC()}
}
