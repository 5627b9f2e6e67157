// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"errors"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/health"
)

const productStatus = "update SeatProduct/status"

var everyHourOnTheHour = v1alpha1.Refresh{Schedule: "0 * * * *"}

var _ = Describe("A refresh", func() {
	It("loads first counts at once, with one query, and then rests", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{})
		s.subscribe(ctx, "acme", "bolt")
		s.source.Set(map[string]int64{"acme": 5, "bolt": 700, "stranger": 9})

		Expect(s.pass(ctx)).To(Equal([]string{"create SubscriptionUpdate", "create SubscriptionUpdate", productStatus}))
		Expect(s.source.Requests()).To(Equal([]dataloader.Request{{Keys: []string{"acme", "bolt"}}}))
		Expect(s.open(ctx)).To(Equal([]string{"acme 5 first", "bolt 700 first"}), "as loaded: limits are applied with the update")
		update := s.updates(ctx)[0]
		Expect(update.OwnerReferences).To(BeEmpty())
		Expect(update.Spec.SubscriptionRef.UID).To(Equal(s.subscription(ctx, update.Spec.SubscriptionRef.Name).UID))
		Expect(update.Spec.Cause.ObservedTime.Time).To(BeTemporally("==", start))
		Expect(update.Spec.Cause.LoadedTime.Time).To(BeTemporally("==", s.wall.Now().Truncate(time.Second)))
		Expect(s.condition(v1alpha1.ConditionLoaded)).To(And(HaveField("Status", metav1.ConditionTrue), HaveField("Reason", v1alpha1.ReasonRefreshed)))
		Expect(s.condition(v1alpha1.ConditionReady).Status).To(Equal(metav1.ConditionTrue))
		Expect(s.refresh()).To(And(
			HaveField("Clock", "clock"), HaveField("LastRefreshToken", "first"), HaveField("Counted", int64(2)), HaveField("Changed", int64(2)),
			HaveField("NextRefreshTime", BeNil()),
		))

		for range 3 {
			Expect(s.pass(ctx)).To(BeEmpty(), "counts are on their way")
		}
		s.settle(ctx)
		s.wait(2 * time.Minute)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}), "the totals")
		Expect(s.product.Status.Subscriptions).To(HaveValue(BeEquivalentTo(2)))
		Expect(s.product.Status.Seats).To(HaveValue(BeEquivalentTo(505)))
		for range 100 {
			Expect(s.pass(ctx)).To(BeEmpty())
		}
		Expect(s.source.Requests()).To(HaveLen(1))
		Expect(s.sent()).To(BeEmpty(), "no transition, no event")
	})

	It("follows its schedule, and writes nothing but the product's status when nothing changed", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5, "bolt": 3})
		Expect(s.refresh().NextRefreshTime.Time).To(BeTemporally("==", start.Add(30*time.Minute)))

		s.advance(ctx, 29*time.Minute)
		Expect(s.pass(ctx)).To(BeEmpty())
		for hour := range 5 {
			s.advance(ctx, time.Minute)
			Expect(s.pass(ctx)).To(Equal([]string{productStatus}), "hour %d", hour)
			Expect(s.pass(ctx)).To(BeEmpty())
			s.advance(ctx, 59*time.Minute)
			Expect(s.pass(ctx)).To(BeEmpty())
		}
		Expect(s.source.Requests()).To(HaveLen(6))
		Expect(s.refresh().LastRefreshToken).To(Equal("2026-04-16T05:00:00Z"))

		s.source.Set(map[string]int64{"acme": 7, "bolt": 3})
		s.advance(ctx, 72*time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{"create SubscriptionUpdate", productStatus}), "a jump over many ticks is one refresh")
		Expect(s.open(ctx)).To(Equal([]string{"acme 7 2026-04-16T06:00:00Z"}))
		Expect(s.updates(ctx)[2].Spec.Cause.ObservedTime.Time).To(BeTemporally("==", s.clock.Spec.Now.Time), "not backdated")
		Expect(s.refresh().NextRefreshTime.Time).To(BeTemporally("==", s.clock.Spec.Now.Add(time.Minute)))
	})

	It("is made once a day where the clocks change", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{Schedule: "30 2 * * *", TimeZone: "Europe/Berlin"})
		s.counted(ctx, map[string]int64{"acme": 5})
		for _, change := range []struct {
			from time.Time
			want []string
		}{
			{time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC), []string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
			{time.Date(2027, 3, 27, 12, 0, 0, 0, time.UTC), []string{"2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z"}},
		} {
			s.advance(ctx, change.from.Sub(s.clock.Spec.Now.Time))
			s.pass(ctx)
			var got []string
			for range 2 * 24 * 2 {
				s.advance(ctx, 30*time.Minute)
				if len(s.pass(ctx)) > 0 {
					got = append(got, s.refresh().LastRefreshToken)
					Expect(s.refresh().LastRefreshTime.Time).To(BeTemporally("==", s.clock.Spec.Now.Time))
				}
			}
			Expect(got).To(Equal(change.want))
		}
	})

	It("writes nothing but the product's status while a decrease waits for the renewal", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5})
		s.source.Set(map[string]int64{"acme": 2})
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{"create SubscriptionUpdate", productStatus}))
		s.settle(ctx)
		for range 48 {
			s.advance(ctx, time.Hour)
			Expect(s.pass(ctx)).To(Equal([]string{productStatus}))
		}
		Expect(s.updates(ctx)).To(HaveLen(2))

		s.source.Set(map[string]int64{"acme": 5})
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{"create SubscriptionUpdate", productStatus}), "a count that recovers takes the pending one back")
		s.settle(ctx)
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}))
		Expect(s.open(ctx)).To(BeEmpty())
		Expect(s.quantities(ctx)).To(Equal(map[string]int64{"acme": 5}))
	})

	It("counts what waits for approval, and leaves it its place", func(ctx SpecContext) {
		guarded := everyHourOnTheHour
		guarded.Guard = &v1alpha1.Guard{MaxIncreasePercent: ptr.To[int32](300)}
		s := newStage(ctx, guarded)
		s.counted(ctx, map[string]int64{"acme": 5})
		s.source.Set(map[string]int64{"acme": 90})
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		s.settle(ctx)
		Expect(s.updates(ctx)[1].Status.State).To(Equal(v1alpha1.UpdateHeld))
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}))
		Expect(s.refresh()).To(And(HaveField("Held", int64(1)), HaveField("Changed", BeZero())))
	})

	It("is made on demand for a product, once for each request", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{})
		s.counted(ctx, map[string]int64{"acme": 5, "bolt": 3})
		s.source.Set(map[string]int64{"acme": 6, "bolt": 3})
		ask(ctx, s.product, "one")
		Expect(s.pass(ctx)).To(Equal([]string{"create SubscriptionUpdate", productStatus}))
		Expect(s.product.Status.LastHandledRefreshRequest).To(Equal("one"))
		Expect(s.refresh().LastRefreshToken).To(Equal("one"))
		Expect(s.refresh().LastHandledRefreshRequest).To(BeEmpty())
		Expect(s.pass(ctx)).To(BeEmpty())
		Expect(s.source.Requests()).To(HaveLen(2))
	})

	It("is made on demand for one subscription", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5, "bolt": 3})
		s.source.Set(map[string]int64{"acme": 6, "bolt": 9})
		ask(ctx, s.subscription(ctx, "acme"), "one")
		Expect(s.pass(ctx)).To(Equal([]string{"create SubscriptionUpdate", "update Subscription/status"}))
		Expect(s.open(ctx)).To(Equal([]string{"acme 6 one"}), "nobody else's seats are counted")
		Expect(s.source.Requests()[1].Keys).To(Equal([]string{"acme"}))
		Expect(s.subscription(ctx, "acme").Status.LastHandledRefreshRequest).To(Equal("one"))
		Expect(s.subscription(ctx, "acme").Status.Loads).To(BeEmpty())
		Expect(s.pass(ctx)).To(BeEmpty())
	})

	It("is one query for all that were asked for", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{})
		counts := map[string]int64{}
		for n := range 40 {
			counts[fmt.Sprintf("customer-%02d", n)] = 5
		}
		s.counted(ctx, counts)
		before := len(s.source.Requests())
		var asked []string
		for n := range 30 {
			name := fmt.Sprintf("customer-%02d", n)
			ask(ctx, s.subscription(ctx, name), fmt.Sprint("request ", n))
			asked = append(asked, name)
		}
		s.pass(ctx)
		Expect(s.source.Requests()[before:]).To(Equal([]dataloader.Request{{Keys: asked}}))
		for n := range 30 {
			Expect(s.subscription(ctx, asked[n]).Status.LastHandledRefreshRequest).To(Equal(fmt.Sprint("request ", n)))
		}
		s.wait(time.Minute)
		Expect(s.pass(ctx)).To(BeEmpty())
		Expect(s.source.Requests()).To(HaveLen(before + 1))
	})

	It("of an unknown subscription's clock waits for the clock", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{})
		Expect(live.Create(ctx, builders.MakeSubscription("acme", s.namespace).LoadedItem("editors", "editor", "monthly").TestClock("none").Obj())).To(Succeed())
		s.source.Set(map[string]int64{"acme": 6})
		s.pass(ctx)
		Expect(s.source.Requests()).To(BeEmpty())
		Expect(live.Create(ctx, builders.MakeTestClock("none", s.namespace, start).Obj())).To(Succeed())
		s.pass(ctx)
		Expect(s.open(ctx)).To(Equal([]string{"acme 6 first"}))
	})

	It("groups its subscriptions by clock", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.subscribe(ctx, "acme")
		Expect(live.Create(ctx, builders.MakeSubscription("bolt", s.namespace).LoadedItem("editors", "editor", "monthly").Obj())).To(Succeed())
		s.source.Set(map[string]int64{"acme": 5, "bolt": 3})
		result, err := s.reconcile(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(BeNumerically("~", 30*time.Minute, 31*time.Minute), "the wall clock's next tick")
		s.read(ctx)
		Expect(s.source.Requests()).To(HaveLen(2), "one query a clock")
		Expect(s.product.Status.Refreshes).To(HaveExactElements(HaveField("Clock", ""), HaveField("Clock", "clock")))
		s.settle(ctx)
		s.wait(time.Hour)
		s.pass(ctx)
		Expect(s.source.Requests()[2].Keys).To(Equal([]string{"bolt"}), "the TestClock stands still")
	})

	It("is owed after a restart only when it is due", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{Every: "1h"})
		s.counted(ctx, map[string]int64{"acme": 5})
		before := s.refresh().NextRefreshTime.Time
		Expect(before).To(BeTemporally("<=", start.Add(time.Hour)))
		s.restart(nil)
		Expect(s.pass(ctx)).To(BeEmpty())
		Expect(s.source.Requests()).To(HaveLen(1))
		s.advance(ctx, before.Sub(start))
		s.restart(nil)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}))
		Expect(s.refresh().NextRefreshTime.Time).To(BeTemporally("==", before.Add(time.Hour)))
	})

	It("lets go of what it kept for a product that is gone", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{})
		s.counted(ctx, map[string]int64{"acme": 5})
		Expect(live.Delete(ctx, s.product)).To(Succeed())
		Expect(s.reconcile(ctx)).To(Equal(ctrl.Result{}))
		Expect(s.loads.Ended()).To(ConsistOf(dataloader.Scope{Namespace: s.namespace, Product: "editor"}))
		Expect(s.subject.memories.of).To(BeEmpty())
	})
})

var _ = Describe("A wrong answer", func() {
	refuse := func(reason dataloader.Reason) func(*stage) {
		return func(s *stage) { s.source.Fail(dataloader.Failf(reason, "the reason in words")) }
	}
	rows := func(rows ...dataloader.Row) func(*stage) {
		return func(s *stage) { s.source.SetRows(rows...) }
	}
	DescribeTable("leaves the counts as they were, and says so", func(ctx SpecContext, answer func(*stage), onMissing v1alpha1.OnMissing, reason string, stalled bool, key string) {
		s := newStage(ctx, v1alpha1.Refresh{Schedule: "0 * * * *", OnMissing: onMissing})
		counts := map[string]int64{"acme": 5, "bolt": 3}
		s.counted(ctx, counts)
		answer(s)
		s.advance(ctx, time.Hour)
		result, err := s.reconcile(ctx)
		Expect(err).NotTo(HaveOccurred())
		s.read(ctx)
		Expect(s.updates(ctx)).To(HaveLen(2), "no update but the first two")
		Expect(s.quantities(ctx)).To(Equal(counts))
		Expect(s.condition(v1alpha1.ConditionLoaded)).To(And(HaveField("Status", metav1.ConditionFalse), HaveField("Reason", reason)))
		Expect(meta.IsStatusConditionTrue(s.product.Status.Conditions, v1alpha1.ConditionStalled)).To(Equal(stalled))
		expected := health.InProgress
		switch {
		case key != "":
			expected = health.Current
			Expect(s.condition(v1alpha1.ConditionReady).Status).To(Equal(metav1.ConditionTrue), "a single key is not the product")
		case stalled:
			expected = health.Failed
			fallthrough
		default:
			Expect(s.condition(v1alpha1.ConditionReady)).To(And(HaveField("Status", metav1.ConditionFalse), HaveField("Reason", reason)))
			Expect(s.condition(v1alpha1.ConditionLoaded).Message).To(HavePrefix("The previous counts are kept: "))
		}
		Expect(health.Of(s.product)).To(Equal(expected))
		Expect(s.refresh().LastAttemptTime.Time).To(BeTemporally("==", s.clock.Spec.Now.Time), "so that the TestClock becomes Ready")
		Expect(s.sent()).To(HaveExactElements(HavePrefix("Warning " + reason)))
		Expect(s.pass(ctx)).To(BeEmpty(), "nothing is written again")

		acme := s.subscription(ctx, "acme")
		if key != "" {
			Expect(meta.FindStatusCondition(acme.Status.Conditions, v1alpha1.ConditionSeatsCurrent)).To(HaveValue(And(
				HaveField("Status", metav1.ConditionFalse), HaveField("Reason", key))))
			Expect(s.condition(v1alpha1.ConditionLoaded).Message).To(ContainSubstring(`"acme"`))
			Expect(s.refresh().Failed).To(BeEquivalentTo(1))
		} else {
			Expect(meta.FindStatusCondition(acme.Status.Conditions, v1alpha1.ConditionSeatsCurrent)).To(BeNil(),
				"a source that is down is the product's condition")
			Expect(result.RequeueAfter).To(Equal(30 * time.Second))
			Expect(s.refresh()).To(And(HaveField("ConsecutiveFailures", int64(1)), HaveField("LastRefreshToken", "first")))
			Expect(s.refresh().NextRefreshTime.After(s.clock.Spec.Now.Time)).To(BeFalse(), "the tick is still owed")
		}
		Expect(meta.FindStatusCondition(s.subscription(ctx, "bolt").Status.Conditions, v1alpha1.ConditionSeatsCurrent)).To(BeNil())

		s.source.Set(map[string]int64{"acme": 8, "bolt": 3})
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		Expect(s.condition(v1alpha1.ConditionLoaded).Status).To(Equal(metav1.ConditionTrue))
		Expect(s.condition(v1alpha1.ConditionReady).Status).To(Equal(metav1.ConditionTrue))
		Expect(meta.FindStatusCondition(s.product.Status.Conditions, v1alpha1.ConditionStalled)).To(BeNil())
		Expect(health.Of(s.product)).To(Equal(health.Current))
		Expect(s.refresh().ConsecutiveFailures).To(BeZero())
		Expect(s.updates(ctx)).To(HaveLen(3))
		if key != "" {
			acme = s.subscription(ctx, "acme")
			Expect(meta.FindStatusCondition(acme.Status.Conditions, v1alpha1.ConditionSeatsCurrent)).To(HaveValue(And(
				HaveField("Status", metav1.ConditionTrue), HaveField("Reason", v1alpha1.ReasonCurrent))))
			Expect(acme.Status.Loads).To(BeEmpty())
		}
		Expect(s.sent()).To(HaveExactElements(HavePrefix("Normal Refreshed")))
	},
		Entry("unreachable", refuse(dataloader.ReasonSourceUnreachable), v1alpha1.OnMissing(""), v1alpha1.ReasonSourceUnreachable, false, ""),
		Entry("an error", refuse(dataloader.ReasonSourceError), v1alpha1.OnMissing(""), v1alpha1.ReasonSourceError, false, ""),
		Entry("no secret", refuse(dataloader.ReasonSecretNotFound), v1alpha1.OnMissing(""), v1alpha1.ReasonSecretNotFound, false, ""),
		Entry("a secret that is not allowed", refuse(dataloader.ReasonSecretNotAllowed), v1alpha1.OnMissing(""), v1alpha1.ReasonSecretNotAllowed, true, ""),
		Entry("a query that is refused", refuse(dataloader.ReasonInvalidExpression), v1alpha1.OnMissing(""), v1alpha1.ReasonInvalidExpression, true, ""),
		Entry("an error that nobody knows", func(s *stage) { s.source.Fail(errors.New("postgres://u:hunter2@db")) }, v1alpha1.OnMissing(""), v1alpha1.ReasonSourceError, false, ""),
		Entry("no rows", rows(), v1alpha1.OnMissingZero, v1alpha1.ReasonEmptyResult, false, ""),
		Entry("a negative count", rows(dataloader.Row{Key: "acme", Count: "-1"}, dataloader.Row{Key: "bolt", Count: "3"}), v1alpha1.OnMissing(""), v1alpha1.ReasonBadCounts, false, v1alpha1.ReasonBadCounts),
		Entry("a fraction", rows(dataloader.Row{Key: "acme", Count: "1.5"}, dataloader.Row{Key: "bolt", Count: "3.0"}), v1alpha1.OnMissing(""), v1alpha1.ReasonBadCounts, false, v1alpha1.ReasonBadCounts),
		Entry("NULL", rows(dataloader.Row{Key: "acme", NullCount: true}, dataloader.Row{Key: "bolt", Count: "3"}), v1alpha1.OnMissing(""), v1alpha1.ReasonBadCounts, false, v1alpha1.ReasonBadCounts),
		Entry("an absurd count", rows(dataloader.Row{Key: "acme", Count: "99999999"}, dataloader.Row{Key: "bolt", Count: "3"}), v1alpha1.OnMissing(""), v1alpha1.ReasonBadCounts, false, v1alpha1.ReasonBadCounts),
		Entry("a word", rows(dataloader.Row{Key: "acme", Count: "many"}, dataloader.Row{Key: "bolt", Count: "3"}), v1alpha1.OnMissing(""), v1alpha1.ReasonBadCounts, false, v1alpha1.ReasonBadCounts),
		Entry("two rows of one key", rows(dataloader.Row{Key: "acme", Count: "7"}, dataloader.Row{Key: "acme", Count: "7"}, dataloader.Row{Key: "bolt", Count: "3"}), v1alpha1.OnMissing(""), v1alpha1.ReasonBadCounts, false, v1alpha1.ReasonBadCounts),
		Entry("a key that may not be missing", rows(dataloader.Row{Key: "bolt", Count: "3"}), v1alpha1.OnMissingFail, v1alpha1.ReasonBadCounts, false, v1alpha1.ReasonKeyMissing),
	)

	It("backs off, and not for a person who asks", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5})
		s.source.Fail(dataloader.Failf(dataloader.ReasonSourceUnreachable, "down"))
		s.advance(ctx, time.Hour)
		for attempt, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 10 * time.Minute, 10 * time.Minute} {
			result, err := s.reconcile(ctx)
			Expect(err).NotTo(HaveOccurred())
			Expect(result.RequeueAfter).To(Equal(wait))
			Expect(s.source.Requests()).To(HaveLen(2 + attempt))
			s.wait(wait - time.Second)
			Expect(s.pass(ctx)).To(BeEmpty(), "not before its time")
			s.wait(time.Second)
		}
		s.pass(ctx)
		asked := len(s.source.Requests())
		ask(ctx, s.product, "please")
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}))
		Expect(s.source.Requests()).To(HaveLen(asked + 1))
		Expect(s.product.Status.LastHandledRefreshRequest).To(Equal("please"), "the attempt has ended")
		Expect(s.condition(v1alpha1.ConditionLoaded).Reason).To(Equal(v1alpha1.ReasonSourceUnreachable), "and this is how")
		Expect(s.pass(ctx)).To(BeEmpty(), "asking once is one attempt")
		ask(ctx, s.product, "once more")
		result, err := s.reconcile(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(Equal(loading.MinDemandInterval))
		Expect(s.source.Requests()).To(HaveLen(asked+1), "requests are spaced")
		s.wait(loading.MinDemandInterval)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}))
		Expect(s.source.Requests()).To(HaveLen(asked + 2))
		Expect(s.product.Status.LastHandledRefreshRequest).To(Equal("once more"))
		s.source.Set(map[string]int64{"acme": 6})
		s.wait(10 * time.Minute)
		Expect(s.pass(ctx)).To(Equal([]string{"create SubscriptionUpdate", productStatus}))
		Expect(s.condition(v1alpha1.ConditionLoaded).Reason).To(Equal(v1alpha1.ReasonRefreshed))
	})

	It("keeps a key that is missing, and says so only where there is nothing to keep", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5, "bolt": 3})
		s.subscribe(ctx, "coda")
		s.source.Set(map[string]int64{"acme": 5})
		Expect(s.pass(ctx)).To(Equal([]string{productStatus, "update Subscription/status"}))
		current := func() *metav1.Condition {
			return meta.FindStatusCondition(s.subscription(ctx, "bolt").Status.Conditions, v1alpha1.ConditionSeatsCurrent)
		}
		Expect(current()).To(BeNil())
		Expect(s.subscription(ctx, "coda").Status.Loads).To(HaveExactElements(And(
			HaveField("Reason", v1alpha1.ReasonKeyMissing), HaveField("Message", `key "coda" is not in the answer`))))
		Expect(s.condition(v1alpha1.ConditionLoaded).Message).To(ContainSubstring(`key "coda" is not in the answer`))
		Expect(s.pass(ctx)).To(BeEmpty(), "it is not asked again and again")
		s.source.Set(map[string]int64{"acme": 5, "coda": 2})
		s.advance(ctx, time.Hour)
		since := s.clock.Spec.Now
		Expect(s.pass(ctx)).To(Equal([]string{"create SubscriptionUpdate", productStatus, "update Subscription/status", "update Subscription/status"}))
		Expect(s.condition(v1alpha1.ConditionReady).Status).To(Equal(metav1.ConditionTrue))

		By("telling of the key that keeps its count, once")
		Expect(s.refresh()).To(And(HaveField("Kept", int64(1)), HaveField("Failed", BeZero())))
		Expect(s.condition(v1alpha1.ConditionLoaded)).To(And(HaveField("Status", metav1.ConditionTrue), HaveField("Message", ContainSubstring(`key "bolt" is not in the answer`))))
		Expect(s.sent()).To(ContainElement(HavePrefix("Warning KeysMissing")))
		Expect(current()).To(HaveValue(And(HaveField("Status", metav1.ConditionFalse), HaveField("Reason", v1alpha1.ReasonKeyMissing),
			HaveField("Message", ContainSubstring("since "+since.UTC().Format(time.RFC3339))))))
		s.settle(ctx)
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}), "nothing more is written on the subscription")
		Expect(s.sent()).To(BeEmpty())
		s.source.Set(map[string]int64{"acme": 5, "bolt": 3, "coda": 2})
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus, "update Subscription/status"}))
		Expect(current()).To(HaveValue(HaveField("Status", metav1.ConditionTrue)))
		Expect(s.refresh().Kept).To(BeZero())
	})

	It("is not given to two", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5})
		copied := builders.MakeSubscription("aaa-copy", s.namespace).Customer("acme").LoadedItem("editors", "editor", "monthly").TestClock("clock").Obj()
		// Creations are known to the second.
		time.Sleep(time.Until(s.subscription(ctx, "acme").CreationTimestamp.Add(time.Second)))
		Expect(live.Create(ctx, copied)).To(Succeed())
		s.wait(2 * time.Minute)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus, "update Subscription/status"}))
		Expect(s.subscription(ctx, "aaa-copy").Status.Loads).To(HaveExactElements(HaveField("Reason", v1alpha1.ReasonDuplicateKey)))
		Expect(s.subscription(ctx, "aaa-copy").Status.Conditions).To(BeEmpty(), "it is not the key that failed")
		Expect(s.pass(ctx)).To(BeEmpty())
		Expect(live.Delete(ctx, s.subscription(ctx, "acme"))).To(Succeed())
		s.pass(ctx)
		Expect(s.open(ctx)).To(Equal([]string{"aaa-copy 5 first"}), "the key is free")
		Expect(s.subscription(ctx, "aaa-copy").Status.Loads).To(BeEmpty())
	})

	It("to the schedule stops no refresh that is asked for", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{Schedule: "every now and then"})
		s.subscribe(ctx, "acme")
		s.source.Set(map[string]int64{"acme": 5})
		s.pass(ctx)
		Expect(s.open(ctx)).To(Equal([]string{"acme 5 first"}))
		Expect(s.condition(v1alpha1.ConditionLoaded)).To(And(HaveField("Reason", v1alpha1.ReasonInvalidSchedule), HaveField("Message", ContainSubstring("every now and then"))))
		Expect(health.Of(s.product)).To(Equal(health.Failed))
		Expect(meta.IsStatusConditionTrue(s.product.Status.Conditions, v1alpha1.ConditionStalled)).To(BeTrue())
	})

	It("is not asked for while suspended", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5})
		s.source.Fail(dataloader.Failf(dataloader.ReasonSourceUnreachable, "down"))
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		s.product.Spec.Refresh.Suspend = true
		Expect(live.Update(ctx, s.product)).To(Succeed())
		s.advance(ctx, 72*time.Hour)
		s.pass(ctx)
		Expect(s.source.Requests()).To(HaveLen(2))
		Expect(s.refresh().NextRefreshTime).To(BeNil())
		Expect(s.condition(v1alpha1.ConditionLoaded).Reason).To(Equal(v1alpha1.ReasonSuspended))
		Expect(health.Of(s.product)).To(Equal(health.Current))
		Expect(s.condition(v1alpha1.ConditionReady).Status).To(Equal(metav1.ConditionTrue))
		result, err := s.reconcile(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(result).To(Equal(ctrl.Result{}))
	})
})
