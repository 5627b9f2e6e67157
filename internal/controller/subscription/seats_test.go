// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"reflect"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

func (b *bench) assignment(ctx context.Context, name string) *v1alpha1.SeatAssignment {
	GinkgoHelper()
	var a v1alpha1.SeatAssignment
	Expect(live.Get(ctx, client.ObjectKey{Namespace: b.namespace, Name: name}, &a)).To(Succeed())
	return &a
}

// claim creates assignments of editors, in this order.
func (b *bench) claim(ctx context.Context, names ...string) {
	GinkgoHelper()
	for _, name := range names {
		b.create(ctx, builders.MakeSeatAssignment(name, b.namespace, "acme", "editors").Obj())
	}
}

// free deletes an assignment.
func (b *bench) free(ctx context.Context, name string) {
	GinkgoHelper()
	Expect(live.Delete(ctx, b.assignment(ctx, name))).To(Succeed())
}

// seated checks why a holder has a seat, or has none.
func (b *bench) seated(ctx context.Context, name, reason string) {
	GinkgoHelper()
	a := b.assignment(ctx, name)
	assigned := condition(a.Status.Conditions, v1alpha1.ConditionAssigned)
	Expect(assigned.Reason).To(Equal(reason), "%s: %s", name, assigned.Message)
	holds := reason == v1alpha1.ReasonAssigned
	Expect(assigned.Status == metav1.ConditionTrue).To(Equal(holds))
	Expect(a.Status.AssignedTime != nil).To(Equal(holds), "assignedTime")
	Expect(a.Status.ObservedGeneration).To(Equal(a.Generation))
}

// counts checks what the subscription says about editors.
func (b *bench) counts(ctx context.Context, quantity, assigned, available int64) {
	GinkgoHelper()
	item := b.subscription(ctx, "acme").Status.Items[0]
	Expect([]any{item.Quantity, item.Assigned, item.Available}).
		To(Equal([]any{quantity, ptr.To(assigned), ptr.To(available)}), "quantity, assigned, available")
}

// freeWith starts acme, whose seats updates change, with so many.
func freeWith(ctx context.Context, seats int64) *bench {
	GinkgoHelper()
	b := newBench(ctx, april)
	b.create(ctx, product(b.namespace).Seats(1, 100).Obj(), free(b).Obj())
	b.reconcile(ctx, "acme")
	if seats > 1 {
		b.create(ctx, builders.MakeSubscriptionUpdate("at-first", b.namespace, "acme").Count("editors", seats).Obj())
		b.reconcile(ctx, "acme")
	}
	return b
}

var _ = Describe("Assigned of a SeatAssignment", func() {
	rows := map[string]struct {
		reason string
		want   want
		given  func(context.Context, *bench)
	}{
		v1alpha1.ReasonAssigned: {"a seat is free", current, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
			b.claim(ctx, "ada")
		}},
		v1alpha1.ReasonWaitingForSeat: {"all seats are taken", inProgress, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).With(func(s *v1alpha1.Subscription) { s.Spec.Items[0].Quantity = ptr.To[int64](0) }).Obj())
			b.claim(ctx, "ada")
		}},
		v1alpha1.ReasonWaitingForSeat + " of a subscription that has not started": {"no quantity is held yet", inProgress, func(ctx context.Context, b *bench) {
			b.create(ctx, acme(b).Obj())
			b.claim(ctx, "ada")
		}},
		v1alpha1.ReasonDuplicateHolder: {"the older one has a seat", failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
			b.create(ctx, builders.MakeSeatAssignment("aaa", b.namespace, "acme", "editors").Holder("ada").Obj())
			b.claim(ctx, "ada")
		}},
		v1alpha1.ReasonUnknownItem: {"GitOps may add the item later", inProgress, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
			b.create(ctx, builders.MakeSeatAssignment("ada", b.namespace, "acme", "viewers").Obj())
		}},
		v1alpha1.ReasonSubscriptionNotFound: {"GitOps applied it first", inProgress, func(ctx context.Context, b *bench) {
			b.claim(ctx, "ada")
		}},
		v1alpha1.ReasonSubscriptionNotFound + " any more": {"a seat of what was deleted", inProgress, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
			b.claim(ctx, "ada")
			b.reconcile(ctx, "acme")
			b.seated(ctx, "ada", v1alpha1.ReasonAssigned)
			Expect(live.Delete(ctx, b.subscription(ctx, "acme"))).To(Succeed())
			b.reconcile(ctx, "acme")
		}},
		v1alpha1.ReasonSubscriptionCanceled: {"it ended in April", current, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).With(func(s *v1alpha1.Subscription) {
				s.Spec.Cancel = &v1alpha1.Cancellation{At: record.Time(at("2026-04-10T00:00:00Z"))}
			}).Obj())
			b.claim(ctx, "ada")
			b.reconcile(ctx, "acme")
			b.seated(ctx, "ada", v1alpha1.ReasonAssigned)
			b.move(ctx, "2026-04-11T00:00:00Z", "acme")
			Expect(b.subscription(ctx, "acme").Status.Items[0].Assigned).To(BeNil())
		}},
	}
	for name, row := range rows {
		It(name+": "+row.reason, func(ctx SpecContext) {
			b := newBench(ctx, april)
			row.given(ctx, b)
			b.settle(ctx, "acme")
			var reason string
			_, err := fmt.Sscan(name, &reason)
			Expect(err).NotTo(HaveOccurred())
			row.want.reason = reason
			b.seated(ctx, "ada", reason)
			ada := b.assignment(ctx, "ada")
			row.want.checkObject(ada, ada.Status.Conditions)
			b.writesNothing(ctx, "acme")
		})
	}
})

var _ = Describe("The seats of a Subscription", func() {
	It("go to those who claim them, in their order, and cost two writes", func(ctx SpecContext) {
		b := freeWith(ctx, 2)
		b.counts(ctx, 2, 0, 2)
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		b.claim(ctx, "ada")
		b.restart(nil)
		b.reconcile(ctx, "acme")
		Expect(b.run.Writes()).To(HaveLen(2), "the commit and the mark: %v", b.run.Writes())
		Expect(b.assignment(ctx, "ada").Status.AssignedTime.UTC()).To(Equal(at("2026-04-16T00:00:00Z")), "the subscription's clock")
		b.claim(ctx, "bob", "cleo")
		b.reconcile(ctx, "acme")
		b.counts(ctx, 2, 2, 0)
		b.seated(ctx, "ada", v1alpha1.ReasonAssigned)
		b.seated(ctx, "bob", v1alpha1.ReasonAssigned)
		b.seated(ctx, "cleo", v1alpha1.ReasonWaitingForSeat)
		b.writesNothing(ctx, "acme")
	})

	It("are given to who waits, when one is added", func(ctx SpecContext) {
		b := freeWith(ctx, 1)
		b.claim(ctx, "ada", "bob", "cleo")
		b.reconcile(ctx, "acme")
		b.seated(ctx, "bob", v1alpha1.ReasonWaitingForSeat)
		b.create(ctx, update(b).Increment("editors", 1).Obj())
		b.reconcile(ctx, "acme")
		b.counts(ctx, 2, 2, 0)
		b.seated(ctx, "bob", v1alpha1.ReasonAssigned)
		b.seated(ctx, "cleo", v1alpha1.ReasonWaitingForSeat)
		b.writesNothing(ctx, "acme")
	})

	It("are given to who waits, when one is freed", func(ctx SpecContext) {
		b := freeWith(ctx, 1)
		b.claim(ctx, "ada", "bob")
		b.reconcile(ctx, "acme")
		b.free(ctx, "ada")
		b.restart(nil)
		b.reconcile(ctx, "acme")
		Expect(b.run.Writes()).To(HaveLen(1), "as many are assigned as before: %v", b.run.Writes())
		b.seated(ctx, "bob", v1alpha1.ReasonAssigned)
		b.counts(ctx, 1, 1, 0)
	})

	It("are refused before others are given, so that whoever was promised one is told first", func(ctx SpecContext) {
		b := freeWith(ctx, 1)
		b.claim(ctx, "ada", "bob")
		b.restart(nil)
		b.reconcile(ctx, "acme")
		var order []string
		for _, write := range b.run.Writes() {
			order = append(order, write.Name)
		}
		Expect(order).To(Equal([]string{"acme", "bob", "ada"}))
	})

	It("are free as soon as a deletion is asked for", func(ctx SpecContext) {
		b := freeWith(ctx, 1)
		held := builders.MakeSeatAssignment("ada", b.namespace, "acme", "editors").Obj()
		held.Finalizers = []string{"example.com/audit"}
		b.create(ctx, held)
		b.claim(ctx, "bob")
		b.reconcile(ctx, "acme")
		b.free(ctx, "ada")
		b.reconcile(ctx, "acme")
		b.seated(ctx, "bob", v1alpha1.ReasonAssigned)
		b.counts(ctx, 1, 1, 0)
	})

	It("are free while nobody takes them over", func(ctx SpecContext) {
		b := freeWith(ctx, 2)
		b.claim(ctx, "ada", "bob")
		b.reconcile(ctx, "acme")
		b.free(ctx, "ada")
		b.reconcile(ctx, "acme")
		b.counts(ctx, 2, 1, 1)
	})

	It("go to the younger of two of one holder once the older is deleted", func(ctx SpecContext) {
		b := freeWith(ctx, 2)
		b.claim(ctx, "ada")
		b.create(ctx, builders.MakeSeatAssignment("zzz", b.namespace, "acme", "editors").Holder("ada").Obj())
		b.reconcile(ctx, "acme")
		b.counts(ctx, 2, 1, 1)
		b.seated(ctx, "zzz", v1alpha1.ReasonDuplicateHolder)
		Expect(condition(b.assignment(ctx, "zzz").Status.Conditions, v1alpha1.ConditionAssigned).Message).To(ContainSubstring(`"ada"`))
		b.free(ctx, "ada")
		b.reconcile(ctx, "acme")
		b.seated(ctx, "zzz", v1alpha1.ReasonAssigned)
	})

	It("are held for another item apart", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).Item("viewers", "seat", "monthly", 1).Obj())
		b.claim(ctx, "ada")
		b.create(ctx, builders.MakeSeatAssignment("ada-too", b.namespace, "acme", "viewers").Holder("ada").Obj())
		b.reconcile(ctx, "acme")
		b.counts(ctx, 5, 1, 4)
		b.seated(ctx, "ada-too", v1alpha1.ReasonAssigned)
	})

	It("stay with a holder whose name changes, for one write", func(ctx SpecContext) {
		b := freeWith(ctx, 1)
		b.claim(ctx, "ada")
		b.reconcile(ctx, "acme")
		since := b.assignment(ctx, "ada").Status.AssignedTime
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		a := b.assignment(ctx, "ada")
		a.Spec.Holder.DisplayName = "Ada Lovelace"
		Expect(live.Update(ctx, a)).To(Succeed())
		b.restart(nil)
		b.reconcile(ctx, "acme")
		Expect(b.run.Writes()).To(HaveLen(1), "observedGeneration: %v", b.run.Writes())
		b.seated(ctx, "ada", v1alpha1.ReasonAssigned)
		Expect(b.assignment(ctx, "ada").Status.AssignedTime).To(Equal(since))
	})

	It("are none of a subscription of the same name", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
		b.claim(ctx, "ada", "bob")
		b.reconcile(ctx, "acme")
		Expect(live.Delete(ctx, b.subscription(ctx, "acme"))).To(Succeed())
		_, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
		Expect(err).NotTo(HaveOccurred())
		b.seated(ctx, "bob", v1alpha1.ReasonAssigned)

		b.create(ctx, acme(b).Customer("other").With(func(s *v1alpha1.Subscription) { s.Spec.Items[0].Quantity = ptr.To[int64](1) }).Obj())
		b.reconcile(ctx, "acme")
		b.counts(ctx, 1, 1, 0)
		b.seated(ctx, "ada", v1alpha1.ReasonAssigned)
		b.seated(ctx, "bob", v1alpha1.ReasonWaitingForSeat)
		b.writesNothing(ctx, "acme")
	})
})

var _ = Describe("A quantity", func() {
	It("never goes below the assigned seats by a request", func(ctx SpecContext) {
		b := freeWith(ctx, 5)
		b.claim(ctx, "ada", "bob", "cleo", "dan")
		b.reconcile(ctx, "acme")
		b.create(ctx, update(b).Decrement("editors", 2).Obj())
		b.reconcile(ctx, "acme")
		u := b.update(ctx, "change")
		Expect(u.Status.State).To(Equal(v1alpha1.UpdateRejected))
		want{reason: v1alpha1.ReasonSeatsAssigned, stalled: true}.check(u.Status.Conditions)
		Expect(condition(u.Status.Conditions, v1alpha1.ConditionApplied).Message).To(And(ContainSubstring("3 seats"), ContainSubstring("4 are assigned")))
		b.counts(ctx, 5, 4, 1)

		b.create(ctx, builders.MakeSubscriptionUpdate("one-less", b.namespace, "acme").Decrement("editors", 1).Obj())
		b.reconcile(ctx, "acme")
		Expect(b.update(ctx, "one-less").Status.State).To(Equal(v1alpha1.UpdateApplied))
		b.counts(ctx, 4, 4, 0)
		b.writesNothing(ctx, "acme")
	})

	It("never goes below the assigned seats by an edit, which waits until one is freed", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
		b.claim(ctx, "ada", "bob")
		b.reconcile(ctx, "acme")
		s := b.subscription(ctx, "acme")
		s.Spec.Items[0].Quantity = ptr.To[int64](1)
		Expect(live.Update(ctx, s)).To(Succeed())
		b.reconcile(ctx, "acme")
		inSync := condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionInSync)
		Expect(inSync.Reason).To(Equal(v1alpha1.ReasonSeatsAssigned), inSync.Message)
		b.counts(ctx, 5, 2, 3)
		b.writesNothing(ctx, "acme")

		b.free(ctx, "ada")
		b.reconcile(ctx, "acme")
		b.counts(ctx, 1, 1, 0)
		inSync = condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionInSync)
		Expect(inSync.Reason).To(Equal(v1alpha1.ReasonInSync))
	})

	It("never goes below the assigned seats by a count, which is clamped and flagged", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).ConfigMapLoader("counts").Obj(), free(b).Obj(), counted(b, "first", 5, april))
		b.claim(ctx, "ada", "bob", "cleo")
		b.reconcile(ctx, "acme")
		b.counts(ctx, 5, 3, 2)
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		b.create(ctx, counted(b, "change", 1, "2026-04-16T00:00:00Z"))
		b.reconcile(ctx, "acme")
		Expect(b.update(ctx, "change").Status.State).To(Equal(v1alpha1.UpdateApplied))
		Expect(b.update(ctx, "change").Status.Changes[0].NewCount).To(BeEquivalentTo(3))
		b.counts(ctx, 3, 3, 0)
		limits := condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionSeatsWithinLimits)
		Expect(limits.Status).To(Equal(metav1.ConditionFalse))
		Expect(limits.Reason).To(Equal(v1alpha1.ReasonSeatsAssigned))
		Expect(limits.Message).To(ContainSubstring("1 seat, but 3 are assigned"))
		b.writesNothing(ctx, "acme")
	})
})

var _ = Describe("A cache of SeatAssignments that shows the past", func() {
	It("hides nobody from a decrease", func(ctx SpecContext) {
		b := freeWith(ctx, 3)
		Expect(b.cache.Freeze(ctx, &v1alpha1.SeatAssignmentList{})).To(Succeed())
		b.claim(ctx, "ada", "bob")
		b.create(ctx, update(b).Decrement("editors", 2).Obj())
		b.reconcile(ctx, "acme")
		Expect(b.update(ctx, "change").Status.State).To(Equal(v1alpha1.UpdateRejected))
		b.counts(ctx, 3, 2, 1)
	})

	It("refuses no decrease for somebody who has left", func(ctx SpecContext) {
		b := freeWith(ctx, 2)
		b.claim(ctx, "ada", "bob")
		b.reconcile(ctx, "acme")
		Expect(b.cache.Freeze(ctx, &v1alpha1.SeatAssignmentList{})).To(Succeed())
		b.free(ctx, "ada")
		b.create(ctx, update(b).Decrement("editors", 1).Obj())
		b.reconcile(ctx, "acme")
		Expect(b.update(ctx, "change").Status.State).To(Equal(v1alpha1.UpdateApplied))
	})

	It("keeps no count up for somebody who has left", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).ConfigMapLoader("counts").Obj(), free(b).Obj(), counted(b, "first", 2, april))
		b.claim(ctx, "ada", "bob")
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		Expect(b.cache.Freeze(ctx, &v1alpha1.SeatAssignmentList{})).To(Succeed())
		b.free(ctx, "ada")
		b.create(ctx, counted(b, "change", 1, "2026-04-16T00:00:00Z"))
		b.reconcile(ctx, "acme")
		Expect(b.update(ctx, "change").Status.Changes[0].NewCount).To(BeEquivalentTo(1))
	})

	It("gives nobody's seat away", func(ctx SpecContext) {
		b := freeWith(ctx, 1)
		b.claim(ctx, "zoe")
		b.reconcile(ctx, "acme")
		b.claim(ctx, "bob")
		b.reconcile(ctx, "acme")
		b.free(ctx, "zoe")
		b.reconcile(ctx, "acme")
		// Now a claim that goes before bob's, as one of the same second may, and a
		// cache that shows it, but bob as he was: waiting.
		given := b.assignment(ctx, "bob")
		waiting := given.DeepCopy()
		waiting.Status = record.NotSeated(given, record.NoSeatFree("editors"), b.subject.Clock.Now())
		Expect(live.Status().Update(ctx, waiting)).To(Succeed())
		b.claim(ctx, "ada")
		Expect(b.cache.Freeze(ctx, &v1alpha1.SeatAssignmentList{})).To(Succeed())
		given.ResourceVersion = waiting.ResourceVersion
		Expect(live.Status().Update(ctx, given)).To(Succeed())

		b.settle(ctx, "acme")
		Expect(b.assigned(ctx)).To(ConsistOf("bob"))
		Expect(b.cache.Thaw()).To(Succeed())
		b.settle(ctx, "acme")
		b.seated(ctx, "bob", v1alpha1.ReasonAssigned)
		b.seated(ctx, "ada", v1alpha1.ReasonWaitingForSeat)
		b.counts(ctx, 1, 1, 0)
	})
})

var _ = Describe("A cache of Subscriptions that shows the past", func() {
	It("gives no seat that has gone", func(ctx SpecContext) {
		b := freeWith(ctx, 3)
		b.claim(ctx, "ada", "bob")
		b.reconcile(ctx, "acme")
		Expect(b.cache.Freeze(ctx, &v1alpha1.SubscriptionList{})).To(Succeed())
		b.create(ctx, update(b).Decrement("editors", 1).Obj())
		b.settle(ctx, "acme")
		b.counts(ctx, 2, 2, 0)
		b.free(ctx, "ada")
		// As many as that subscription has assigned: there is nothing to commit.
		b.claim(ctx, "cleo")
		b.settle(ctx, "acme")
		b.claim(ctx, "dan")
		b.settle(ctx, "acme")
		Expect(b.assigned(ctx)).To(ConsistOf("bob"), "nobody was served by the past")

		Expect(b.cache.Thaw()).To(Succeed())
		b.settle(ctx, "acme")
		Expect(b.assigned(ctx)).To(ConsistOf("bob", "cleo"))
		b.counts(ctx, 2, 2, 0)
	})

	It("takes no seat away that was given meanwhile", func(ctx SpecContext) {
		b := freeWith(ctx, 3)
		Expect(b.cache.Freeze(ctx, &v1alpha1.SubscriptionList{})).To(Succeed())
		b.claim(ctx, "ada", "bob", "cleo")
		b.settle(ctx, "acme")
		Expect(b.assigned(ctx)).To(HaveLen(3))
		b.create(ctx, update(b).Decrement("editors", 1).Obj())
		b.settle(ctx, "acme")
		Expect(b.cache.Thaw()).To(Succeed())
		b.settle(ctx, "acme")
		Expect(b.update(ctx, "change").Status.State).To(Equal(v1alpha1.UpdateRejected))
		b.counts(ctx, 3, 3, 0)
	})
})

var _ = Describe("Two leaders", func() {
	// heldUp lets one leader reconcile, held up before its first status write of a
	// kind: something happens in the meantime, and the other leader comes to rest.
	heldUp := func(ctx context.Context, b *bench, kind client.Object, meanwhile func()) {
		GinkgoHelper()
		first, held := b.subject, false
		first.Client = heldClient{b.subject.Client, func(o client.Object) {
			if !held && reflect.TypeOf(o) == reflect.TypeOf(kind) {
				held = true
				meanwhile()
				b.restart(nil)
				b.reconcile(ctx, "acme")
			}
		}}
		_, err := first.Reconcile(ctx, requestFor(b, "acme"))
		Expect(err).NotTo(HaveOccurred())
		Expect(held).To(BeTrue())
		b.restart(nil)
		b.reconcile(ctx, "acme")
	}

	for name, kind := range map[string]client.Object{"the commit": &v1alpha1.Subscription{}, "the mark": &v1alpha1.SeatAssignment{}} {
		It("never bring a quantity below seats that are about to be given: before "+name, func(ctx SpecContext) {
			b := freeWith(ctx, 2)
			b.claim(ctx, "ada", "bob")
			heldUp(ctx, b, kind, func() { b.create(ctx, update(b).Decrement("editors", 1).Obj()) })
			Expect(b.update(ctx, "change").Status.State).To(Equal(v1alpha1.UpdateRejected))
			Expect(b.assigned(ctx)).To(ConsistOf("ada", "bob"))
			b.counts(ctx, 2, 2, 0)
			b.writesNothing(ctx, "acme")
		})
	}

	It("never give a seat that is about to go", func(ctx SpecContext) {
		b := freeWith(ctx, 3)
		b.claim(ctx, "ada")
		b.reconcile(ctx, "acme")
		b.create(ctx, update(b).Decrement("editors", 2).Obj())
		heldUp(ctx, b, &v1alpha1.Subscription{}, func() { b.claim(ctx, "bob") })
		Expect(b.update(ctx, "change").Status.State).To(Equal(v1alpha1.UpdateRejected))
		Expect(b.assigned(ctx)).To(ConsistOf("ada", "bob"))
		b.counts(ctx, 3, 2, 1)
		b.writesNothing(ctx, "acme")
	})

	It("never give a seat that went while it was to be given", func(ctx SpecContext) {
		b := freeWith(ctx, 2)
		b.claim(ctx, "ada", "bob")
		heldUp(ctx, b, &v1alpha1.Subscription{}, func() {
			b.free(ctx, "ada")
			b.create(ctx, update(b).Decrement("editors", 1).Obj())
		})
		Expect(b.update(ctx, "change").Status.State).To(Equal(v1alpha1.UpdateApplied))
		b.claim(ctx, "cleo")
		b.reconcile(ctx, "acme")
		Expect(b.assigned(ctx)).To(ConsistOf("bob"))
		b.counts(ctx, 1, 1, 0)
	})
})

// heldClient calls before each status update.
type heldClient struct {
	client.Client
	before func(client.Object)
}

func (h heldClient) Status() client.SubResourceWriter { return heldWriter{h.Client.Status(), h.before} }

type heldWriter struct {
	client.SubResourceWriter
	before func(client.Object)
}

func (h heldWriter) Update(ctx context.Context, o client.Object, opts ...client.SubResourceUpdateOption) error {
	h.before(o)
	return h.SubResourceWriter.Update(ctx, o, opts...)
}

// assigned are the names of the assignments that say that their holder has a seat.
func (b *bench) assigned(ctx context.Context) []string {
	GinkgoHelper()
	var list v1alpha1.SeatAssignmentList
	Expect(live.List(ctx, &list, client.InNamespace(b.namespace))).To(Succeed())
	var names []string
	for _, a := range list.Items {
		if meta.IsStatusConditionTrue(a.Status.Conditions, v1alpha1.ConditionAssigned) {
			names = append(names, a.Name)
		}
	}
	return names
}
