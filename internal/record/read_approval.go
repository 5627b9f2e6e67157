// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Approval returns who set spec.approved and when, according to the API server: the field manager that owns the field
// or, if there are several, the one that wrote first. It is nil if nobody owns the field. The update must come from a
// live read, because the cache does not store managed fields.
func Approval(u *v1alpha1.SubscriptionUpdate) *v1alpha1.UpdateApproval {
	var first *metav1.ManagedFieldsEntry
	for i := range u.ManagedFields {
		entry := &u.ManagedFields[i]
		if ownsApproved(entry) && (first == nil || wroteBefore(entry, first)) {
			first = entry
		}
	}
	if first == nil {
		return nil
	}
	return &v1alpha1.UpdateApproval{Manager: first.Manager, WrittenTime: first.Time.DeepCopy()}
}

// ownsApproved reports whether a manager owns spec.approved.
func ownsApproved(entry *metav1.ManagedFieldsEntry) bool {
	if entry.FieldsV1 == nil || entry.Subresource != "" {
		return false
	}
	var fields struct {
		Spec map[string]json.RawMessage `json:"f:spec"`
	}
	if json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields) != nil {
		return false
	}
	_, owned := fields.Spec["f:approved"]
	return owned
}

// wroteBefore orders managers by the time of their write, then by name.
func wroteBefore(a, b *metav1.ManagedFieldsEntry) bool {
	if a.Time.Equal(b.Time) {
		return a.Manager < b.Manager
	}
	return a.Time.Before(b.Time)
}
