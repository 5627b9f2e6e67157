// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	eventsv1 "k8s.io/api/events/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/announce"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// announced sends what the reconciler announces as the manager does, and returns the reasons of the events that went
// to the API server since it was called the last time.
type announced struct {
	sender  *announce.Sender
	reasons []string
}

// listen lets a bench announce to it from now on.
func listen(b *bench, choice announce.Choice) *announced {
	a := &announced{}
	a.sender = announce.NewSender(announce.Options{
		Name: "seatplane", Choice: choice, Scheme: live.Scheme(), Log: logr.Discard(),
		Clock: clocktesting.NewFakePassiveClock(at("2026-11-01T00:00:00Z")),
		Post: func(_ context.Context, event *eventsv1.Event) error {
			a.reasons = append(a.reasons, event.Reason)
			return nil
		},
	})
	b.subject.Recorder = a.sender
	return a
}

func (a *announced) take(ctx context.Context) []string {
	GinkgoHelper()
	stopped, stop := context.WithCancel(ctx)
	stop()
	Expect(a.sender.Start(stopped)).To(Succeed())
	reasons := a.reasons
	a.reasons = nil
	return reasons
}

var _ = Describe("What a change costs", func() {
	DescribeTable("in writes and Kubernetes events", func(ctx SpecContext, choice announce.Choice, started, applied, renewed []string) {
		b := newBench(ctx, "2026-04-01T00:00:00Z")
		b.create(ctx, product(b.namespace).Obj(),
			builders.MakeSubscription("acme", b.namespace).TestClock("clock").Start(at("2026-04-01T00:00:00Z")).
				Item("editors", "seat", "monthly", 2).LoadedItem("guests", "seat", "monthly").Obj())
		heard := listen(b, choice)
		b.reconcile(ctx, "acme")
		Expect(b.run.Writes()).To(HaveLen(3), "a start: the finalizer, the commit, the invoice: %v", b.run.Writes())
		Expect(heard.take(ctx)).To(Equal(started))

		b.restart(nil)
		heard = listen(b, choice)
		b.create(ctx, builders.MakeSubscriptionUpdate("more", b.namespace, "acme").Increment("guests", 1).Obj())
		b.reconcile(ctx, "acme")
		Expect(b.run.Writes()).To(HaveLen(2), "an update: the commit, the mark: %v", b.run.Writes())
		Expect(heard.take(ctx)).To(Equal(applied))

		b.restart(nil)
		heard = listen(b, choice)
		b.move(ctx, "2026-05-01T00:00:00Z", "acme")
		Expect(b.run.Writes()).To(HaveLen(2), "a renewal: the commit, the invoice: %v", b.run.Writes())
		Expect(heard.take(ctx)).To(Equal(renewed))
	},
		Entry("as the manager is installed", announce.Important, nil, nil, nil),
		Entry("with all events", announce.All,
			[]string{v1alpha1.EventInvoiceIssued, v1alpha1.EventStarted}, []string{v1alpha1.ReasonApplied}, []string{v1alpha1.EventInvoiceIssued}),
	)

	It("announces what a person may want to act on", func(ctx SpecContext) {
		b := newBench(ctx, "2026-04-01T00:00:00Z")
		b.create(ctx, product(b.namespace).Obj(),
			builders.MakeSubscription("acme", b.namespace).TestClock("clock").Start(at("2026-04-01T00:00:00Z")).LoadedItem("editors", "seat", "monthly").Obj())
		heard := listen(b, announce.Important)
		b.reconcile(ctx, "acme")
		b.create(ctx, builders.MakeSubscriptionUpdate("fewer", b.namespace, "acme").Decrement("editors", 5).Obj())
		b.reconcile(ctx, "acme")
		Expect(heard.take(ctx)).To(Equal([]string{v1alpha1.EventRejected}))
	})
})
