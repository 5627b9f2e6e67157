// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// The labels are names of objects, and reasons of the API. docs/reference/metrics.md is generated from these help texts.
var (
	pendingRecords = prometheus.NewDesc("seatplane_archive_pending_records",
		"Finished updates and invoices that are not in the archive yet. Absent until the database was first asked.",
		[]string{"namespace", "archive"}, nil)

	oldestPending = prometheus.NewDesc("seatplane_archive_oldest_pending_timestamp_seconds",
		"Time at which the oldest record that is not in the archive yet was created. Absent if there is none.",
		[]string{"namespace", "archive"}, nil)

	notReady = prometheus.NewDesc("seatplane_archive_not_ready",
		"1 for an Archive that is not Ready, by reason. No record of its subscriptions is deleted until it is Ready.",
		[]string{"namespace", "archive", "reason"}, nil)
)

// patience is how long a scrape waits for the caches to sync.
const patience = 2 * time.Second

// Metrics describes the archives of the cluster at each scrape, from the cache alone.
type Metrics struct {
	// Cache is read without copying.
	Cache client.Reader
}

// Describe implements prometheus.Collector.
func (Metrics) Describe(to chan<- *prometheus.Desc) {
	for _, each := range []*prometheus.Desc{pendingRecords, oldestPending, notReady} {
		to <- each
	}
}

// Collect implements prometheus.Collector. It leaves out what cannot be read yet, because zero would be wrong.
func (m Metrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var list v1alpha1.ArchiveList
	if err := m.Cache.List(ctx, &list, readOnly); err != nil {
		return
	}
	for i := range list.Items {
		collectOne(to, &list.Items[i])
	}
}

func collectOne(to chan<- prometheus.Metric, a *v1alpha1.Archive) {
	gauge := func(of *prometheus.Desc, value int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(of, prometheus.GaugeValue, float64(value), append([]string{a.Namespace, a.Name}, labels...)...)
	}
	if a.Status.Pending != nil {
		gauge(pendingRecords, *a.Status.Pending)
	}
	if a.Status.OldestPendingTime != nil {
		gauge(oldestPending, a.Status.OldestPendingTime.Unix())
	}
	ready := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionReady)
	if ready != nil && ready.Status != metav1.ConditionTrue {
		gauge(notReady, 1, ready.Reason)
	}
}
