// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
)

// recordReadings writes each changed reading to its subscription. The subscription takes readings in
// the order of observation, after earlier events (billing.md#11-usage). Nothing else of the
// subscription is changed.
func (r *Reconciler) recordReadings(ctx context.Context, s *situation, readings []loading.Change, times loading.AnswerTimes) error {
	failed := make([]error, len(readings))
	var group errgroup.Group
	group.SetLimit(maxCreates)
	for n := range readings {
		group.Go(func() error {
			failed[n] = writeOf(readings[n].Item.Subscription, r.recordReading(ctx, s, readings[n], times))
			return nil
		})
	}
	_ = group.Wait()
	return gravest(failed)
}

// recordReading writes one reading, with the resourceVersion of a live read.
func (r *Reconciler) recordReading(ctx context.Context, s *situation, planned loading.Change, times loading.AnswerTimes) error {
	key := types.NamespacedName{Namespace: s.product.Namespace, Name: planned.Item.Subscription}
	var err error
	for range maxConflicts {
		live := &v1alpha1.Subscription{}
		if err = r.Live.Get(ctx, key, live); err != nil {
			return ignoreNotFound(err)
		}
		if again, ok := s.stillConnected(live, planned); !ok || !loading.Differs(&again, planned.Count, nil) {
			return nil
		}
		setReading(s.product.Name, live, planned, times)
		if err = r.Client.Status().Update(ctx, live); !apierrors.IsConflict(err) {
			return ignoreNotFound(err)
		}
	}
	return err
}

// setReading adds a reading to those that wait to be taken.
func setReading(product string, live *v1alpha1.Subscription, planned loading.Change, times loading.AnswerTimes) {
	record.AddReading(live, v1alpha1.LoadedReading{
		Item: planned.Item.ID.Item, Product: product, Reading: planned.Count,
		ObservedTime: *record.Time(times.Observed), LoadedTime: *record.Time(times.Loaded),
	})
}
