// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// assignment gives its holder, of the same name, a seat of acme's editors.
const assignment = `
kind: SeatAssignment
metadata: {name: %[1]s}
spec: {subscriptionRef: {name: acme}, item: editors, holder: {id: %[1]s}}
`

// assigned waits until an assignment says why its holder has a seat, or has none.
func (o *office) assigned(name, reason string) {
	o.Helper()
	o.eventually(name+" says "+reason, func(ctx context.Context) (bool, string, error) {
		var a v1alpha1.SeatAssignment
		err := cluster.Get(ctx, o.key(name), &a)
		assigned := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionAssigned)
		return assigned != nil && assigned.Reason == reason, describe(a.Status.Conditions), err
	})
}

// counts waits until a subscription's first item has so many seats, and so many of them a holder.
func (o *office) counts(subscription string, quantity, assigned int64) {
	o.Helper()
	o.eventually(fmt.Sprintf("%d of %d seats are assigned", assigned, quantity), func(ctx context.Context) (bool, string, error) {
		s, err := o.readSubscription(ctx, subscription)
		if err != nil || len(s.Status.Items) == 0 || s.Status.Items[0].Assigned == nil || s.Status.Items[0].Available == nil {
			return false, "nothing is said of them", err
		}
		item := s.Status.Items[0]
		done := item.Quantity == quantity && *item.Assigned == assigned && *item.Available == quantity-assigned
		return done, fmt.Sprintf("%d, %d assigned, %d available", item.Quantity, *item.Assigned, *item.Available), nil
	})
}

// Seats are claimed before there is a subscription, given in order, refused to a decrease, and handed on.
func TestSeatsHaveHolders(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	for _, name := range []string{"ada", "bob", "cleo"} {
		o.apply(fmt.Sprintf(assignment, name))
		o.assigned(name, v1alpha1.ReasonSubscriptionNotFound)
	}
	o.apply(limited)
	o.started("acme")
	o.assigned("ada", v1alpha1.ReasonAssigned)
	o.assigned("bob", v1alpha1.ReasonAssigned)
	o.assigned("cleo", v1alpha1.ReasonWaitingForSeat)
	o.counts("acme", 2, 2)

	o.moveClock("2026-04-16T00:00:00Z")
	const update = `
kind: SubscriptionUpdate
metadata: {name: %s}
spec: {subscriptionRef: {name: acme}, seats: {item: editors, %s}}
`
	o.apply(fmt.Sprintf(update, "two-more", "increment: 2"))
	o.assigned("cleo", v1alpha1.ReasonAssigned)
	o.counts("acme", 4, 3)
	o.apply(fmt.Sprintf(update, "too-few", "decrement: 2"))
	u := o.decided("too-few", v1alpha1.UpdateRejected)
	applied := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionApplied)
	if applied.Reason != v1alpha1.ReasonSeatsAssigned || !strings.Contains(applied.Message, "2 seats, but 3 are assigned") {
		t.Errorf("it is rejected for %s: %s", applied.Reason, applied.Message)
	}
	o.apply(fmt.Sprintf(update, "one-less", "decrement: 1"))
	o.decided("one-less", v1alpha1.UpdateApplied)
	o.counts("acme", 3, 3)

	o.apply(fmt.Sprintf(assignment, "dan"))
	o.assigned("dan", v1alpha1.ReasonWaitingForSeat)
	o.run("delete", "seatassignment", "bob")
	o.assigned("dan", v1alpha1.ReasonAssigned)
	o.counts("acme", 3, 3)
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("acme", "20.00", "35.00")

	o.run("delete", "subscription", "acme")
	o.assigned("dan", v1alpha1.ReasonSubscriptionNotFound)
}
