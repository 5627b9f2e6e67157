// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/controller/subscription"
	"github.com/seatplane/seatplane/internal/courier"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/faults"
	"github.com/seatplane/seatplane/internal/testing/lyingcache"
	"github.com/seatplane/seatplane/internal/testing/specs"
)

// live reads from and writes to a real API server.
var live client.Client

func TestEventSink(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "EventSink")
}

var _ = BeforeSuite(func() { live = specs.Start() })

// now is when every bench begins, on both clocks.
var now = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// received is one request that a receiver got.
type received struct {
	id, signatures, body, kind string
}

// receiver is a server that takes events down, and answers as it is told to.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	answer http.HandlerFunc
}

// newReceiver starts a receiver that accepts everything.
func newReceiver() *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		kind, _, _ := strings.Cut(string(body[strings.Index(string(body), "dev.seatplane.")+len("dev.seatplane."):]), ".v1")
		r.mu.Lock()
		answer := r.answer
		r.got = append(r.got, received{
			id: request.Header.Get("webhook-id"), signatures: request.Header.Get("webhook-signature"), body: string(body), kind: kind,
		})
		r.mu.Unlock()
		if answer != nil {
			answer(w, request)
		}
	}))
	DeferCleanup(r.Close)
	return r
}

// answers has the receiver answer with a function from now on; nil accepts.
func (r *receiver) answers(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// answering answers with a status.
func answering(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// kinds are the types of the events that the receiver got, in order.
func (r *receiver) kinds() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var kinds []string
	for _, each := range r.got {
		kinds = append(kinds, each.kind)
	}
	return kinds
}

// all are the requests that the receiver got.
func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// bench is one namespace with a sink, a subscription, and the reconcilers that make and deliver its events.
type bench struct {
	namespace string
	run       *faults.Run
	process   *faults.Process
	wall      *clocktesting.FakeClock
	testClock *v1alpha1.TestClock
	receiver  *receiver
	subs      *subscription.Reconciler
	sinks     *Reconciler
	pairs     *Deliverer
	woken     map[types.NamespacedName]bool
}

// newBench starts a bench without objects but a TestClock, a product and a Secret.
func newBench(ctx context.Context) *bench {
	GinkgoHelper()
	b := &bench{namespace: specs.Namespace(ctx, live, "eventsink-").Name, receiver: newReceiver(), wall: clocktesting.NewFakeClock(now)}
	b.restart(nil)
	b.testClock = builders.MakeTestClock("clock", b.namespace, now).Obj()
	b.create(ctx, b.testClock, builders.MakeSeatProduct("seat", b.namespace).Plan("monthly", "EUR", "10").Obj(), b.secret("hooks", key('a')))
	return b
}

// restart begins a new process, which remembers nothing.
func (b *bench) restart(plan faults.Plan) {
	if b.run == nil || plan != nil {
		b.run = faults.NewRun(plan)
	}
	b.process = b.run.Start()
	cached, wall := b.process.Client(lyingcache.New(live)), b.wall
	poster := courier.New(courier.Options{Timeout: time.Second, Policy: egress.Policy{
		PlainHTTP: true, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	}})
	b.sinks, b.pairs = New(cached, b.process.Reader(live), wall, poster)
	b.subs = &subscription.Reconciler{
		Client: cached, Live: b.process.Reader(live), Clock: wall, Recorder: events.NewFakeRecorder(1000), Reached: b.pairs.Memory,
	}
	b.woken = map[types.NamespacedName]bool{}
	b.pairs.Memory.pairQueue = func(pair types.NamespacedName, _ time.Duration) { b.woken[pair] = true }
}

// key is a signing key of 32 times one byte, as it is written in a Secret.
func key(of byte) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(of)), 32)))
}

func (b *bench) secret(name, value string) *corev1.Secret {
	secret := &corev1.Secret{StringData: map[string]string{"key": value}}
	secret.Name, secret.Namespace = name, b.namespace
	secret.Labels = map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowSink}
	secret.Annotations = map[string]string{v1alpha1.AnnotationAllowHosts: strings.TrimPrefix(b.receiver.URL, "http://")}
	return secret
}

// sink is an EventSink for the receiver of the bench.
func (b *bench) sink(name string, types ...v1alpha1.EventType) *v1alpha1.EventSink {
	sink := &v1alpha1.EventSink{}
	sink.Name, sink.Namespace = name, b.namespace
	sink.Spec = v1alpha1.EventSinkSpec{
		URL: b.receiver.URL, Types: types, SigningSecretRefs: []v1alpha1.SecretKeyReference{{Name: "hooks", Key: "key"}},
	}
	return sink
}

// acme is a subscription of five seats, or of as many as updates say.
func (b *bench) acme() *builders.Subscription {
	return builders.MakeSubscription("acme", b.namespace).TestClock("clock").Start(now).LoadedItem("editors", "seat", "monthly")
}

func (b *bench) create(ctx context.Context, objects ...client.Object) {
	GinkgoHelper()
	for _, object := range objects {
		Expect(live.Create(ctx, object)).To(Succeed())
	}
}

// bill has the subscription's reconciler do all that is due.
func (b *bench) bill(ctx context.Context, name string) {
	GinkgoHelper()
	for range 50 {
		result, err := b.subs.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKey{Namespace: b.namespace, Name: name}})
		Expect(err).NotTo(HaveOccurred())
		if result.RequeueAfter == 0 {
			return
		}
	}
	Fail("subscription " + name + " does not come to rest")
}

// add applies an update that adds seats.
func (b *bench) add(ctx context.Context, update string, seats int64) {
	GinkgoHelper()
	b.create(ctx, builders.MakeSubscriptionUpdate(update, b.namespace, "acme").Increment("editors", seats).Obj())
	b.bill(ctx, "acme")
}

// move sets the TestClock and bills what is due by then.
func (b *bench) move(ctx context.Context, to time.Time) {
	GinkgoHelper()
	b.testClock.Spec.Now.Time = to
	Expect(live.Update(ctx, b.testClock)).To(Succeed())
	b.bill(ctx, "acme")
}

// deliver makes a pass over a pair, until it asks for nothing within the given time.
func (b *bench) deliver(ctx context.Context, pair types.NamespacedName) ctrl.Result {
	GinkgoHelper()
	for range 100 {
		result, err := b.pairs.Reconcile(ctx, ctrl.Request{NamespacedName: pair})
		Expect(err).NotTo(HaveOccurred())
		if result.RequeueAfter == 0 || result.RequeueAfter >= time.Second {
			return result
		}
	}
	Fail(fmt.Sprintf("pair %s does not come to rest", pair))
	return ctrl.Result{}
}

// of is the pair of a sink and the subscription.
func (b *bench) of(sink string) types.NamespacedName {
	return ofSubscription(b.namespace, sink, "acme")
}

// report makes a pass over a sink, ten seconds later so that it may write, and returns the sink.
func (b *bench) report(ctx context.Context, name string) *v1alpha1.EventSink {
	GinkgoHelper()
	b.wall.Step(statusEvery)
	_, err := b.sinks.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKey{Namespace: b.namespace, Name: name}})
	Expect(err).NotTo(HaveOccurred())
	var sink v1alpha1.EventSink
	Expect(live.Get(ctx, client.ObjectKey{Namespace: b.namespace, Name: name}, &sink)).To(Succeed())
	return &sink
}

func (b *bench) subscription(ctx context.Context) *v1alpha1.Subscription {
	GinkgoHelper()
	var s v1alpha1.Subscription
	Expect(live.Get(ctx, client.ObjectKey{Namespace: b.namespace, Name: "acme"}, &s)).To(Succeed())
	return &s
}

// departed are the objects that keep the events of deleted subscriptions.
func (b *bench) departed(ctx context.Context) []appsv1.ControllerRevision {
	GinkgoHelper()
	var list appsv1.ControllerRevisionList
	Expect(live.List(ctx, &list, client.InNamespace(b.namespace))).To(Succeed())
	return list.Items
}

// reason is the reason of the condition Ready, and the other condition that is True.
func reason(sink *v1alpha1.EventSink) string {
	ready := meta.FindStatusCondition(sink.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return ""
	}
	for _, other := range []string{v1alpha1.ConditionStalled, v1alpha1.ConditionReconciling} {
		if meta.IsStatusConditionTrue(sink.Status.Conditions, other) {
			return ready.Reason + " " + other
		}
	}
	return ready.Reason
}
