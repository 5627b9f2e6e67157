// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

func requestOf(name types.NamespacedName) ctrl.Request { return ctrl.Request{NamespacedName: name} }

func requestFor(b *bench) ctrl.Request {
	return requestOf(client.ObjectKey{Namespace: b.namespace, Name: "acme"})
}

// inOrder are the types of events by their first delivery. An event that came again must have the same bytes.
func inOrder(got []received) []string {
	GinkgoHelper()
	bodies := map[string]string{}
	var kinds []string
	for _, each := range got {
		body, again := bodies[each.id]
		if again {
			Expect(each.body).To(Equal(body), "the same event is the same bytes")
			continue
		}
		bodies[each.id] = each.body
		kinds = append(kinds, each.kind)
	}
	return kinds
}

// noUpdates refuses to read SubscriptionUpdates.
type noUpdates struct{ client.Reader }

func (r noUpdates) Get(ctx context.Context, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
	if _, isUpdate := object.(*v1alpha1.SubscriptionUpdate); isUpdate {
		kind := schema.GroupResource{Group: v1alpha1.GroupName, Resource: "subscriptionupdates"}
		return apierrors.NewForbidden(kind, key.Name, errors.New(strings.Repeat("no rights ", 100)))
	}
	return r.Reader.Get(ctx, key, object, opts...)
}

var _ = Describe("Delivering events", func() {
	It("delivers what a commit recorded, in order, and writes the progress with the next commit", func(ctx SpecContext) {
		b := newBench(ctx)
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.bill(ctx, "acme")
		b.add(ctx, "more", 2)
		writes := b.run.Count()
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.kinds()).To(Equal([]string{"subscription.started", "subscription-update.applied"}))
		Expect(b.run.Count()).To(Equal(writes), "the progress waits for a commit")
		b.add(ctx, "again", 1)
		Expect(b.run.Count()).To(Equal(writes+2), "a commit and a mark, as without a sink")
		cursor := b.subscription(ctx).Status.EventCursors[0]
		Expect(cursor.Sequence).To(BeEquivalentTo(2))
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.kinds()).To(HaveLen(3), "what was delivered is not delivered again")
	})

	It("writes the progress of a batch once, after ten seconds, and then nothing", func(ctx SpecContext) {
		b := newBench(ctx)
		b.create(ctx, b.sink("books"), b.sink("other"), b.acme().Obj())
		b.bill(ctx, "acme")
		for n := range 5 {
			b.add(ctx, fmt.Sprint("more-", n), 1)
		}
		writes := b.run.Count()
		b.deliver(ctx, b.of("books"))
		result := b.deliver(ctx, b.of("other"))
		Expect(result.RequeueAfter).To(BeNumerically("~", writeAfter, time.Second))
		b.wall.Step(writeAfter)
		for range 3 {
			b.deliver(ctx, b.of("books"))
			b.deliver(ctx, b.of("other"))
		}
		Expect(b.run.Count()).To(Equal(writes+1), "one write for all sinks")
		status := b.subscription(ctx).Status
		for _, cursor := range status.EventCursors {
			Expect(cursor.Sequence).To(Equal(status.EventSequence))
		}
		Expect(status.Notifications).To(HaveLen(1), "updates record themselves; the start does not")
		b.bill(ctx, "acme")
		Expect(b.run.Count()).To(Equal(writes+1), "and then nothing")
		Expect(b.pairs.Memory.knows(b.of("books"))).To(BeFalse(), "nothing is remembered of what is written")
	})

	It("delivers the same bytes again after a crash", func(ctx SpecContext) {
		b := newBench(ctx)
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.bill(ctx, "acme")
		b.add(ctx, "more", 2)
		b.deliver(ctx, b.of("books"))
		b.restart(nil)
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.all()).To(HaveLen(4))
		Expect(inOrder(b.receiver.all())).To(HaveLen(2))
	})

	It("records nothing without a sink that selects the subscription", func(ctx SpecContext) {
		b := newBench(ctx)
		other := b.sink("other")
		other.Spec.SubscriptionSelector = &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"tier": "paid"}}
		b.create(ctx, other, b.sink("invoices", "invoice.*"), b.acme().Obj())
		b.bill(ctx, "acme")
		b.add(ctx, "more", 2)
		status := b.subscription(ctx).Status
		Expect(status.Notifications).To(BeEmpty())
		Expect(status.EventCursors).To(BeEmpty())
		b.move(ctx, now.AddDate(0, 1, 0))
		Expect(b.subscription(ctx).Status.Notifications).To(HaveLen(1))
		b.deliver(ctx, b.of("invoices"))
		Expect(b.receiver.kinds()).To(Equal([]string{"invoice.issued"}))
	})

	It("follows a selector that changes, from then on", func(ctx SpecContext) {
		b := newBench(ctx)
		sink := b.sink("books")
		b.create(ctx, sink, b.acme().Obj())
		b.bill(ctx, "acme")
		sink.Spec.SubscriptionSelector = &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"tier": "paid"}}
		Expect(live.Update(ctx, sink)).To(Succeed())
		b.add(ctx, "unseen", 1)
		Expect(b.subscription(ctx).Status.EventCursors).To(BeEmpty())
		sink.Spec.SubscriptionSelector = nil
		Expect(live.Update(ctx, sink)).To(Succeed())
		b.add(ctx, "seen", 1)
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.kinds()).To(Equal([]string{"subscription-update.applied"}))
		Expect(b.receiver.all()[0].body).To(ContainSubstring("seen"))
	})

	It("begins with the next event for a sink that is created again", func(ctx SpecContext) {
		b := newBench(ctx)
		sink := b.sink("books")
		b.create(ctx, sink, b.acme().Obj())
		b.bill(ctx, "acme")
		Expect(live.Delete(ctx, sink)).To(Succeed())
		b.deliver(ctx, b.of("books"))
		b.create(ctx, b.sink("books"))
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.kinds()).To(BeEmpty())
		b.add(ctx, "more", 1)
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.kinds()).To(Equal([]string{"subscription-update.applied"}))
	})

	It("rebuilds the events that left the list, with the same bytes", func(ctx SpecContext) {
		b := newBench(ctx)
		b.create(ctx, b.sink("books"), b.sink("twin"), b.acme().Obj())
		b.bill(ctx, "acme")
		for n := range 70 {
			b.add(ctx, fmt.Sprintf("more-%02d", n), 1)
			b.deliver(ctx, b.of("twin"))
		}
		timely := b.receiver.all()
		status := b.subscription(ctx).Status
		Expect(len(status.Notifications)).To(BeNumerically("<=", 64))
		b.deliver(ctx, b.of("books"))
		late := b.receiver.all()[len(timely):]
		Expect(late).To(HaveLen(71))
		for n := range late {
			Expect(late[n].id).To(Equal(timely[n].id))
			Expect(late[n].body).To(Equal(timely[n].body))
		}
	})

	It("gives an event up whose record was deleted", func(ctx SpecContext) {
		b := newBench(ctx)
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.bill(ctx, "acme")
		b.add(ctx, "more", 1)
		b.add(ctx, "again", 1)
		var update v1alpha1.SubscriptionUpdate
		update.Namespace, update.Name = b.namespace, "more"
		Expect(live.Delete(ctx, &update)).To(Succeed())
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.kinds()).To(Equal([]string{"subscription.started", "subscription-update.applied"}))
		sink := b.report(ctx, "books")
		Expect(sink.Status.DeadLettered).To(HaveValue(BeEquivalentTo(1)))
		Expect(sink.Status.Delivered).To(HaveValue(BeEquivalentTo(2)))
	})

	It("signs with both keys while one is replaced", func(ctx SpecContext) {
		b := newBench(ctx)
		sink := b.sink("books")
		b.create(ctx, b.secret("next", key('b')), sink, b.acme().Obj())
		b.bill(ctx, "acme")
		b.deliver(ctx, b.of("books"))
		sink.Spec.SigningSecretRefs = append(sink.Spec.SigningSecretRefs, v1alpha1.SecretKeyReference{Name: "next", Key: "key"})
		Expect(live.Update(ctx, sink)).To(Succeed())
		b.add(ctx, "more", 1)
		b.deliver(ctx, b.of("books"))
		got := b.receiver.all()
		Expect(strings.Fields(got[0].signatures)).To(HaveLen(1))
		Expect(strings.Fields(got[1].signatures)).To(HaveLen(2))
	})

	It("signs with a key that was replaced in its Secret, as soon as the receiver denies the old one", func(ctx SpecContext) {
		b := newBench(ctx)
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.bill(ctx, "acme")
		b.deliver(ctx, b.of("books"))
		secret := b.secret("hooks", key('n'))
		Expect(live.Patch(ctx, secret, client.RawPatch(types.MergePatchType, []byte(`{"stringData":{"key":"`+key('n')+`"}}`)))).To(Succeed())
		old := b.receiver.all()[0].signatures
		b.receiver.answers(answering(http.StatusUnauthorized))
		b.add(ctx, "more", 1)
		b.deliver(ctx, b.of("books"))
		b.receiver.answers(nil)
		b.wall.Step(6 * time.Second)
		b.deliver(ctx, b.of("books"))
		got := b.receiver.all()
		Expect(got).To(HaveLen(3))
		Expect(got[2].body).To(Equal(got[1].body))
		Expect(got[2].signatures).NotTo(Or(Equal(old), Equal(got[1].signatures)))
	})

	It("tries again by the schedule, and no earlier", func(ctx SpecContext) {
		b := newBench(ctx)
		b.receiver.answers(answering(http.StatusInternalServerError))
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.bill(ctx, "acme")
		var waits []time.Duration
		for range 10 {
			_ = b.deliver(ctx, b.of("books"))
			p := b.pairs.Memory.Of(b.subscription(ctx).UID)
			var wait time.Duration
			for _, cursor := range p {
				wait = cursor.NextAttemptTime.Sub(b.wall.Now())
			}
			attempts := len(b.receiver.all())
			b.wall.Step(wait - time.Second)
			_ = b.deliver(ctx, b.of("books"))
			Expect(b.receiver.all()).To(HaveLen(attempts), "no attempt before its time")
			b.wall.Step(time.Second)
			waits = append(waits, wait)
		}
		least := []time.Duration{
			5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
			10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour, 24 * time.Hour,
		}
		for n := range least {
			Expect(waits[n]).To(And(BeNumerically(">=", least[n]), BeNumerically("<=", least[n]*11/10)))
		}
		sink := b.report(ctx, "books")
		Expect(reason(sink)).To(Equal(v1alpha1.ReasonDeadLettered + " Reconciling"))
		b.receiver.answers(nil)
		b.deliver(ctx, b.of("books"))
		Expect(reason(b.report(ctx, "books"))).To(Equal(v1alpha1.ReasonDelivering))
	})

	It("remembers after a restart when to try again", func(ctx SpecContext) {
		b := newBench(ctx)
		b.receiver.answers(answering(http.StatusInternalServerError))
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.bill(ctx, "acme")
		for range 3 {
			b.deliver(ctx, b.of("books"))
			b.wall.Step(6 * time.Minute)
		}
		b.deliver(ctx, b.of("books"))
		attempts := len(b.receiver.all())
		Expect(attempts).To(Equal(3))
		b.restart(nil)
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.all()).To(HaveLen(attempts))
		b.wall.Step(time.Hour)
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.all()).To(HaveLen(attempts + 1))
	})

	It("skips an event that cannot be delivered, if the sink says so", func(ctx SpecContext) {
		b := newBench(ctx)
		b.receiver.answers(func(w http.ResponseWriter, request *http.Request) {
			if strings.HasSuffix(request.Header.Get("webhook-id"), "/1") {
				w.WriteHeader(http.StatusBadRequest)
			}
		})
		sink := b.sink("books")
		sink.Spec.OnDeadLetter = v1alpha1.DeadLetterSkip
		b.create(ctx, sink, b.acme().Obj())
		b.bill(ctx, "acme")
		b.add(ctx, "more", 1)
		for range 10 {
			b.deliver(ctx, b.of("books"))
			b.wall.Step(27 * time.Hour)
		}
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.kinds()).To(HaveLen(11))
		Expect(b.receiver.kinds()[10]).To(Equal("subscription-update.applied"))
		Expect(b.report(ctx, "books").Status.DeadLettered).To(HaveValue(BeEquivalentTo(1)))
	})

	It("says that it may not read a record, and delivers the event when it may", func(ctx SpecContext) {
		b := newBench(ctx)
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.bill(ctx, "acme")
		b.add(ctx, "more", 2)
		inner := b.pairs.Live
		b.pairs.Live = noUpdates{inner}
		_, err := b.pairs.Reconcile(ctx, requestOf(b.of("books")))
		Expect(err).To(HaveOccurred(), "it is tried again with the usual delays")
		Expect(b.receiver.kinds()).To(Equal([]string{"subscription.started"}))
		sink := b.report(ctx, "books")
		Expect(reason(sink)).To(Equal(v1alpha1.ReasonDeliveryFailing + " Reconciling"))
		Expect(sink.Status.LastError).To(And(HavePrefix("The record of an event could not be read. The API server refused a read of "+
			"subscriptionupdates: "), HaveSuffix(" Give the operator the rights to get and list SubscriptionUpdates and Invoices.")))

		b.pairs.Live = inner
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.kinds()).To(Equal([]string{"subscription.started", "subscription-update.applied"}))
		sink = b.report(ctx, "books")
		Expect(reason(sink)).To(Equal(v1alpha1.ReasonDelivering))
		Expect(sink.Status.LastError).To(BeEmpty())
	})

	for _, fault := range []faults.Fault{faults.CrashBefore, faults.CrashAfter, faults.Ambiguous, faults.Conflict} {
		It("loses nothing to the fault "+string(fault)+" at any write", func(ctx SpecContext) {
			for at := 1; ; at++ {
				b := newBench(ctx)
				b.create(ctx, b.sink("books"), b.acme().Obj())
				b.restart(faults.Plan{at: fault})
				turn := func() {
					for range 4 {
						if b.process.Crashed() {
							b.restart(nil)
						}
						_, _ = b.subs.Reconcile(ctx, requestFor(b))
						b.wall.Step(writeAfter)
						_, _ = b.pairs.Reconcile(ctx, requestOf(b.of("books")))
						_, _ = b.sinks.Reconcile(ctx, requestOf(client.ObjectKey{Namespace: b.namespace, Name: "books"}))
					}
				}
				turn()
				b.create(ctx, update(b, "more"))
				turn()
				b.testClock.Spec.Now.Time = now.AddDate(0, 1, 0)
				Expect(live.Update(ctx, b.testClock)).To(Succeed())
				turn()
				Expect(inOrder(b.receiver.all())).To(Equal([]string{
					"subscription.started", "subscription-update.applied", "subscription.renewed", "invoice.issued",
				}), "fault %d", at)
				if len(b.run.Unmet()) > 0 {
					return
				}
			}
		})
	}
})
