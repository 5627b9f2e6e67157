// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/preview"
	"github.com/seatplane/seatplane/internal/snapshot"
)

// previewSizesEnv names the environment variable with the numbers of subscriptions; make bench-preview sets it.
const previewSizesEnv = "SEATPLANE_BENCH_PREVIEW"

const (
	// slowestPreview and largestPreview are what a preview of 100,000 subscriptions may take on two cores.
	slowestPreview = 10 * time.Second
	largestPreview = 1 << 30
	manyPreviewed  = 100_000
)

// The real plugin previews an edit of a price that every subscription of a snapshot pays.
func TestPreview(t *testing.T) {
	folder := t.TempDir()
	binary := filepath.Join(folder, "kubectl-seatplane")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", binary,
		"github.com/seatplane/seatplane/cmd/kubectl-seatplane").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	manifest := filepath.Join(folder, "product.yaml")
	must(t, os.WriteFile(manifest, []byte(fmt.Sprintf(previewedProduct, "12.00")), 0o600))
	var table strings.Builder
	table.WriteString("| subscriptions | snapshot | time | CPU | peak memory | CPU for each |\n|---|---|---|---|---|---|\n")
	for _, many := range sizes(t, previewSizesEnv, 1000) {
		path := filepath.Join(folder, fmt.Sprintf("%d.json", many))
		size := writePreviewed(t, path, many)
		elapsed, usage, report := previewOnce(t, binary, manifest, path)
		if report.Counts.Up != many || report.Totals[0].PerMonth.Difference != fmt.Sprintf("%d.00", 20*many) {
			t.Errorf("%d of %d subscriptions cost more: %+v", report.Counts.Up, many, report.Totals)
		}
		cpu := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		memory := usage.Maxrss << 10
		fmt.Fprintf(&table, "| %d | %d MiB | %.1f s | %.1f s | %d MiB | %d µs |\n", many, size>>20, elapsed.Seconds(), cpu.Seconds(),
			memory>>20, cpu.Microseconds()/int64(many))
		if many == manyPreviewed && (elapsed > slowestPreview || memory > largestPreview) {
			t.Errorf("%d subscriptions took %s and %d MiB", many, elapsed, memory>>20)
		}
	}
	if os.Getenv(previewSizesEnv) != "" {
		fmt.Printf("\n%s\n", table.String())
	}
}

// previewOnce runs the plugin, and returns what it took and what it printed.
func previewOnce(t *testing.T, binary, manifest, path string) (time.Duration, *syscall.Rusage, preview.Report) {
	t.Helper()
	command := exec.CommandContext(t.Context(), binary, "preview", "-n", "billing", "-f", manifest, "--against", path, "-o", "json")
	start := time.Now()
	out, err := command.Output()
	elapsed := time.Since(start)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("the preview ended with %v", err)
	}
	var report preview.Report
	must(t, json.Unmarshal(out, &report))
	return elapsed, command.ProcessState.SysUsage().(*syscall.Rusage), report
}

const previewedProduct = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: seat, namespace: billing}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: %q}
    seats: {minimum: 1, maximum: 5000}
`

// writePreviewed writes a snapshot of many subscriptions of ten seats each, in the middle of their month.
func writePreviewed(t *testing.T, path string, many int) int64 {
	t.Helper()
	noon := time.Date(2026, time.April, 16, 0, 0, 0, 0, time.UTC)
	start := metav1.NewTime(time.Date(2026, time.April, 1, 0, 0, 0, 0, time.UTC))
	catalogue := offline.NewCatalogue()
	quantity := int64(10)
	price := v1alpha1.Pricing{Model: "PerUnit", UnitAmount: "10.00"}
	catalogue.Products[types.NamespacedName{Namespace: "billing", Name: "seat"}] = &v1alpha1.SeatProduct{
		ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "seat", Generation: 1},
		Spec: v1alpha1.SeatProductSpec{Plans: []v1alpha1.Plan{{
			Name: "monthly", Currency: "EUR", Interval: v1alpha1.Interval{Unit: "Month", Count: 1}, Pricing: price,
			Seats: &v1alpha1.SeatLimits{Minimum: new(int64(1)), Maximum: new(int64(5000))},
		}}},
	}
	settled, err := catalogue.Settle(offline.Case{Subscription: &v1alpha1.Subscription{
		ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "customer"},
		Spec: v1alpha1.SubscriptionSpec{
			Customer: v1alpha1.Customer{ID: "customer"}, StartTime: &start,
			Items: []v1alpha1.SubscriptionItem{{Name: "editors", ProductRef: v1alpha1.LocalReference{Name: "seat"}, Plan: "monthly", Quantity: &quantity}},
		},
	}}, noon)
	must(t, err)
	file, err := os.Create(path)
	must(t, err)
	source := &offline.Source{Name: "test", Time: noon, Catalogue: catalogue, Each: func(_ context.Context, do func(offline.Case) error) error {
		for i := range many {
			settled.Subscription.Name = fmt.Sprintf("customer-%06d", i)
			settled.Subscription.UID = types.UID(settled.Subscription.Name)
			settled.Subscription.Spec.Customer.ID = settled.Subscription.Name
			if err := do(settled); err != nil {
				return err
			}
		}
		return nil
	}}
	_, err = snapshot.Write(t.Context(), file, source, nil)
	must(t, errors.Join(err, file.Close()))
	info, err := os.Stat(path)
	must(t, err)
	return info.Size()
}
