// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// managerSizesEnv names the environment variable with the numbers of subscriptions; make bench-manager
// sets it.
const managerSizesEnv = "SEATPLANE_BENCH_MANAGER"

// fleet is the real manager and the subscriptions that it looks after.
type fleet struct {
	*testing.T
	admin   client.Client
	binary  string
	metrics string
	ground  *playground.Playground
}

// One manager starts very many subscriptions that were applied while it was away, and each is active and
// invoiced in the end. What that takes, and what they take in memory at rest, is the table.
func TestManager(t *testing.T) {
	binary, err := playground.Build(t.TempDir())
	must(t, err)
	var table strings.Builder
	table.WriteString("| subscriptions | started in | starts a second | CPU for each | memory at rest | memory after a restart | ready again in |\n|---|---|---|---|---|---|---|\n")
	for _, many := range sizes(t, managerSizesEnv, 100) {
		// Each has the machine to itself: the one before is stopped.
		t.Run(fmt.Sprint(many), func(t *testing.T) { table.WriteString(startFleet(t, binary).play(many)) })
	}
	if os.Getenv(managerSizesEnv) != "" {
		fmt.Printf("\n%s\n", table.String())
	}
}

func startFleet(t *testing.T, binary string) *fleet {
	t.Helper()
	address, err := playground.FreeAddress()
	must(t, err)
	ground, err := playground.Start(t.Context(), playground.Options{
		Manager: binary, Args: flagsOf(address), APIServerFlags: quietPlane, EtcdFlags: roomyStore,
	})
	must(t, err)
	t.Cleanup(func() { _ = ground.Plane.Stop() })
	scheme := runtime.NewScheme()
	must(t, clientgoscheme.AddToScheme(scheme))
	must(t, v1alpha1.AddToScheme(scheme))
	admin, err := client.New(ground.Plane.Config, client.Options{Scheme: scheme})
	must(t, err)
	return &fleet{T: t, admin: admin, binary: binary, metrics: "http://" + address + "/metrics", ground: ground}
}

func flagsOf(metrics string) []string {
	return []string{"--metrics-bind-address=" + metrics, "--metrics-secure=false"}
}

// play applies subscriptions while no manager runs, has one start them, and starts it once more.
func (f *fleet) play(many int) string {
	f.Helper()
	must(f.T, f.ground.Manager.Kill())
	f.subscribe(many)
	began := time.Now()
	f.restart()
	f.await("all are invoiced", func(ctx context.Context) (bool, error) {
		// The server sends one and says how many there are: a list of all of them would cost it more than the start.
		var invoices metav1.PartialObjectMetadataList
		invoices.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("InvoiceList"))
		err := f.admin.List(ctx, &invoices, client.Limit(1))
		found := len(invoices.Items)
		if invoices.RemainingItemCount != nil {
			found += int(*invoices.RemainingItemCount)
		}
		return found == many, err
	})
	took := time.Since(began)
	used := f.figure("process_cpu_seconds_total")
	// Rest is when the garbage of the start is collected: Go does that every two minutes at the latest.
	resting := f.atRest()

	must(f.T, f.ground.Manager.Kill())
	began = time.Now()
	f.restart()
	f.await("all are known", func(context.Context) (bool, error) {
		return f.figure("seatplane_subscriptions") == float64(many), nil
	})
	again := time.Since(began)
	return fmt.Sprintf("| %d | %.1f s | %.0f | %.1f ms | %.0f MiB | %.0f MiB | %.1f s |\n", many, took.Seconds(),
		float64(many)/took.Seconds(), 1000*used/float64(many), resting, f.atRest(), again.Seconds())
}

func (f *fleet) restart() {
	f.Helper()
	address := strings.TrimSuffix(strings.TrimPrefix(f.metrics, "http://"), "/metrics")
	manager, err := f.ground.StartManager(f.binary, f.ground.Manager.Log, flagsOf(address)...)
	must(f.T, err)
	f.ground.Manager = manager
}

// atRest is how much memory the manager has from the system, in MiB, once it stops growing less.
func (f *fleet) atRest() float64 {
	f.Helper()
	if os.Getenv(managerSizesEnv) != "" {
		time.Sleep(130 * time.Second)
	}
	return f.figure("process_resident_memory_bytes") / (1 << 20)
}

// subscribe makes a product and subscriptions to it.
func (f *fleet) subscribe(many int) {
	f.Helper()
	ctx, namespace := f.Context(), "shop"
	must(f.T, f.admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))
	must(f.T, f.admin.Create(ctx, builders.MakeSeatProduct("editor", namespace).Plan("monthly", "EUR", "10").Obj()))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for n := range many {
		group.Go(func() error {
			return f.admin.Create(ctx, builders.MakeSubscription(fmt.Sprint("customer-", n), namespace).Item("editors", "editor", "monthly", 5).Obj())
		})
	}
	must(f.T, group.Wait())
}

// figure returns the sum of a metric's values, or 0 while the manager does not answer.
func (f *fleet) figure(name string) float64 {
	f.Helper()
	response, err := http.Get(f.metrics)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		return 0
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(page)))
	must(f.T, err)
	sum := 0.0
	for _, metric := range families[name].GetMetric() {
		sum += metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
	}
	return sum
}

func (f *fleet) await(what string, holds func(context.Context) (bool, error)) {
	f.Helper()
	deadline := time.Now().Add(20 * time.Minute)
	for {
		ok, err := holds(f.Context())
		if ok && err == nil {
			return
		}
		if time.Now().After(deadline) {
			f.Fatalf("never: %s: %v\n%s", what, err, f.ground.Manager.LastWords())
		}
		time.Sleep(100 * time.Millisecond)
	}
}
