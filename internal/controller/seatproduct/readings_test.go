// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

const subscriptionStatus = "update Subscription/status"

var _ = Describe("A refresh of metered items", func() {
	metered := func(ctx SpecContext) *stage {
		s := newStage(ctx, everyHourOnTheHour)
		s.product.Spec.Plans[0].Usage = v1alpha1.UsageMetered
		Expect(live.Update(ctx, s.product)).To(Succeed())
		s.subscribe(ctx, "acme")
		return s
	}
	readings := func(ctx SpecContext, s *stage) []int64 {
		var all []int64
		for _, loaded := range s.subscription(ctx, "acme").Status.LoadedReadings {
			all = append(all, loaded.Reading)
		}
		return all
	}

	It("writes a reading on the subscription, makes no update, and passes no guard or limit", func(ctx SpecContext) {
		s := metered(ctx)
		s.source.Set(map[string]int64{"acme": 5_000_000_000})
		Expect(s.pass(ctx)).To(Equal([]string{productStatus, subscriptionStatus}))
		loaded := s.subscription(ctx, "acme").Status.LoadedReadings
		Expect(loaded).To(HaveLen(1))
		Expect(loaded[0].Item).To(Equal("editors"))
		Expect(loaded[0].Product).To(Equal("editor"))
		Expect(loaded[0].Reading).To(BeEquivalentTo(5_000_000_000), "ten million bound seats, not totals")
		Expect(loaded[0].ObservedTime.Time).To(BeTemporally("==", start))
		Expect(s.updates(ctx)).To(BeEmpty())
		for range 3 {
			Expect(s.pass(ctx)).To(BeEmpty())
		}
	})

	It("writes nothing but the product's status when a reading has not changed", func(ctx SpecContext) {
		s := metered(ctx)
		s.source.Set(map[string]int64{"acme": 100})
		s.pass(ctx)
		for range 3 {
			s.advance(ctx, time.Hour)
			Expect(s.pass(ctx)).To(Equal([]string{productStatus}))
		}
		s.source.Set(map[string]int64{"acme": 900})
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus, subscriptionStatus}))
		Expect(readings(ctx, s)).To(Equal([]int64{100, 900}), "the one before waits too, and is priced where it belongs")
	})

	It("keeps the reading of a key that is missing, and of all keys where there are no rows", func(ctx SpecContext) {
		s := metered(ctx)
		s.product.Spec.Refresh.OnMissing = v1alpha1.OnMissingZero
		Expect(live.Update(ctx, s.product)).To(Succeed())
		s.source.Set(map[string]int64{"acme": 900})
		s.pass(ctx)
		s.source.Set(map[string]int64{"other": 7})
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		Expect(readings(ctx, s)).To(Equal([]int64{900}))
		s.source.Set(map[string]int64{})
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		Expect(readings(ctx, s)).To(Equal([]int64{900}))
		Expect(s.condition(v1alpha1.ConditionLoaded)).To(HaveField("Reason", v1alpha1.ReasonEmptyResult))
	})

	It("compares with the reading that was taken", func(ctx SpecContext) {
		s := metered(ctx)
		subscription := s.subscription(ctx, "acme")
		total := int64(900)
		subscription.Status.State = v1alpha1.SubscriptionActive
		subscription.Status.Items = []v1alpha1.SubscriptionItemStatus{{Name: "editors", Product: "editor", Plan: "monthly", Usage: v1alpha1.UsageMetered}}
		subscription.Status.Usage = []v1alpha1.UsageStatus{{Item: "editors", Reading: &total}}
		Expect(live.Status().Update(ctx, subscription)).To(Succeed())
		s.source.Set(map[string]int64{"acme": 900})
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		Expect(readings(ctx, s)).To(BeEmpty())
		s.source.Set(map[string]int64{"acme": 30})
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		Expect(readings(ctx, s)).To(Equal([]int64{30}), "a lower one is a reading too")
	})

	It("keeps the last reading when the source fails, and says what is wrong with one", func(ctx SpecContext) {
		s := metered(ctx)
		s.source.Set(map[string]int64{"acme": 100})
		s.pass(ctx)
		s.source.Set(map[string]int64{"acme": -1})
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		Expect(readings(ctx, s)).To(Equal([]int64{100}))
		Expect(s.subscription(ctx, "acme").Status.Loads[0].Reason).To(Equal(v1alpha1.ReasonBadCounts))
	})
})
