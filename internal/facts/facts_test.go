// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

func TestBelongs(t *testing.T) {
	subscription := builders.MakeSubscription("acme", "shop").Obj()
	subscription.UID = "present"
	cases := map[string]struct {
		reason string
		named  types.UID
		seen   types.UID
		want   bool
	}{
		"ByName":       {reason: "a user need not name a UID, and nobody has looked at it yet", want: true},
		"ByUID":        {reason: "the UID is that of the subscription", named: "present", want: true},
		"Predecessor":  {reason: "it names an earlier subscription", named: "past"},
		"Seen":         {reason: "the subscription has looked at it", seen: "present", want: true},
		"SeenByOther":  {reason: "an earlier subscription has looked at it", seen: "past"},
		"NamedAndSeen": {reason: "an earlier one has looked at what names this one", named: "present", seen: "past"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			update := builders.MakeSubscriptionUpdate("u", "shop", "acme").Obj()
			update.Spec.SubscriptionRef.UID, update.Status.SubscriptionUID = tc.named, tc.seen
			if got := Belongs(update, subscription); got != tc.want {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}

func TestClock(t *testing.T) {
	cases := map[string]struct {
		reason string
		given  *v1alpha1.Subscription
		want   string
		byHand bool
	}{
		"Wall": {reason: "without a TestClock it is the wall clock, which has no name", given: builders.MakeSubscription("acme", "shop").Obj()},
		"Test": {reason: "a TestClock by its name", given: builders.MakeSubscription("acme", "shop").TestClock("may").Obj(), want: "may", byHand: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Clock(tc.given); got != tc.want {
				t.Errorf("%s: got %q", tc.reason, got)
			}
			if got := IsByHand(tc.given); got != tc.byHand {
				t.Errorf("%s: by hand: %v", tc.reason, got)
			}
		})
	}
}
