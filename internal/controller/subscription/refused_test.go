// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"errors"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

// isCommit reports whether a write of a Subscription that has not started is more than a word about a write that was
// refused.
func isCommit(s *v1alpha1.Subscription) bool { return len(s.Status.Items) > 0 }

var _ = Describe("A write that the API server refuses", func() {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Group: v1alpha1.GroupName, Resource: "subscriptions"}, "acme", nil)
	rows := map[string]struct {
		reason string
		spoil  func(client.Object) error
		says   string
	}{
		"a commit that is invalid": {
			reason: "an amount that the schema does not have room for",
			spoil: func(object client.Object) error {
				if s, ok := object.(*v1alpha1.Subscription); ok && isCommit(s) {
					s.Status.Items[0].ChargedTotal = "1234567890123456.00"
				}
				return nil
			},
			says: "status.items[0].chargedTotal",
		},
		"a commit that is forbidden": {
			reason: "an admission policy",
			spoil: func(object client.Object) error {
				if s, ok := object.(*v1alpha1.Subscription); ok && isCommit(s) {
					return forbidden
				}
				return nil
			},
			says: "forbidden",
		},
		"an invoice that is invalid": {
			reason: "an amount that the schema does not have room for",
			spoil: func(object client.Object) error {
				if i, ok := object.(*v1alpha1.Invoice); ok {
					i.Spec.AmountDue = "1234567890123456.00"
				}
				return nil
			},
			says: "spec.amountDue",
		},
		"an invoice that is forbidden": {
			reason: "an admission policy",
			spoil: func(object client.Object) error {
				if _, ok := object.(*v1alpha1.Invoice); ok {
					return forbidden
				}
				return nil
			},
			says: "forbidden",
		},
		"the mark of an update": {
			reason: "a summary that the schema does not have room for",
			spoil: func(object client.Object) error {
				if u, ok := object.(*v1alpha1.SubscriptionUpdate); ok {
					u.Status.Summary = strings.Repeat("x", 300)
				}
				return nil
			},
			says: "status.summary",
		},
	}
	for name, row := range rows {
		It("is a condition within one pass: "+name, func(ctx SpecContext) {
			b := newBench(ctx, april)
			b.create(ctx, product(b.namespace).Seats(5, 100).Obj(), free(b).Obj(), update(b).Increment("editors", 1).Obj())
			inner := b.subject.Client
			b.subject.Client = faults.Spoil(inner, row.spoil)
			_, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
			Expect(err).To(HaveOccurred(), row.reason)

			s := b.subscription(ctx, "acme")
			want{reason: v1alpha1.ReasonCommitRefused, stalled: true}.checkObject(s, s.Status.Conditions)
			Expect(condition(s.Status.Conditions, v1alpha1.ConditionReady).Message).To(ContainSubstring(row.says))
			version := s.ResourceVersion
			for range 3 {
				_, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
				Expect(err).To(HaveOccurred())
			}
			Expect(b.subscription(ctx, "acme").ResourceVersion).To(Equal(version), "it says so once")

			b.subject.Client = inner
			b.reconcile(ctx, "acme")
			s = b.subscription(ctx, "acme")
			want{reason: v1alpha1.ReasonReconciled, ready: true}.checkObject(s, s.Status.Conditions)
			Expect(b.update(ctx, "change").Status.State).To(Equal(v1alpha1.UpdateApplied))
			b.writesNothing(ctx, "acme")
		})
	}
})

var _ = Describe("An edit that cannot be recorded", func() {
	rows := map[string]struct {
		reason string
		err    error
		says   string
	}{
		"a quota": {
			reason: "subscriptionupdates are limited by a ResourceQuota",
			err: apierrors.NewForbidden(schema.GroupResource{Group: v1alpha1.GroupName, Resource: "subscriptionupdates"}, "acme",
				errors.New("exceeded quota")),
			says: "exceeded quota",
		},
		"an invalid update": {
			reason: "the schema of the installed CRD is older",
			err: apierrors.NewInvalid(schema.GroupKind{Group: v1alpha1.GroupName, Kind: "SubscriptionUpdate"}, "acme",
				field.ErrorList{field.Invalid(field.NewPath("spec", "seats"), "x", "is unknown")}),
			says: "field spec.seats",
		},
	}
	for name, row := range rows {
		It("is a condition and holds no renewal up: "+name, func(ctx SpecContext) {
			b := newBench(ctx, april)
			startAcme(ctx, b)
			Expect(b.invoices(ctx, "acme")).To(HaveLen(1))
			inner := b.subject.Client
			b.subject.Client = faults.Spoil(inner, func(object client.Object) error {
				if _, ok := object.(*v1alpha1.SubscriptionUpdate); ok && object.GetUID() == "" {
					return row.err
				}
				return nil
			})
			b.edit(ctx, quantity(7))
			b.clock.Spec.Now.Time = at("2026-05-01T00:00:00Z")
			Expect(live.Update(ctx, b.clock)).To(Succeed())
			notes(b)
			for range 3 {
				result, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
				Expect(err).NotTo(HaveOccurred(), row.reason)
				Expect(result.RequeueAfter).To(Equal(editRetry), "it is tried again")
			}
			invoices := b.invoices(ctx, "acme")
			Expect(invoices).To(HaveLen(2), "the renewal is billed")
			Expect(invoices[1].Spec.AmountDue).To(BeEquivalentTo("50.00"))
			s := b.subscription(ctx, "acme")
			want{reason: v1alpha1.ReasonCommitRefused, stalled: true}.checkObject(s, s.Status.Conditions)
			inSync := condition(s.Status.Conditions, v1alpha1.ConditionInSync)
			Expect(inSync.Status).To(Equal(metav1.ConditionFalse))
			Expect(inSync.Reason).To(Equal(v1alpha1.ReasonCommitRefused))
			Expect(inSync.Message).To(ContainSubstring(row.says))
			Expect(mentions(notes(b), v1alpha1.ReasonCommitRefused)).To(Equal(1), "said once")

			b.subject.Client = inner
			b.reconcile(ctx, "acme")
			s = b.subscription(ctx, "acme")
			want{reason: v1alpha1.ReasonReconciled, ready: true}.checkObject(s, s.Status.Conditions)
			Expect(condition(s.Status.Conditions, v1alpha1.ConditionInSync).Status).To(Equal(metav1.ConditionTrue))
			Expect(s.Status.Items[0].Quantity).To(BeEquivalentTo(7))
			b.writesNothing(ctx, "acme")
		})
	}
})
