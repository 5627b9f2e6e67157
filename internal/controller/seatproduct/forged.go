// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

// withoutForged returns the updates of refreshes without those that cannot be the operator's, so that no count
// is compared with them. The subscriptions are the product's, and the times are those on their clocks.
func (r *Reconciler) withoutForged(updates []v1alpha1.SubscriptionUpdate, subscriptions []*v1alpha1.Subscription, times map[string]time.Time) []*v1alpha1.SubscriptionUpdate {
	if len(updates) == 0 {
		return nil
	}
	// There are few updates, but there may be 100,000 subscriptions.
	byUID := make(map[types.UID]*v1alpha1.Subscription, len(updates))
	for n := range updates {
		byUID[updates[n].Spec.SubscriptionRef.UID] = nil
	}
	for _, each := range subscriptions {
		if _, named := byUID[facts.Identity(each)]; named {
			byUID[facts.Identity(each)] = each
		}
	}
	own := make([]*v1alpha1.SubscriptionUpdate, 0, len(updates))
	for n := range updates {
		of := byUID[updates[n].Spec.SubscriptionRef.UID]
		if of != nil && r.isForged(&updates[n], of, times[facts.Clock(of)]) {
			continue
		}
		own = append(own, &updates[n])
	}
	return own
}

// isForged reports whether an update that claims to be created by a refresh cannot be the operator's. The time now
// is on its subscription's clock.
func (r *Reconciler) isForged(update *v1alpha1.SubscriptionUpdate, of *v1alpha1.Subscription, now time.Time) bool {
	return update.Spec.Cause == nil || record.CauseFault(update, of, record.Present{Clock: now, Wall: r.Clock.Now()}) != ""
}

// nameTaken reports that somebody else created an update under the name that a refresh would have
// used.
func (r *Reconciler) nameTaken(product *v1alpha1.SeatProduct, existing *v1alpha1.SubscriptionUpdate) {
	if r.Recorder == nil {
		return
	}
	note := fmt.Sprintf("The SubscriptionUpdate %q has a name that Seatplane uses for a refresh, but Seatplane did not create it. "+
		"The count is recorded under another name.", existing.Name)
	r.Recorder.Eventf(product, existing, corev1.EventTypeWarning, v1alpha1.ReasonUpdateNameTaken, actionRefresh, "%s", status.EventNote(note))
}
