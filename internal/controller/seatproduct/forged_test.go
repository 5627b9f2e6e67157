// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// What the admission policies refuse, where they are not installed.
var _ = Describe("Without admission policies", func() {
	year2199 := time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC)

	It("a refresh of 2199 is nobody's target, and the count is recorded (row 1)", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{})
		s.counted(ctx, map[string]int64{"acme": 5})
		forged := builders.MakeSubscriptionUpdate("forged", s.namespace, "acme").SubscriptionUID(s.subscription(ctx, "acme").UID).
			Count("editors", 50).FromRefresh("editors", "t", year2199).
			With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.LoadedTime = record.Time(year2199) }).Obj()
		Expect(live.Create(ctx, forged)).To(Succeed())
		s.source.Set(map[string]int64{"acme": 50})
		ask(ctx, s.product, "now")
		s.pass(ctx)
		Expect(s.open(ctx)).To(ConsistOf("acme 50 t", "acme 50 now"))
		Expect(s.pass(ctx)).To(BeEmpty(), "the count is on its way")
	})

	It("a name that somebody took beforehand loses no answer (row 2)", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{})
		s.counted(ctx, map[string]int64{"acme": 5})
		acme := s.subscription(ctx, "acme")
		name := record.RefreshUpdateName("acme", string(acme.UID), "editors", "now", acme.Status.Items[0].ObservedTime.Time)
		forged := builders.MakeSubscriptionUpdate(name, s.namespace, "acme").SubscriptionUID(acme.UID).
			Count("editors", 77).FromRefresh("editors", "now", start).
			With(func(u *v1alpha1.SubscriptionUpdate) {
				u.Spec.Cause.LoadedTime, u.Spec.Preview = record.Time(year2199), true
			}).Obj()
		Expect(live.Create(ctx, forged)).To(Succeed())
		s.source.Set(map[string]int64{"acme": 77})
		ask(ctx, s.product, "now")
		s.pass(ctx)
		Expect(s.open(ctx)).To(ConsistOf("acme 77 now", fmt.Sprintf("acme 77 now/%s", forged.UID)))
		Expect(s.sent()).To(ContainElement(And(ContainSubstring("UpdateNameTaken"), ContainSubstring(name))))
	})
})
