// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

// readLimits reads the limits on the usage of an item. Admission refuses an amount
// that is none.
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

// writeUsage writes what metered items used in the current period.
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

// Readings are the readings of a subscription that were loaded and not taken yet,
// as far as the items still have the product that was read.
func Readings(s *v1alpha1.Subscription) []subscription.Reading {
	var readings []subscription.Reading
	for _, r := range s.Status.LoadedReadings {
		if productOf(s, r.Item) == r.Product {
			readings = append(readings, subscription.Reading{Item: r.Item, Reading: ReadReading(r)})
		}
	}
	return readings
}

// productOf is the product of an item that is held or, before it is, declared.
func productOf(s *v1alpha1.Subscription, item string) string {
	for i := range s.Status.Items {
		if s.Status.Items[i].Name == item {
			return s.Status.Items[i].Product
		}
	}
	for i := range s.Spec.Items {
		if s.Spec.Items[i].Name == item {
			return s.Spec.Items[i].ProductRef.Name
		}
	}
	return ""
}

const (
	// maxReadings is how many readings of one item wait at most, and maxLoadedReadings how many of all items.
	maxReadings       = 12
	maxLoadedReadings = 100
)

// AddReading has a subscription take in one more reading, the newest of its item. Those that wait already stay, so that
// usage is priced in the period and by the plan of its time; what is beyond the bounds is thinned out.
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

// thinned are at most so many of the readings of one item.
func thinned(loaded []v1alpha1.LoadedReading, most int, boundary func(a, b time.Time) bool) []v1alpha1.LoadedReading {
	readings := make([]metering.Reading, 0, len(loaded))
	for _, r := range loaded {
		readings = append(readings, ReadReading(r))
	}
	kept := metering.Thin(readings, most, boundary)
	return slices.DeleteFunc(loaded, func(r v1alpha1.LoadedReading) bool { return !slices.Contains(kept, ReadReading(r)) })
}

// boundaries tells whether a boundary of a subscription's periods lies between two instants: before its start, the
// start; in a trial, its end too.
func boundaries(s *v1alpha1.Subscription) func(a, b time.Time) bool {
	start := Terms(s).Created
	if s.Spec.StartTime != nil {
		start = s.Spec.StartTime.UTC()
	}
	between := func(a, b, at time.Time) bool { return a.Before(at) && !b.Before(at) }
	state, err := ReadState(&s.Status)
	if err != nil || state.Start.IsZero() {
		return func(a, b time.Time) bool { return !a.After(start) && b.After(start) }
	}
	zone, err := calendar.LoadZone(state.Period.Zone)
	if err != nil {
		zone = time.UTC
	}
	c := calendar.Calendar{Anchor: state.Anchor, Interval: state.Interval, Zone: zone}
	return func(a, b time.Time) bool { return between(a, b, state.Period.Span.End) || c.IndexOf(a) != c.IndexOf(b) }
}

// ReadReading reads one reading.
func ReadReading(r v1alpha1.LoadedReading) metering.Reading {
	return metering.Reading{Total: r.Reading, Observed: r.ObservedTime.UTC(), Loaded: r.LoadedTime.UTC()}
}

// dropTaken drops the loaded readings that the state has taken. Those of items
// that are not held yet wait for them.
func dropTaken(state *subscription.State, loaded []v1alpha1.LoadedReading) []v1alpha1.LoadedReading {
	var left []v1alpha1.LoadedReading
	for _, r := range loaded {
		item, held := state.Item(r.Item)
		if !held || (item.Metered && item.Meter.IsNews(ReadReading(r))) {
			left = append(left, r)
		}
	}
	return left
}

// ScheduledCancel is the date of a cancellation, which from now on was seen.
func ScheduledCancel(s *v1alpha1.Subscription) *metav1.Time {
	if s.Spec.Cancel == nil {
		return nil
	}
	return s.Spec.Cancel.At
}
