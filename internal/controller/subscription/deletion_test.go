// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

// aged shows updates as if they had been created a month earlier than they were.
type aged struct{ client.Client }

func (a aged) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	err := a.Client.List(ctx, list, opts...)
	if updates, ok := list.(*v1alpha1.SubscriptionUpdateList); ok {
		for i := range updates.Items {
			created := &updates.Items[i].CreationTimestamp
			created.Time = created.Add(-facts.MaxAhead - time.Minute)
		}
	}
	return err
}

var _ = Describe("Deleting a Subscription", func() {
	// given has a subscription that accrued 5.00 for one more seat since 16 April.
	given := func(ctx context.Context) *bench {
		GinkgoHelper()
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), free(b).Obj())
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		b.create(ctx, update(b).Increment("editors", 1).Obj())
		b.reconcile(ctx, "acme")
		Expect(b.subscription(ctx, "acme").Finalizers).To(ConsistOf(v1alpha1.FinalizerSettle))
		return b
	}
	isGone := func(ctx context.Context, b *bench) {
		GinkgoHelper()
		err := live.Get(ctx, client.ObjectKey{Namespace: b.namespace, Name: "acme"}, &v1alpha1.Subscription{})
		Expect(apierrors.IsNotFound(err)).To(BeTrue())
	}

	It("bills what was accrued on a Final document, and lets go", func(ctx SpecContext) {
		b := given(ctx)
		Expect(live.Delete(ctx, b.subscription(ctx, "acme"))).To(Succeed())
		b.settle(ctx, "acme")
		isGone(ctx, b)
		invoices := b.invoices(ctx, "acme")
		Expect(invoices).To(HaveLen(1), "seats began at none, so there was no Initial one")
		Expect(invoices[0].Spec.Reason).To(Equal(v1alpha1.InvoiceFinal))
		Expect(invoices[0].Spec.AmountDue).To(BeEquivalentTo("5.00"))
	})

	It("credits unused time where the method of a cancellation stands alone", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).With(func(s *v1alpha1.Subscription) {
			s.Spec.Cancel = &v1alpha1.Cancellation{CalculationMethod: v1alpha1.CalculateProRata}
		}).Obj())
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		s := b.subscription(ctx, "acme")
		Expect(s.Status.EndTime).To(BeNil(), "a method sets no end")
		Expect(s.Status.State).To(Equal(v1alpha1.SubscriptionActive))
		Expect(live.Delete(ctx, s)).To(Succeed())
		b.settle(ctx, "acme")
		isGone(ctx, b)
		Expect(b.invoices(ctx, "acme")).To(ContainElement(And(
			HaveField("Spec.Reason", v1alpha1.InvoiceFinal), HaveField("Spec.AmountDue", BeEquivalentTo("-25.00")))))
	})

	It("keeps what was billed elsewhere on record, and lets nobody have more", func(ctx SpecContext) {
		b := newBench(ctx, april)
		billedUntil := func(when string) func(*v1alpha1.Subscription) {
			return func(s *v1alpha1.Subscription) { s.Spec.BilledUntil = record.Time(at(when)) }
		}
		may, june := "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"
		b.create(ctx, product(b.namespace).Obj(), acme(b).With(billedUntil(may)).Obj())
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		Expect(live.Delete(ctx, b.subscription(ctx, "acme"))).To(Succeed())
		b.settle(ctx, "acme")
		isGone(ctx, b)
		traces := b.invoices(ctx, "acme")
		Expect(traces).To(HaveLen(1))
		Expect(traces[0].Spec.BilledUntil.UTC()).To(Equal(at(may)))

		b.create(ctx, acme(b).With(billedUntil(june)).Obj())
		b.settle(ctx, "acme")
		s := b.subscription(ctx, "acme")
		want{reason: v1alpha1.ReasonBilledUntilTooLate, stalled: true}.checkObject(s, s.Status.Conditions)
		Expect(condition(s.Status.Conditions, v1alpha1.ConditionReady).Message).To(ContainSubstring(may))
		billedUntil(may)(s)
		Expect(live.Update(ctx, s)).To(Succeed())
		b.settle(ctx, "acme")
		Expect(b.invoices(ctx, "acme")).To(HaveLen(1), "April was billed elsewhere")
		b.move(ctx, may, "acme")
		Expect(b.invoices(ctx, "acme")).To(ContainElement(HaveField("Spec.AmountDue", BeEquivalentTo("50.00"))))
	})

	It("bills nothing more when it is abandoned", func(ctx SpecContext) {
		b := given(ctx)
		s := b.subscription(ctx, "acme")
		s.Annotations = map[string]string{v1alpha1.AnnotationDelete: v1alpha1.DeleteAbandon}
		Expect(live.Update(ctx, s)).To(Succeed())
		Expect(live.Delete(ctx, s)).To(Succeed())
		b.settle(ctx, "acme")
		isGone(ctx, b)
		invoices := b.invoices(ctx, "acme")
		Expect(invoices).To(HaveLen(1), "a trace over 0.00")
		Expect(invoices[0].Spec.Reason).To(Equal(v1alpha1.InvoiceFinal))
		Expect(invoices[0].Spec.AmountDue).To(BeEquivalentTo("0.00"))
		Expect(invoices[0].Spec.Lines).To(HaveLen(1))
		Expect(invoices[0].Spec.Lines[0].Description).To(Equal("Not billed: 1 seat added, 15 of 30 days, 5.00 EUR"))
	})

	for reason, again := range map[string]bool{"is created again": true, "is gone for good": false} {
		It("rejects an update that waited for it, when it is abandoned and "+reason, func(ctx SpecContext) {
			b := given(ctx)
			scheduled := builders.MakeSubscriptionUpdate("scheduled", b.namespace, "acme").Increment("editors", 1).
				Apply(v1alpha1.ApplyNextPeriod).Obj()
			b.create(ctx, scheduled)
			b.reconcile(ctx, "acme")
			s := b.subscription(ctx, "acme")
			s.Annotations = map[string]string{v1alpha1.AnnotationDelete: v1alpha1.DeleteAbandon}
			Expect(live.Update(ctx, s)).To(Succeed())
			Expect(live.Delete(ctx, s)).To(Succeed())
			b.settle(ctx, "acme")
			isGone(ctx, b)
			if again {
				b.create(ctx, free(b).Obj())
			}
			// One that GitOps applied before its subscription waits.
			b.create(ctx, builders.MakeSubscriptionUpdate("early", b.namespace, "acme").Increment("editors", 1).Obj())
			b.settle(ctx, "acme")
			rejected := b.update(ctx, "scheduled")
			Expect(rejected.Status.State).To(Equal(v1alpha1.UpdateRejected))
			want{reason: v1alpha1.ReasonSubscriptionNotFound, stalled: true}.checkObject(rejected, rejected.Status.Conditions)
			Expect(condition(rejected.Status.Conditions, v1alpha1.ConditionApplied).Message).To(Equal(
				`The Subscription that this update was created for no longer exists. To change a later Subscription "acme", create another update.`))
			early := b.update(ctx, "early")
			Expect(early.Status.State).To(Equal(v1alpha1.UpdatePending))
			b.writesNothing(ctx, "acme")
		})
	}

	// The subscription is missing, or was created after the update had waited for too long.
	for reason, comes := range map[string]bool{"never matches a date": false, "comes too late": true} {
		It("rejects a user's update that waits without a UID when it "+reason, func(ctx SpecContext) {
			b := newBench(ctx, "2026-04-01T00:00:00Z")
			b.create(ctx, builders.MakeSubscriptionUpdate("lost", b.namespace, "acme").Increment("editors", 1).Obj())
			created := b.update(ctx, "lost").CreationTimestamp.Time
			wait := func(after time.Duration) ctrl.Result {
				b.subject.Clock = clocktesting.NewFakePassiveClock(created.Add(after))
				result, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
				Expect(err).NotTo(HaveOccurred())
				return result
			}

			Expect(wait(time.Hour).RequeueAfter).To(BeNumerically("~", facts.MaxAhead, time.Hour), "nothing else wakes it")
			lost := b.update(ctx, "lost")
			Expect(lost.Status.State).To(Equal(v1alpha1.UpdatePending))
			want{reason: v1alpha1.ReasonSubscriptionNotFound, reconciling: true}.checkObject(lost, lost.Status.Conditions)
			Expect(condition(lost.Status.Conditions, v1alpha1.ConditionApplied).Message).To(Equal(
				`The Subscription "acme" does not exist. The update waits for it until 30 days after its own creation.`))
			b.writesNothing(ctx, "acme")

			if comes {
				b.create(ctx, product(b.namespace).Obj(), free(b).Obj())
				b.subject.Client, b.subject.Live = aged{b.subject.Client}, aged{live}
				b.settle(ctx, "acme")
				Expect(b.subscription(ctx, "acme").Status.Seats).To(HaveValue(BeZero()), "the customer has not asked for a seat")
			} else {
				Expect(wait(facts.MaxAhead+skew+time.Minute).RequeueAfter).To(BeZero(), "nothing waits any more")
			}
			lost = b.update(ctx, "lost")
			Expect(lost.Status.State).To(Equal(v1alpha1.UpdateRejected))
			want{reason: v1alpha1.ReasonSubscriptionNotFound, stalled: true}.checkObject(lost, lost.Status.Conditions)
			Expect(condition(lost.Status.Conditions, v1alpha1.ConditionApplied).Message).To(Equal(
				`There was no Subscription "acme" within 30 days after this update was created, so it is not meant for a later one. ` +
					`To change a later one, create another update.`))
			b.writesNothing(ctx, "acme")
		})
	}

	traces := map[string]struct {
		reason string
		err    error
		kept   bool
	}{
		"forbidden": {
			reason: "a quota or a right can be corrected",
			err:    apierrors.NewForbidden(schema.GroupResource{Group: v1alpha1.GroupName, Resource: "invoices"}, "acme", nil), kept: true,
		},
		"too large": {reason: "the API server's limit can be raised", err: apierrors.NewRequestEntityTooLargeError("limit"), kept: true},
		"invalid": {
			reason: "nobody can correct what the operator computes",
			err:    apierrors.NewInvalid(schema.GroupKind{Group: v1alpha1.GroupName, Kind: "Invoice"}, "acme", nil),
		},
	}
	for name, row := range traces {
		It("keeps an abandoned one whose trace is refused only where a person can help: "+name, func(ctx SpecContext) {
			b := given(ctx)
			s := b.subscription(ctx, "acme")
			s.Annotations = map[string]string{v1alpha1.AnnotationDelete: v1alpha1.DeleteAbandon}
			Expect(live.Update(ctx, s)).To(Succeed())
			Expect(live.Delete(ctx, s)).To(Succeed())
			inner := b.subject.Client
			// The commit that has the document is refused.
			b.subject.Client = faults.Spoil(inner, func(object client.Object) error {
				if s, ok := object.(*v1alpha1.Subscription); ok && s.Status.CancelTime != nil {
					return row.err
				}
				return nil
			})
			_, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
			if !row.kept {
				Expect(err).NotTo(HaveOccurred(), row.reason)
				isGone(ctx, b)
				return
			}
			Expect(err).To(HaveOccurred(), row.reason)
			s = b.subscription(ctx, "acme")
			want{reason: v1alpha1.ReasonCommitRefused, stalled: true}.check(s.Status.Conditions)
			b.subject.Client = inner
			b.settle(ctx, "acme")
			isGone(ctx, b)
			Expect(b.invoices(ctx, "acme")).To(HaveLen(1), "a trace over 0.00")
		})
	}

	It("does not charge twice where the cache lacks the predecessor's invoices", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj())
		Expect(b.cache.Freeze(ctx, &v1alpha1.InvoiceList{})).To(Succeed())
		b.create(ctx, acme(b).Obj())
		b.reconcile(ctx, "acme")
		Expect(b.invoices(ctx, "acme")).To(HaveLen(1))
		Expect(live.Delete(ctx, b.subscription(ctx, "acme"))).To(Succeed())
		b.settle(ctx, "acme")
		isGone(ctx, b)
		before := len(b.invoices(ctx, "acme"))

		b.create(ctx, acme(b).Obj())
		b.settle(ctx, "acme")
		s := b.subscription(ctx, "acme")
		Expect(s.Status.State).To(Equal(v1alpha1.SubscriptionPending))
		Expect(condition(s.Status.Conditions, v1alpha1.ConditionReady).Reason).To(Equal(v1alpha1.ReasonPredecessorFound))
		Expect(b.invoices(ctx, "acme")).To(HaveLen(before))
		b.writesNothing(ctx, "acme")
	})

	It("leaves a trace of a trial, which its successor finds", func(ctx SpecContext) {
		b := newBench(ctx, april)
		trial := func() *v1alpha1.Subscription {
			return acme(b).With(func(s *v1alpha1.Subscription) {
				s.Spec.Trial = &v1alpha1.SubscriptionTrial{EndTime: record.Time(at("2026-04-15T00:00:00Z"))}
			}).Obj()
		}
		b.create(ctx, product(b.namespace).Obj(), trial())
		b.reconcile(ctx, "acme")
		Expect(live.Delete(ctx, b.subscription(ctx, "acme"))).To(Succeed())
		b.settle(ctx, "acme")
		isGone(ctx, b)
		Expect(b.invoices(ctx, "acme")).To(HaveLen(1))
		b.create(ctx, trial())
		b.settle(ctx, "acme")
		ready := condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionReady)
		Expect(ready.Reason).To(Equal(v1alpha1.ReasonPredecessorFound))
	})

	It("lets go of one that never started", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, free(b).Obj())
		b.reconcile(ctx, "acme")
		Expect(live.Delete(ctx, b.subscription(ctx, "acme"))).To(Succeed())
		b.settle(ctx, "acme")
		isGone(ctx, b)
	})

	It("rejects an update that names its UID, and has others wait", func(ctx SpecContext) {
		b := given(ctx)
		uid := b.subscription(ctx, "acme").UID
		Expect(live.Delete(ctx, b.subscription(ctx, "acme"))).To(Succeed())
		b.settle(ctx, "acme")
		b.create(ctx,
			builders.MakeSubscriptionUpdate("named", b.namespace, "acme").SubscriptionUID(uid).Increment("editors", 1).Obj(),
			builders.MakeSubscriptionUpdate("unnamed", b.namespace, "acme").Increment("editors", 1).Obj())
		b.settle(ctx, "acme")
		Expect(b.update(ctx, "named").Status.State).To(Equal(v1alpha1.UpdateRejected))
		Expect(b.update(ctx, "unnamed").Status.State).To(Equal(v1alpha1.UpdatePending))
		b.writesNothing(ctx, "acme")
	})
})

var _ = Describe("Editing a Subscription", func() {
	edit := func(ctx context.Context, b *bench, quantity int64) {
		GinkgoHelper()
		s := b.subscription(ctx, "acme")
		s.Spec.Items[0].Quantity = &quantity
		Expect(live.Update(ctx, s)).To(Succeed())
	}
	edits := func(ctx context.Context, b *bench) []v1alpha1.SubscriptionUpdate {
		GinkgoHelper()
		var list v1alpha1.SubscriptionUpdateList
		Expect(live.List(ctx, &list, client.InNamespace(b.namespace))).To(Succeed())
		return list.Items
	}

	It("makes an update, applies it, and costs three writes", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		edit(ctx, b, 7)
		b.restart(nil)
		b.reconcile(ctx, "acme")
		Expect(b.run.Writes()).To(HaveLen(3), "create, commit, mark: %v", b.run.Writes())
		made := edits(ctx, b)
		Expect(made).To(HaveLen(1))
		Expect(made[0].Status.AdjustmentAmount).To(BeEquivalentTo("10.00"))
		Expect(made[0].Status.Origin).To(Equal(v1alpha1.OriginSpec))
		Expect(b.subscription(ctx, "acme").Status.Items[0].Quantity).To(BeEquivalentTo(7))
	})

	It("has an edit wait that the plan does not allow, and applies it when it does", func(ctx SpecContext) {
		b := newBench(ctx, april)
		seats := product(b.namespace).Seats(1, 6).Obj()
		b.create(ctx, seats, acme(b).Obj())
		b.reconcile(ctx, "acme")
		edit(ctx, b, 7)
		b.reconcile(ctx, "acme")
		Expect(edits(ctx, b)[0].Status.State).To(Equal(v1alpha1.UpdatePending))
		inSync := condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionInSync)
		Expect(inSync.Reason).To(Equal(v1alpha1.ReasonAboveMaximum))
		b.writesNothing(ctx, "acme")

		maximum := int64(10)
		seats.Spec.Plans[0].Seats.Maximum = &maximum
		Expect(live.Update(ctx, seats)).To(Succeed())
		b.reconcile(ctx, "acme")
		Expect(edits(ctx, b)[0].Status.State).To(Equal(v1alpha1.UpdateApplied))
		inSync = condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionInSync)
		Expect(inSync.Reason).To(Equal(v1alpha1.ReasonInSync))
	})

	It("leaves nothing open when it is taken back", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).ChangePolicy(v1alpha1.ChangePolicy{
			ApplicationSchedule: v1alpha1.ApplyNextPeriod,
		}).Obj())
		b.reconcile(ctx, "acme")
		edit(ctx, b, 7)
		b.reconcile(ctx, "acme")
		Expect(edits(ctx, b)[0].Status.State).To(Equal(v1alpha1.UpdateScheduled))
		edit(ctx, b, 5)
		b.reconcile(ctx, "acme")
		Expect(edits(ctx, b)).To(HaveLen(1))
		Expect(edits(ctx, b)[0].Status.State).To(Equal(v1alpha1.UpdateSuperseded))
		b.move(ctx, "2026-05-01T00:00:00Z", "acme")
		Expect(b.subscription(ctx, "acme").Status.Items[0].Quantity).To(BeEquivalentTo(5))
	})
})
