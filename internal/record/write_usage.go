// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"slices"
	"time"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

func writeLimits(l metering.Limits) *v1alpha1.UsageLimits {
	if l.IsZero() {
		return nil
	}
	return &v1alpha1.UsageLimits{SoftLimit: writeLimit(l.Soft), TrialLimit: writeLimit(l.Trial), HardLimit: writeLimit(l.Hard)}
}

func writeLimit(l metering.Limit) *v1alpha1.UsageLimit {
	if l.IsZero() {
		return nil
	}
	limit := &v1alpha1.UsageLimit{Quantity: l.Quantity}
	if l.Amount != nil {
		limit.Amount = v1alpha1.Amount(l.Amount.String())
	}
	return limit
}

// writeUsage writes the usage of metered items in the current period.
func writeUsage(state *subscription.State) []v1alpha1.UsageStatus {
	var usage []v1alpha1.UsageStatus
	for i := range state.Items {
		item := &state.Items[i]
		if !item.Metered {
			continue
		}
		m := item.Meter
		u := v1alpha1.UsageStatus{
			Item: item.Name, Quantity: m.Used, Amount: rounded(item.Price.Total(m.Used), state.Currency),
			SoftLimitPercent: int32(m.Soft), WentBack: m.WentBack, // 0 to 100
			TrialLimitReached: m.TrialReached, HardLimitReached: m.HardReached,
		}
		if m.Known {
			u.Reading, u.ObservedTime, u.LoadedTime = ptr.To(m.Last.Total), Time(m.Last.Observed), Time(m.Last.Loaded)
		}
		usage = append(usage, u)
	}
	return usage
}

const (
	// maxReadings is how many readings of one item may wait, and maxLoadedReadings how many of all items.
	maxReadings       = 12
	maxLoadedReadings = 100
)

// AddReading adds a reading, the newest of its item, to a subscription. Earlier readings that wait stay, so that usage
// is priced in the period and by the plan of its time. If there are too many, they are thinned out.
func AddReading(s *v1alpha1.Subscription, newest v1alpha1.LoadedReading) {
	s.Status.LoadedReadings = slices.DeleteFunc(s.Status.LoadedReadings, func(r v1alpha1.LoadedReading) bool {
		return r.Item == newest.Item && r.Product != newest.Product
	})
	s.Status.LoadedReadings = append(s.Status.LoadedReadings, newest)
	byItem := map[string][]v1alpha1.LoadedReading{}
	var items []string
	for _, r := range s.Status.LoadedReadings {
		if byItem[r.Item] == nil {
			items = append(items, r.Item)
		}
		byItem[r.Item] = append(byItem[r.Item], r)
	}
	boundary := boundaries(s)
	s.Status.LoadedReadings = nil
	for _, item := range items {
		kept := thinned(byItem[item], min(maxReadings, maxLoadedReadings/len(items)), boundary)
		s.Status.LoadedReadings = append(s.Status.LoadedReadings, kept...)
	}
}

// thinned returns at most the given number of the readings of one item.
func thinned(loaded []v1alpha1.LoadedReading, most int, boundary func(a, b time.Time) bool) []v1alpha1.LoadedReading {
	readings := make([]metering.Reading, 0, len(loaded))
	for _, r := range loaded {
		readings = append(readings, ReadReading(r))
	}
	kept := metering.Thin(readings, most, boundary)
	return slices.DeleteFunc(loaded, func(r v1alpha1.LoadedReading) bool { return !slices.Contains(kept, ReadReading(r)) })
}

// boundaries tells whether a boundary of a subscription's periods lies between two instants. A subscription whose
// status cannot be read counts as one that has not started.
func boundaries(s *v1alpha1.Subscription) func(earlier, later time.Time) bool {
	state, err := ReadState(&s.Status)
	if err != nil {
		state = subscription.State{}
	}
	return subscription.Boundaries(state, Terms(s))
}

// dropTaken drops the loaded readings that the state has taken, and those of a product that an item
// has left. Readings of items that are not in force yet stay.
func dropTaken(state *subscription.State, loaded []v1alpha1.LoadedReading) []v1alpha1.LoadedReading {
	var left []v1alpha1.LoadedReading
	for _, r := range loaded {
		item, held := state.Item(r.Item)
		if !held || (item.Metered && item.Product == r.Product && item.Meter.IsNews(ReadReading(r))) {
			left = append(left, r)
		}
	}
	return left
}
