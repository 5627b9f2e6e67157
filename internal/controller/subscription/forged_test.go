// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// What the admission policies refuse, where they are not installed: the operator finds it out by itself. The rows
// are those of test/admission; those about refreshes are tried in internal/controller/seatproduct too.
var _ = Describe("Without admission policies", func() {
	rejected := func(ctx context.Context, b *bench, name string) {
		GinkgoHelper()
		u := b.update(ctx, name)
		Expect(u.Status.State).To(Equal(v1alpha1.UpdateRejected), "%+v", u.Status)
		Expect(condition(u.Status.Conditions, v1alpha1.ConditionApplied).Reason).To(Equal(v1alpha1.ReasonInvalidCause))
		Expect(condition(u.Status.Conditions, v1alpha1.ConditionStalled).Status).To(Equal(metav1.ConditionTrue))
		Expect(u.Status.Origin).To(Equal(v1alpha1.OriginUser), "the record does not say that the operator made it")
	}
	edited := func(ctx context.Context, b *bench, seats int64) {
		GinkgoHelper()
		s := b.subscription(ctx, "acme")
		quantity(seats)(s)
		Expect(live.Update(ctx, s)).To(Succeed())
		b.settle(ctx, "acme")
	}
	holds := func(ctx context.Context, b *bench, seats int64, upcoming v1alpha1.Amount) {
		GinkgoHelper()
		s := b.subscription(ctx, "acme")
		Expect(s.Status.Items[0].Quantity).To(Equal(seats))
		Expect(s.Status.UpcomingInvoice.AmountDue).To(Equal(upcoming), "what May's invoice comes to")
	}
	// began has acme with five seats on 16 April: 50.00 were charged for April.
	began := func(ctx context.Context) (*bench, types.UID) {
		GinkgoHelper()
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).Obj())
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		notes(b)
		return b, b.subscription(ctx, "acme").UID
	}
	edit := func(b *bench, name string, uid types.UID, generation, seats int64) *builders.SubscriptionUpdate {
		return builders.MakeSubscriptionUpdate(name, b.namespace, "acme").SubscriptionUID(uid).Count("editors", seats).
			FromSpec("editors", generation).
			With(func(u *v1alpha1.SubscriptionUpdate) {
				u.Spec.Cause.ObservedTime = record.Time(at("2026-04-16T00:00:00Z"))
			})
	}

	It("a refresh of 2199 is rejected, and the next count is taken (row 1)", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).ConfigMapLoader("counts").Obj(), free(b).Obj(), counted(b, "first", 5, april))
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		forged := counted(b, "forged", 50, "2199-01-01T00:00:00Z")
		forged.Spec.Cause.LoadedTime = record.Time(at("2199-01-01T00:00:00Z"))
		b.create(ctx, forged)
		b.settle(ctx, "acme")
		rejected(ctx, b, "forged")
		b.create(ctx, counted(b, "true", 50, "2026-04-16T00:00:00Z"))
		b.settle(ctx, "acme")
		holds(ctx, b, 50, "725.00")
		b.writesNothing(ctx, "acme")
	})

	It("a preview that says it is a refresh is rejected (row 2)", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).ConfigMapLoader("counts").Obj(), free(b).Obj(), counted(b, "first", 5, april))
		b.reconcile(ctx, "acme")
		forged := counted(b, "forged", 7, april)
		forged.Spec.Preview = true
		b.create(ctx, forged)
		b.settle(ctx, "acme")
		rejected(ctx, b, "forged")
		holds(ctx, b, 5, "50.00")
	})

	It("a generation that the spec never had freezes nothing (row 3)", func(ctx SpecContext) {
		b, uid := began(ctx)
		list := builders.MakeSubscriptionUpdate("list", b.namespace, "acme").SubscriptionUID(uid).
			ChangeItems(b.subscription(ctx, "acme").Spec.Items...).FromSpec("", 1<<53-1).
			With(func(u *v1alpha1.SubscriptionUpdate) {
				u.Spec.Cause.ObservedTime = record.Time(at("2026-04-16T00:00:00Z"))
			})
		b.create(ctx, edit(b, "quantity", uid, 1<<53-1, 5).Obj(), list.Obj())
		b.settle(ctx, "acme")
		rejected(ctx, b, "quantity")
		rejected(ctx, b, "list")
		edited(ctx, b, 40)
		holds(ctx, b, 40, "575.00")
		Expect(condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionInSync).Status).To(Equal(metav1.ConditionTrue))
	})

	It("an edit of an earlier generation is rejected, because nobody can verify it (row 4)", func(ctx SpecContext) {
		b, uid := began(ctx)
		edited(ctx, b, 7)
		b.create(ctx, edit(b, "earlier", uid, 1, 9).Obj())
		b.settle(ctx, "acme")
		rejected(ctx, b, "earlier")
		holds(ctx, b, 7, "80.00")
		b.writesNothing(ctx, "acme")
	})

	It("of two quick edits the first gives way to the second", func(ctx SpecContext) {
		b, uid := began(ctx)
		first, second := b.subscription(ctx, "acme"), int64(7)
		quantity(6)(first)
		Expect(live.Update(ctx, first)).To(Succeed())
		name := record.SpecUpdateName("acme", string(uid), first.Generation, "editors")
		b.create(ctx, edit(b, name, uid, first.Generation, 6).Obj())
		edited(ctx, b, second)
		Expect(b.update(ctx, name).Status.State).To(Equal(v1alpha1.UpdateSuperseded))
		Expect(b.update(ctx, name).Status.Origin).To(Equal(v1alpha1.OriginSpec))
		Expect(b.subscription(ctx, "acme").Status.Items[0].Quantity).To(Equal(second))
	})

	for reason, forge := range map[string]func(*builders.SubscriptionUpdate) *v1alpha1.SubscriptionUpdate{
		"to be applied in 2198": func(u *builders.SubscriptionUpdate) *v1alpha1.SubscriptionUpdate {
			return u.ApplyAt(at("2198-01-01T00:00:00Z")).Obj()
		},
		"without charge": func(u *builders.SubscriptionUpdate) *v1alpha1.SubscriptionUpdate {
			return u.Calculate(v1alpha1.CalculateDoNotCharge).Obj()
		},
		"billed in 2199": func(u *builders.SubscriptionUpdate) *v1alpha1.SubscriptionUpdate {
			return u.BillAt(at("2199-01-01T00:00:00Z")).Obj()
		},
		"of another quantity": func(u *builders.SubscriptionUpdate) *v1alpha1.SubscriptionUpdate {
			return u.Count("editors", 6).Obj()
		},
		"without a cause": func(u *builders.SubscriptionUpdate) *v1alpha1.SubscriptionUpdate {
			return u.With(func(u *v1alpha1.SubscriptionUpdate) {
				u.Spec.Cause, u.Spec.ApplicationSchedule = nil, v1alpha1.ApplyNextPeriod
			}).Obj()
		},
	} {
		It("an edit is not taken over by an update under its name, "+reason+" (row 4)", func(ctx SpecContext) {
			b, uid := began(ctx)
			next := b.subscription(ctx, "acme").Generation + 1
			taken := record.SpecUpdateName("acme", string(uid), next, "editors")
			forged := forge(edit(b, taken, uid, next, 40))
			b.create(ctx, forged)
			edited(ctx, b, 40)
			holds(ctx, b, 40, "575.00")
			Expect(notes(b)).To(ContainElement(And(ContainSubstring("UpdateNameTaken"), ContainSubstring(taken))))
			made := b.update(ctx, record.NextUpdateName("acme", taken, string(forged.UID)))
			Expect(made.Status.State).To(Equal(v1alpha1.UpdateApplied))
			Expect(made.Status.AdjustmentAmount).To(BeEquivalentTo("175.00"))
			Expect(b.update(ctx, taken).Status.State).To(Equal(v1alpha1.UpdateRejected))
		})
	}

	It("an edit has a bounded number of names, and says so (row 4)", func(ctx SpecContext) {
		b, uid := began(ctx)
		next := b.subscription(ctx, "acme").Generation + 1
		name := record.SpecUpdateName("acme", string(uid), next, "editors")
		for range maxNames {
			taken := builders.MakeSubscriptionUpdate(name, b.namespace, "other").Increment("editors", 1).Obj()
			b.create(ctx, taken)
			name = record.NextUpdateName("acme", name, string(taken.UID))
		}
		s := b.subscription(ctx, "acme")
		quantity(40)(s)
		Expect(live.Update(ctx, s)).To(Succeed())
		result, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(Equal(editRetry))
		s = b.subscription(ctx, "acme")
		want{reason: v1alpha1.ReasonUpdateNameTaken, stalled: true}.checkObject(s, s.Status.Conditions)
		Expect(condition(s.Status.Conditions, v1alpha1.ConditionInSync).Reason).To(Equal(v1alpha1.ReasonUpdateNameTaken))
	})

	It("an approval that comes with the update passes no guard (row 5)", func(ctx SpecContext) {
		b := newBench(ctx, april)
		guard := v1alpha1.Refresh{Guard: &v1alpha1.Guard{MaxDecreasePercent: ptr.To[int32](0)}}
		b.create(ctx, product(b.namespace).ConfigMapLoader("counts").Refresh(guard).Obj(), free(b).Obj(), counted(b, "first", 5, april))
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		forged := counted(b, "forged", 1, "2026-04-16T00:00:00Z")
		forged.Spec.Approved = true
		b.create(ctx, forged)
		b.settle(ctx, "acme")
		rejected(ctx, b, "forged")
		holds(ctx, b, 5, "50.00")

		b.create(ctx, counted(b, "true", 1, "2026-04-16T00:00:00Z"))
		b.settle(ctx, "acme")
		Expect(b.update(ctx, "true").Status.State).To(Equal(v1alpha1.UpdateHeld))
		approvedByPerson := b.update(ctx, "true")
		approvedByPerson.Spec.Approved = true
		Expect(live.Update(ctx, approvedByPerson)).To(Succeed())
		b.settle(ctx, "acme")
		Expect(b.update(ctx, "true").Status.State).To(Equal(v1alpha1.UpdateApplied))
	})

	for reason, frozen := range map[string]bool{"seen by the cache": false, "seen live only": true} {
		It("an Invoice with another amount is not adopted, "+reason+" (row 6)", func(ctx SpecContext) {
			b := newBench(ctx, april)
			s := acme(b).Obj()
			b.create(ctx, product(b.namespace).Obj(), s)
			if frozen {
				Expect(b.cache.Freeze(ctx, &v1alpha1.InvoiceList{})).To(Succeed())
			}
			name := record.InvoiceName("acme", string(s.UID), 1)
			forged := foreignInvoice(b, name)
			forged.Spec.SubscriptionRef = v1alpha1.SubscriptionReference{Name: "acme", UID: s.UID}
			b.create(ctx, forged)
			b.settle(ctx, "acme")
			stalled := condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionStalled)
			Expect(stalled.Reason).To(Equal(v1alpha1.ReasonInvoiceNameTaken))
			Expect(stalled.Message).To(ContainSubstring("its content is another"))
			Expect(mentions(notes(b), "InvoiceNameTaken")).To(Equal(1), "said once")

			Expect(live.Delete(ctx, forged)).To(Succeed())
			if frozen {
				Expect(b.cache.Thaw(&v1alpha1.InvoiceList{})).To(Succeed())
			}
			b.settle(ctx, "acme")
			Expect(b.invoices(ctx, "acme")).To(HaveExactElements(HaveField("Spec.AmountDue", BeEquivalentTo("50.00"))))
			Expect(b.subscription(ctx, "acme").Status.RecentInvoice.AmountDue).To(BeEquivalentTo("50.00"))
			Expect(condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionReady).Status).To(Equal(metav1.ConditionTrue))
			b.writesNothing(ctx, "acme")
		})
	}

	It("an update that is collected or kept against the operator's will costs what it costs (row 7)", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), free(b).Obj())
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		for _, name := range []string{"collected", "kept"} {
			b.create(ctx, builders.MakeSubscriptionUpdate(name, b.namespace, "acme").Increment("editors", 1).Obj())
		}
		b.settle(ctx, "acme")
		held := b.subscription(ctx, "acme").Status.Items[0].Quantity
		kept := b.update(ctx, "kept")
		kept.Finalizers = []string{"example.com/never"}
		Expect(live.Update(ctx, kept)).To(Succeed())
		Expect(live.Delete(ctx, b.update(ctx, "kept"))).To(Succeed())
		Expect(live.Delete(ctx, b.update(ctx, "collected"))).To(Succeed())
		b.settle(ctx, "acme")
		b.move(ctx, "2026-05-01T00:00:00Z", "acme")
		Expect(b.subscription(ctx, "acme").Status.Items[0].Quantity).To(Equal(held))
		invoices := b.invoices(ctx, "acme")
		due := fmt.Sprintf("%d.00", held*10+10)
		Expect(invoices[len(invoices)-1].Spec.AmountDue).To(BeEquivalentTo(due), "May for all, and half of April for two")
		kept = b.update(ctx, "kept")
		kept.Finalizers = nil
		Expect(live.Update(ctx, kept)).To(Succeed())
	})

	It("a clock that the cache shows as it was makes no update a forgery", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).ConfigMapLoader("counts").Obj(), free(b).Obj(), counted(b, "first", 5, april))
		b.reconcile(ctx, "acme")
		Expect(b.cache.Freeze(ctx, &v1alpha1.TestClockList{})).To(Succeed())
		b.clock.Spec.Now = metav1.NewTime(at("2026-04-16T00:00:00Z"))
		Expect(live.Update(ctx, b.clock)).To(Succeed())
		b.create(ctx, counted(b, "second", 6, "2026-04-16T00:00:00Z"))
		for range 3 {
			result, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
			Expect(err).NotTo(HaveOccurred())
			Expect(result.RequeueAfter).To(Equal(time.Second), "it waits for the cache")
		}
		Expect(b.update(ctx, "second").Status.State).To(BeEmpty())
		Expect(b.cache.Thaw(&v1alpha1.TestClockList{})).To(Succeed())
		b.reconcile(ctx, "acme")
		Expect(b.update(ctx, "second").Status.State).To(Equal(v1alpha1.UpdateApplied))
	})
})

// notes are the events since the last call.
func notes(b *bench) (all []string) {
	for {
		select {
		case note := <-b.events.Events:
			all = append(all, note)
		default:
			return all
		}
	}
}

// mentions counts the notes that contain a word.
func mentions(notes []string, word string) int {
	found := 0
	for _, note := range notes {
		if strings.Contains(note, word) {
			found++
		}
	}
	return found
}
