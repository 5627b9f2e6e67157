// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

func instant(at time.Time) metav1.Time { return metav1.NewTime(at) }

// metered bills what is used, at the end of the period.
func metered(p *v1alpha1.SeatProduct) { p.Spec.Plans[0].Usage = v1alpha1.UsageMetered }

// namespace creates a namespace that may have TestClocks, unless it exists.
func (c *cluster) namespace(name string) {
	c.Helper()
	shop := &corev1.Namespace{}
	shop.Name, shop.Labels = name, map[string]string{v1alpha1.LabelTestClocks: v1alpha1.TestClocksAllowed}
	if err := c.Create(c.Context(), shop); !apierrors.IsAlreadyExists(err) {
		c.Must(err)
	}
}

// counts are what the sources of a shop answer: seats, and the total of what was used.
func (c *cluster) counts(namespace string, seats, used int) {
	c.Helper()
	counts := &corev1.ConfigMap{Data: map[string]string{"counted": fmt.Sprint(seats)}}
	counts.Namespace, counts.Name = namespace, "counts"
	usage := &corev1.ConfigMap{Data: map[string]string{"used": fmt.Sprint(used)}}
	usage.Namespace, usage.Name = namespace, "usage"
	for _, each := range []*corev1.ConfigMap{counts, usage} {
		wanted := each.DeepCopy()
		err := c.Create(c.Context(), each)
		if apierrors.IsAlreadyExists(err) {
			err = c.Update(c.Context(), wanted)
		}
		c.Must(err)
	}
}

// live plays the lives of several subscriptions until 20 April: changes that were applied, a scheduled update, a line that
// is billed on a day of its own, a decrease that waits for the renewal, an edit of the spec, a credit balance, counted
// seats, usage, a trial, seats with assignees, and a subscription that has ended.
func (c *cluster) live(shop string) {
	c.Helper()
	c.namespace(shop)
	c.counts(shop, 4, 100)
	c.Make(
		builders.MakeTestClock("clock", shop, april).Obj(),
		builders.MakeProrationPolicy("by-day", shop, v1alpha1.RoundNearest).Unit(v1alpha1.UnitDay).Obj(),
		builders.MakeSeatProduct("editor", shop).Plan("monthly", "EUR", "12.50").Seats(0, 1000).
			OnDecrease(v1alpha1.QuantityChangePolicy{ApplicationSchedule: v1alpha1.ApplyNextPeriod}).Obj(),
		builders.MakeSeatProduct("viewer", shop).Plan("monthly", "EUR", "1.10").ConfigMapLoader("counts").
			Refresh(v1alpha1.Refresh{Schedule: "0 2 * * *"}).Obj(),
		builders.MakeSeatProduct("call", shop).Plan("monthly", "EUR", "0.013").With(metered).ConfigMapLoader("usage").
			Refresh(v1alpha1.Refresh{Schedule: "0 3 * * *"}).Obj(),
		builders.MakeSubscription("changed", shop).Start(april).TestClock("clock").Policy(v1alpha1.KindProrationPolicy, "by-day").
			LoadedItem("editors", "editor", "monthly").Obj(),
		builders.MakeSubscription("declared", shop).Start(april).TestClock("clock").Item("editors", "editor", "monthly", 7).Obj(),
		builders.MakeSubscription("counted", shop).Start(april).TestClock("clock").LoadedItem("viewers", "viewer", "monthly").Obj(),
		builders.MakeSubscription("used", shop).Start(april).TestClock("clock").LoadedItem("calls", "call", "monthly").Obj(),
		builders.MakeSubscription("trying", shop).Start(april).TestClock("clock").Item("editors", "editor", "monthly", 3).
			With(func(s *v1alpha1.Subscription) {
				s.Spec.Trial = &v1alpha1.SubscriptionTrial{EndTime: ptr.To(instant(april.AddDate(0, 0, 24)))}
			}).Obj(),
		builders.MakeSubscription("assigned", shop).Start(april).TestClock("clock").Item("editors", "editor", "monthly", 2).Obj(),
		builders.MakeSubscription("ended", shop).Start(april).TestClock("clock").Item("editors", "editor", "monthly", 1).
			With(func(s *v1alpha1.Subscription) {
				s.Spec.Cancel = &v1alpha1.Cancellation{At: ptr.To(instant(april.AddDate(0, 0, 12)))}
			}).Obj(),
	)
	for _, name := range []string{"zoe", "ada", "bob"} { // one of them waits
		c.Make(builders.MakeSeatAssignment(name, shop, "assigned", "editors").Obj())
	}
	c.Eventually("the start", c.CaughtUp(shop))
	c.Make(builders.MakeSubscriptionUpdate("first", shop, "changed").Count("editors", 9).Obj())
	c.Eventually("the change", c.CaughtUp(shop))
	c.moveAll(april.AddDate(0, 0, 9), shop)
	c.counts(shop, 6, 340)
	c.Merge(c.subscription(shop, "declared"), `{"spec":{"items":[{"name":"editors","productRef":{"name":"editor"},"plan":"monthly","quantity":11}]}}`)
	c.Make(
		builders.MakeSubscriptionUpdate("deferred", shop, "changed").Increment("editors", 3).Pay(v1alpha1.PayCustom).
			BillAt(april.AddDate(0, 0, 40)).Obj(),
	)
	c.moveAll(april.AddDate(0, 0, 14), shop)
	c.Make(
		builders.MakeSubscriptionUpdate("scheduled", shop, "changed").Increment("editors", 2).ApplyAt(april.AddDate(0, 0, 26)).Obj(),
		builders.MakeSubscriptionUpdate("given-back", shop, "changed").Decrement("editors", 4).Apply(v1alpha1.ApplyImmediately).
			Calculate(v1alpha1.CalculateProRata).Pay(v1alpha1.PayImmediately).Obj(),
	)
	// Fewer seats, from the next period.
	c.Merge(c.subscription(shop, "declared"), `{"spec":{"items":[{"name":"editors","productRef":{"name":"editor"},"plan":"monthly","quantity":5}]}}`)
	c.moveAll(april.AddDate(0, 0, 19), shop)
}

// goesOn plays what happens after 20 April, the same in both clusters.
func (c *cluster) goesOn(shops ...string) {
	c.Helper()
	for _, shop := range shops {
		c.counts(shop, 8, 900)
		c.Make(builders.MakeSubscriptionUpdate("later", shop, "changed").Increment("editors", 1).Obj())
		c.Must(c.Delete(c.Context(), builders.MakeSeatAssignment("ada", shop, "assigned", "editors").Obj()))
		c.Merge(c.subscription(shop, "declared"), `{"spec":{"items":[{"name":"editors","productRef":{"name":"editor"},"plan":"monthly","quantity":13}]}}`)
	}
	for _, shop := range shops {
		c.Eventually("the manager has seen the changes", c.seen(shop))
	}
	c.moveAll(april.AddDate(0, 0, 29), shops...)
	c.moveAll(april.AddDate(0, 1, 3), shops...)
	for _, shop := range shops {
		c.counts(shop, 5, 1100)
	}
	c.moveAll(april.AddDate(0, 1, 20), shops...)
	c.moveAll(april.AddDate(0, 2, 3), shops...)
}

// seen waits until the changes of goesOn have taken effect: the clock must not move before, or they count for another day.
func (c *cluster) seen(namespace string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		var declared v1alpha1.Subscription
		var later v1alpha1.SubscriptionUpdate
		var assigned v1alpha1.SeatAssignmentList
		err := errors.Join(
			c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "declared"}, &declared),
			c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "later"}, &later),
			c.List(ctx, &assigned, client.InNamespace(namespace)))
		for i := range assigned.Items {
			if assigned.Items[i].Status.AssignedTime == nil {
				return "a seat for " + assigned.Items[i].Name, err
			}
		}
		if declared.Status.ObservedGeneration != declared.Generation || !facts.Finished(later.Status.State) {
			return "the edit, or the update later", err
		}
		return "", err
	}
}

func (c *cluster) subscription(namespace, name string) *v1alpha1.Subscription {
	c.Helper()
	found := &v1alpha1.Subscription{}
	c.Must(c.Get(c.Context(), client.ObjectKey{Namespace: namespace, Name: name}, found))
	return found
}

// taken waits until the manager has looked at every imported subscription.
func (c *cluster) taken(namespace string) {
	c.Helper()
	c.Eventually("the manager has taken over "+namespace, func(ctx context.Context) (string, error) {
		var list v1alpha1.SubscriptionList
		err := c.List(ctx, &list, client.InNamespace(namespace))
		for i := range list.Items {
			for _, condition := range list.Items[i].Status.Conditions {
				if condition.Reason == v1alpha1.ReasonImporting {
					return list.Items[i].Name, err
				}
			}
		}
		return "", err
	})
}
