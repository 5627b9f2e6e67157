// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// Metrics counts what refreshes do, for one operator: a process may run several, each with its own registry. Make it
// with NewMetrics. A nil one counts nothing.
//
// The labels are names of objects, kinds of sources and reasons of the API: nothing that a source says,
// and no more of them than there are products. docs/reference/metrics.md is made of these sentences.
type Metrics struct {
	refreshes       *prometheus.CounterVec
	refreshDuration *prometheus.HistogramVec
	refreshQueries  *prometheus.CounterVec
	refreshRows     *prometheus.CounterVec
	refreshCounts   *prometheus.CounterVec
	refreshSuccess  *prometheus.GaugeVec
	refreshNext     *prometheus.GaugeVec
	notReady        *prometheus.GaugeVec
}

// NewMetrics returns metrics that have counted nothing yet. Whoever makes them registers them.
func NewMetrics() *Metrics {
	ofProduct := []string{"namespace", "product", "source"}
	return &Metrics{
		refreshes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatplane_refreshes_total",
			Help: "Questions to the source of a product's counts, by the reason that Loaded gives: Refreshed, or why they failed.",
		}, []string{"namespace", "product", "source", "reason"}),
		refreshDuration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "seatplane_refresh_duration_seconds",
			Help:    "How long a refresh took, from the start of its query to the record of the answer, by kind of source.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2.5, 11),
		}, []string{"source"}),
		refreshQueries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatplane_refresh_queries_total",
			Help: "Queries or requests that answered questions took: one, or one for each batch of keys or page.",
		}, ofProduct),
		refreshRows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatplane_refresh_rows_total",
			Help: "Rows that a product's source answered.",
		}, ofProduct),
		refreshCounts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatplane_refresh_counts_total",
			Help: "Items by what a refresh found, by outcome: counted, changed, held (the change still waits for approval), " +
				"failed (the key has no usable count) and kept (the key is missing and its count is kept).",
		}, []string{"namespace", "product", "source", "outcome"}),
		refreshSuccess: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "seatplane_refresh_last_success_timestamp_seconds",
			Help: "When all of a product's items were last counted on the wall clock; how stale they are is the time since.",
		}, []string{"namespace", "product"}),
		refreshNext: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "seatplane_refresh_next_timestamp_seconds",
			Help: "When a product's next refresh is due on the wall clock; since when one is owed where that has passed. " +
				"Absent when the product is refreshed on demand only.",
		}, []string{"namespace", "product"}),
		notReady: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "seatplane_product_not_ready",
			Help: "1 while the condition Ready of a product is not True, by its reason; absent when it is True.",
		}, []string{"namespace", "product", "reason"}),
	}
}

var _ prometheus.Collector = (*Metrics)(nil)

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(to chan<- *prometheus.Desc) {
	for _, each := range m.all() {
		each.Describe(to)
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	for _, each := range m.all() {
		each.Collect(to)
	}
}

// all returns every metric.
func (m *Metrics) all() []prometheus.Collector {
	all := []prometheus.Collector{m.refreshDuration}
	for _, each := range m.ofProducts() {
		all = append(all, each)
	}
	return all
}

// productMetric is a metric that has the labels of a product.
type productMetric interface {
	prometheus.Collector
	DeletePartialMatch(labels prometheus.Labels) int
}

// ofProducts returns the metrics that have the labels of a product.
func (m *Metrics) ofProducts() []productMetric {
	return []productMetric{
		m.refreshes, m.refreshQueries, m.refreshRows, m.refreshCounts, m.refreshSuccess, m.refreshNext, m.notReady,
	}
}

// measure counts a load of a product from a kind of source.
func (m *Metrics) measure(of *v1alpha1.SeatProduct, source string, done result) {
	if m == nil {
		return
	}
	namespace, product := of.Namespace, of.Name
	reason := v1alpha1.ReasonRefreshed
	switch {
	case done.failure != nil:
		reason = string(done.failure.Reason)
	case done.incomplete != nil:
		reason = v1alpha1.ReasonProgressing
		if refused, ok := refusedVerdict(done.incomplete); ok {
			reason = refused.reason
		}
	}
	m.refreshes.WithLabelValues(namespace, product, source, reason).Inc()
	m.refreshDuration.WithLabelValues(source).Observe(done.took.Seconds())
	m.refreshQueries.WithLabelValues(namespace, product, source).Add(float64(done.queries))
	m.refreshRows.WithLabelValues(namespace, product, source).Add(float64(done.rows))
	for outcome, count := range map[string]int64{
		"counted": done.findings.Counted, "changed": done.changed,
		"held": done.findings.Held, "failed": done.findings.Failed, "kept": done.findings.Kept,
	} {
		m.refreshCounts.WithLabelValues(namespace, product, source, outcome).Add(float64(count))
	}
}

// measureStatus has the metrics say what a product's status does, when it was last refreshed and when it is
// to be next, and whether it is Ready: a restart must not make it look fresh, or unknown.
func (m *Metrics) measureStatus(product *v1alpha1.SeatProduct) {
	if m == nil {
		return
	}
	refresh := facts.RefreshOn(product, "")
	setTime(m.refreshSuccess, product, refresh.LastRefreshTime)
	setTime(m.refreshNext, product, refresh.NextRefreshTime)
	m.notReady.DeletePartialMatch(prometheus.Labels{"namespace": product.Namespace, "product": product.Name})
	if ready := meta.FindStatusCondition(product.Status.Conditions, v1alpha1.ConditionReady); ready != nil && ready.Status != metav1.ConditionTrue {
		m.notReady.WithLabelValues(product.Namespace, product.Name, ready.Reason).Set(1)
	}
}

func setTime(gauge *prometheus.GaugeVec, product *v1alpha1.SeatProduct, at *metav1.Time) {
	if at == nil {
		gauge.DeleteLabelValues(product.Namespace, product.Name)
		return
	}
	gauge.WithLabelValues(product.Namespace, product.Name).Set(float64(at.Unix()))
}

// forget drops what the metrics say about a product that is gone.
func (m *Metrics) forget(namespace, product string) {
	if m == nil {
		return
	}
	of := prometheus.Labels{"namespace": namespace, "product": product}
	for _, each := range m.ofProducts() {
		each.DeletePartialMatch(of)
	}
}
