// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

var noon = time.Date(2026, 4, 20, 12, 0, 0, 0, time.UTC)

func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message}
}

// subscription is one whose next event is so late, with some conditions.
func subscription(name string, late time.Duration, conditions ...metav1.Condition) *v1alpha1.Subscription {
	s := &v1alpha1.Subscription{}
	s.Namespace, s.Name = "shop", name
	s.Status.State, s.Status.Conditions = v1alpha1.SubscriptionActive, conditions
	s.Status.NextEventTime = ptr.To(metav1.NewTime(noon.Add(-late)))
	return s
}

func TestText(t *testing.T) {
	well := condition("Ready", "True", "Reconciled", "")
	cases := map[string]struct {
		reason string
		all    bool
		fill   func(*Collector)
		want   string
	}{
		"nothing": {
			reason: "an empty namespace", fill: func(*Collector) {},
			want: "Plugin v1\nThere are no Seatplane objects here.\nNo problems found.\n",
		},
		"well": {
			reason: "an event of a minute ago, a TestClock that stands still and a canceled subscription are as they should be",
			fill: func(c *Collector) {
				c.Subscription(subscription("acme", time.Minute, well))
				byHand := subscription("test", time.Hour, well)
				byHand.Spec.TestClockRef = &v1alpha1.LocalReference{Name: "clock"}
				c.Subscription(byHand)
				c.Subscription(subscription("gone", 0, condition("Ready", "False", "Canceled", "")))
				c.Policy("ProrationPolicy", &v1alpha1.ProrationPolicy{}, []metav1.Condition{well})
				c.Policy("ProrationPolicy", &v1alpha1.ProrationPolicy{}, []metav1.Condition{well})
			},
			want: "Plugin v1\n3 Subscriptions, 2 ProrationPolicies.\nNo problems found.\n",
		},
		"everything": {
			reason: "problems are counted by their reason, and some objects are named", all: true,
			fill: func(c *Collector) {
				for n := range 7 {
					c.Subscription(subscription(fmt.Sprint("s", n), 0, condition("Ready", "False", "PlanNotFound", "There is no plan.")))
				}
				c.Subscription(subscription("late", time.Hour, well))
				c.Subscription(subscription("unseen", 0))
				c.Subscription(subscription("edit", 0, well, condition("InSync", "False", "AboveMaximum", "Too many.")))
				product := &v1alpha1.SeatProduct{}
				product.Namespace, product.Name = "shop", "editor-seat"
				product.Status.Conditions = []metav1.Condition{condition("Loaded", "False", "SourceError", "No table.")}
				c.Product(product)
				update := &v1alpha1.SubscriptionUpdate{}
				update.Namespace, update.Name = "shop", "five-more"
				update.Status.Conditions = []metav1.Condition{condition("Applied", "False", "AwaitingApproval", "It is held.")}
				c.Held(update)
			},
			want: `Plugin v1
10 Subscriptions, 1 SeatProduct.

PROBLEM            KIND                 REASON             COUNT   OBJECTS
load fails         SeatProduct          SourceError        1       shop/editor-seat
not Ready          Subscription         PlanNotFound       7       shop/s0, shop/s1, shop/s2, shop/s3, shop/s4, …
not Ready          Subscription         NotSeen            1       shop/unseen
late               Subscription         EventOverdue       1       shop/late
pending approval   SubscriptionUpdate   AwaitingApproval   1       shop/five-more
not in sync        Subscription         AboveMaximum       1       shop/edit

SourceError: No table.
PlanNotFound: There is no plan.
NotSeen: The operator has not seen the object: check that the operator is running.
EventOverdue: An event was due at 2026-04-20T11:00:00Z, but has not been replayed.
AwaitingApproval: It is held.
AboveMaximum: Too many.
`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := NewCollector(noon, tc.all)
			tc.fill(c)
			s := c.Summary()
			s.Plugin = "v1"
			if diff := cmp.Diff(tc.want, s.Text()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
