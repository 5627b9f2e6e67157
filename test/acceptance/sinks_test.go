// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// TestSinkIsDownWhileItsSubscriptionGoes: a customer leaves while the books cannot be reached. The subscription is removed
// at once, and the books get everything when they are back.
func TestSinkIsDownWhileItsSubscriptionGoes(t *testing.T) {
	var isUp atomic.Bool
	var mu sync.Mutex
	var got []string
	books := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !isUp.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		_, after, _ := strings.Cut(string(body), `"type":"dev.seatplane.`)
		kind, _, _ := strings.Cut(after, `.v1"`)
		if !slices.Contains(got, kind) {
			got = append(got, kind)
		}
	}))
	defer books.Close()
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata:
  name: books
  labels: {billing.seatplane.dev/allow: sink}
  annotations: {billing.seatplane.dev/allow-hosts: %q}
stringData: {key: whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0}
---
kind: EventSink
metadata: {name: books}
spec:
  url: %q
  signingSecretRefs: [{name: books, key: key}]
---
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "10"}
---
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  testClockRef: {name: clock}
  startTime: 2026-04-01T00:00:00Z
  items: [{name: editors, productRef: {name: seat}, plan: monthly, quantity: 5}]
`, strings.TrimPrefix(books.URL, "http://"), books.URL))
	o.clockIsReady()
	o.eventually("the sink says that it fails", func(ctx context.Context) (bool, string, error) {
		var sink v1alpha1.EventSink
		err := cluster.Get(ctx, o.key("books"), &sink)
		ready := meta.FindStatusCondition(sink.Status.Conditions, v1alpha1.ConditionReady)
		return ready != nil && ready.Reason == v1alpha1.ReasonDeliveryFailing, fmt.Sprint(ready), err
	})
	if err := cluster.Delete(t.Context(), builders.MakeSubscription("acme", o.namespace).Obj()); err != nil {
		t.Fatal(err)
	}
	o.eventually("the subscription is gone", func(ctx context.Context) (bool, string, error) {
		err := cluster.Get(ctx, o.key("acme"), &v1alpha1.Subscription{})
		return apierrors.IsNotFound(err), "it is there", nil
	})
	isUp.Store(true)
	// On a slow machine, several attempts may have failed by now, and the next one would be made in five minutes.
	if err := o.patch(&v1alpha1.EventSink{}, "books", fmt.Sprintf(`{"metadata":{"annotations":{%q:"now"}}}`, v1alpha1.AnnotationRetryRequestedAt)); err != nil {
		t.Fatal(err)
	}
	want := []string{"subscription.started", "invoice.issued", "subscription.canceled"}
	o.eventually("the books have everything", func(context.Context) (bool, string, error) {
		mu.Lock()
		defer mu.Unlock()
		return slices.Equal(got, want), fmt.Sprint(got), nil
	})
	o.eventually("the sink has nothing to deliver", func(ctx context.Context) (bool, string, error) {
		var sink v1alpha1.EventSink
		err := cluster.Get(ctx, o.key("books"), &sink)
		waits := sink.Status.Pending
		return waits != nil && *waits == 0 && meta.IsStatusConditionTrue(sink.Status.Conditions, v1alpha1.ConditionReady), fmt.Sprint(sink.Status), err
	})
}
