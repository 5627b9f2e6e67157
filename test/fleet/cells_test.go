// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

const shop = "shop"

// Two cells share nothing. One customer moves from one to the other at a renewal, one in the midst of a period, and
// their twins stay. Both cells together bill each of them what its twin is billed, and each day once.
func TestCustomerMovesBetweenCells(t *testing.T) {
	old, other := newCell(t), newCell(t)
	for _, each := range []*cell{old, other} {
		each.shop(shop, nil)
		each.Make(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: shop, Name: "counts"}})
		each.manage("manager")
	}
	for _, name := range []string{"renewing", "renewing-twin", "midway", "midway-twin"} {
		old.Make(builders.MakeSubscription(name, shop).Customer(name).Start(april).TestClock("clock").
			LoadedItem("editors", "editor", "monthly").Obj())
	}
	both := func(to time.Time) {
		t.Helper()
		for _, each := range []*cell{old, other} {
			each.MoveClock(shop, to)
			each.Eventually(to.String(), each.caughtUp(shop))
		}
	}
	old.Eventually("the start", old.caughtUp(shop))

	// On 16 April everybody has two more seats, to be paid with the next invoice.
	both(april.AddDate(0, 0, 15))
	for _, name := range []string{"renewing", "renewing-twin", "midway", "midway-twin"} {
		old.Make(builders.MakeSubscriptionUpdate(name+"-more", shop, name).Increment("editors", 2).Obj())
	}
	old.Eventually("the change", old.appliedAll)
	old.endsWithItsPeriod("renewing")

	// On 20 April, one moves in the midst of its month.
	both(april.AddDate(0, 0, 19))
	renews := old.leaves("midway")
	other.Make(arrival("midway", renews).Obj())

	both(april.AddDate(0, 1, 1))
	ended := old.subscription("renewing")
	if ended.Status.State != v1alpha1.SubscriptionCanceled || ended.Status.EndTime == nil {
		t.Fatalf("it has not ended: %+v", ended.Status)
	}
	other.Make(arrival("renewing", ended.Status.EndTime.Time).Obj())
	both(april.AddDate(0, 3, 1))

	for _, name := range []string{"renewing", "midway"} {
		here, there := dueOf(t, old.documents(shop), name), dueOf(t, other.documents(shop), name)
		if twin := dueOf(t, old.documents(shop), name+"-twin"); here.sum+there.sum != twin.sum {
			t.Errorf("%s: %v in the old cell and %v in the new one, want %v together, as its twin", name, here, there, twin)
		}
		if diff := cmp.Diff([]string{"Renewal", "Renewal", "Renewal"}, there.reasons); diff != "" {
			t.Errorf("%s: what the new cell bills (-want +got):\n%s", name, diff)
		}
	}
}

// arrival is a customer who comes to a cell and has been billed elsewhere up to a time.
func arrival(name string, billed time.Time) *builders.Subscription {
	return builders.MakeSubscription(name, shop).Customer(name).Start(april).Anchor(april).TestClock("clock").
		Item("editors", "editor", "monthly", 12).
		With(func(s *v1alpha1.Subscription) { s.Spec.BilledUntil = &metav1.Time{Time: billed} })
}

func (c *cell) subscription(name string) *v1alpha1.Subscription {
	c.Helper()
	var found v1alpha1.Subscription
	c.Must(c.Get(c.Context(), client.ObjectKey{Namespace: shop, Name: name}, &found))
	return &found
}

// appliedAll says which update is not applied.
func (c *cell) appliedAll(ctx context.Context) (string, error) {
	var list v1alpha1.SubscriptionUpdateList
	err := c.List(ctx, &list, client.InNamespace(shop))
	for i := range list.Items {
		if update := &list.Items[i]; update.Status.State != v1alpha1.UpdateApplied {
			return fmt.Sprintf("%s is %q", update.Name, update.Status.State), err
		}
	}
	return "", err
}

// endsWithItsPeriod has a subscription settle at its renewal and end there.
func (c *cell) endsWithItsPeriod(name string) {
	c.Helper()
	c.Merge(c.subscription(name), `{"spec":{"cancel":{"atPeriodEnd":true}}}`)
	c.Eventually("it is to end", func(context.Context) (string, error) {
		if c.subscription(name).Status.EndTime == nil {
			return "no end", nil
		}
		return "", nil
	})
}

// leaves has a subscription bill what has accrued and go without being settled, and returns until when it has been
// billed: up to its renewal.
func (c *cell) leaves(name string) (renews time.Time) {
	c.Helper()
	c.Merge(c.subscription(name), `{"metadata":{"annotations":{%q:"now"}}}`, v1alpha1.AnnotationInvoiceRequestedAt)
	c.Eventually("it is billed", func(context.Context) (string, error) {
		if got := c.subscription(name).Status.LastHandledInvoiceRequest; got != "now" {
			return fmt.Sprintf("handled %q", got), nil
		}
		return "", nil
	})
	leaving := c.subscription(name)
	c.Merge(leaving, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationDelete, v1alpha1.DeleteAbandon)
	c.Must(c.Delete(c.Context(), leaving))
	c.Eventually("it is gone", func(ctx context.Context) (string, error) {
		err := c.Get(ctx, client.ObjectKeyFromObject(leaving), &v1alpha1.Subscription{})
		if apierrors.IsNotFound(err) {
			return "", nil
		}
		return "it is still there", err
	})
	return leaving.Status.RenewalTime.Time
}

// due is what a subscription was billed.
type due struct {
	// sum is in cents.
	sum     int64
	reasons []string
}

func dueOf(t *testing.T, documents []document, subscription string) due {
	t.Helper()
	var found due
	for _, each := range documents {
		if each.Subscription != subscription {
			continue
		}
		var units, cents int64
		if _, err := fmt.Sscanf(each.Due, "%d.%02d", &units, &cents); err != nil || units < 0 {
			t.Fatalf("%s of %s: %q: %v", each.Reason, subscription, each.Due, err)
		}
		found.sum += 100*units + cents
		found.reasons = append(found.reasons, each.Reason)
	}
	return found
}
