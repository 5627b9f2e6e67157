// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"context"
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

func update(b *bench, name string) *v1alpha1.SubscriptionUpdate {
	return builders.MakeSubscriptionUpdate(name, b.namespace, "acme").Increment("editors", 2).Obj()
}

var _ = Describe("Ready of an EventSink", func() {
	rows := map[string]struct {
		reason string
		sink   func(*v1alpha1.EventSink)
		secret func(*corev1.Secret)
		want   string
		says   string
	}{
		"Delivering": {reason: "nothing is wrong", want: v1alpha1.ReasonDelivering},
		"BadSigningKey": {
			reason: "a short key can be guessed", want: v1alpha1.ReasonBadSigningKey + " Stalled", says: "24 to 64",
			secret: func(s *corev1.Secret) { s.StringData["key"] = "whsec_c2hvcnQ=" },
		},
		"SecretNotFound": {
			reason: "there is no such Secret", want: v1alpha1.ReasonSecretNotFound + " Stalled", says: "in the namespace of the EventSink",
			sink: func(s *v1alpha1.EventSink) { s.Spec.SigningSecretRefs[0].Name = "missing" },
		},
		"SecretNotAllowed": {
			reason: "its owner has not released it", want: v1alpha1.ReasonSecretNotAllowed + " Stalled", says: "billing.seatplane.dev/allow: sink",
			secret: func(s *corev1.Secret) { s.Labels = nil },
		},
		"AnotherHost": {
			reason: "it is released for another server", want: v1alpha1.ReasonSecretNotAllowed + " Stalled", says: "billing.seatplane.dev/allow-hosts",
			secret: func(s *corev1.Secret) { s.Annotations[v1alpha1.AnnotationAllowHosts] = "hooks.example.com:443" },
		},
		"HostNotAllowed": {
			reason: "metadata servers are nobody's receiver", want: v1alpha1.ReasonHostNotAllowed + " Stalled", says: "--sink-allowed-networks",
			sink: func(s *v1alpha1.EventSink) { s.Spec.URL = "http://169.254.169.254/latest" },
		},
		"InvalidURL": {
			reason: "a password would be shown to all who read the sink", want: v1alpha1.ReasonInvalidURL + " Stalled", says: "user name or password",
			sink: func(s *v1alpha1.EventSink) { s.Spec.URL = "https://me:secret@hooks.example.com/" },
		},
	}
	for name, tc := range rows {
		It("is "+name+": "+tc.reason, func(ctx SpecContext) {
			b := newBench(ctx)
			secret := b.secret("mine", key('c'))
			if tc.secret != nil {
				tc.secret(secret)
			}
			sink := b.sink("books")
			sink.Spec.SigningSecretRefs[0].Name = "mine"
			if tc.sink != nil {
				tc.sink(sink)
			}
			b.create(ctx, secret, sink, b.acme().Obj())
			b.bill(ctx, "acme")
			got := b.report(ctx, "books")
			Expect(reason(got)).To(Equal(tc.want))
			if tc.says != "" {
				Expect(got.Status.Conditions[0].Message).To(ContainSubstring(tc.says))
			}
			b.deliver(ctx, b.of("books"))
			if tc.want != v1alpha1.ReasonDelivering {
				Expect(b.receiver.kinds()).To(BeEmpty(), "nothing is sent")
			}
		})
	}

	It("is TooManySinks for the seventeenth", func(ctx SpecContext) {
		b := newBench(ctx)
		for n := range 17 {
			b.create(ctx, b.sink(fmt.Sprintf("sink-%02d", n)))
		}
		Expect(reason(b.report(ctx, "sink-15"))).To(Equal(v1alpha1.ReasonDelivering))
		Expect(reason(b.report(ctx, "sink-16"))).To(Equal(v1alpha1.ReasonTooManySinks + " Stalled"))
	})

	failures := map[string]struct {
		reason string
		answer http.HandlerFunc
		says   string
	}{
		"an internal error": {"the receiver is broken", answering(http.StatusInternalServerError), "The receiver answered with an internal error (status 500)."},
		"a redirect": {"another server must not get the event", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusMovedPermanently)
		}, "The receiver redirects (status 301), which is not followed: use the final address as url."},
		"silence": {"an attempt ends", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(3 * time.Second):
			}
		}, "The receiver had not answered after 1s."},
		"a reset": {"the receiver dies", func(w http.ResponseWriter, _ *http.Request) {
			connection, _, _ := w.(http.Hijacker).Hijack()
			_ = connection.Close()
		}, "The receiver closed the connection without an answer."},
	}
	for name, tc := range failures {
		It("is DeliveryFailing after "+name+": "+tc.reason, func(ctx SpecContext) {
			b := newBench(ctx)
			b.receiver.answers(tc.answer)
			b.create(ctx, b.sink("books"), b.acme().Obj())
			b.bill(ctx, "acme")
			b.deliver(ctx, b.of("books"))
			sink := b.report(ctx, "books")
			Expect(reason(sink)).To(Equal(v1alpha1.ReasonDeliveryFailing + " Reconciling"))
			Expect(sink.Status.LastError).To(Equal(tc.says))
			Expect(sink.Status.Pending).To(HaveValue(BeEquivalentTo(1)))
			Expect(sink.Status.OldestPendingTime.UTC()).To(Equal(now))
			Expect(sink.Status.FailingSince).NotTo(BeNil())
			b.receiver.answers(nil)
			b.wall.Step(time.Minute)
			b.deliver(ctx, b.of("books"))
			sink = b.report(ctx, "books")
			Expect(reason(sink)).To(Equal(v1alpha1.ReasonDelivering))
			Expect(sink.Status.LastError).To(BeEmpty())
			Expect(sink.Status.FailingSince).To(BeNil())
			Expect(sink.Status.Delivered).To(HaveValue(BeEquivalentTo(1)))
		})
	}

	It("is DeliveryFailing when nobody listens", func(ctx SpecContext) {
		b := newBench(ctx)
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.bill(ctx, "acme")
		b.receiver.Close()
		b.deliver(ctx, b.of("books"))
		sink := b.report(ctx, "books")
		Expect(reason(sink)).To(Equal(v1alpha1.ReasonDeliveryFailing + " Reconciling"))
		Expect(sink.Status.LastError).To(HavePrefix("The receiver cannot be reached: check url."))
	})

	// stopped is a sink that nothing is sent to any more.
	stopped := func(ctx context.Context, b *bench, want string) {
		GinkgoHelper()
		sink := b.report(ctx, "books")
		Expect(reason(sink)).To(Equal(want + " Stalled"))
		attempts := len(b.receiver.all())
		b.receiver.answers(nil)
		b.wall.Step(30 * 24 * time.Hour)
		b.restart(nil)
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.all()).To(HaveLen(attempts), "nothing is sent until a person acts")
		sink.Annotations = map[string]string{v1alpha1.AnnotationRetryRequestedAt: "now"}
		Expect(live.Update(ctx, sink)).To(Succeed())
		sink = b.report(ctx, "books")
		Expect(sink.Status.LastHandledRetryRequest).To(Equal("now"))
		Expect(b.woken).To(HaveKey(b.of("books")))
		b.deliver(ctx, b.of("books"))
		Expect(len(b.receiver.all())).To(BeNumerically(">", attempts))
		Expect(reason(b.report(ctx, "books"))).To(Equal(v1alpha1.ReasonDelivering))
	}

	It("is Gone after a 410", func(ctx SpecContext) {
		b := newBench(ctx)
		b.receiver.answers(answering(http.StatusGone))
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.report(ctx, "books")
		b.bill(ctx, "acme")
		b.deliver(ctx, b.of("books"))
		stopped(ctx, b, v1alpha1.ReasonGone)
	})

	It("is Disabled after five days without a success", func(ctx SpecContext) {
		b := newBench(ctx)
		b.receiver.answers(answering(http.StatusServiceUnavailable))
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.report(ctx, "books")
		b.bill(ctx, "acme")
		b.deliver(ctx, b.of("books"))
		Expect(reason(b.report(ctx, "books"))).To(Equal(v1alpha1.ReasonDeliveryFailing + " Reconciling"))
		b.wall.Step(4 * 24 * time.Hour)
		b.restart(nil)
		b.deliver(ctx, b.of("books"))
		Expect(reason(b.report(ctx, "books"))).To(Equal(v1alpha1.ReasonDeliveryFailing + " Reconciling"))
		b.wall.Step(25 * time.Hour)
		b.deliver(ctx, b.of("books"))
		stopped(ctx, b, v1alpha1.ReasonDisabled)
	})

	It("waits as long as the receiver asks for", func(ctx SpecContext) {
		b := newBench(ctx)
		b.receiver.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		})
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.bill(ctx, "acme")
		b.deliver(ctx, b.of("books"))
		b.receiver.answers(nil)
		b.wall.Step(time.Minute)
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.all()).To(HaveLen(1))
		b.wall.Step(time.Minute)
		b.deliver(ctx, b.of("books"))
		Expect(b.receiver.all()).To(HaveLen(2))
	})

	It("writes its status at most every ten seconds", func(ctx SpecContext) {
		b := newBench(ctx)
		b.create(ctx, b.sink("books"), b.acme().Obj())
		b.report(ctx, "books")
		b.bill(ctx, "acme")
		b.deliver(ctx, b.of("books"))
		writes := b.run.Count()
		result, err := b.sinks.Reconcile(ctx, requestOf(client.ObjectKey{Namespace: b.namespace, Name: "books"}))
		Expect(err).NotTo(HaveOccurred())
		Expect(b.run.Count()).To(Equal(writes))
		Expect(result.RequeueAfter).To(Equal(statusEvery))
		b.report(ctx, "books")
		Expect(b.run.Count()).To(Equal(writes + 1))
		b.report(ctx, "books")
		Expect(b.run.Count()).To(Equal(writes+1), "nothing new, no write")
	})
})
