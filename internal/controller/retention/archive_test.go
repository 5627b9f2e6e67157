// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/books"
)

var _ = Describe("Retention with an archive", func() {
	// given has an update and an invoice that go, one of each that stays, and an archive with a selector.
	given := func(ctx context.Context, selector *v1alpha1.LabelSelector) (*bench, types.NamespacedName) {
		GinkgoHelper()
		b := newBench(ctx)
		b.subscription(ctx, history(1))
		b.update(ctx, "a", 1)
		b.update(ctx, "b", 2)
		b.invoice(ctx, "i1", 1, 1)
		b.invoice(ctx, "i2", 2, 1)
		archive := &v1alpha1.Archive{}
		archive.Namespace, archive.Name = b.namespace, "books"
		archive.Spec.Postgres.DSNSecretRef = v1alpha1.SecretKeyReference{Name: "books", Key: "dsn"}
		archive.Spec.SubscriptionSelector = selector
		Expect(live.Create(ctx, archive)).To(Succeed())
		b.subject.Books = books.New(b.wall)
		return b, client.ObjectKeyFromObject(archive)
	}
	// confirm has the archive confirm what it was asked about.
	confirm := func(b *bench, archive types.NamespacedName) int {
		asked := b.subject.Books.Asked(archive)
		for uid := range asked {
			b.subject.Books.Confirm(archive, uid)
		}
		return len(asked)
	}

	It("deletes nothing that the archive has not confirmed", func(ctx SpecContext) {
		b, archive := given(ctx, nil)
		for range 3 {
			Expect(b.pass(ctx).RequeueAfter).To(Equal(archiveDelay))
		}
		Expect(b.left(ctx)).To(Equal([]string{"a", "b", "i1", "i2"}))
		Expect(confirm(b, archive)).To(Equal(2), "it asks only about what would go")
		b.pass(ctx)
		Expect(b.left(ctx)).To(Equal([]string{"b", "i2"}))
	})

	It("deletes nothing while the archive is down, and does not ask one that does not select the subscription", func(ctx SpecContext) {
		b, archive := given(ctx, nil)
		b.pass(ctx)
		confirm(b, archive)
		b.subject.Books.Distrust(archive)
		b.pass(ctx)
		Expect(b.left(ctx)).To(Equal([]string{"a", "b", "i1", "i2"}))

		other, _ := given(ctx, &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"tier": "paid"}})
		other.pass(ctx)
		Expect(other.left(ctx)).To(Equal([]string{"b", "i2"}))
	})

	It("asks every archive about the records of a subscription that is gone", func(ctx SpecContext) {
		b, archive := given(ctx, &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"tier": "paid"}})
		var sub v1alpha1.Subscription
		Expect(live.Get(ctx, b.acme().NamespacedName, &sub)).To(Succeed())
		Expect(live.Delete(ctx, &sub)).To(Succeed())
		for n := range 30 {
			b.update(ctx, "old-"+string(rune('a'+n%26))+string(rune('a'+n/26)), 3)
		}
		b.pass(ctx)
		Expect(b.left(ctx)).To(HaveLen(34))
		Expect(confirm(b, archive)).To(Equal(12), "20 of 32 are kept by default")
		b.pass(ctx)
		Expect(b.left(ctx)).To(HaveLen(22))
	})
})
