// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
)

// Settle computes the state of a subscription that only has a manifest, as if the operator had run it since its start, at
// the prices of the catalogue. If the manifest has no start, it starts now. A subscription that has a status keeps it. A
// subscription that cannot be computed stays without a state.
func (c *Catalogue) Settle(of Case, wall time.Time) (Case, error) {
	if of.Subscription.Status.StartTime != nil {
		return of, nil
	}
	shown, err := c.Now(of.Subscription, wall)
	if err != nil {
		return of, err
	}
	sub := of.Subscription.DeepCopy()
	start := shown
	if s := record.Instant(sub.Spec.StartTime); !s.IsZero() && s.Before(shown) {
		start = s
	}
	sub.UID = types.UID("manifest:" + sub.Namespace + "/" + sub.Name)
	sub.Generation = 1
	sub.CreationTimestamp = metav1.NewTime(start)
	settled := Case{Subscription: sub, Assignments: of.Assignments}
	for _, at := range []time.Time{start, shown} {
		// No updates: it is not known when those of the manifests were applied.
		if err := c.settleAt(&settled, at); err != nil {
			return of, err
		}
	}
	settled.Updates, settled.Finished, settled.FinishedSpecs = of.Updates, of.Finished, of.FinishedSpecs
	return settled, nil
}

// settleAt commits what is due at a time.
func (c *Catalogue) settleAt(of *Case, at time.Time) error {
	objects, err := c.Objects(*of, at)
	if err != nil {
		return err
	}
	objects.Shown = at
	advanced, err := assembly.Advance(objects)
	if err != nil {
		return err
	}
	sub := of.Subscription.DeepCopy()
	record.WriteState(advanced.Outcome.State, advanced.Ahead().Upcoming, &sub.Status)
	sub.Status.ObservedGeneration = sub.Generation
	sub.Status.ScheduledCancelTime = facts.ScheduledCancel(sub)
	if facts.IsByHand(sub) {
		sub.Status.SeenTime, sub.Status.ClockTime = firstSeen(sub, at), record.Time(at)
	}
	of.Subscription = sub
	return nil
}

func firstSeen(sub *v1alpha1.Subscription, at time.Time) *metav1.Time {
	if sub.Status.SeenTime != nil {
		return sub.Status.SeenTime
	}
	return record.Time(at)
}
