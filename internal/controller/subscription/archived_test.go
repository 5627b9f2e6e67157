// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/books"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/health"
)

var _ = Describe("A subscription with an archive", func() {
	// given has a subscription that issues its first invoice in April, an archive, and books that were opened an hour
	// after both were created.
	given := func(ctx context.Context) (*bench, *books.Books, *clocktesting.FakePassiveClock, types.NamespacedName) {
		GinkgoHelper()
		b := newBench(ctx, "2026-04-01T00:00:00Z")
		archive := &v1alpha1.Archive{}
		archive.Namespace, archive.Name = b.namespace, "books"
		archive.Spec.Postgres.DSNSecretRef = v1alpha1.SecretKeyReference{Name: "books", Key: "dsn"}
		b.create(ctx, archive, builders.MakeSeatProduct("editor", b.namespace).Plan("monthly", "EUR", "10").Obj(),
			builders.MakeSubscription("acme", b.namespace).Item("editors", "editor", "monthly", 5).TestClock("clock").Obj())
		wall := clocktesting.NewFakePassiveClock(b.subscription(ctx, "acme").CreationTimestamp.Add(time.Hour))
		known := books.New(wall)
		b.subject.Books = known
		return b, known, wall, client.ObjectKeyFromObject(archive)
	}
	invoices := func(ctx context.Context, b *bench) int {
		GinkgoHelper()
		var list v1alpha1.InvoiceList
		Expect(live.List(ctx, &list, client.InNamespace(b.namespace))).To(Succeed())
		return len(list.Items)
	}
	once := func(ctx context.Context, b *bench) {
		GinkgoHelper()
		_, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
		Expect(err).NotTo(HaveOccurred())
	}

	ready := func(ctx context.Context, b *bench) metav1.Condition {
		GinkgoHelper()
		return condition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionReady)
	}

	It("issues nothing before it was compared, and then at once", func(ctx SpecContext) {
		b, known, _, archive := given(ctx)
		for range 3 {
			once(ctx, b)
		}
		Expect(invoices(ctx, b)).To(BeZero())
		known.Check(archive, b.subscription(ctx, "acme").UID)
		b.reconcile(ctx, "acme")
		Expect(invoices(ctx, b)).To(Equal(1))
	})

	It("bills every period from its start, although its clock moved while it waited", func(ctx SpecContext) {
		b, known, _, archive := given(ctx)
		b.create(ctx, builders.MakeSubscription("bolt", b.namespace).Start(at(april)).Item("editors", "editor", "monthly", 5).TestClock("clock").Obj())
		bolt := b.subscription(ctx, "bolt")
		_, err := b.subject.Reconcile(ctx, requestFor(b, "bolt"))
		Expect(err).NotTo(HaveOccurred())
		waiting := b.subscription(ctx, "bolt")
		Expect(waiting.Status.SeenTime).To(HaveValue(HaveField("Time", BeTemporally("==", at(april)))))
		Expect(waiting.Status.ClockTime).To(BeNil(), "the clock waits for it")
		Expect(waiting.Status.State).To(Equal(v1alpha1.SubscriptionPending))
		Expect(condition(waiting.Status.Conditions, v1alpha1.ConditionReady)).To(And(
			HaveField("Reason", v1alpha1.ReasonProgressing), HaveField("Message", ContainSubstring("Waits for an Archive in this namespace"))))
		wrote := b.run.Count()
		_, err = b.subject.Reconcile(ctx, requestFor(b, "bolt"))
		Expect(err).NotTo(HaveOccurred())
		Expect(b.run.Count()).To(Equal(wrote), "it says so once")

		b.clock.Spec.Now.Time = at("2026-06-01T00:00:00Z")
		Expect(live.Update(ctx, b.clock)).To(Succeed())
		_, err = b.subject.Reconcile(ctx, requestFor(b, "bolt"))
		Expect(err).NotTo(HaveOccurred())
		Expect(b.subscription(ctx, "bolt").Status.ClockTime).To(BeNil(), "the clock still waits for it")

		Expect(known.Released()).To(BeEmpty())
		known.Check(archive, bolt.UID)
		Expect(known.Released()).To(Receive(HaveField("Object", HaveField("Name", "bolt"))))
		b.reconcile(ctx, "bolt")
		Expect(b.invoices(ctx, "bolt")).To(HaveLen(3), "April, May and June")
		Expect(health.Of(b.subscription(ctx, "bolt"))).To(Equal(health.Current))
	})

	It("goes on without an archive that does not answer", func(ctx SpecContext) {
		b, _, wall, _ := given(ctx)
		once(ctx, b)
		Expect(invoices(ctx, b)).To(BeZero())
		wall.SetTime(wall.Now().Add(books.Patience))
		b.reconcile(ctx, "acme")
		Expect(invoices(ctx, b)).To(Equal(1))
	})

	It("takes no step while the archive is ahead, and says what to do", func(ctx SpecContext) {
		b, known, _, archive := given(ctx)
		uid := b.subscription(ctx, "acme").UID
		known.Recall(archive, uid, "acme", books.Ahead{Archive: "books", Cell: "eu-1", Invoice: "acme-7f3k2x-000007"})
		for range 3 {
			once(ctx, b)
		}
		sub := b.subscription(ctx, "acme")
		Expect(meta.FindStatusCondition(sub.Status.Conditions, v1alpha1.ConditionReady)).To(HaveValue(And(
			HaveField("Status", metav1.ConditionFalse), HaveField("Reason", v1alpha1.ReasonArchiveAhead),
			HaveField("Message", And(ContainSubstring(`The Archive "books" holds the Invoice "acme-7f3k2x-000007" of the cell "eu-1"`),
				ContainSubstring("Restore a newer backup"), ContainSubstring("billing.seatplane.dev/delete: Abandon"), ContainSubstring("spec.billedUntil"))))))
		Expect(health.Of(sub)).To(Equal(health.Failed))
		Expect(sub.Status.StartTime).To(BeNil())
		Expect(invoices(ctx, b)).To(BeZero())
		wrote := b.run.Count()
		once(ctx, b)
		Expect(b.run.Count()).To(Equal(wrote), "it says so once")

		By("a newer backup")
		known.Check(archive, uid)
		b.reconcile(ctx, "acme")
		Expect(invoices(ctx, b)).To(Equal(1))
		Expect(health.Of(b.subscription(ctx, "acme"))).To(Equal(health.Current))
	})

	It("wakes and stops one that has nothing to do", func(ctx SpecContext) {
		b, known, wall, archive := given(ctx)
		once(ctx, b)
		wall.SetTime(wall.Now().Add(books.Patience))
		b.reconcile(ctx, "acme")
		Expect(health.Of(b.subscription(ctx, "acme"))).To(Equal(health.Current), "the database was down for longer than documents wait")
		known.Recall(archive, b.subscription(ctx, "acme").UID, "acme", books.Ahead{Archive: "books", Cell: "eu-1", Invoice: "acme-7f3k2x-000007"})
		Expect(known.Released()).To(Receive(HaveField("Object", HaveField("Name", "acme"))))
		once(ctx, b)
		Expect(ready(ctx, b)).To(HaveField("Reason", v1alpha1.ReasonArchiveAhead))
		Expect(health.Of(b.subscription(ctx, "acme"))).To(Equal(health.Failed))
		b.clock.Spec.Now.Time = at("2026-06-01T00:00:00Z")
		Expect(live.Update(ctx, b.clock)).To(Succeed())
		once(ctx, b)
		once(ctx, b)
		Expect(invoices(ctx, b)).To(Equal(1), "May is not billed")
	})

	for name, underWay := range map[string]struct {
		reason string
		// given comes before the pass, and documents are how many there are then.
		given     func(context.Context, *bench, *books.Books, *clocktesting.FakePassiveClock, types.NamespacedName)
		documents int
	}{
		"its first document": {reason: "the wait is over", given: func(ctx context.Context, b *bench, _ *books.Books, wall *clocktesting.FakePassiveClock, _ types.NamespacedName) {
			once(ctx, b)
			wall.SetTime(wall.Now().Add(books.Patience))
		}},
		"a renewal": {reason: "nothing was wrong until now", given: func(ctx context.Context, b *bench, known *books.Books, _ *clocktesting.FakePassiveClock, archive types.NamespacedName) {
			known.Check(archive, b.subscription(ctx, "acme").UID)
			b.reconcile(ctx, "acme")
			b.clock.Spec.Now.Time = at("2026-05-01T00:00:00Z")
			Expect(live.Update(ctx, b.clock)).To(Succeed())
		}, documents: 1},
		"a Final document": {reason: "it was abandoned", given: func(ctx context.Context, b *bench, known *books.Books, _ *clocktesting.FakePassiveClock, archive types.NamespacedName) {
			known.Check(archive, b.subscription(ctx, "acme").UID)
			b.reconcile(ctx, "acme")
			sub := b.subscription(ctx, "acme")
			sub.Annotations = map[string]string{v1alpha1.AnnotationDelete: v1alpha1.DeleteAbandon}
			Expect(live.Update(ctx, sub)).To(Succeed())
			Expect(live.Delete(ctx, sub)).To(Succeed())
		}, documents: 1},
	} {
		It("does not issue "+name+" if the archive is found ahead during the pass", func(ctx SpecContext) {
			b, known, wall, archive := given(ctx)
			underWay.given(ctx, b, known, wall, archive)
			Expect(invoices(ctx, b)).To(Equal(underWay.documents), underWay.reason)
			uid, next := b.subscription(ctx, "acme").UID, b.subscription(ctx, "acme").Status.NextInvoiceNumber
			answers := &answering{Client: b.subject.Client, answer: func() {
				known.Recall(archive, uid, "acme", books.Ahead{Archive: "books", Cell: "eu-1", Invoice: "acme-7f3k2x-000007"})
			}}
			b.subject.Client = answers
			result, err := b.subject.Reconcile(ctx, requestFor(b, "acme"))
			Expect(err).NotTo(HaveOccurred())
			Expect(answers.answered).To(BeTrue(), "the archive answers while the pass reads")
			Expect(result.RequeueAfter).To(BeNumerically(">", 0))
			Expect(b.subscription(ctx, "acme").Status.NextInvoiceNumber).To(Equal(next))
			Expect(invoices(ctx, b)).To(Equal(underWay.documents), underWay.reason)
		})
	}

	It("applies no change if the archive is found ahead during the pass", func(ctx SpecContext) {
		b, known, _, archive := given(ctx)
		known.Check(archive, b.subscription(ctx, "acme").UID)
		b.reconcile(ctx, "acme")
		b.edit(ctx, func(s *v1alpha1.Subscription) { s.Spec.Items[0].Quantity = ptr.To[int64](7) })
		uid := b.subscription(ctx, "acme").UID
		b.subject.Client = &answering{Client: b.subject.Client, answer: func() {
			known.Recall(archive, uid, "acme", books.Ahead{Archive: "books", Cell: "eu-1", Invoice: "acme-7f3k2x-000007"})
		}}
		once(ctx, b)
		once(ctx, b)
		Expect(ready(ctx, b)).To(HaveField("Reason", v1alpha1.ReasonArchiveAhead))
		Expect(b.subscription(ctx, "acme").Status.Seats).To(HaveValue(BeEquivalentTo(5)))

		known.Check(archive, uid)
		b.reconcile(ctx, "acme")
		Expect(b.subscription(ctx, "acme").Status.Seats).To(HaveValue(BeEquivalentTo(7)), "the change was kept")
	})

	It("stays stopped in a new process, however long the database is down", func(ctx SpecContext) {
		b, known, wall, archive := given(ctx)
		uid := b.subscription(ctx, "acme").UID
		known.Recall(archive, uid, "acme", books.Ahead{Archive: "books", Cell: "eu-1", Invoice: "acme-7f3k2x-000007"})
		once(ctx, b)
		said := ready(ctx, b)
		Expect(said.Reason).To(Equal(v1alpha1.ReasonArchiveAhead))

		b.restart(nil)
		b.subject.Books = books.New(wall)
		for range 3 {
			once(ctx, b)
			wall.SetTime(wall.Now().Add(books.Patience))
		}
		Expect(ready(ctx, b)).To(Equal(said))
		Expect(invoices(ctx, b)).To(BeZero())
		Expect(b.run.Count()).To(BeZero(), "nothing is new: %v", b.run.Writes())

		By("the database is back, and a newer backup was restored")
		b.subject.Books.Check(archive, uid)
		Expect(b.subject.Books.Released()).To(Receive(HaveField("Object", HaveField("Name", "acme"))))
		b.reconcile(ctx, "acme")
		Expect(invoices(ctx, b)).To(Equal(1))
		Expect(health.Of(b.subscription(ctx, "acme"))).To(Equal(health.Current))
	})

	It("says that another cluster has issued its number", func(ctx SpecContext) {
		b, known, _, archive := given(ctx)
		known.Recall(archive, b.subscription(ctx, "acme").UID, "acme", books.Ahead{Archive: "books", Invoice: "acme-7f3k2x-000002", Other: true})
		once(ctx, b)
		once(ctx, b)
		Expect(meta.FindStatusCondition(b.subscription(ctx, "acme").Status.Conditions, v1alpha1.ConditionReady)).To(HaveValue(And(
			HaveField("Reason", v1alpha1.ReasonArchiveAhead),
			HaveField("Message", ContainSubstring(`another document under the number of the Invoice "acme-7f3k2x-000002"`)))))
	})

	It("goes without a Final document when it is abandoned", func(ctx SpecContext) {
		b, known, _, archive := given(ctx)
		known.Check(archive, b.subscription(ctx, "acme").UID)
		b.reconcile(ctx, "acme")
		sub := b.subscription(ctx, "acme")
		known.Recall(archive, sub.UID, "acme", books.Ahead{Archive: "books", Cell: "eu-1", Invoice: "acme-7f3k2x-000007"})
		Expect(live.Delete(ctx, sub)).To(Succeed())
		once(ctx, b)
		Expect(live.Get(ctx, client.ObjectKeyFromObject(sub), sub)).To(Succeed(), "deleting settles, and settling would issue a number again")
		sub.Annotations = map[string]string{v1alpha1.AnnotationDelete: v1alpha1.DeleteAbandon}
		Expect(live.Update(ctx, sub)).To(Succeed())
		once(ctx, b)
		Expect(client.IgnoreNotFound(live.Get(ctx, client.ObjectKeyFromObject(sub), sub))).To(Succeed())
		Expect(invoices(ctx, b)).To(Equal(1))
	})
})

// answering is a client with which an archive answers in the midst of a pass: when it reads products, which is after it
// has asked the books and before it commits.
type answering struct {
	client.Client
	answer   func()
	answered bool
}

func (a *answering) Get(ctx context.Context, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
	if _, isProduct := object.(*v1alpha1.SeatProduct); isProduct && !a.answered {
		a.answered = true
		a.answer()
	}
	return a.Client.Get(ctx, key, object, opts...)
}
