// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
)

// metricsOf returns what the counters say about a product, those at zero left out.
func metricsOf(m *Metrics, product *v1alpha1.SeatProduct) map[string]float64 {
	labels := []string{product.Namespace, product.Name, "fake"}
	said := map[string]float64{
		"queries": valueOf(m.refreshQueries.WithLabelValues(labels...)),
		"rows":    valueOf(m.refreshRows.WithLabelValues(labels...)),
		"success": valueOf(m.refreshSuccess.WithLabelValues(product.Namespace, product.Name)),
		"next":    valueOf(m.refreshNext.WithLabelValues(product.Namespace, product.Name)),
	}
	said["not ready"] = valueOf(m.notReady.WithLabelValues(product.Namespace, product.Name, v1alpha1.ReasonInvalidSchedule))
	for _, reason := range []string{"Refreshed", "SourceError", "Progressing"} {
		said[reason] = valueOf(m.refreshes.WithLabelValues(append(labels, reason)...))
	}
	for _, outcome := range []string{"counted", "changed", "held", "failed", "kept"} {
		said[outcome] = valueOf(m.refreshCounts.WithLabelValues(append(labels, outcome)...))
	}
	for name, value := range said {
		if value == 0 {
			delete(said, name)
		}
	}
	return said
}

func valueOf(metric prometheus.Metric) float64 {
	var written dto.Metric
	if err := metric.Write(&written); err != nil {
		panic(err)
	}
	return written.GetCounter().GetValue() + written.GetGauge().GetValue()
}

func countOf(collector prometheus.Collector) (count int) {
	metrics := make(chan prometheus.Metric)
	go func() {
		collector.Collect(metrics)
		close(metrics)
	}()
	for range metrics {
		count++
	}
	return count
}

func TestMetrics(t *testing.T) {
	product := makeProduct(v1alpha1.Refresh{})
	m := NewMetrics()
	good := result{changed: 2, took: time.Second, queries: 2, rows: 12}
	good.findings = loading.Findings{Counted: 10, Held: 1, Failed: 3, Kept: 4}
	m.measure(product, "fake", good)
	m.measure(product, "fake", good)
	m.measure(product, "fake", result{failure: dataloader.Failf(dataloader.ReasonSourceError, "no")})
	m.measure(product, "fake", result{incomplete: errors.New("later"), queries: 2, rows: 12})
	observed := time.Date(2026, 4, 16, 0, 0, 0, 0, time.UTC)
	product.Status.Refreshes = []v1alpha1.RefreshStatus{
		{LastRefreshTime: record.Time(observed), NextRefreshTime: record.Time(observed.Add(time.Minute))},
		{Clock: "clock", LastRefreshTime: record.Time(observed.Add(time.Hour)), NextRefreshTime: record.Time(observed.Add(2 * time.Hour))},
	}
	ready := metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonInvalidSchedule}
	product.Status.Conditions = []metav1.Condition{ready}
	m.measureStatus(product)

	want := map[string]float64{
		"Refreshed": 2, "SourceError": 1, "Progressing": 1, "queries": 6, "rows": 36,
		"counted": 20, "changed": 4, "held": 2, "failed": 6, "kept": 8,
		"success": float64(observed.Unix()), "next": float64(observed.Add(time.Minute).Unix()),
		"not ready": 1,
	}
	if diff := cmp.Diff(want, metricsOf(m, product)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	product.Status.Conditions[0].Status = metav1.ConditionTrue
	m.measureStatus(product)
	if left := countOf(m.notReady); left != 0 {
		t.Errorf("a product that is Ready has %d reasons why it is not", left)
	}
	product.Status.Conditions[0].Status = metav1.ConditionFalse
	m.measureStatus(product)
	m.forget(product.Namespace, product.Name)
	for _, each := range m.ofProducts() {
		if left := countOf(each); left != 0 {
			t.Errorf("%d series are left of a product that is gone", left)
		}
	}
}

// Two operators of one process count for themselves, and both can be registered.
func TestMetricsOfTwoOperators(t *testing.T) {
	product := makeProduct(v1alpha1.Refresh{})
	first, second := NewMetrics(), NewMetrics()
	for _, each := range []*Metrics{first, second} {
		if err := prometheus.NewPedanticRegistry().Register(each); err != nil {
			t.Fatal(err)
		}
	}
	first.measure(product, "fake", result{queries: 2, rows: 12})
	want := map[string]float64{"Refreshed": 1, "queries": 2, "rows": 12}
	if diff := cmp.Diff(want, metricsOf(first, product)); diff != "" {
		t.Errorf("the operator that refreshed: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]float64{}, metricsOf(second, product)); diff != "" {
		t.Errorf("the operator that did nothing: -want +got:\n%s", diff)
	}
}

// An operator without metrics refreshes all the same.
func TestWithoutMetrics(_ *testing.T) {
	product := makeProduct(v1alpha1.Refresh{})
	var none *Metrics
	none.measure(product, "fake", result{queries: 2})
	none.measureStatus(product)
	none.forget(product.Namespace, product.Name)
}
