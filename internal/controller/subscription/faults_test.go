// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// Whatever keeps a subscription from its next step until a person acts is announced.
func TestWhatNeedsAPersonDeservesAnEvent(t *testing.T) {
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(root, "internal", "billing", "subscription", "reasons.go"))
	if err != nil {
		t.Fatal(err)
	}
	needs := 0
	for _, found := range regexp.MustCompile(`Reason += "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		if !subscription.Reason(found[1]).NeedsPerson() {
			continue
		}
		needs++
		if !deservesEvent(found[1]) {
			t.Errorf("nothing is announced when a subscription is stalled by %s", found[1])
		}
	}
	if needs == 0 {
		t.Error("no reason that needs a person was found")
	}
}

var _ = Describe("Events about what a person has to correct", func() {
	wrongPlan := func(s *v1alpha1.Subscription) { s.Spec.Items[0].Plan = "wrong" }

	It("tells once that a new subscription names a plan that does not exist", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).With(wrongPlan).Obj())
		b.settle(ctx, "acme")
		b.settle(ctx, "acme")
		Expect(mentions(notes(b), "Warning PlanNotFound")).To(Equal(1))
		b.edit(ctx, func(s *v1alpha1.Subscription) { s.Spec.Items[0].Plan = "worse" })
		b.settle(ctx, "acme")
		b.settle(ctx, "acme")
		Expect(notes(b)).To(ConsistOf(And(HavePrefix("Warning PlanNotFound"), ContainSubstring(`"worse"`))), "the message changed")
	})

	It("tells once that an edit names a plan that does not exist", func(ctx SpecContext) {
		b := newBench(ctx, april)
		startAcme(ctx, b)
		notes(b)
		b.edit(ctx, wrongPlan)
		b.settle(ctx, "acme")
		b.settle(ctx, "acme")
		Expect(mentions(notes(b), "Warning PlanNotFound")).To(Equal(1))
	})

	It("tells that a clock does not exist", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Obj(), acme(b).TestClock("none").Obj())
		b.settle(ctx, "acme")
		b.settle(ctx, "acme")
		Expect(mentions(notes(b), "Warning ClockNotFound")).To(Equal(1))
	})
})

var _ = Describe("Two subscriptions of one customer", func() {
	It("tells once, on the younger, that both are billed", func(ctx SpecContext) {
		b := newBench(ctx, april)
		twin := acme(b).With(func(s *v1alpha1.Subscription) { s.Name = "acme-2" }).Obj()
		startAcme(ctx, b)
		Expect(mentions(notes(b), v1alpha1.EventSharedCustomer)).To(BeZero(), "it is the only one")
		b.create(ctx, twin)
		b.reconcile(ctx, "acme-2")
		Expect(mentions(notes(b), `Normal SharedCustomer Subscription "acme" has the same customer.id`)).To(Equal(1))
		b.move(ctx, "2026-05-01T00:00:00Z", "acme-2")
		b.reconcile(ctx, "acme")
		Expect(mentions(notes(b), v1alpha1.EventSharedCustomer)).To(BeZero(), "it was said")
		b.writesNothing(ctx, "acme-2")
	})

	It("says nothing of one that has ended", func(ctx SpecContext) {
		b := newBench(ctx, april)
		startAcme(ctx, b)
		b.edit(ctx, func(s *v1alpha1.Subscription) { s.Spec.Cancel = &v1alpha1.Cancellation{At: &b.clock.Spec.Now} })
		b.reconcile(ctx, "acme")
		b.create(ctx, acme(b).With(func(s *v1alpha1.Subscription) { s.Name = "acme-2" }).Obj())
		b.reconcile(ctx, "acme-2")
		Expect(mentions(notes(b), v1alpha1.EventSharedCustomer)).To(BeZero())
	})
})

var _ = Describe("Who approved a count", func() {
	held := func(ctx context.Context, b *bench) {
		guarded := product(b.namespace).ConfigMapLoader("counts").
			Refresh(v1alpha1.Refresh{Guard: &v1alpha1.Guard{MaxIncreasePercent: ptr.To[int32](300)}})
		b.create(ctx, guarded.Obj(), free(b).Obj(), counted(b, "first", 5, april))
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		b.create(ctx, counted(b, "change", 50, "2026-04-16T00:00:00Z"))
		b.reconcile(ctx, "acme")
		u := b.update(ctx, "change")
		Expect(u.Status.State).To(Equal(v1alpha1.UpdateHeld))
		Expect(u.Status.AdjustmentText).To(MatchRegexp(`^\(\d+\.\d\d\)$`), "an approver sees the price")
		Expect(condition(u.Status.Conditions, v1alpha1.ConditionApplied).Message).To(ContainSubstring("300 percent"), "and the limit")
		Expect(u.Status.Approval).To(BeNil())
		u.Spec.Approved = true
		Expect(live.Update(ctx, u, client.FieldOwner("an-approver"))).To(Succeed())
	}

	It("is recorded with the decision", func(ctx SpecContext) {
		b := newBench(ctx, april)
		held(ctx, b)
		b.reconcile(ctx, "acme")
		u := b.update(ctx, "change")
		Expect(u.Status.State).To(Equal(v1alpha1.UpdateApplied))
		Expect(u.Status.Approval).To(HaveField("Manager", "an-approver"))
		Expect(u.Status.Approval.WrittenTime).NotTo(BeNil())
		b.writesNothing(ctx, "acme")
	})

	It("is recorded while the approved count still waits", func(ctx SpecContext) {
		b := newBench(ctx, april)
		held(ctx, b)
		b.edit(ctx, func(s *v1alpha1.Subscription) { s.Spec.Suspend = true })
		b.reconcile(ctx, "acme")
		u := b.update(ctx, "change")
		Expect(u.Status.State).To(Equal(v1alpha1.UpdatePending))
		Expect(u.Status.Approval).To(HaveField("Manager", "an-approver"))
		b.writesNothing(ctx, "acme")
		b.edit(ctx, func(s *v1alpha1.Subscription) { s.Spec.Suspend = false })
		b.reconcile(ctx, "acme")
		Expect(b.update(ctx, "change").Status.Approval).To(HaveField("Manager", "an-approver"))
	})
})

var _ = Describe("An invoice on request", func() {
	It("bills what has accrued, once for each value", func(ctx SpecContext) {
		b := newBench(ctx, april)
		startAcme(ctx, b)
		b.move(ctx, "2026-04-16T00:00:00Z", "acme")
		b.edit(ctx, quantity(7))
		b.reconcile(ctx, "acme")
		Expect(b.invoices(ctx, "acme")).To(HaveLen(1), "it waits for the renewal")
		ask := func(value string) {
			b.edit(ctx, func(s *v1alpha1.Subscription) {
				s.Annotations = map[string]string{v1alpha1.AnnotationInvoiceRequestedAt: value}
			})
			b.reconcile(ctx, "acme")
		}
		ask("1")
		issued := b.invoices(ctx, "acme")
		Expect(issued).To(HaveLen(2))
		Expect(issued[1].Spec.Reason).To(Equal(v1alpha1.InvoiceCustom))
		Expect(issued[1].Spec.AmountDue).To(Equal(v1alpha1.Amount("10.00")))
		Expect(issued[1].Spec.Lines[0].Description).To(Equal("2 seats added, 15 of 30 days"))
		Expect(mentions(notes(b), "Issued invoice "+issued[1].Name+" for 10.00 EUR (Custom)")).To(Equal(1))
		Expect(b.subscription(ctx, "acme").Status.LastHandledInvoiceRequest).To(Equal("1"))
		b.writesNothing(ctx, "acme")
		ask("2")
		Expect(b.invoices(ctx, "acme")).To(HaveLen(2), "nothing has accrued since")
		Expect(b.subscription(ctx, "acme").Status.RenewalTime.UTC()).To(Equal(at("2026-05-01T00:00:00Z")))
	})

	It("does not stop billing, however long the value is", func(ctx SpecContext) {
		b := newBench(ctx, april)
		long := strings.Repeat("ä", 2000)
		b.create(ctx, product(b.namespace).Obj(), acme(b).With(func(s *v1alpha1.Subscription) {
			s.Annotations = map[string]string{v1alpha1.AnnotationInvoiceRequestedAt: long, v1alpha1.AnnotationUnpark: long}
		}).Obj())
		b.reconcile(ctx, "acme")
		b.move(ctx, "2026-05-01T00:00:00Z", "acme")
		s := b.subscription(ctx, "acme")
		want{reason: v1alpha1.ReasonReconciled, ready: true}.checkObject(s, s.Status.Conditions)
		Expect(b.invoices(ctx, "acme")).To(HaveLen(2))
		Expect(s.Status.LastHandledInvoiceRequest).To(Equal(strings.Repeat("ä", 512)), "it was handled, once")
		b.writesNothing(ctx, "acme")
	})
})
