// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// The labels are names of objects, kinds of sources and reasons of the API: nothing that a source says,
// and no more of them than there are products. docs/reference/metrics.md is made of these sentences.
var (
	ofProduct = []string{"namespace", "product", "source"}

	refreshes = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seatplane_refreshes_total",
		Help: "Questions to the source of a product's counts, by the reason that Loaded gives: Refreshed, or why they failed.",
	}, []string{"namespace", "product", "source", "reason"})

	refreshDuration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "seatplane_refresh_duration_seconds",
		Help:    "How long a refresh took, from the start of its query to the record of the answer, by kind of source.",
		Buckets: prometheus.ExponentialBuckets(0.01, 2.5, 11),
	}, []string{"source"})

	refreshQueries = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seatplane_refresh_queries_total",
		Help: "Queries or requests that answered questions took: one, or one for each batch of keys or page.",
	}, ofProduct)

	refreshRows = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seatplane_refresh_rows_total",
		Help: "Rows that a product's source answered.",
	}, ofProduct)

	refreshCounts = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seatplane_refresh_counts_total",
		Help: "Items by what a refresh found, by outcome: counted, changed, held (the change still waits for approval), " +
			"failed (the key has no usable count) and kept (the key is missing and its count is kept).",
	}, []string{"namespace", "product", "source", "outcome"})

	refreshSuccess = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "seatplane_refresh_last_success_timestamp_seconds",
		Help: "When all of a product's items were last counted on the wall clock; how stale they are is the time since.",
	}, []string{"namespace", "product"})

	refreshNext = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "seatplane_refresh_next_timestamp_seconds",
		Help: "When a product's next refresh is due on the wall clock; since when one is owed where that has passed. " +
			"Absent when the product is refreshed on demand only.",
	}, []string{"namespace", "product"})

	notReady = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "seatplane_product_not_ready",
		Help: "1 while the condition Ready of a product is not True, by its reason; absent when it is True.",
	}, []string{"namespace", "product", "reason"})
)

func init() {
	metrics.Registry.MustRegister(refreshes, refreshDuration, refreshQueries, refreshRows, refreshCounts, refreshSuccess, refreshNext, notReady)
}

// measure counts a load in the metrics.
func (r *Reconciler) measure(s *situation, done result) {
	namespace, product := s.product.Namespace, s.product.Name
	source := r.SourceName(s.product.Spec.DataLoader)
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
	refreshes.WithLabelValues(namespace, product, source, reason).Inc()
	refreshDuration.WithLabelValues(source).Observe(done.took.Seconds())
	refreshQueries.WithLabelValues(namespace, product, source).Add(float64(done.queries))
	refreshRows.WithLabelValues(namespace, product, source).Add(float64(done.rows))
	for outcome, count := range map[string]int64{
		"counted": done.findings.Counted, "changed": done.changed,
		"held": done.findings.Held, "failed": done.findings.Failed, "kept": done.findings.Kept,
	} {
		refreshCounts.WithLabelValues(namespace, product, source, outcome).Add(float64(count))
	}
}

// measureStatus has the metrics say what a product's status does, when it was last refreshed and when it is
// to be next, and whether it is Ready: a restart must not make it look fresh, or unknown.
func measureStatus(product *v1alpha1.SeatProduct) {
	var last, next *metav1.Time
	for _, entry := range product.Status.Refreshes {
		if entry.Clock == "" {
			last, next = entry.LastRefreshTime, entry.NextRefreshTime
		}
	}
	setTime(refreshSuccess, product, last)
	setTime(refreshNext, product, next)
	notReady.DeletePartialMatch(prometheus.Labels{"namespace": product.Namespace, "product": product.Name})
	if ready := meta.FindStatusCondition(product.Status.Conditions, v1alpha1.ConditionReady); ready != nil && ready.Status != metav1.ConditionTrue {
		notReady.WithLabelValues(product.Namespace, product.Name, ready.Reason).Set(1)
	}
}

func setTime(gauge *prometheus.GaugeVec, product *v1alpha1.SeatProduct, at *metav1.Time) {
	if at == nil {
		gauge.DeleteLabelValues(product.Namespace, product.Name)
		return
	}
	gauge.WithLabelValues(product.Namespace, product.Name).Set(float64(at.Unix()))
}

// forgetMetrics drops what the metrics say about a product that is gone.
func forgetMetrics(namespace, product string) {
	of := prometheus.Labels{"namespace": namespace, "product": product}
	for _, each := range []interface{ DeletePartialMatch(prometheus.Labels) int }{
		refreshes, refreshQueries, refreshRows, refreshCounts, refreshSuccess, refreshNext, notReady,
	} {
		each.DeletePartialMatch(of)
	}
}
