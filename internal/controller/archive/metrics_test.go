// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func TestMetrics(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	of := func(name string, status v1alpha1.ArchiveStatus) *v1alpha1.Archive {
		return &v1alpha1.Archive{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name}, Status: status}
	}
	reader := fake.NewClientBuilder().WithScheme(scheme).WithObjects(
		of("new", v1alpha1.ArchiveStatus{}),
		of("works", v1alpha1.ArchiveStatus{Pending: ptr.To[int64](0), Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonArchiving}}}),
		of("down", v1alpha1.ArchiveStatus{
			Pending: ptr.To[int64](7), OldestPendingTime: ptr.To(metav1.NewTime(time.Unix(1000, 0))),
			Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonDatabaseUnreachable}},
		}),
	).Build()
	want := `
# HELP seatplane_archive_not_ready 1 for an Archive that is not Ready, by reason. No record of its subscriptions is deleted until it is Ready.
# TYPE seatplane_archive_not_ready gauge
seatplane_archive_not_ready{archive="down",namespace="shop",reason="DatabaseUnreachable"} 1
# HELP seatplane_archive_oldest_pending_timestamp_seconds Time at which the oldest record that is not in the archive yet was created. Absent if there is none.
# TYPE seatplane_archive_oldest_pending_timestamp_seconds gauge
seatplane_archive_oldest_pending_timestamp_seconds{archive="down",namespace="shop"} 1000
# HELP seatplane_archive_pending_records Finished updates and invoices that are not in the archive yet. Absent until the database was first asked.
# TYPE seatplane_archive_pending_records gauge
seatplane_archive_pending_records{archive="down",namespace="shop"} 7
seatplane_archive_pending_records{archive="works",namespace="shop"} 0
`
	if err := testutil.CollectAndCompare(Metrics{Cache: reader}, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}
