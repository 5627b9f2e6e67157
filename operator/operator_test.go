// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// cluster is the control plane of all tests here.
var cluster *rest.Config

func TestMain(m *testing.M) {
	RunLoaderIfAsked()
	ctrl.SetLogger(logr.Discard())
	config, stop, err := controlplane.StartForSuite()
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		os.Exit(1)
	}
	cluster = config
	status := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		status = 1
	}
	os.Exit(status)
}

// newManager returns a manager with the operator's options, and without servers.
func newManager(t *testing.T, o Options, changes ...func(*ctrl.Options)) ctrl.Manager {
	t.Helper()
	options := ManagerOptions(o)
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	options.Logger = logr.Discard()
	for _, change := range changes {
		change(&options)
	}
	mgr, err := ctrl.NewManager(cluster, options)
	if err != nil {
		t.Fatal(err)
	}
	return mgr
}

// live returns a client of the test's own.
func live(t *testing.T) client.Client {
	t.Helper()
	c, err := client.New(cluster, client.Options{Scheme: newScheme()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// running is an operator that runs.
type running struct {
	namespace string
	registry  *prometheus.Registry
	stop      func() error
}

// start starts an operator over a namespace of its own.
func start(t *testing.T, c client.Client, name string, o Options) running {
	t.Helper()
	if err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewPedanticRegistry()
	o.Namespaces, o.Metrics = []string{name}, registry
	mgr := newManager(t, o)
	if err := AddToManager(t.Context(), mgr, o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	return running{name, registry, func() error { cancel(); return <-ended }}
}

// soon waits for something that a running operator brings about.
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

// awaitClock waits until everything on a clock has caught up with it.
func awaitClock(t *testing.T, c client.Client, clock *v1alpha1.TestClock) {
	t.Helper()
	soon(t, "the clock of "+clock.Namespace, func(ctx context.Context) error {
		if err := c.Get(ctx, client.ObjectKeyFromObject(clock), clock); err != nil {
			return err
		}
		if clock.Status.ObservedGeneration != clock.Generation || !meta.IsStatusConditionTrue(clock.Status.Conditions, v1alpha1.ConditionReady) {
			return fmt.Errorf("is not Ready: %v", clock.Status.Conditions)
		}
		return nil
	})
}

func create(t *testing.T, c client.Client, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := c.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
}

// sell creates a product, a clock, and a subscription whose seats the product counts.
func sell(t *testing.T, c client.Client, namespace string) *v1alpha1.TestClock {
	t.Helper()
	clock := builders.MakeTestClock("clock", namespace, april).Obj()
	create(t, c, clock,
		builders.MakeSeatProduct("editor", namespace).Plan("monthly", "EUR", "10").ConfigMapLoader("counts").Obj(),
		builders.MakeSubscription("acme", namespace).Start(april).TestClock("clock").LoadedItem("editors", "editor", "monthly").Obj())
	return clock
}

// amountsDue returns what the invoices of a namespace ask for.
func amountsDue(t *testing.T, c client.Client, namespace string) []string {
	t.Helper()
	var invoices v1alpha1.InvoiceList
	if err := c.List(t.Context(), &invoices, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	var amounts []string
	for i := range invoices.Items {
		amounts = append(amounts, string(invoices.Items[i].Spec.AmountDue))
	}
	return amounts
}

// measured returns how many of the operator's own metrics a registry has.
func measured(t *testing.T, registry *prometheus.Registry) int {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, family := range families {
		if strings.HasPrefix(family.GetName(), "seatplane_") {
			count++
		}
	}
	return count
}

// Two operators in one process bill what they watch, each counts seats in its own way, and each has its own metrics,
// which end with it.
func TestTwoOperatorsInOneProcess(t *testing.T) {
	c := live(t)
	counting := func(seats int64) LoaderOptions {
		return LoaderOptions{Count: func(_ context.Context, product types.NamespacedName, keys []string) (map[string]int64, error) {
			if product.Name != "editor" || len(keys) != 1 {
				return nil, fmt.Errorf("asked for %v of %s", keys, product)
			}
			return map[string]int64{keys[0]: seats}, nil
		}}
	}
	north := start(t, c, "north", Options{Loaders: counting(3)})
	south := start(t, c, "south", Options{Loaders: counting(5)})
	for _, each := range []running{north, south} {
		awaitClock(t, c, sell(t, c, each.namespace))
	}
	got := map[string][]string{"north": amountsDue(t, c, "north"), "south": amountsDue(t, c, "south")}
	if diff := cmp.Diff(map[string][]string{"north": {"30.00"}, "south": {"50.00"}}, got); diff != "" {
		t.Errorf("what is due (-want +got):\n%s", diff)
	}
	for _, each := range []running{north, south} {
		if measured(t, each.registry) == 0 {
			t.Errorf("the operator of %s has no metrics", each.namespace)
		}
		if err := each.stop(); err != nil {
			t.Errorf("the operator of %s stopped with %v", each.namespace, err)
		}
		if left := measured(t, each.registry); left > 0 {
			t.Errorf("the operator of %s left %d metrics behind", each.namespace, left)
		}
	}
}

// A source of a test that fails says why, and nothing is billed for what it did not count.
func TestCountThatFails(t *testing.T) {
	c := live(t)
	failing := start(t, c, "failing", Options{Loaders: LoaderOptions{
		Count: func(context.Context, types.NamespacedName, []string) (map[string]int64, error) {
			return nil, errors.New("out of order")
		},
	}})
	sell(t, c, failing.namespace)
	soon(t, "the product says why", func(ctx context.Context) error {
		var product v1alpha1.SeatProduct
		if err := c.Get(ctx, client.ObjectKey{Namespace: failing.namespace, Name: "editor"}, &product); err != nil {
			return err
		}
		loaded := meta.FindStatusCondition(product.Status.Conditions, v1alpha1.ConditionLoaded)
		if loaded == nil || loaded.Reason != v1alpha1.ReasonSourceError || !strings.Contains(loaded.Message, "out of order") {
			return fmt.Errorf("Loaded is %v", loaded)
		}
		return nil
	})
	if err := failing.stop(); err != nil {
		t.Error(err)
	}
}

func TestAddToManagerRefuses(t *testing.T) {
	cases := map[string]struct {
		reason  string
		options Options
		manager func(*testing.T, Options) ctrl.Manager
		want    string
	}{
		"Options": {
			reason: "values that could only fail later", options: Options{SyncPeriod: time.Millisecond},
			want: "SyncPeriod must be at least one second",
		},
		"Scheme": {
			reason: "a manager for other kinds only",
			manager: func(t *testing.T, o Options) ctrl.Manager {
				return newManager(t, o, func(m *ctrl.Options) {
					m.Scheme, m.Cache, m.Client = runtime.NewScheme(), cache.Options{}, client.Options{}
				})
			},
			want: "the scheme of the manager lacks the kinds of Seatplane",
		},
		"Cache": {
			reason: "a manager that would watch every namespace", options: Options{NamespaceSelector: selected(t, "shard=a")},
			manager: func(t *testing.T, o Options) ctrl.Manager {
				return newManager(t, o, func(m *ctrl.Options) { m.NewCache = nil })
			},
			want: "the cache of the manager does not follow NamespaceSelector",
		},
		"Metrics": {
			reason: "a registry that has the metrics of another operator", options: Options{Metrics: takenRegistry(t)},
			want: "a registry takes one operator at a time",
		},
		"Twice": {
			reason: "a manager takes one operator",
			manager: func(t *testing.T, o Options) ctrl.Manager {
				mgr := newManager(t, o)
				o.Metrics = prometheus.NewRegistry()
				if err := AddToManager(t.Context(), mgr, o); err != nil {
					t.Fatal(err)
				}
				return mgr
			},
			want: "register the indexes",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if tc.manager == nil {
				tc.manager = func(t *testing.T, o Options) ctrl.Manager { return newManager(t, o) }
			}
			err := AddToManager(t.Context(), tc.manager(t, tc.options), tc.options)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: got %v, want %q", tc.reason, err, tc.want)
			}
		})
	}
}

// takenRegistry returns a registry that has the metrics of another operator.
func takenRegistry(t *testing.T) *prometheus.Registry {
	t.Helper()
	registry := prometheus.NewRegistry()
	o := Options{Metrics: registry}
	if err := AddToManager(t.Context(), newManager(t, o), o); err != nil {
		t.Fatal(err)
	}
	return registry
}

// An operator that could not be added takes no metrics of another one away.
func TestRefusedOperatorLeavesMetrics(t *testing.T) {
	registry := takenRegistry(t)
	before := measured(t, registry)
	o := Options{Metrics: registry}
	if err := AddToManager(t.Context(), newManager(t, o), o); err == nil {
		t.Fatal("a second operator was added")
	}
	if after := measured(t, registry); after != before || before == 0 {
		t.Errorf("there were %d metrics, and are %d", before, after)
	}
}
