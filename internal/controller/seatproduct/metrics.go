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

// Metrics are the metrics of refreshes, for one operator. A process may run several operators, each with its own
// registry. Create them with NewMetrics. A nil Metrics counts nothing.
//
// The labels are names of objects, kinds of sources and reasons of the API. They contain no text of a source, and
// their number is bounded by the number of products. docs/reference/metrics.md is generated from these help texts.
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

// NewMetrics returns metrics that have counted nothing yet. The caller registers them.
func NewMetrics() *Metrics {
	ofProduct := []string{"namespace", "product", "source"}
	return &Metrics{
		refreshes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatplane_refreshes_total",
			Help: "Queries of a product's source that ended, by the reason in the condition Loaded: Refreshed, or why the refresh failed.",
		}, []string{"namespace", "product", "source", "reason"}),
		refreshDuration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "seatplane_refresh_duration_seconds",
			Help:    "Duration of a refresh, from the start of its query until its counts are recorded, by kind of source.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2.5, 11),
		}, []string{"source"}),
		refreshQueries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatplane_refresh_queries_total",
			Help: "Queries or requests sent by successful refreshes: one, or one for each batch of keys or each page.",
		}, ofProduct),
		refreshRows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatplane_refresh_rows_total",
			Help: "Rows that a product's source returned.",
		}, ofProduct),
		refreshCounts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatplane_refresh_counts_total",
			Help: "Items in refreshes, by outcome: counted, changed, held (the change still waits for approval), " +
				"failed (the key has no usable count) and kept (the key is missing and its count is kept).",
		}, []string{"namespace", "product", "source", "outcome"}),
		refreshSuccess: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "seatplane_refresh_last_success_timestamp_seconds",
			Help: "Time at which all of a product's items were last counted on the wall clock. The time since then is the age of the counts.",
		}, []string{"namespace", "product"}),
		refreshNext: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "seatplane_refresh_next_timestamp_seconds",
			Help: "Time at which a product's next refresh is due on the wall clock. A time in the past means that a refresh is overdue. " +
				"Absent if the product is refreshed on demand only.",
		}, []string{"namespace", "product"}),
		notReady: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "seatplane_product_not_ready",
			Help: "1 while the condition Ready of a product is not True, by its reason. Absent while it is True.",
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

// productMetric is a metric with the labels of a product.
type productMetric interface {
	prometheus.Collector
	DeletePartialMatch(labels prometheus.Labels) int
}

// ofProducts returns the metrics with the labels of a product.
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

// measureStatus sets the metrics to the content of a product's status: when it was last refreshed, when the
// next refresh is due, and whether it is Ready. This way a restart does not make a product look fresh, or
// unknown.
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

// forget drops the metrics of a product that was deleted.
func (m *Metrics) forget(namespace, product string) {
	if m == nil {
		return
	}
	of := prometheus.Labels{"namespace": namespace, "product": product}
	for _, each := range m.ofProducts() {
		each.DeletePartialMatch(of)
	}
}
