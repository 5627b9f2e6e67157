// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

var (
	refreshes = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seatplane_refreshes_total",
		Help: "Questions to a data loader's source, by kind of source and by reason: Refreshed, or why it failed.",
	}, []string{"source", "reason"})

	refreshDuration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "seatplane_refresh_duration_seconds",
		Help:    "How long a question to a data loader's source and recording its answer took, by kind of source.",
		Buckets: prometheus.ExponentialBuckets(0.01, 2.5, 11),
	}, []string{"source"})

	refreshRows = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seatplane_refresh_rows_total",
		Help: "Rows that data loaders' sources answered, by kind of source.",
	}, []string{"source"})

	refreshCounts = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seatplane_refresh_counts_total",
		Help: "Items that were counted, changed, still held for approval, or failed, by kind of source.",
	}, []string{"source", "outcome"})

	refreshSuccess = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "seatplane_refresh_last_success_timestamp_seconds",
		Help: "When a product's seats were last all counted on the wall clock; how stale they are is the time since.",
	}, []string{"namespace", "product"})
)

func init() {
	metrics.Registry.MustRegister(refreshes, refreshDuration, refreshRows, refreshCounts, refreshSuccess)
}

// measure counts a load in the metrics.
func (r *Reconciler) measure(s *situation, done result, rows int) {
	source := r.Loader.SourceName(s.product.Spec.DataLoader)
	reason := v1alpha1.ReasonRefreshed
	switch {
	case done.failure != nil:
		reason = string(done.failure.Reason)
	case done.incomplete != nil:
		reason = v1alpha1.ReasonProgressing
	}
	refreshes.WithLabelValues(source, reason).Inc()
	refreshDuration.WithLabelValues(source).Observe(done.took.Seconds())
	refreshRows.WithLabelValues(source).Add(float64(rows))
	for outcome, count := range map[string]int64{
		"counted": done.findings.counted, "changed": done.changed,
		"held": done.findings.held, "failed": int64(len(done.findings.problems)),
	} {
		refreshCounts.WithLabelValues(source, outcome).Add(float64(count))
	}
	if done.done() && done.load.whole && done.load.clock == "" {
		refreshSuccess.WithLabelValues(s.product.Namespace, s.product.Name).Set(float64(done.times.loaded.Unix()))
	}
}

// forgetMetrics drops what the metrics say about a product that is gone.
func forgetMetrics(namespace, product string) {
	refreshSuccess.DeleteLabelValues(namespace, product)
}
