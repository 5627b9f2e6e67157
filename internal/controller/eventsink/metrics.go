// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
)

// Metrics are the metrics of deliveries, for one operator. Create them with NewMetrics. A nil Metrics counts nothing. The
// labels are names of objects and verdicts; their number is bounded by the number of sinks.
// docs/reference/metrics.md is generated from these help texts.
type Metrics struct {
	attempts     *prometheus.CounterVec
	deadLettered *prometheus.CounterVec
	pending      *prometheus.GaugeVec
	oldest       *prometheus.GaugeVec
	failing      *prometheus.GaugeVec
}

// NewMetrics returns metrics that have counted nothing yet. The caller registers them.
func NewMetrics() *Metrics {
	ofSink := []string{"namespace", "sink"}
	return &Metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatplane_event_attempts_total",
			Help: "Attempts to deliver an event to an EventSink, by verdict: Delivered, Failed (it is tried again) or Gone.",
		}, []string{"namespace", "sink", "verdict"}),
		deadLettered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatplane_events_dead_lettered_total",
			Help: "Events that were given up: after the last attempt, or because their record was deleted.",
		}, ofSink),
		pending: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "seatplane_events_pending",
			Help: "Events that wait to be delivered to an EventSink.",
		}, ofSink),
		oldest: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "seatplane_events_oldest_pending_timestamp_seconds",
			Help: "When the oldest event that waits for an EventSink happened, on its subscription's clock. Absent if none waits.",
		}, ofSink),
		failing: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "seatplane_event_sink_failing_since_timestamp_seconds",
			Help: "When the first attempt of an EventSink failed after its last success. Absent while deliveries succeed.",
		}, ofSink),
	}
}

var _ prometheus.Collector = (*Metrics)(nil)

// sinkMetric is a metric with the labels of a sink.
type sinkMetric interface {
	prometheus.Collector
	DeletePartialMatch(labels prometheus.Labels) int
}

func (m *Metrics) all() []sinkMetric {
	return []sinkMetric{m.attempts, m.deadLettered, m.pending, m.oldest, m.failing}
}

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

// attempt counts an attempt.
func (m *Metrics) attempt(sink *v1alpha1.EventSink, verdict delivery.Verdict) {
	if m != nil {
		m.attempts.WithLabelValues(sink.Namespace, sink.Name, string(verdict)).Inc()
	}
}

// deadLetter counts an event that was given up.
func (m *Metrics) deadLetter(sink *v1alpha1.EventSink) {
	if m != nil {
		m.deadLettered.WithLabelValues(sink.Namespace, sink.Name).Inc()
	}
}

// show shows what waits for a sink.
func (m *Metrics) show(sink *v1alpha1.EventSink, waits delivery.Pending) {
	if m == nil {
		return
	}
	m.pending.WithLabelValues(sink.Namespace, sink.Name).Set(float64(waits.Events))
	m.oldest.DeleteLabelValues(sink.Namespace, sink.Name)
	if waits.Oldest != nil {
		m.oldest.WithLabelValues(sink.Namespace, sink.Name).Set(float64(waits.Oldest.Time.Unix()))
	}
	m.failing.DeleteLabelValues(sink.Namespace, sink.Name)
	if since := sink.Status.FailingSince; since != nil {
		m.failing.WithLabelValues(sink.Namespace, sink.Name).Set(float64(since.Unix()))
	}
}

// forget drops the metrics of a sink that is gone.
func (m *Metrics) forget(sink types.NamespacedName) {
	if m == nil {
		return
	}
	for _, each := range m.all() {
		each.DeletePartialMatch(prometheus.Labels{"namespace": sink.Namespace, "sink": sink.Name})
	}
}
