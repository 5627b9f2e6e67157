// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import "github.com/prometheus/client_golang/prometheus"

var (
	descRunning = prometheus.NewDesc("seatplane_loads_running",
		"Running loads, by lane: outside for sources outside the cluster, inside for sources that only read the API server.",
		[]string{"lane"}, nil)
	descWaiting = prometheus.NewDesc("seatplane_loads_waiting",
		"Loads waiting for a loader, by lane.", []string{"lane"}, nil)
)

var _ prometheus.Collector = (*Queue)(nil)

// Describe implements prometheus.Collector.
func (*Queue) Describe(to chan<- *prometheus.Desc) {
	to <- descRunning
	to <- descWaiting
}

// Collect implements prometheus.Collector.
func (q *Queue) Collect(to chan<- prometheus.Metric) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for name, each := range map[string]*lane{"outside": q.outside, "inside": q.inside} {
		to <- prometheus.MustNewConstMetric(descRunning, prometheus.GaugeValue, float64(each.total), name)
		to <- prometheus.MustNewConstMetric(descWaiting, prometheus.GaugeValue, float64(each.count()), name)
	}
}
