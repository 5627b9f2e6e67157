// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/faults"
	"github.com/seatplane/seatplane/internal/testing/lyingcache"
	"github.com/seatplane/seatplane/internal/testing/specs"
)

// live reads from and writes to a real API server.
var live client.Client

func TestSubscription(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Subscription")
}

var _ = BeforeSuite(func() { live = specs.Start() })

// at reads an instant.
func at(s string) time.Time {
	GinkgoHelper()
	t, err := time.Parse(time.RFC3339, s)
	Expect(err).NotTo(HaveOccurred())
	return t.UTC()
}

// bench is one namespace with a TestClock, a reconciler that is called by hand,
// and a count of its writes.
type bench struct {
	namespace string
	run       *faults.Run
	cache     *lyingcache.Client
	events    *events.FakeRecorder
	subject   *Reconciler
	clock     *v1alpha1.TestClock
}

// newBench starts a bench at an instant.
func newBench(ctx context.Context, now string) *bench {
	GinkgoHelper()
	namespace := specs.Namespace(ctx, live, "subscription-")
	b := &bench{namespace: namespace.Name, cache: lyingcache.New(live), events: events.NewFakeRecorder(1000)}
	b.restart(nil)
	b.clock = builders.MakeTestClock("clock", b.namespace, at(now)).Obj()
	b.create(ctx, b.clock)
	return b
}

// restart begins a new run of the reconciler, with nothing in its memory.
func (b *bench) restart(plan faults.Plan) {
	b.run = faults.NewRun(plan)
	b.subject = &Reconciler{
		Client: b.run.Start().Client(b.cache), Live: live,
		Clock: clocktesting.NewFakePassiveClock(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)), Recorder: b.events,
	}
}

// create creates objects. An update that a refresh made names its subscription by its UID, as the operator does.
func (b *bench) create(ctx context.Context, objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		if u, isUpdate := o.(*v1alpha1.SubscriptionUpdate); isUpdate && u.Spec.Cause != nil && u.Spec.SubscriptionRef.UID == "" {
			u.Spec.SubscriptionRef.UID = b.subscription(ctx, u.Spec.SubscriptionRef.Name).UID
		}
		Expect(live.Create(ctx, o)).To(Succeed())
	}
}

func requestFor(b *bench, name string) ctrl.Request {
	return ctrl.Request{NamespacedName: client.ObjectKey{Namespace: b.namespace, Name: name}}
}

// reconcile calls the reconciler until it asks for nothing more within a day.
func (b *bench) reconcile(ctx context.Context, name string) {
	GinkgoHelper()
	for range 50 {
		result, err := b.subject.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKey{Namespace: b.namespace, Name: name}})
		Expect(err).NotTo(HaveOccurred())
		if result.RequeueAfter == 0 || result.RequeueAfter > 24*time.Hour {
			return
		}
	}
	Fail(fmt.Sprintf("subscription %s does not come to rest", name))
}

// move sets the TestClock and lets a subscription take the time up.
func (b *bench) move(ctx context.Context, now, name string) {
	GinkgoHelper()
	b.clock.Spec.Now.Time = at(now)
	Expect(live.Update(ctx, b.clock)).To(Succeed())
	b.reconcile(ctx, name)
}

func (b *bench) subscription(ctx context.Context, name string) *v1alpha1.Subscription {
	GinkgoHelper()
	var s v1alpha1.Subscription
	Expect(live.Get(ctx, client.ObjectKey{Namespace: b.namespace, Name: name}, &s)).To(Succeed())
	return &s
}

func (b *bench) update(ctx context.Context, name string) *v1alpha1.SubscriptionUpdate {
	GinkgoHelper()
	var u v1alpha1.SubscriptionUpdate
	Expect(live.Get(ctx, client.ObjectKey{Namespace: b.namespace, Name: name}, &u)).To(Succeed())
	return &u
}

// invoices are a subscription's, oldest first.
func (b *bench) invoices(ctx context.Context, name string) []v1alpha1.Invoice {
	GinkgoHelper()
	var list v1alpha1.InvoiceList
	Expect(live.List(ctx, &list, client.InNamespace(b.namespace), client.MatchingFields{index.FieldSubscription: name})).To(Succeed())
	return list.Items
}

// product makes a SeatProduct with a plan of EUR 10 a month and the condition
// that the reconciler of products would set.
func product(namespace string) *builders.SeatProduct {
	return builders.MakeSeatProduct("seat", namespace).Plan("monthly", "EUR", "10")
}

// settle reconciles until nothing more happens, also where a pass ends with an
// error that it has reported.
func (b *bench) settle(ctx context.Context, name string) {
	GinkgoHelper()
	for range 5 {
		result, err := b.subject.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKey{Namespace: b.namespace, Name: name}})
		if err == nil && (result.RequeueAfter == 0 || result.RequeueAfter > 24*time.Hour) {
			return
		}
	}
}

// writesNothing checks that a process which knows nothing of what happened finds
// nothing to write.
func (b *bench) writesNothing(ctx context.Context, name string) {
	GinkgoHelper()
	b.restart(nil)
	b.settle(ctx, name)
	b.settle(ctx, name)
	for _, write := range b.run.Writes() {
		// Creating what is there already is refused and changes nothing.
		Expect(write.Verb).To(Equal("create"), "%v", write)
	}
}

func condition(conditions []metav1.Condition, kind string) metav1.Condition {
	GinkgoHelper()
	found := meta.FindStatusCondition(conditions, kind)
	Expect(found).NotTo(BeNil())
	return *found
}
