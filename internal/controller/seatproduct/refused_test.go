// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

var (
	updatesForbidden = apierrors.NewForbidden(schema.GroupResource{Group: v1alpha1.GroupName, Resource: "subscriptionupdates"}, "a",
		errors.New("exceeded quota"))
	statusInvalid = apierrors.NewInvalid(schema.GroupKind{Group: v1alpha1.GroupName, Kind: "Subscription"}, "acme",
		field.ErrorList{field.TooLong(field.NewPath("status", "loads").Index(0).Child("message"), "", 10)})
)

var _ = Describe("A write that the API server refuses", func() {
	// isRefused checks that the product says whose write was refused and why.
	isRefused := func(ctx SpecContext, s *stage, says string) {
		GinkgoHelper()
		s.read(ctx)
		loaded := s.condition(v1alpha1.ConditionLoaded)
		Expect(loaded.Status).To(Equal(metav1.ConditionFalse))
		Expect(loaded.Reason).To(Equal(v1alpha1.ReasonCommitRefused), loaded.Message)
		Expect(loaded.Message).To(And(ContainSubstring(says), ContainSubstring(`Subscription "acme"`)))
		Expect(s.condition(v1alpha1.ConditionReady)).To(HaveField("Status", metav1.ConditionFalse))
		Expect(s.condition(v1alpha1.ConditionStalled)).To(HaveField("Reason", v1alpha1.ReasonCommitRefused))
	}
	isLoaded := func(s *stage) {
		GinkgoHelper()
		Expect(s.condition(v1alpha1.ConditionLoaded)).To(HaveField("Reason", v1alpha1.ReasonRefreshed))
		Expect(s.condition(v1alpha1.ConditionReady)).To(HaveField("Status", metav1.ConditionTrue))
	}

	It("for one update keeps no other change and no reading from being recorded", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.product.Spec.Plans = append(s.product.Spec.Plans, *s.product.Spec.Plans[0].DeepCopy())
		s.product.Spec.Plans[1].Name, s.product.Spec.Plans[1].Usage = "metered", v1alpha1.UsageMetered
		Expect(live.Update(ctx, s.product)).To(Succeed())
		s.subscribe(ctx, "acme", "globex", "usage")
		usage := s.subscription(ctx, "usage")
		usage.Spec.Items[0].Plan = "metered"
		Expect(live.Update(ctx, usage)).To(Succeed())
		s.source.Set(map[string]int64{"acme": 5, "globex": 6, "usage": 700})
		inner := s.subject.Client
		s.subject.Client = faults.Spoil(inner, func(object client.Object) error {
			if u, ok := object.(*v1alpha1.SubscriptionUpdate); ok && u.Spec.SubscriptionRef.Name == "acme" {
				return updatesForbidden
			}
			return nil
		})
		_, err := s.reconcile(ctx)
		Expect(err).NotTo(HaveOccurred())
		isRefused(ctx, s, "exceeded quota")
		Expect(s.open(ctx)).To(ConsistOf(HavePrefix("globex 6 ")))
		Expect(s.subscription(ctx, "usage").Status.LoadedReadings).To(HaveExactElements(HaveField("Reading", BeEquivalentTo(700))))
		Expect(s.sent()).To(ContainElement(ContainSubstring(v1alpha1.ReasonCommitRefused)))

		s.subject.Client = inner
		s.wait(time.Hour)
		s.pass(ctx)
		Expect(s.open(ctx)).To(ConsistOf(HavePrefix("acme 5 "), HavePrefix("globex 6 ")))
		isLoaded(s)
	})

	statuses := map[string]struct {
		reason string
		usage  v1alpha1.Usage
		count  int64
	}{
		"a reading": {reason: "it is a write of the subscription's status", usage: v1alpha1.UsageMetered, count: 700},
		"a note":    {reason: "a negative count is a problem of its key", usage: v1alpha1.UsageLicensed, count: -1},
	}
	for name, row := range statuses {
		It("for "+name+" is a condition with the field", func(ctx SpecContext) {
			s := newStage(ctx, everyHourOnTheHour)
			s.product.Spec.Plans[0].Usage = row.usage
			Expect(live.Update(ctx, s.product)).To(Succeed())
			s.subscribe(ctx, "acme")
			s.source.Set(map[string]int64{"acme": row.count})
			inner := s.subject.Client
			s.subject.Client = faults.Spoil(inner, func(object client.Object) error {
				if _, ok := object.(*v1alpha1.Subscription); ok {
					return statusInvalid
				}
				return nil
			})
			// The error of a note is returned too, so that it is written again with the usual delays.
			_, _ = s.reconcile(ctx)
			isRefused(ctx, s, "field status.loads[0].message")

			s.subject.Client = inner
			s.source.Set(map[string]int64{"acme": 7})
			s.wait(time.Hour)
			s.pass(ctx)
			isLoaded(s)
		})
	}
})

// noClocks refuses to read TestClocks.
type noClocks struct{ client.Reader }

func (r noClocks) Get(ctx context.Context, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
	if _, isClock := object.(*v1alpha1.TestClock); isClock {
		return apierrors.NewForbidden(schema.GroupResource{Group: v1alpha1.GroupName, Resource: "testclocks"}, key.Name, errors.New("no rights"))
	}
	return r.Reader.Get(ctx, key, object, opts...)
}

var _ = Describe("A TestClock that the API server refuses to read when a load ends", func() {
	It("is a condition that says what to do, and the refresh is repeated", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5})
		s.source.Set(map[string]int64{"acme": 7})
		inner := s.subject.Live
		s.subject.Live = noClocks{inner}
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		loaded := s.condition(v1alpha1.ConditionLoaded)
		Expect(loaded.Status).To(Equal(metav1.ConditionFalse))
		Expect(loaded.Reason).To(Equal(v1alpha1.ReasonCommitRefused))
		Expect(loaded.Message).To(And(ContainSubstring(`the time of TestClock "clock" could not be read`),
			ContainSubstring("refused a read of testclocks"), ContainSubstring("Give the operator the right to get TestClocks.")))
		Expect(s.condition(v1alpha1.ConditionStalled)).To(HaveField("Reason", v1alpha1.ReasonCommitRefused))
		Expect(s.sent()).To(ContainElement(ContainSubstring(v1alpha1.ReasonCommitRefused)))
		Expect(s.open(ctx)).To(BeEmpty(), "from when the count is, is not known")
		Expect(s.refresh().ConsecutiveFailures).To(BeEquivalentTo(1))
		Expect(s.refresh().LastAttemptTime.UTC()).To(Equal(start.Add(time.Hour)), "the clock does not wait for it")
		asked := len(s.source.Requests())
		Expect(s.pass(ctx)).To(BeEmpty())
		Expect(s.source.Requests()).To(HaveLen(asked), "it waits before the next attempt")

		s.wait(loading.FirstBackoff)
		s.pass(ctx)
		Expect(s.refresh().ConsecutiveFailures).To(BeEquivalentTo(2))
		s.subject.Live = inner
		s.wait(time.Hour)
		s.pass(ctx)
		Expect(s.open(ctx)).To(HaveExactElements(HavePrefix("acme 7 ")))
		Expect(s.condition(v1alpha1.ConditionLoaded)).To(HaveField("Reason", v1alpha1.ReasonRefreshed))
	})

	It("does not hide that the source failed", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5})
		s.source.Fail(dataloader.Failf(dataloader.ReasonSourceUnreachable, "the server does not answer"))
		s.subject.Live = noClocks{s.subject.Live}
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		Expect(s.condition(v1alpha1.ConditionLoaded)).To(HaveField("Reason", v1alpha1.ReasonSourceUnreachable))
	})
})

func TestGravest(t *testing.T) {
	forbidden, taken := writeOf("b", updatesForbidden), writeOf("c", fmt.Errorf("%w: all", errNameTaken))
	unanswered := writeOf("d", fmt.Errorf("%w: %w", errUnanswered, errors.New("timeout")))
	for name, row := range map[string]struct {
		reason string
		all    []error
		want   error
	}{
		"None":       {reason: "nothing failed", all: []error{nil, nil}},
		"Refused":    {reason: "trying again does not help", all: []error{writeOf("a", errTooLate), forbidden, nil}, want: forbidden},
		"Unanswered": {reason: "a create may still arrive", all: []error{forbidden, unanswered, taken}, want: unanswered},
		"AsGrave":    {reason: "the same failures are reported in the same words", all: []error{taken, forbidden}, want: forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			if got := gravest(row.all); !errors.Is(got, row.want) {
				t.Errorf("%s: got %v, want %v", row.reason, got, row.want)
			}
		})
	}
}

func TestRefusedVerdict(t *testing.T) {
	for name, row := range map[string]struct {
		reason string
		err    error
		want   string
	}{
		"None":       {reason: "nothing failed"},
		"TooLate":    {reason: "the next refresh resolves it", err: writeOf("a", errTooLate)},
		"Unanswered": {reason: "it may have arrived", err: writeOf("a", errUnanswered)},
		"Forbidden":  {reason: "a quota is used up", err: writeOf("a", updatesForbidden), want: v1alpha1.ReasonCommitRefused},
		"NameTaken":  {reason: "others have the names", err: writeOf("a", errNameTaken), want: v1alpha1.ReasonUpdateNameTaken},
		"Clock":      {reason: "the operator may not read it", err: &clockError{"clock", updatesForbidden}, want: v1alpha1.ReasonCommitRefused},
	} {
		t.Run(name, func(t *testing.T) {
			if got, found := refusedVerdict(row.err); got.reason != row.want || found != (row.want != "") {
				t.Errorf("%s: got %q, want %q", row.reason, got.reason, row.want)
			}
		})
	}
}
