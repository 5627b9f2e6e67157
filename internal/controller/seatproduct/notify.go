// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/event"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/sinks"
	"github.com/seatplane/seatplane/internal/status"
)

// This file records the events for EventSinks. They are part of the status that reports the failure or the recovery, and
// nothing else is written for them. Whoever delivers them moves the cursors.

// describeFailing writes since when refreshes fail. A failure that is not tried again, for example because refreshes were
// suspended, has not ended: only a success ends it. A write that was not possible for a moment is neither of the two,
// because it says nothing about the source, and the refresh is repeated.
func describeFailing(after *v1alpha1.SeatProduct, s *situation, taken *result) {
	st := &after.Status
	_, failed := failureOfRefresh(s, taken)
	switch {
	case after.Spec.DataLoader == nil:
		st.FailingSince = nil
	case failed && st.FailingSince == nil:
		st.FailingSince = record.Time(taken.ended.UTC().Truncate(time.Second))
	case taken != nil && taken.done() && !stillFailing(st.Refreshes):
		st.FailingSince = nil
	}
}

// failureOfRefresh returns why a refresh failed, unless it is about to be repeated because of the operator's own writes.
func failureOfRefresh(s *situation, taken *result) (verdict, bool) {
	why, failed := failureOfLoad(s, taken)
	return why, failed && why.reason != v1alpha1.ReasonProgressing
}

// refreshEvents returns the event that refreshes begin to fail or succeed again, if the taken load made that happen. A
// further attempt that fails has no event.
func refreshEvents(before, after *v1alpha1.SeatProduct, s *situation, taken *result) []v1alpha1.Notification {
	wasFailing, isFailing := before.Status.FailingSince != nil, after.Status.FailingSince != nil
	if taken == nil || wasFailing == isFailing {
		return nil
	}
	at := metav1.NewTime(taken.ended.UTC().Truncate(time.Second))
	if !isFailing {
		return []v1alpha1.Notification{{Type: string(event.ProductRefreshRecovered), Time: at}}
	}
	why, _ := failureOfRefresh(s, taken)
	return []v1alpha1.Notification{{
		Type: string(event.ProductRefreshFailed), Time: at, Reason: why.reason, Message: status.EventNote(why.message),
	}}
}

// keepEvents writes the events of a pass into the status that is about to be written, with what has been delivered by now.
// The product is as it was read.
func (r *Reconciler) keepEvents(ctx context.Context, read, after *v1alpha1.SeatProduct, told []v1alpha1.Notification) error {
	source := delivery.FromProduct(read)
	if len(told) > 0 || len(source.Cursors) > 0 {
		used, err := sinks.Reader{Client: r.Client, Live: r.Live}.Of(ctx, source)
		if err != nil {
			return err
		}
		source = delivery.Keep(source, used, delivery.Number(source, used, told), r.reached(read))
	}
	source.InProduct(&after.Status)
	return nil
}

func (r *Reconciler) reached(product *v1alpha1.SeatProduct) map[types.UID]v1alpha1.EventCursor {
	if r.Reached == nil {
		return nil
	}
	return r.Reached.Of(facts.Identity(product))
}

// sameButDelivered reports whether two states of a product's status differ in nothing but how far its events were
// delivered.
func sameButDelivered(a, b v1alpha1.SeatProductStatus) bool {
	a.EventCursors, a.Notifications = b.EventCursors, b.Notifications
	return equality.Semantic.DeepEqual(a, b)
}
