// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"context"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/faults"
	"github.com/seatplane/seatplane/internal/testing/lyingcache"
	"github.com/seatplane/seatplane/internal/testing/specs"
)

// live reads from and writes to a real API server.
var live client.Client

func TestRetention(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Retention")
}

var _ = BeforeSuite(func() { live = specs.Start() })

// bench is one namespace a hundred days after it was made, and a reconciler that is called by hand.
type bench struct {
	namespace string
	// made is when the namespace was, by the API server's clock.
	made    time.Time
	wall    *clocktesting.FakePassiveClock
	run     *faults.Run
	cache   *lyingcache.Client
	subject *Reconciler
}

func newBench(ctx context.Context) *bench {
	GinkgoHelper()
	namespace := specs.Namespace(ctx, live, "retention-")
	b := &bench{namespace: namespace.Name, made: namespace.CreationTimestamp.Time, cache: lyingcache.New(live)}
	b.wall = clocktesting.NewFakePassiveClock(b.day(100))
	b.plan(nil)
	return b
}

// plan begins a run of the reconciler with faults.
func (b *bench) plan(plan faults.Plan) {
	b.run = faults.NewRun(plan)
	b.restart()
}

// restart begins a new process, which knows nothing.
func (b *bench) restart() {
	process := b.run.Start()
	b.subject = &Reconciler{Client: process.Client(b.cache), Live: process.Reader(live), Clock: b.wall}
}

// day is so many days after the namespace was made.
func (b *bench) day(n int) time.Time { return b.made.Add(time.Duration(n) * 24 * time.Hour) }

// pass calls the reconciler once.
func (b *bench) pass(ctx context.Context) ctrl.Result {
	GinkgoHelper()
	result, err := b.subject.Reconcile(ctx, b.acme())
	Expect(err).NotTo(HaveOccurred())
	return result
}

func (b *bench) acme() ctrl.Request {
	return ctrl.Request{NamespacedName: types.NamespacedName{Namespace: b.namespace, Name: "acme"}}
}

// subscription makes acme with a history, and an outbox that names records.
func (b *bench) subscription(ctx context.Context, history *v1alpha1.History, owed ...string) *v1alpha1.Subscription {
	GinkgoHelper()
	sub := builders.MakeSubscription("acme", b.namespace).Item("editors", "seat", "monthly", 5).
		With(func(s *v1alpha1.Subscription) { s.Spec.History = history }).Obj()
	Expect(live.Create(ctx, sub)).To(Succeed())
	if len(owed) > 0 {
		b.owe(ctx, sub, owed...)
	}
	return sub
}

// owe writes an outbox.
func (b *bench) owe(ctx context.Context, sub *v1alpha1.Subscription, owed ...string) {
	GinkgoHelper()
	sub.Status.Outbox = nil
	for _, name := range owed {
		sub.Status.Outbox = append(sub.Status.Outbox, v1alpha1.Effect{Type: v1alpha1.EffectCreateInvoice, Name: name})
	}
	Expect(live.Status().Update(ctx, sub)).To(Succeed())
}

// history keeps so many updates and nothing for a time.
func history(keep int32) *v1alpha1.History {
	return &v1alpha1.History{KeepUpdates: ptr.To(keep), TTLSecondsAfterFinished: ptr.To[int64](0)}
}

// update makes an update of the operator's that was applied on a day; one that is negative leaves it open.
func (b *bench) update(ctx context.Context, name string, day int, changes ...func(*v1alpha1.SubscriptionUpdate)) *v1alpha1.SubscriptionUpdate {
	GinkgoHelper()
	maker := builders.MakeSubscriptionUpdate(name, b.namespace, "acme").Count("editors", 7).FromRefresh("editors", name, b.day(0).UTC())
	for _, change := range changes {
		maker.With(change)
	}
	u := maker.Obj()
	Expect(live.Create(ctx, u)).To(Succeed())
	u.Status.State = v1alpha1.UpdatePending
	if day >= 0 {
		u.Status.State = v1alpha1.UpdateApplied
	}
	u.Status.Conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionApplied, Status: metav1.ConditionTrue, Reason: "Applied",
		LastTransitionTime: metav1.NewTime(b.day(max(day, 0))),
	}}
	Expect(live.Status().Update(ctx, u)).To(Succeed())
	return u
}

// byUser makes an update a user's.
func byUser(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause = nil }

// prune makes an update a user's that may be deleted.
func prune(u *v1alpha1.SubscriptionUpdate) {
	byUser(u)
	u.Annotations = map[string]string{v1alpha1.AnnotationPrune: v1alpha1.PruneTrue}
}

// invoice makes an invoice of acme that was archived on a day; one that is negative leaves it be.
func (b *bench) invoice(ctx context.Context, name string, sequence int64, day int, changes ...func(*v1alpha1.Invoice)) *v1alpha1.Invoice {
	GinkgoHelper()
	i := &v1alpha1.Invoice{}
	i.Namespace, i.Name = b.namespace, name
	i.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: "acme"}, Customer: v1alpha1.Customer{ID: "acme"},
		Type: v1alpha1.TypeInvoice, Reason: v1alpha1.InvoiceRenewal, Sequence: sequence, IssueTime: *record.Time(b.day(0)),
		Currency: "EUR", CreditBalanceAfter: "0.00", Subtotal: "0.00", CreditApplied: "0.00", AmountDue: "0.00",
	}
	for _, change := range changes {
		change(i)
	}
	Expect(live.Create(ctx, i)).To(Succeed())
	i.Status.Conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionArchived, Status: metav1.ConditionFalse, Reason: "Archive", LastTransitionTime: metav1.NewTime(b.day(max(day, 0))),
	}}
	if day >= 0 {
		i.Status.Conditions[0].Status = metav1.ConditionTrue
	}
	Expect(live.Status().Update(ctx, i)).To(Succeed())
	return i
}

// left are the names of the records that are there.
func (b *bench) left(ctx context.Context) []string {
	GinkgoHelper()
	var updates v1alpha1.SubscriptionUpdateList
	Expect(live.List(ctx, &updates, client.InNamespace(b.namespace))).To(Succeed())
	var invoices v1alpha1.InvoiceList
	Expect(live.List(ctx, &invoices, client.InNamespace(b.namespace))).To(Succeed())
	var names []string
	for i := range updates.Items {
		names = append(names, updates.Items[i].Name)
	}
	for i := range invoices.Items {
		names = append(names, invoices.Items[i].Name)
	}
	return slices.Sorted(slices.Values(names))
}
