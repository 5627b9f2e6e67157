// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

var _ = Describe("A create", func() {
	It("is not repeated while the cache lags", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5, "bolt": 5})
		Expect(s.cache.Freeze(ctx, &v1alpha1.SubscriptionList{}, &v1alpha1.SubscriptionUpdateList{})).To(Succeed())
		s.source.Set(map[string]int64{"acme": 7, "bolt": 2})
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{"create SubscriptionUpdate", "create SubscriptionUpdate", productStatus}))
		s.settle(ctx)
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}), "the process knows what it made")
		s.again()
		Expect(s.cache.Freeze(ctx, &v1alpha1.SubscriptionUpdateList{})).To(Succeed())
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}), "after a restart, the cache")
	})

	It("is observed at the time on the clock, not at that in a lagging cache", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{})
		s.counted(ctx, map[string]int64{"acme": 5})
		Expect(s.cache.Freeze(ctx, &v1alpha1.TestClockList{})).To(Succeed())
		s.advance(ctx, time.Hour)
		s.settleOne(ctx, "acme")
		s.source.Set(map[string]int64{"acme": 7})
		ask(ctx, s.product, "now")
		s.pass(ctx)
		made := s.updates(ctx)
		last := made[len(made)-1]
		Expect(*last.Spec.Seats.Count).To(Equal(int64(7)))
		Expect(last.Spec.Cause.ObservedTime.UTC()).To(Equal(start.Add(time.Hour)), "what is billed from then on is not billed from an hour before")
	})

	It("is not made for a subscription that changed under a lagging cache", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5, "bolt": 5, "coda": 5})
		Expect(s.cache.Freeze(ctx, &v1alpha1.SubscriptionList{})).To(Succeed())
		acme := s.subscription(ctx, "acme")
		acme.Status.Items[0].Quantity = 7
		Expect(live.Status().Update(ctx, acme)).To(Succeed())
		nine := int64(9)
		bolt := s.subscription(ctx, "bolt")
		bolt.Spec.Items[0].Quantity = &nine
		Expect(live.Update(ctx, bolt)).To(Succeed())
		Expect(live.Delete(ctx, s.subscription(ctx, "coda"))).To(Succeed())
		s.settleOne(ctx, "coda")
		s.subscribe(ctx, "coda")
		s.source.Set(map[string]int64{"acme": 7, "bolt": 7, "coda": 7})
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}))
	})

	It("takes another name when its own belongs to one that was given up", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{})
		s.subscribe(ctx, "acme")
		s.source.Set(map[string]int64{"acme": 5})
		s.pass(ctx)
		late := s.updates(ctx)[0]
		late.Status.State = v1alpha1.UpdateSuperseded
		Expect(live.Status().Update(ctx, &late)).To(Succeed())
		Expect(s.pass(ctx)).To(BeEmpty(), "not at once")
		s.wait(loading.FirstAgain)
		s.pass(ctx)
		Expect(s.open(ctx)).To(Equal([]string{"acme 5 first/" + string(late.UID)}))
	})

	It("without an answer holds up the next refresh for two minutes", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5})
		s.source.Set(map[string]int64{"acme": 7})
		s.advance(ctx, time.Hour)
		s.restart(faults.Plan{1: faults.InternalError, 2: faults.InternalError, 3: faults.InternalError})
		result, err := s.reconcile(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(BeNumerically("~", 2*time.Minute, time.Second))
		s.read(ctx)
		Expect(s.condition(v1alpha1.ConditionReady).Reason).To(Equal(v1alpha1.ReasonProgressing))
		Expect(s.condition(v1alpha1.ConditionLoaded).Message).To(ContainSubstring("waits for up to two minutes"))
		asked := len(s.source.Requests())
		ask(ctx, s.product, "now")
		s.wait(90 * time.Second)
		s.pass(ctx)
		Expect(s.source.Requests()).To(HaveLen(asked))
		s.wait(30 * time.Second)
		s.pass(ctx)
		Expect(s.open(ctx)).To(HaveExactElements(HavePrefix("acme 7 ")))
		Expect(s.condition(v1alpha1.ConditionReady).Status).To(Equal(metav1.ConditionTrue))
	})

	It("is not sent when the answer grew too old", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5})
		found := &situation{product: s.product}
		found.renew()
		connection := connect(found.facts.Product, []*v1alpha1.Subscription{s.subscription(ctx, "acme")})
		nine := loading.Change{Counted: loading.Counted{Item: &connection.Items[0], Token: "t"}, Count: 9}
		loaded := s.wall.Now()
		s.wait(loading.MaxAnswerAge)
		_, err := s.subject.create(ctx, found, nine, loading.AnswerTimes{Observed: start, Loaded: loaded})
		Expect(err).To(MatchError(errTooLate))
		Expect(s.updates(ctx)).To(HaveLen(1))
	})

	It("and every other write may fail at any point, and the end is the same", func(ctx SpecContext) {
		play := func(plan faults.Plan) (quantities map[string]int64, updates []string, writes int) {
			s := newStage(ctx, everyHourOnTheHour)
			s.counted(ctx, map[string]int64{"acme": 5, "bolt": 5, "coda": 5, "dune": 5})
			s.source.SetRows(dataloader.Row{Key: "acme", Count: "6"}, dataloader.Row{Key: "bolt", Count: "7"}, dataloader.Row{Key: "coda", Count: "8"}, dataloader.Row{Key: "dune", Count: "x"})
			ask(ctx, s.subscription(ctx, "acme"), "now")
			s.advance(ctx, time.Hour)
			s.restart(plan)
			for range 10 {
				before := s.run.Count()
				result, err := s.reconcile(ctx)
				if errors.Is(err, faults.ErrCrashed) || s.run.Count() > 0 && lastCrashed(s.run) {
					s.again()
				}
				s.settle(ctx)
				if err == nil && result.RequeueAfter == 0 && s.run.Count() == before {
					break
				}
				s.wait(result.RequeueAfter)
			}
			s.read(ctx)
			Expect(s.pass(ctx)).To(BeEmpty(), "at rest, with %v", plan)
			Expect(s.subscription(ctx, "acme").Status.LastHandledRefreshRequest).To(Equal("now"))
			Expect(s.subscription(ctx, "dune").Status.Loads).To(HaveLen(1))
			Expect(s.condition(v1alpha1.ConditionLoaded).Reason).To(Equal(v1alpha1.ReasonBadCounts))
			for _, update := range s.updates(ctx) {
				updates = append(updates, fmt.Sprintf("%s %d %s", update.Spec.SubscriptionRef.Name, *update.Spec.Seats.Count, update.Status.State))
			}
			return s.quantities(ctx), updates, s.run.Count()
		}
		want, updates, writes := play(nil)
		Expect(want).To(Equal(map[string]int64{"acme": 6, "bolt": 7, "coda": 8, "dune": 5}))
		points := 0
		for number := 1; number <= writes; number++ {
			for _, fault := range []faults.Fault{faults.CrashBefore, faults.CrashAfter, faults.Ambiguous, faults.Conflict, faults.InternalError, faults.TooManyRequests} {
				got, made, _ := play(faults.Plan{number: fault})
				Expect(got).To(Equal(want), "%s at write %d", fault, number)
				Expect(made).To(ConsistOf(updates), "%s at write %d", fault, number)
				points++
			}
		}
		GinkgoWriter.Printf("%d writes, %d points of failure tried\n", writes, points)
		AddReportEntry("points of failure", points)
	})
})

func lastCrashed(run *faults.Run) bool {
	writes := run.Writes()
	return errors.Is(writes[len(writes)-1].Err, faults.ErrCrashed)
}

// counter counts what a loader is asked.
type counter struct {
	dataloader.Loader
	loads, queries atomic.Int64
}

func (c *counter) Load(ctx context.Context, scope dataloader.Scope, spec *v1alpha1.DataLoader, request dataloader.Request) (dataloader.Answer, error) {
	answer, err := c.Loader.Load(ctx, scope, spec, request)
	c.loads.Add(1)
	c.queries.Add(int64(answer.Queries))
	return answer, err
}
