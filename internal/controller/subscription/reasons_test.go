// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/health"
)

const april = "2026-04-01T00:00:00Z"

// acme is a subscription on the bench's clock with five seats since April.
func acme(b *bench) *builders.Subscription {
	return builders.MakeSubscription("acme", b.namespace).TestClock("clock").Start(at(april)).
		Item("editors", "seat", "monthly", 5)
}

// free is acme with a quantity that updates decide.
func free(b *bench) *builders.Subscription {
	return builders.MakeSubscription("acme", b.namespace).TestClock("clock").Start(at(april)).
		LoadedItem("editors", "seat", "monthly")
}

func update(b *bench) *builders.SubscriptionUpdate {
	return builders.MakeSubscriptionUpdate("change", b.namespace, "acme")
}

// want is what a condition should say.
type want struct {
	reason string
	// state of kstatus that a person would expect: Ready alone, or with one of
	// the other two.
	ready, reconciling, stalled bool
}

var (
	current    = want{ready: true}
	inProgress = want{reconciling: true}
	failed     = want{stalled: true}
)

func (w want) check(conditions []metav1.Condition) {
	GinkgoHelper()
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	Expect(ready).NotTo(BeNil())
	Expect(ready.Reason).To(Equal(w.reason), ready.Message)
	Expect(ready.Message).To(HaveSuffix("."), "a sentence")
	Expect(ready.Status == metav1.ConditionTrue).To(Equal(w.ready))
	Expect(meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling)).To(Equal(w.reconciling))
	Expect(meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled)).To(Equal(w.stalled))
}

// checkObject checks the conditions of an object, and that a tool which knows nothing
// of it reads the same.
func (w want) checkObject(object client.Object, conditions []metav1.Condition) {
	GinkgoHelper()
	w.check(conditions)
	expected := health.InProgress
	switch {
	case w.ready:
		expected = health.Current
	case w.stalled:
		expected = health.Failed
	}
	Expect(health.Of(object)).To(Equal(expected))
}

var _ = Describe("Ready of a Subscription", func() {
	type row struct {
		reason string
		want   want
		given  func(context.Context, *bench)
	}
	rows := map[string]row{
		v1alpha1.ReasonReconciled: {"everything it needs is there", current, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
		}},
		v1alpha1.ReasonProductNotFound: {"GitOps applied the product later", inProgress, func(ctx context.Context, b *bench) {
			b.create(ctx, acme(b).Obj())
		}},
		v1alpha1.ReasonPlanNotFound: {"the product has no such plan", inProgress, func(ctx context.Context, b *bench) {
			b.create(ctx, builders.MakeSeatProduct("seat", b.namespace).Plan("yearly", "EUR", "10").Obj(), acme(b).Obj())
		}},
		v1alpha1.ReasonPolicyNotReady: {"the policy that would price it does not exist", inProgress, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).Policy(v1alpha1.KindProrationPolicy, "by-day").Obj())
		}},
		v1alpha1.ReasonMixedCurrency: {"one item is priced in dollars", failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), builders.MakeSeatProduct("other", b.namespace).Plan("monthly", "USD", "1").Obj(),
				acme(b).Item("viewers", "other", "monthly", 1).Obj())
		}},
		v1alpha1.ReasonMixedInterval: {"one item is billed by the year", failed, func(ctx context.Context, b *bench) {
			yearly := builders.MakeSeatProduct("other", b.namespace).Plan("yearly", "EUR", "1").
				With(func(p *v1alpha1.SeatProduct) { p.Spec.Plans[0].Interval.Unit = v1alpha1.IntervalYear })
			b.create(ctx, product(b.namespace).Obj(), yearly.Obj(), acme(b).Item("viewers", "other", "yearly", 1).Obj())
		}},
		v1alpha1.ReasonInvalidTimeZone: {"no such zone", failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).TimeZone("Europe/Nowhere").Obj())
		}},
		v1alpha1.ReasonInvalidTrial: {"the trial ends before the start", failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).With(func(s *v1alpha1.Subscription) {
				s.Spec.Trial = &v1alpha1.SubscriptionTrial{EndTime: record.Time(at("2026-03-01T00:00:00Z"))}
			}).Obj())
		}},
		v1alpha1.ReasonWaitingForSeats: {"no count yet", inProgress, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).ConfigMapLoader("counts").Obj(), free(b).Obj())
		}},
		v1alpha1.ReasonClockNotFound: {"its clock does not exist", inProgress, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).TestClock("other").Obj())
		}},
		v1alpha1.ReasonStartTimeInPast: {"two periods were never billed", failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).Start(at("2026-01-15T00:00:00Z")).Obj())
		}},
		v1alpha1.ReasonBilledUntilTooLate: {"nothing would ever be billed", failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).With(func(s *v1alpha1.Subscription) {
				s.Spec.BilledUntil = record.Time(at("2199-01-01T00:00:00Z"))
			}).Obj())
		}},
		v1alpha1.ReasonBilledUntilNotABoundary: {"the rest of April would be skipped", failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).With(func(s *v1alpha1.Subscription) {
				s.Spec.BilledUntil = record.Time(at("2026-04-16T00:00:00Z"))
			}).Obj())
		}},
		v1alpha1.ReasonAmountTooLarge: {"five seats of fifteen digits", failed, func(ctx context.Context, b *bench) {
			b.create(ctx, builders.MakeSeatProduct("seat", b.namespace).Plan("monthly", "EUR", "999999999999999").Obj(), acme(b).Obj())
		}},
		v1alpha1.ReasonPredecessorFound: {"an earlier acme was billed for April", failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
			b.reconcile(ctx, "acme")
			Expect(live.Delete(ctx, b.subscription(ctx, "acme"))).To(Succeed())
			b.reconcile(ctx, "acme")
			b.create(ctx, acme(b).Obj())
		}},
		v1alpha1.ReasonBelowMinimum: {"five seats of a plan of ten and more", failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Seats(10, 20).Obj(), acme(b).Obj())
		}},
		v1alpha1.ReasonAboveMaximum: {"five seats of a plan of at most three", failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Seats(1, 3).Obj(), acme(b).Obj())
		}},
		v1alpha1.ReasonSuspended: {"a person stopped it", current, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).With(func(s *v1alpha1.Subscription) { s.Spec.Suspend = true }).Obj())
		}},
		v1alpha1.ReasonCanceled: {"it ended in April", current, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).With(func(s *v1alpha1.Subscription) {
				s.Spec.Cancel = &v1alpha1.Cancellation{At: record.Time(at("2026-04-10T00:00:00Z"))}
			}).Obj())
			b.reconcile(ctx, "acme")
			b.move(ctx, "2026-04-11T00:00:00Z", "acme")
		}},
		v1alpha1.ReasonParked: {"more than 200 changes on one day", failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), free(b).Obj())
			b.reconcile(ctx, "acme")
			s := b.subscription(ctx, "acme")
			s.Status.EventsOnDay = &v1alpha1.DayCount{Date: "2026-04-01", Count: 200}
			Expect(live.Status().Update(ctx, s)).To(Succeed())
			b.create(ctx, update(b).Increment("editors", 1).Obj())
		}},
		v1alpha1.ReasonInvoiceNameTaken: {"somebody else's invoice has the name", failed, func(ctx context.Context, b *bench) {
			s := acme(b).Obj()
			b.create(ctx, product(b.namespace).Obj(), s)
			b.create(ctx, foreignInvoice(b, record.InvoiceName("acme", string(s.UID), 1)))
		}},
	}
	for reason, row := range rows {
		It(reason+": "+row.reason, func(ctx SpecContext) {
			b := newBench(ctx, april)
			row.given(ctx, b)
			b.settle(ctx, "acme")
			row.want.reason = reason
			s := b.subscription(ctx, "acme")
			row.want.checkObject(s, s.Status.Conditions)
			b.writesNothing(ctx, "acme")
		})
	}

	It("lets a parked subscription go on when a person says so", func(ctx SpecContext) {
		b := newBench(ctx, april)
		rows[v1alpha1.ReasonParked].given(ctx, b)
		b.settle(ctx, "acme")
		s := b.subscription(ctx, "acme")
		s.Annotations = map[string]string{v1alpha1.AnnotationUnpark: "1"}
		Expect(live.Update(ctx, s)).To(Succeed())
		b.settle(ctx, "acme")
		want{reason: v1alpha1.ReasonReconciled, ready: true}.check(b.subscription(ctx, "acme").Status.Conditions)
		Expect(b.update(ctx, "change").Status.State).To(Equal(v1alpha1.UpdateApplied))
	})
})

// on is an item of the bench's product on a plan of it.
func on(name, plan string) v1alpha1.SubscriptionItem {
	return v1alpha1.SubscriptionItem{Name: name, ProductRef: v1alpha1.LocalReference{Name: "seat"}, Plan: plan}
}

// foreignInvoice has the name of an invoice that another subscription will want.
func foreignInvoice(b *bench, name string) *v1alpha1.Invoice {
	invoice := &v1alpha1.Invoice{}
	invoice.Namespace, invoice.Name = b.namespace, name
	invoice.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: "other", UID: "0000"}, Customer: v1alpha1.Customer{ID: "other"},
		Type: v1alpha1.TypeInvoice, Reason: v1alpha1.InvoiceInitial, Sequence: 1, IssueTime: *record.Time(at(april)),
		Currency: "EUR", CreditBalanceAfter: "0.00", Subtotal: "1.00", CreditApplied: "0.00", AmountDue: "1.00",
		Lines: []v1alpha1.Line{{Key: "1-0", Item: "editors", Kind: v1alpha1.LineOneTime, Amount: "1.00"}},
	}
	return invoice
}

var _ = Describe("Applied of a SubscriptionUpdate", func() {
	type row struct {
		reason string
		state  v1alpha1.UpdateState
		want   want
		given  func(context.Context, *bench)
	}
	// started has a subscription with one seat, whose product allows up to ten.
	started := func(ctx context.Context, b *bench) {
		b.create(ctx, product(b.namespace).Seats(1, 10).Obj(), free(b).Obj())
		b.reconcile(ctx, "acme")
	}
	on16April := func(ctx context.Context, b *bench) {
		started(ctx, b)
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
	}
	// loaded has a subscription whose seats were counted: five on 1 April.
	loaded := func(ctx context.Context, b *bench, guard *v1alpha1.Guard) {
		p := product(b.namespace).Seats(1, 1000).ConfigMapLoader("counts").Refresh(v1alpha1.Refresh{Guard: guard})
		s := free(b).Obj()
		b.create(ctx, p.Obj(), s, counted(b, "first", 5, april))
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
	}
	rows := map[string]row{
		v1alpha1.ReasonApplied: {"it took hold", v1alpha1.UpdateApplied, current, func(ctx context.Context, b *bench) {
			started(ctx, b)
			b.create(ctx, update(b).Increment("editors", 2).Obj())
		}},
		v1alpha1.ReasonScheduled: {"it waits for the renewal", v1alpha1.UpdateScheduled, inProgress, func(ctx context.Context, b *bench) {
			started(ctx, b)
			b.create(ctx, update(b).Increment("editors", 2).Apply(v1alpha1.ApplyNextPeriod).Obj())
		}},
		v1alpha1.ReasonAwaitingApproval: {"ten times the seats", v1alpha1.UpdateHeld, inProgress, func(ctx context.Context, b *bench) {
			loaded(ctx, b, &v1alpha1.Guard{MaxIncreasePercent: ptr.To[int32](300)})
			b.create(ctx, counted(b, "change", 50, "2026-04-16T00:00:00Z"))
		}},
		v1alpha1.ReasonPreviewed: {"it was only computed", v1alpha1.UpdatePreviewed, current, func(ctx context.Context, b *bench) {
			on16April(ctx, b)
			b.create(ctx, update(b).Increment("editors", 2).With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Preview = true }).Obj())
		}},
		v1alpha1.ReasonSubscriptionNotFound: {"GitOps applied it first", v1alpha1.UpdatePending, inProgress, func(ctx context.Context, b *bench) {
			b.create(ctx, update(b).Increment("editors", 2).Obj())
		}},
		v1alpha1.ReasonUnknownItem: {"no such item", v1alpha1.UpdateRejected, failed, func(ctx context.Context, b *bench) {
			started(ctx, b)
			b.create(ctx, update(b).Increment("viewers", 2).Obj())
		}},
		v1alpha1.ReasonDeclaredInSpec: {"Git declares the quantity", v1alpha1.UpdateRejected, failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).Obj(), update(b).Increment("editors", 2).Obj())
		}},
		v1alpha1.ReasonLoadedFromSource: {"a loader counts the seats", v1alpha1.UpdateRejected, failed, func(ctx context.Context, b *bench) {
			loaded(ctx, b, nil)
			b.create(ctx, update(b).Increment("editors", 2).Obj())
		}},
		v1alpha1.ReasonBelowMinimum: {"no seat left", v1alpha1.UpdateRejected, failed, func(ctx context.Context, b *bench) {
			started(ctx, b)
			b.create(ctx, update(b).Decrement("editors", 1).Obj())
		}},
		v1alpha1.ReasonAboveMaximum: {"eleven of ten", v1alpha1.UpdateRejected, failed, func(ctx context.Context, b *bench) {
			started(ctx, b)
			b.create(ctx, update(b).Increment("editors", 10).Obj())
		}},
		v1alpha1.ReasonEffectiveTimeInClosedPeriod: {"March was never billed here", v1alpha1.UpdateRejected, failed, func(ctx context.Context, b *bench) {
			on16April(ctx, b)
			b.create(ctx, update(b).Increment("editors", 1).Effective(at("2026-03-31T00:00:00Z")).Obj())
		}},
		v1alpha1.ReasonEffectiveTimeAfterPeriod: {"May is not there yet", v1alpha1.UpdateRejected, failed, func(ctx context.Context, b *bench) {
			on16April(ctx, b)
			b.create(ctx, update(b).Increment("editors", 1).Effective(at("2026-05-01T00:00:00Z")).Obj())
		}},
		v1alpha1.ReasonEffectiveTimeBeforeLastChange: {"a change counts from the 16th already", v1alpha1.UpdateRejected, failed, func(ctx context.Context, b *bench) {
			on16April(ctx, b)
			b.create(ctx, builders.MakeSubscriptionUpdate("first", b.namespace, "acme").Increment("editors", 1).Obj())
			b.reconcile(ctx, "acme")
			b.create(ctx, update(b).Increment("editors", 1).Effective(at("2026-04-10T00:00:00Z")).Obj())
		}},
		v1alpha1.ReasonSubscriptionCanceled: {"the end came first", v1alpha1.UpdateSuperseded, current, func(ctx context.Context, b *bench) {
			started(ctx, b)
			b.create(ctx, update(b).Increment("editors", 1).Apply(v1alpha1.ApplyNextPeriod).Obj())
			b.reconcile(ctx, "acme")
			s := b.subscription(ctx, "acme")
			s.Spec.Cancel = &v1alpha1.Cancellation{At: record.Time(at("2026-04-10T00:00:00Z"))}
			Expect(live.Update(ctx, s)).To(Succeed())
			b.move(ctx, "2026-04-11T00:00:00Z", "acme")
		}},
		v1alpha1.ReasonSupersededBySpec: {"a newer edit", v1alpha1.UpdateSuperseded, current, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
			b.reconcile(ctx, "acme")
			s := b.subscription(ctx, "acme")
			quantity(6)(s)
			Expect(live.Update(ctx, s)).To(Succeed())
			b.reconcile(ctx, "acme")
			old := update(b).FromSpec("editors", 1).Count("editors", 9).With(func(u *v1alpha1.SubscriptionUpdate) {
				u.Spec.Cause.ObservedTime = record.Time(at(april))
			})
			judged := old.Obj()
			b.create(ctx, judged)
			judged.Status.State = v1alpha1.UpdateScheduled
			Expect(live.Status().Update(ctx, judged)).To(Succeed())
		}},
		v1alpha1.ReasonSupersededByRefresh: {"a newer count", v1alpha1.UpdateSuperseded, current, func(ctx context.Context, b *bench) {
			loaded(ctx, b, &v1alpha1.Guard{MaxIncreasePercent: ptr.To[int32](300)})
			b.create(ctx, counted(b, "change", 50, "2026-04-16T00:00:00Z"))
			b.reconcile(ctx, "acme")
			b.move(ctx, "2026-04-17T00:00:00Z", "acme")
			b.create(ctx, counted(b, "newer", 6, "2026-04-17T00:00:00Z"))
		}},
		v1alpha1.ReasonCurrencyChange: {"the currency is fixed at the start", v1alpha1.UpdateRejected, failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Plan("dollars", "USD", "10").Obj(), free(b).Obj())
			b.reconcile(ctx, "acme")
			b.create(ctx, update(b).ChangeItems(on("editors", "dollars")).Obj())
		}},
		v1alpha1.ReasonIntervalChangeNeedsReset: {"a week is no month", v1alpha1.UpdateRejected, failed, func(ctx context.Context, b *bench) {
			b.create(ctx, product(b.namespace).Plan("weekly", "EUR", "10").With(func(p *v1alpha1.SeatProduct) {
				p.Spec.Plans[1].Interval.Unit = v1alpha1.IntervalWeek
			}).Obj(), free(b).Obj())
			b.reconcile(ctx, "acme")
			b.create(ctx, update(b).ChangeItems(on("editors", "weekly")).Obj())
		}},
		v1alpha1.ReasonInvalidItems: {"there is no trial to keep", v1alpha1.UpdateRejected, failed, func(ctx context.Context, b *bench) {
			started(ctx, b)
			b.create(ctx, update(b).ChangeItems(on("editors", "monthly")).With(func(u *v1alpha1.SubscriptionUpdate) {
				u.Spec.ChangeItems.RenewalPolicy = v1alpha1.RenewalRetain
				u.Spec.ChangeItems.KeepTrial, u.Spec.ChangeItems.IgnoreRecurring = ptr.To(true), ptr.To(true)
			}).Obj())
		}},
		v1alpha1.ReasonTooManyLines: {"500 lines wait for June", v1alpha1.UpdateRejected, failed, func(ctx context.Context, b *bench) {
			on16April(ctx, b)
			s := b.subscription(ctx, "acme")
			for i := range subscription.MaxDeferred {
				s.Status.Deferred = append(s.Status.Deferred, v1alpha1.DeferredLine{
					BillAt: *record.Time(at("2026-06-01T00:00:00Z")), Reason: v1alpha1.InvoiceCustom,
					Line: v1alpha1.Line{Key: fmt.Sprintf("before-%d", i), Item: "editors", Kind: v1alpha1.LineDebit, Amount: "0.01"},
				})
			}
			Expect(live.Status().Update(ctx, s)).To(Succeed())
			b.create(ctx, update(b).Increment("editors", 1).BillAt(at("2026-06-01T00:00:00Z")).Obj())
		}},
		v1alpha1.ReasonPreviewOutdated: {"the preview was of something else", v1alpha1.UpdateRejected, failed, func(ctx context.Context, b *bench) {
			started(ctx, b)
			b.create(ctx, update(b).Increment("editors", 2).With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.ExpectedHash = "another" }).Obj())
		}},
	}
	for reason, row := range rows {
		It(reason+": "+row.reason, func(ctx SpecContext) {
			b := newBench(ctx, april)
			row.given(ctx, b)
			b.settle(ctx, "acme")
			u := b.update(ctx, "change")
			Expect(u.Status.State).To(Equal(row.state), "%+v", u.Status)
			row.want.reason = reason
			row.want.checkObject(u, u.Status.Conditions)
			applied := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionApplied)
			Expect(applied.Reason).To(Equal(reason))
			Expect(applied.Status == metav1.ConditionTrue).To(Equal(row.state == v1alpha1.UpdateApplied))
			b.writesNothing(ctx, "acme")
		})
	}
})

// counted is an update as a refresh makes it.
func counted(b *bench, name string, count int64, observed string) *v1alpha1.SubscriptionUpdate {
	return builders.MakeSubscriptionUpdate(name, b.namespace, "acme").
		FromRefresh("editors", name, at(observed)).Count("editors", count).
		With(func(u *v1alpha1.SubscriptionUpdate) {
			u.Spec.Cause.LoadedTime = record.Time(time.Now().UTC().Truncate(time.Second))
		}).
		Obj()
}
