// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
)

func TestApproval(t *testing.T) {
	early := metav1.NewTime(time.Date(2026, 4, 16, 9, 0, 0, 0, time.UTC))
	late := metav1.NewTime(early.Add(time.Hour))
	entry := func(manager, subresource, fields string, at *metav1.Time) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Subresource: subresource, Time: at, FieldsV1: metav1.NewFieldsV1(fields)}
	}
	const approved = `{"f:spec":{"f:approved":{}}}`
	tests := map[string]struct {
		reason  string
		entries []metav1.ManagedFieldsEntry
		want    *v1alpha1.UpdateApproval
	}{
		"none": {reason: "without managed fields nobody is known"},
		"another field": {
			reason:  "who wrote something else did not approve",
			entries: []metav1.ManagedFieldsEntry{entry("seatplane", "", `{"f:spec":{"f:seats":{}}}`, &early)},
		},
		"a status": {
			reason:  "a subresource is not the spec",
			entries: []metav1.ManagedFieldsEntry{entry("seatplane", "status", approved, &early)},
		},
		"unreadable": {reason: "what cannot be read says nothing", entries: []metav1.ManagedFieldsEntry{entry("odd", "", `[`, &early)}},
		"one": {
			reason: "the owner of the field approved",
			entries: []metav1.ManagedFieldsEntry{
				entry("seatplane", "", `{"f:spec":{"f:seats":{}}}`, &early), entry("kubectl-patch", "", approved, &late),
			},
			want: &v1alpha1.UpdateApproval{Manager: "kubectl-patch", WrittenTime: &late},
		},
		"two": {
			reason:  "who applies the same value later approves nothing",
			entries: []metav1.ManagedFieldsEntry{entry("argocd", "", approved, &late), entry("kubectl-patch", "", approved, &early)},
			want:    &v1alpha1.UpdateApproval{Manager: "kubectl-patch", WrittenTime: &early},
		},
		"at once": {
			reason:  "the order of the list decides nothing",
			entries: []metav1.ManagedFieldsEntry{entry("b", "", approved, &early), entry("a", "", approved, &early)},
			want:    &v1alpha1.UpdateApproval{Manager: "a", WrittenTime: &early},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			u := &v1alpha1.SubscriptionUpdate{}
			u.ManagedFields = tc.entries
			if diff := cmp.Diff(tc.want, record.Approval(u)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
