// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

// One failure after a success has an event, and one success after a failure. Nothing in between has one.
func TestRefreshEvents(t *testing.T) {
	ended := time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC)
	earlier := metav1.NewTime(ended.Add(-time.Hour))
	down := dataloader.Failf(dataloader.ReasonSourceUnreachable, "the data source cannot be reached")
	down.Detail = "dial tcp 10.0.0.7:5432: password=hunter2"
	type event struct{ Type, Reason, Message string }
	failedOnce := []event{{"product.refresh-failed", v1alpha1.ReasonSourceUnreachable, "No seats could be counted yet: the data source cannot be reached."}}
	nameTaken := []event{{"product.refresh-failed", v1alpha1.ReasonUpdateNameTaken, "The count of a Subscription could not be recorded: other " +
		"SubscriptionUpdates have every name that its update could have. Delete those that Seatplane did not create. Everything else that was " +
		"found is recorded, and the refresh is repeated."}}
	cases := map[string]struct {
		reason string
		// since is when refreshes began to fail, or nil.
		since *metav1.Time
		taken *result
		// failing are the failures on each clock after the load.
		failing      []int64
		withoutData  bool
		want         []event
		stillFailing bool
	}{
		"Nothing":            {reason: "no load ended"},
		"Success":            {reason: "it succeeded before too", taken: &result{ended: ended}},
		"Failure":            {reason: "refreshes begin to fail", taken: &result{ended: ended, failure: down}, failing: []int64{1}, want: failedOnce, stillFailing: true},
		"Retry":              {reason: "a further attempt failed", since: &earlier, taken: &result{ended: ended, failure: down}, failing: []int64{2}, stillFailing: true},
		"Not recorded":       {reason: "a write met a conflict, and the source has nothing to do with it", taken: &result{ended: ended, incomplete: errUnanswered}, failing: []int64{1}},
		"Refused":            {reason: "a person has to act", taken: &result{ended: ended, incomplete: errNameTaken}, failing: []int64{1}, want: nameTaken, stillFailing: true},
		"Recovery":           {reason: "refreshes succeed again", since: &earlier, taken: &result{ended: ended}, want: []event{{Type: "product.refresh-recovered"}}},
		"Another clock":      {reason: "one of two clocks still fails", since: &earlier, taken: &result{ended: ended}, failing: []int64{0, 3}, stillFailing: true},
		"Second clock":       {reason: "the product fails already", since: &earlier, taken: &result{ended: ended, failure: down}, failing: []int64{3, 1}, stillFailing: true},
		"Not tried again":    {reason: "refreshes were suspended, and none has succeeded", since: &earlier, stillFailing: true},
		"Fails after that":   {reason: "there was no success in between", since: &earlier, taken: &result{ended: ended, failure: down}, failing: []int64{1}, stillFailing: true},
		"No loader any more": {reason: "nothing is left that could fail", since: &earlier, withoutData: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			before := makeProduct(hourly)
			before.Status.FailingSince = tc.since
			if tc.withoutData {
				before.Spec.DataLoader = nil
			}
			after := before.DeepCopy()
			for _, failures := range tc.failing {
				after.Status.Refreshes = append(after.Status.Refreshes, v1alpha1.RefreshStatus{ConsecutiveFailures: failures})
			}
			of := &situation{product: before}
			describeFailing(after, of, tc.taken)
			var got []event
			for _, n := range refreshEvents(before, after, of, tc.taken) {
				got = append(got, event{n.Type, n.Reason, n.Message})
				if !n.Time.Time.Equal(ended) {
					t.Errorf("it happened at %s", n.Time)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || (after.Status.FailingSince != nil) != tc.stillFailing {
				t.Errorf("%s: failing since %v, events (-want +got):\n%s", tc.reason, after.Status.FailingSince, diff)
			}
		})
	}
}

func TestSameButDelivered(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*v1alpha1.SeatProductStatus)
		want   bool
	}{
		"Nothing":  {reason: "nobody has written", change: func(*v1alpha1.SeatProductStatus) {}, want: true},
		"Progress": {reason: "a sink has received events", change: func(s *v1alpha1.SeatProductStatus) { s.EventCursors[0].Sequence, s.Notifications = 2, nil }, want: true},
		"Event":    {reason: "another process recorded an event", change: func(s *v1alpha1.SeatProductStatus) { s.EventSequence++ }},
		"Refresh":  {reason: "another process reported a refresh", change: func(s *v1alpha1.SeatProductStatus) { s.NextRefreshText = "later" }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			read := v1alpha1.SeatProductStatus{
				EventSequence: 2, EventCursors: []v1alpha1.EventCursor{{Sink: "books", UID: "u", Sequence: 1}},
				Notifications: []v1alpha1.Notification{{Sequence: 2, Type: "product.refresh-failed"}},
			}
			live := *read.DeepCopy()
			tc.change(&live)
			if got := sameButDelivered(read, live); got != tc.want {
				t.Errorf("%s: got %t", tc.reason, got)
			}
		})
	}
}

// sink creates an EventSink. Nobody delivers here, so events stay in the status of the product.
func (s *stage) sink(ctx SpecContext, name string, kinds ...v1alpha1.EventType) *v1alpha1.EventSink {
	GinkgoHelper()
	sink := &v1alpha1.EventSink{}
	sink.Name, sink.Namespace = name, s.namespace
	sink.Spec = v1alpha1.EventSinkSpec{
		URL: "https://hooks.example.com", SigningSecretRefs: []v1alpha1.SecretKeyReference{{Name: "hooks", Key: "key"}}, Types: kinds,
	}
	Expect(live.Create(ctx, sink)).To(Succeed())
	return sink
}

// told are the types of the events in the status of the product.
func (s *stage) told() []string {
	kinds := []string{}
	for n := range s.product.Status.Notifications {
		Expect(s.product.Status.Notifications[n].Sequence).To(BeEquivalentTo(n + 1))
		kinds = append(kinds, s.product.Status.Notifications[n].Type)
	}
	return kinds
}

// fail has refreshes fail, and a number of attempts fail.
func (s *stage) fail(ctx SpecContext, attempts int) {
	GinkgoHelper()
	s.source.Fail(dataloader.Failf(dataloader.ReasonSourceUnreachable, "the data source cannot be reached"))
	s.advance(ctx, time.Hour)
	for range attempts {
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}), "one write for each attempt, as without events")
		s.wait(loading.Backoff(s.refresh().ConsecutiveFailures) + time.Second)
	}
	Expect(s.refresh().ConsecutiveFailures).To(BeEquivalentTo(attempts))
}

var _ = Describe("Events of a product for EventSinks", func() {
	It("are recorded once for a failure and once for the recovery, with the write that reports it", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.sink(ctx, "books")
		s.counted(ctx, map[string]int64{"acme": 5})
		Expect(s.told()).To(BeEmpty())
		s.fail(ctx, 4)
		Expect(s.told()).To(Equal([]string{"product.refresh-failed"}))
		told := s.product.Status.Notifications[0]
		Expect(told).To(And(HaveField("Reason", v1alpha1.ReasonSourceUnreachable), HaveField("Ref", BeNil()),
			HaveField("Message", s.condition(v1alpha1.ConditionLoaded).Message)))
		Expect(s.product.Status.FailingSince.Time).To(BeTemporally("==", told.Time.Time))

		s.source.Set(map[string]int64{"acme": 5})
		s.wait(time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}))
		Expect(s.told()).To(Equal([]string{"product.refresh-failed", "product.refresh-recovered"}))
		Expect(s.product.Status.FailingSince).To(BeNil())
		Expect(s.product.Status.EventCursors).To(HaveLen(1))
		for range 100 {
			Expect(s.pass(ctx)).To(BeEmpty(), "at rest")
		}
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		Expect(s.told()).To(HaveLen(2), "a success after a success has no event")
	})

	It("are not recorded unless a sink asks for them", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.sink(ctx, "invoices", "invoice.*")
		s.counted(ctx, map[string]int64{"acme": 5})
		s.fail(ctx, 2)
		Expect(s.told()).To(BeEmpty())
		Expect(s.product.Status.EventCursors).To(BeEmpty())
		Expect(s.product.Status.FailingSince).NotTo(BeNil())

		sink := s.sink(ctx, "recoveries", "product.refresh-recovered")
		s.source.Set(map[string]int64{"acme": 5})
		s.wait(time.Hour)
		s.pass(ctx)
		Expect(s.told()).To(Equal([]string{"product.refresh-recovered"}), "a sink begins with the first event after its creation")

		Expect(live.Delete(ctx, sink)).To(Succeed())
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		Expect(s.told()).To(BeEmpty(), "nobody needs them any more")
		Expect(s.product.Status.EventCursors).To(BeEmpty())
	})

	It("are the same whatever happens to the writes", func(ctx SpecContext) {
		points := 0
		for _, fault := range []faults.Fault{faults.CrashBefore, faults.CrashAfter, faults.Ambiguous, faults.Conflict, faults.InternalError} {
			for at := 1; ; at++ {
				s := newStage(ctx, everyHourOnTheHour)
				s.sink(ctx, "books")
				s.counted(ctx, map[string]int64{"acme": 5})
				s.restart(faults.Plan{at: fault})
				s.source.Fail(dataloader.Failf(dataloader.ReasonSourceUnreachable, "the data source cannot be reached"))
				s.advance(ctx, time.Hour)
				s.suffer(ctx)
				s.source.Set(map[string]int64{"acme": 5})
				s.suffer(ctx)
				Expect(s.told()).To(Equal([]string{"product.refresh-failed", "product.refresh-recovered"}), "%s at write %d", fault, at)
				if len(s.run.Unmet()) > 0 {
					break
				}
				points++
			}
		}
		Expect(points).To(BeNumerically(">=", 10))
	})

	It("do not make a refresh fail that was reported while an event was delivered", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		sink := s.sink(ctx, "books")
		s.counted(ctx, map[string]int64{"acme": 5})
		s.fail(ctx, 1)
		delivered := false
		s.subject.Client = &writing{Client: s.subject.Client, before: func() {
			if delivered {
				return
			}
			delivered = true
			product := &v1alpha1.SeatProduct{}
			Expect(live.Get(ctx, client.ObjectKeyFromObject(s.product), product)).To(Succeed())
			product.Status.EventCursors[0].Sequence = 1
			Expect(live.Status().Update(ctx, product)).To(Succeed())
		}}
		s.source.Set(map[string]int64{"acme": 5})
		s.wait(time.Hour)
		s.pass(ctx)
		Expect(delivered).To(BeTrue())
		Expect(s.told()).To(Equal([]string{"product.refresh-failed", "product.refresh-recovered"}))
		Expect(s.product.Status.EventCursors).To(Equal([]v1alpha1.EventCursor{{Sink: "books", UID: sink.UID, Sequence: 1}}), "what was delivered stays delivered")
	})

	It("move with what was delivered, when the status is written anyway", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		sink := s.sink(ctx, "books")
		s.counted(ctx, map[string]int64{"acme": 5})
		s.fail(ctx, 1)
		s.subject.Reached = reaching{sink.UID: {Sink: "books", UID: sink.UID, Sequence: 1}}
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}), "the retry")
		Expect(s.product.Status.EventCursors[0].Sequence).To(BeEquivalentTo(1))
	})

	It("say nothing that the source said", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.sink(ctx, "books")
		s.counted(ctx, map[string]int64{"acme": 5})
		s.source.Fail(errors.New("password authentication failed for hunter2"))
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		Expect(s.told()).To(Equal([]string{"product.refresh-failed"}))
		Expect(strings.ToLower(s.product.Status.Notifications[0].Message)).NotTo(ContainSubstring("hunter2"))
	})
})

// suffer makes passes until the product is at rest, and starts the operator again where it crashed.
func (s *stage) suffer(ctx SpecContext) {
	GinkgoHelper()
	for range 12 {
		_, err := s.reconcile(ctx)
		if errors.Is(err, faults.ErrCrashed) || s.run.Count() > 0 && lastCrashed(s.run) {
			s.again()
		}
		s.wait(10 * time.Minute)
	}
	s.read(ctx)
}

// reaching is what some sinks have received.
type reaching map[types.UID]v1alpha1.EventCursor

func (r reaching) Of(types.UID) map[types.UID]v1alpha1.EventCursor { return r }

// writing is a client that does something before it writes a status.
type writing struct {
	client.Client
	before func()
}

func (w *writing) Status() client.SubResourceWriter {
	return &writingStatus{w.Client.Status(), w.before}
}

type writingStatus struct {
	client.SubResourceWriter
	before func()
}

func (w *writingStatus) Update(ctx context.Context, object client.Object, options ...client.SubResourceUpdateOption) error {
	w.before()
	return w.SubResourceWriter.Update(ctx, object, options...)
}
