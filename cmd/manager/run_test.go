// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// freeAddress returns an address that is currently unused.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// soon waits for something that the running manager brings about.
func soon(t *testing.T, what string, done func(ctx context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		last = done(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("%s: %v", what, last)
	}
}

func get(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}

// TestRun runs the whole manager against a real API server: every controller is wired and woken, the
// probes and the metrics answer, and it stops when it is told to.
func TestRun(t *testing.T) {
	cluster := controlplane.Start(t)
	probes, metrics := freeAddress(t), freeAddress(t)
	o := mustParse(t, "--leader-elect", "--leader-election-namespace=default", "--sqlite-dir="+t.TempDir(),
		"--health-probe-bind-address="+probes, "--metrics-bind-address="+metrics, "--metrics-secure=false")
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- run(ctx, cluster, o) }()

	live, err := client.New(cluster, client.Options{Scheme: managerOptions(o).Scheme})
	if err != nil {
		t.Fatal(err)
	}
	soon(t, "ready", func(ctx context.Context) error { return get(ctx, "http://"+probes+"/readyz") })
	soon(t, "healthy", func(ctx context.Context) error { return get(ctx, "http://"+probes+"/healthz") })
	soon(t, "metrics", func(ctx context.Context) error { return get(ctx, "http://"+metrics+"/metrics") })

	t.Run("its metrics are documented", testMetricsAreDocumented)
	t.Run("every controller is woken", func(t *testing.T) { testControllers(t, live) })
	t.Run("a clock that is Ready has everything in place", func(t *testing.T) { testClock(t, live) })

	stop()
	select {
	case err := <-stopped:
		if err != nil {
			t.Errorf("stopped with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("it did not stop")
	}
}

func testControllers(t *testing.T, live client.Client) {
	for _, object := range []client.Object{
		builders.MakeTestClock("clock", "default", april).Obj(),
		builders.MakeProrationPolicy("by-day", "default", v1alpha1.RoundUp).ExternalRef("pol-7").Obj(),
		builders.MakeProrationPolicy("by-day", "", v1alpha1.RoundUp).ClusterObj(),
		builders.MakeSeatProduct("editor", "default").Plan("monthly", "EUR", "10").Obj(),
	} {
		mustCreate(t, live, object)
		soon(t, fmt.Sprintf("%T is Ready", object), func(ctx context.Context) error { return isReady(ctx, live, object) })
	}
}

// testClock moves a clock over renewals, with seats that are counted again and updates of users, and
// looks at all there is as soon as the clock is Ready: nothing may be on its way then.
func testClock(t *testing.T, live client.Client) {
	customers := []string{"acme", "globex", "initech", "umbrella"}
	counts := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "counts"}, Data: map[string]string{}}
	for _, customer := range customers {
		counts.Data[customer] = "5"
	}
	clock := builders.MakeTestClock("months", "default", april).Obj()
	mustCreate(t, live, counts, clock,
		builders.MakeSeatProduct("writer", "default").Plan("monthly", "EUR", "10").ConfigMapLoader("counts").
			Refresh(v1alpha1.Refresh{Schedule: "0 2 * * *"}).Obj(),
		builders.MakeSeatProduct("viewer", "default").Plan("monthly", "EUR", "1").Obj())
	for _, customer := range customers {
		mustCreate(t, live, builders.MakeSubscription(customer, "default").Start(april).TestClock("months").
			LoadedItem("writers", "writer", "monthly").LoadedItem("viewers", "viewer", "monthly").
			With(func(s *v1alpha1.Subscription) { s.Annotations = map[string]string{note: customer} }).Obj())
	}
	soon(t, "the start", func(ctx context.Context) error { return isReady(ctx, live, clock) })
	requireInPlace(t, live, clock, customers, 1)
	requireNotes(t, live, customers)

	for month := 1; month <= 2; month++ {
		for n, customer := range customers {
			mustCreate(t, live, builders.MakeSubscriptionUpdate(fmt.Sprintf("%s-%d", customer, month), "default", customer).Increment("viewers", 1).Obj())
			counts.Data[customer] = strconv.Itoa(5 + month*(n+1))
		}
		if err := live.Update(t.Context(), counts); err != nil {
			t.Fatal(err)
		}
		next := april.AddDate(0, month, 0).Add(3 * time.Hour).Format(time.RFC3339)
		move := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"spec":{"now":%q}}`, next))
		if err := live.Patch(t.Context(), clock, move); err != nil {
			t.Fatal(err)
		}
		soon(t, next, func(ctx context.Context) error { return isReady(ctx, live, clock) })
		requireInPlace(t, live, clock, customers, month+1)
	}
}

// note is an annotation that the manager does not read, and so does not keep in its cache.
const note = "example.com/note"

// requireNotes requires that the manager, which has written each subscription's status and finalizer by now, has
// left the annotations of others alone.
func requireNotes(t *testing.T, live client.Client, customers []string) {
	t.Helper()
	for _, customer := range customers {
		var s v1alpha1.Subscription
		if err := live.Get(t.Context(), client.ObjectKey{Namespace: "default", Name: customer}, &s); err != nil {
			t.Fatal(err)
		}
		if s.Annotations[note] != customer || len(s.Finalizers) == 0 {
			t.Errorf("%s has the annotations %v and the finalizers %v", customer, s.Annotations, s.Finalizers)
		}
	}
}

// requireInPlace requires that every customer has so many invoices and that no update is on its way.
func requireInPlace(t *testing.T, live client.Client, clock *v1alpha1.TestClock, customers []string, invoices int) {
	t.Helper()
	var issued v1alpha1.InvoiceList
	var updates v1alpha1.SubscriptionUpdateList
	for _, list := range []client.ObjectList{&issued, &updates} {
		if err := live.List(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	per := map[string]int{}
	for i := range issued.Items {
		per[issued.Items[i].Spec.SubscriptionRef.Name]++
	}
	for _, customer := range customers {
		if per[customer] != invoices {
			t.Errorf("%s: %s has %d invoices, want %d", clock.Spec.Now.UTC(), customer, per[customer], invoices)
		}
	}
	for i := range updates.Items {
		if update := &updates.Items[i]; update.Status.State != v1alpha1.UpdateApplied {
			t.Errorf("%s: %s is %q: %v", clock.Spec.Now.UTC(), update.Name, update.Status.State, update.Status.Conditions)
		}
	}
}

func mustCreate(t *testing.T, live client.Client, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := live.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
}

// isReady says why an object is not Ready for its present spec.
func isReady(ctx context.Context, live client.Client, object client.Object) error {
	if err := live.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
		return err
	}
	var conditions []metav1.Condition
	var observed int64
	switch typed := object.(type) {
	case *v1alpha1.TestClock:
		conditions, observed = typed.Status.Conditions, typed.Status.ObservedGeneration
	case *v1alpha1.ProrationPolicy:
		conditions, observed = typed.Status.Conditions, typed.Status.ObservedGeneration
	case *v1alpha1.ClusterProrationPolicy:
		conditions, observed = typed.Status.Conditions, typed.Status.ObservedGeneration
	case *v1alpha1.SeatProduct:
		conditions, observed = typed.Status.Conditions, typed.Status.ObservedGeneration
	default:
		return fmt.Errorf("%T has no conditions", object)
	}
	if observed != object.GetGeneration() || !meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) {
		return fmt.Errorf("%T is not Ready: %v", object, conditions)
	}
	return nil
}
