// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

func TestBelongs(t *testing.T) {
	subscription := builders.MakeSubscription("acme", "shop").Obj()
	subscription.UID = "present"
	subscription.CreationTimestamp.Time = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		reason string
		named  types.UID
		seen   types.UID
		// older is how long before the subscription the update was created.
		older time.Duration
		want  bool
	}{
		"ByName":       {reason: "a user need not name a UID, and nobody has looked at it yet", want: true},
		"ByUID":        {reason: "the UID is that of the subscription", named: "present", want: true},
		"Predecessor":  {reason: "it names an earlier subscription", named: "past"},
		"Seen":         {reason: "the subscription has looked at it", seen: "present", want: true},
		"SeenByOther":  {reason: "an earlier subscription has looked at it", seen: "past"},
		"NamedAndSeen": {reason: "an earlier one has looked at what names this one", named: "present", seen: "past"},
		"Ahead":        {reason: "manifests are applied in any order", older: MaxAhead, want: true},
		"Outdated":     {reason: "a subscription of that name a month later is another one", older: MaxAhead + time.Second},
		"OldButSeen":   {reason: "the subscription has looked at it", seen: "present", older: 2 * MaxAhead, want: true},
		"OldButNamed":  {reason: "nobody knows the UID of a later one", named: "present", older: 2 * MaxAhead, want: true},
		"Younger":      {reason: "most updates are created later", older: -2 * MaxAhead, want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			update := builders.MakeSubscriptionUpdate("u", "shop", "acme").Obj()
			update.Spec.SubscriptionRef.UID, update.Status.SubscriptionUID = tc.named, tc.seen
			update.CreationTimestamp.Time = subscription.CreationTimestamp.Add(-tc.older)
			if got := Belongs(update, subscription); got != tc.want {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}

// What is read from files has no time of creation, and is taken at its word.
func TestBelongsWithoutTimes(t *testing.T) {
	subscription := builders.MakeSubscription("acme", "shop").Obj()
	update := builders.MakeSubscriptionUpdate("u", "shop", "acme").Obj()
	if !Belongs(update, subscription) {
		t.Error("neither was created")
	}
	subscription.CreationTimestamp = metav1.Now()
	if !Belongs(update, subscription) {
		t.Error("the update was not created")
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

func TestRefreshOn(t *testing.T) {
	product := &v1alpha1.SeatProduct{Status: v1alpha1.SeatProductStatus{Refreshes: []v1alpha1.RefreshStatus{
		{Clock: "", Counted: 1}, {Clock: "may", Counted: 2},
	}}}
	cases := map[string]struct {
		reason string
		clock  string
		want   v1alpha1.RefreshStatus
	}{
		"Wall":    {reason: "the wall clock has no name", want: v1alpha1.RefreshStatus{Counted: 1}},
		"Named":   {reason: "a TestClock has its own entry", clock: "may", want: v1alpha1.RefreshStatus{Clock: "may", Counted: 2}},
		"Unknown": {reason: "nothing is known of a clock without an entry", clock: "june", want: v1alpha1.RefreshStatus{Clock: "june"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, RefreshOn(product, tc.clock)); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestRequests(t *testing.T) {
	cases := map[string]struct {
		reason string
		asked  string
		want   string
	}{
		"None":  {reason: "nobody asks"},
		"Short": {reason: "it is taken as it is", asked: "2026-04-16T00:00:00Z", want: "2026-04-16T00:00:00Z"},
		"Long":  {reason: "a status has room for so much", asked: strings.Repeat("x", 2000), want: strings.Repeat("x", MaxRequest)},
		"Cut":   {reason: "no character is cut in two", asked: strings.Repeat("x", MaxRequest-1) + "ä", want: strings.Repeat("x", MaxRequest-1)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			subscription, sink := &v1alpha1.Subscription{}, &v1alpha1.EventSink{}
			subscription.Annotations = map[string]string{
				v1alpha1.AnnotationRefreshRequestedAt: tc.asked, v1alpha1.AnnotationInvoiceRequestedAt: tc.asked, v1alpha1.AnnotationUnpark: tc.asked,
			}
			sink.Annotations = map[string]string{v1alpha1.AnnotationRetryRequestedAt: tc.asked}
			got := []string{RefreshRequest(subscription), InvoiceRequest(subscription), UnparkRequest(subscription), RetryRequest(sink)}
			if diff := cmp.Diff([]string{tc.want, tc.want, tc.want, tc.want}, got); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tc.reason, diff)
			}
			if IsRequested(got[0], "") != (tc.want != "") || IsRequested(got[0], tc.want) {
				t.Errorf("%s: a request counts once", tc.reason)
			}
		})
	}
	if IsRequested("", "1") {
		t.Error("taking the annotation away requests nothing")
	}
}

func TestItemInForce(t *testing.T) {
	subscription := builders.MakeSubscription("acme", "shop").Item("viewers", "seat", "monthly", 1).Obj()
	subscription.Status.Items = []v1alpha1.SubscriptionItemStatus{{Name: "admins", Quantity: 2}, {Name: "editors", Quantity: 5}}
	if found := ItemInForce(subscription, "editors"); found != &subscription.Status.Items[1] {
		t.Errorf("editors is in force: got %+v", found)
	}
	if found := ItemInForce(subscription, "viewers"); found != nil {
		t.Errorf("viewers is declared and not in force: got %+v", found)
	}
}
