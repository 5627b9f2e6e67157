// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
)

var _ = Describe("A SeatProduct that is imported", func() {
	// mark sets the annotation of an import, or removes it.
	mark := func(ctx SpecContext, object client.Object, importing bool) {
		GinkgoHelper()
		Expect(live.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
		object.SetAnnotations(nil)
		if importing {
			object.SetAnnotations(map[string]string{v1alpha1.AnnotationImporting: "0123456789abcdef"})
		}
		Expect(live.Update(ctx, object)).To(Succeed())
	}

	It("counts nothing until it and all of its subscriptions are released", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{})
		s.subscribe(ctx, "acme", "bolt")
		s.source.Set(map[string]int64{"acme": 5, "bolt": 3})
		bolt := s.subscription(ctx, "bolt")
		mark(ctx, s.product, true)
		mark(ctx, bolt, true)
		Expect(s.pass(ctx)).To(BeEmpty())

		mark(ctx, s.product, false)
		Expect(s.pass(ctx)).To(BeEmpty(), "a refresh without bolt would not count it")
		Expect(s.source.Requests()).To(BeEmpty())

		before := bolt.DeepCopy()
		mark(ctx, bolt, false)
		Expect(concernsLoading(before, bolt)).To(BeTrue(), "the release triggers the product")
		Expect(s.pass(ctx)).NotTo(BeEmpty())
		Expect(s.open(ctx)).To(Equal([]string{"acme 5 first", "bolt 3 first"}))
	})

	It("names the updates of an imported subscription by its identity", func(ctx SpecContext) {
		s := newStage(ctx, v1alpha1.Refresh{})
		s.subscribe(ctx, "acme")
		acme := s.subscription(ctx, "acme")
		acme.Status.Imported = &v1alpha1.Imported{Export: "0123456789abcdef", UID: "first", CreationTime: *record.Time(start)}
		Expect(live.Status().Update(ctx, acme)).To(Succeed())
		s.source.Set(map[string]int64{"acme": 5})
		Expect(s.pass(ctx)).NotTo(BeEmpty())
		update := s.updates(ctx)[0]
		Expect(update.Spec.SubscriptionRef.UID).To(BeEquivalentTo("first"))
		Expect(update.Name).To(HavePrefix("acme-"))
		s.settle(ctx)
		Expect(s.quantities(ctx)).To(Equal(map[string]int64{"acme": 5}))
		Expect(s.pass(ctx)).NotTo(ContainElement("create SubscriptionUpdate"))
	})
})
