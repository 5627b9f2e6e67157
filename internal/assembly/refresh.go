// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package assembly

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
)

// RefreshUpdate is the update that records the count of a refresh, as the operator creates it. token identifies the tick
// or request. The update has no owner, so it outlives its subscription.
func RefreshUpdate(sub *v1alpha1.Subscription, item string, count int64, token string, times loading.AnswerTimes) *v1alpha1.SubscriptionUpdate {
	return &v1alpha1.SubscriptionUpdate{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: sub.Namespace,
			Name:      record.RefreshUpdateName(sub.Name, string(facts.Identity(sub)), item, token, lastObserved(sub, item)),
		},
		Spec: v1alpha1.SubscriptionUpdateSpec{
			SubscriptionRef: v1alpha1.SubscriptionReference{Name: sub.Name, UID: facts.Identity(sub)},
			Seats:           &v1alpha1.SeatsChange{Item: item, Count: &count},
			Cause: &v1alpha1.UpdateCause{
				Type:         v1alpha1.CauseRefresh,
				Token:        token,
				ObservedTime: record.Time(times.Observed),
				LoadedTime:   record.Time(times.Loaded),
				Item:         item,
			},
		},
	}
}

// lastObserved returns the observation time of the count of an item that was last acted on; zero before
// the first.
func lastObserved(sub *v1alpha1.Subscription, item string) time.Time {
	if state := facts.ItemInForce(sub, item); state != nil {
		return record.Instant(state.ObservedTime)
	}
	return time.Time{}
}
