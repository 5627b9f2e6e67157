// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// onTrial is a subscription to five seats whose trial ends on 15 April.
func onTrial(name, ns string, only bool) client.Object {
	return builders.MakeSubscription(name, ns).TestClock(clockName).Start(at("04-01")).
		Item("editors", productName, planName, 5).With(func(s *v1alpha1.Subscription) {
		s.Spec.Trial = &v1alpha1.SubscriptionTrial{EndTime: &metav1.Time{Time: at("04-15")}, Only: only}
	}).Obj()
}

// trialEndedByChange: a change of quantity leaves the trial as it is, one of items ends it.
var trialEndedByChange = Scenario{
	Name: "a trial that a change ends",
	Setup: func(ns string) []client.Object {
		return append(plans30And90(ns)[:2], onTrial("acme", ns, false))
	},
	Prelude: []Step{rest(), moveClock("04-10")},
	Steps: []Step{
		setQuantities("six in the trial", 6),
		ask("big", switchTo(v1alpha1.RenewalRetain, item("editors", "big"))),
		moveClock("04-15"),
	},
}

// trialOnly: of two that are a trial and nothing else, one is turned into more, and one ends.
var trialOnly = Scenario{
	Name: "subscriptions that are trials only",
	Setup: func(ns string) []client.Object {
		return append(plans30And90(ns)[:2], onTrial("acme", ns, true), onTrial("beta", ns, true))
	},
	Prelude: []Step{rest(), moveClock("04-10")},
	Steps: []Step{
		ask("stay", func(u request) request {
			return switchTo(v1alpha1.RenewalRetain, item("editors", "big"))(u).With(func(u *v1alpha1.SubscriptionUpdate) {
				u.Spec.ChangeItems.KeepTrial = ptr.To(true)
			})
		}),
		moveClock("04-15"),
	},
}
