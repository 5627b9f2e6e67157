// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/record"
)

// readingOf returns the newest reading of a metered item that was loaded, taken by its subscription or
// not; nil without one.
func readingOf(subscription *v1alpha1.Subscription, name string) *int64 {
	for n := range subscription.Status.LoadedReadings {
		if loaded := &subscription.Status.LoadedReadings[n]; loaded.Item == name {
			return &loaded.Reading
		}
	}
	for n := range subscription.Status.Usage {
		if usage := &subscription.Status.Usage[n]; usage.Item == name {
			return usage.Reading
		}
	}
	return nil
}

// totals returns the last reading of each key of a load whose rows are readings; zero before the first.
func (l load) totals() map[string]int64 {
	totals := map[string]int64{}
	for _, each := range l.orders {
		if !each.item.metered {
			continue
		}
		totals[each.item.key] = 0
		if known := readingOf(each.item.subscription, each.item.name); known != nil {
			totals[each.item.key] = *known
		}
	}
	return totals
}

// addReading judges what was read of a metered item. It passes no guard and no limit: those are the
// subscription's, when it takes the reading.
func (f *findings) addReading(each order, verdict dataloader.Verdict) {
	known := readingOf(each.item.subscription, each.item.name)
	switch {
	case each.item.key == "":
		f.problems[each.item.subscription.UID] = problem{
			v1alpha1.ReasonKeyMissing,
			"the subscription has no externalRef, which is its key in the data loader",
		}
	case verdict.Outcome == dataloader.Failed, verdict.Outcome == dataloader.Kept && known == nil:
		f.problems[each.item.subscription.UID] = problem{string(verdict.Reason), verdict.Message}
	case verdict.Outcome == dataloader.Kept:
		// The last reading stands.
	case known == nil || *known != verdict.Count:
		f.counted++
		f.readings = append(f.readings, change{order: each, count: verdict.Count})
	default:
		f.counted++
	}
}

// recordReadings writes each reading that changed on its subscription, which takes it in order of its
// observation, after what was due before (billing.md 11). Nothing else of the subscription is touched.
func (r *Reconciler) recordReadings(ctx context.Context, s *situation, readings []change, times answerTimes) error {
	failed := make([]error, len(readings))
	var group errgroup.Group
	group.SetLimit(maxCreates)
	for n := range readings {
		group.Go(func() error {
			failed[n] = r.recordReading(ctx, s, readings[n], times)
			return nil
		})
	}
	_ = group.Wait()
	return firstOf(failed)
}

// recordReading writes one reading under the resourceVersion of a live read.
func (r *Reconciler) recordReading(ctx context.Context, s *situation, planned change, times answerTimes) error {
	key := types.NamespacedName{Namespace: s.product.Namespace, Name: planned.item.subscription.Name}
	var err error
	for range maxConflicts {
		live := &v1alpha1.Subscription{}
		if err = r.Live.Get(ctx, key, live); err != nil {
			return ignoreNotFound(err)
		}
		again, ok := connectItem(s.product, live, planned.item.name)
		if !ok || !again.metered || live.UID != planned.item.subscription.UID || again.key != planned.item.key {
			return nil
		}
		if known := readingOf(live, planned.item.name); known != nil && *known == planned.count {
			return nil
		}
		setReading(s.product.Name, live, planned, times)
		if err = r.Client.Status().Update(ctx, live); !apierrors.IsConflict(err) {
			return ignoreNotFound(err)
		}
	}
	return err
}

// setReading puts a reading in the place of the one before it.
func setReading(product string, live *v1alpha1.Subscription, planned change, times answerTimes) {
	loaded := slices.DeleteFunc(live.Status.LoadedReadings, func(l v1alpha1.LoadedReading) bool { return l.Item == planned.item.name })
	loaded = append(loaded, v1alpha1.LoadedReading{
		Item: planned.item.name, Product: product, Reading: planned.count,
		ObservedTime: *record.Time(times.observed), LoadedTime: *record.Time(times.loaded),
	})
	live.Status.LoadedReadings = loaded
}
