// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/controller/subscription"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/fake"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/faults"
	"github.com/seatplane/seatplane/internal/testing/lyingcache"
)

// stage is one product of one namespace with its reconciler, on which a spec plays. Subscriptions live
// by the TestClock "clock", which stands at start. An increase applies at once, a decrease at the renewal.
type stage struct {
	namespace string
	run       *faults.Run
	cache     *lyingcache.Client
	wall      *clocktesting.FakePassiveClock
	source    *fake.Loader
	// loader is what the loads ask: source, unless a spec uses another.
	loader   dataloader.Loader
	loads    *fake.Loads
	recorder *events.FakeRecorder
	subject  *Reconciler
	product  *v1alpha1.SeatProduct
	clock    *v1alpha1.TestClock
}

var start = time.Date(2026, 4, 16, 0, 30, 0, 0, time.UTC)

func newStage(ctx SpecContext, refresh v1alpha1.Refresh) *stage {
	GinkgoHelper()
	s := &stage{
		namespace: newNamespace(ctx),
		// Creations are stamped by the API server, by the real clock.
		wall:   clocktesting.NewFakePassiveClock(time.Now()),
		source: &fake.Loader{},
	}
	s.loader = s.source
	s.product = builders.MakeSeatProduct("editor", s.namespace).Plan("monthly", "EUR", "10").Seats(1, 500).
		ConfigMapLoader("counts").Refresh(refresh).
		OnDecrease(v1alpha1.QuantityChangePolicy{ApplicationSchedule: v1alpha1.ApplyNextPeriod}).Obj()
	Expect(live.Create(ctx, s.product)).To(Succeed())
	s.clock = builders.MakeTestClock("clock", s.namespace, start).Obj()
	Expect(live.Create(ctx, s.clock)).To(Succeed())
	s.restart(nil)
	return s
}

// restart begins a new generation of the operator, whose writes meet the faults of a plan.
func (s *stage) restart(plan faults.Plan) {
	s.run = faults.NewRun(plan)
	s.recorder = events.NewFakeRecorder(1000)
	s.again()
}

// again begins a new generation of the operator within the same run.
func (s *stage) again() {
	process := s.run.Start()
	s.cache = lyingcache.New(live)
	s.loads = fake.NewLoads(s.loader, s.wall)
	s.subject = &Reconciler{
		Client: process.Client(s.cache), Live: process.Reader(live), Clock: s.wall, Recorder: s.recorder,
		Loads: s.loads, SourceName: s.loader.SourceName,
	}
}

// use has the operator ask another loader from now on.
func (s *stage) use(loader dataloader.Loader) {
	s.loader = loader
	s.again()
}

// reconcile reconciles, and again for each load that has ended, until no answer is left to be taken.
func (s *stage) reconcile(ctx context.Context) (ctrl.Result, error) {
	for {
		result, err := s.subject.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(s.product)})
		if err != nil || !s.loads.HasResult(scopeOf(s.product)) {
			return result, err
		}
	}
}

// pass reconciles until no load is under way, and returns what was written, sorted.
func (s *stage) pass(ctx SpecContext) []string {
	GinkgoHelper()
	before := s.run.Count()
	_, err := s.reconcile(ctx)
	Expect(err).NotTo(HaveOccurred())
	s.read(ctx)
	return s.written(before)
}

func (s *stage) written(before int) []string {
	var writes []string
	for _, write := range s.run.Writes()[before:] {
		verb, rest, _ := strings.Cut(write.String(), " ")
		kind, _, _ := strings.Cut(rest, " ")
		writes = append(writes, verb+" "+kind)
	}
	slices.Sort(writes)
	return writes
}

func (s *stage) read(ctx SpecContext) {
	GinkgoHelper()
	Expect(live.Get(ctx, client.ObjectKeyFromObject(s.product), s.product)).To(Succeed())
}

// refresh returns what the product's status says about the clock that subscriptions use.
func (s *stage) refresh() v1alpha1.RefreshStatus {
	GinkgoHelper()
	Expect(s.product.Status.Refreshes).To(HaveLen(1))
	return s.product.Status.Refreshes[0]
}

func (s *stage) condition(name string) metav1.Condition {
	GinkgoHelper()
	found := meta.FindStatusCondition(s.product.Status.Conditions, name)
	Expect(found).NotTo(BeNil())
	return *found
}

// advance moves the TestClock, and the wall clock by a second.
func (s *stage) advance(ctx SpecContext, by time.Duration) {
	GinkgoHelper()
	Expect(live.Get(ctx, client.ObjectKeyFromObject(s.clock), s.clock)).To(Succeed())
	s.clock.Spec.Now = metav1.NewTime(s.clock.Spec.Now.Add(by))
	Expect(live.Update(ctx, s.clock)).To(Succeed())
	s.wait(time.Second)
}

// wait moves the wall clock.
func (s *stage) wait(by time.Duration) { s.wall.SetTime(s.wall.Now().Add(by)) }

// subscribe makes subscriptions whose one item nobody has counted yet.
func (s *stage) subscribe(ctx SpecContext, names ...string) {
	GinkgoHelper()
	for _, name := range names {
		Expect(live.Create(ctx, builders.MakeSubscription(name, s.namespace).LoadedItem("editors", "editor", "monthly").TestClock("clock").Obj())).To(Succeed())
	}
}

func (s *stage) subscription(ctx SpecContext, name string) *v1alpha1.Subscription {
	GinkgoHelper()
	found := &v1alpha1.Subscription{}
	Expect(live.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, found)).To(Succeed())
	return found
}

// ask writes a request on an object.
func ask(ctx SpecContext, object client.Object, value string) {
	GinkgoHelper()
	Expect(live.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
	object.SetAnnotations(map[string]string{v1alpha1.AnnotationRefreshRequestedAt: value})
	Expect(live.Update(ctx, object)).To(Succeed())
}

// updates returns the updates of the namespace by age and name.
func (s *stage) updates(ctx SpecContext) []v1alpha1.SubscriptionUpdate {
	GinkgoHelper()
	var list v1alpha1.SubscriptionUpdateList
	Expect(live.List(ctx, &list, client.InNamespace(s.namespace))).To(Succeed())
	slices.SortFunc(list.Items, func(a, b v1alpha1.SubscriptionUpdate) int {
		return cmp.Or(a.Spec.Cause.LoadedTime.Compare(b.Spec.Cause.LoadedTime.Time), cmp.Compare(a.Name, b.Name))
	})
	return list.Items
}

// open describes the updates that are not finished: "acme 7 first".
func (s *stage) open(ctx SpecContext) []string {
	GinkgoHelper()
	var all []string
	for _, update := range s.updates(ctx) {
		if !facts.Finished(update.Status.State) {
			all = append(all, fmt.Sprintf("%s %d %s", update.Spec.SubscriptionRef.Name, *update.Spec.Seats.Count, update.Spec.Cause.Token))
		}
	}
	slices.Sort(all)
	return all
}

// settle has the reconciler of subscriptions decide on every open update of the namespace.
func (s *stage) settle(ctx SpecContext) {
	GinkgoHelper()
	names := sets.New[string]()
	for _, update := range s.updates(ctx) {
		if !facts.Finished(update.Status.State) {
			names.Insert(update.Spec.SubscriptionRef.Name)
		}
	}
	for _, name := range sets.List(names) {
		s.settleOne(ctx, name)
	}
}

// settleOne reconciles one subscription until nothing is left for it to do before time passes. Its reconciler reads
// live, whatever the cache of the product's reconciler shows, and its writes are not among those of a pass.
func (s *stage) settleOne(ctx SpecContext, name string) {
	GinkgoHelper()
	subject := &subscription.Reconciler{
		Client: lyingcache.New(live), Live: live, Clock: s.wall, Recorder: events.NewFakeRecorder(1000),
	}
	for range 10 {
		result, err := subject.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKey{Namespace: s.namespace, Name: name}})
		Expect(err).NotTo(HaveOccurred())
		if result.RequeueAfter == 0 || result.RequeueAfter > time.Second {
			return
		}
	}
	Fail("Subscription " + name + " does not come to rest")
}

// counted makes subscriptions that hold what the source says, with the product at rest.
func (s *stage) counted(ctx SpecContext, counts map[string]int64) {
	GinkgoHelper()
	for name := range counts {
		s.subscribe(ctx, name)
	}
	s.source.Set(counts)
	s.pass(ctx)
	s.settle(ctx)
	// The totals follow when the quantities are known.
	s.wait(2 * time.Minute)
	s.pass(ctx)
	Expect(s.pass(ctx)).To(BeEmpty(), "the product is at rest")
}

// quantities returns what each subscription holds.
func (s *stage) quantities(ctx SpecContext) map[string]int64 {
	GinkgoHelper()
	var list v1alpha1.SubscriptionList
	Expect(live.List(ctx, &list, client.InNamespace(s.namespace))).To(Succeed())
	held := map[string]int64{}
	for _, subscription := range list.Items {
		for _, item := range subscription.Status.Items {
			held[subscription.Name] += item.Quantity
		}
	}
	return held
}

// sent returns the events so far.
func (s *stage) sent() []string {
	var all []string
	for {
		select {
		case event := <-s.recorder.Events:
			all = append(all, event)
		default:
			return all
		}
	}
}
