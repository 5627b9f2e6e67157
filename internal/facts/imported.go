// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// imported returns the identity that an object had in the cluster from which it was exported. It is nil for an
// object that was not imported, and for an object of another API group. Apart from export and import, no other
// function reads the field.
func imported(object metav1.Object) *v1alpha1.Imported {
	switch o := object.(type) {
	case *v1alpha1.Subscription:
		return o.Status.Imported
	case *v1alpha1.SubscriptionUpdate:
		return o.Status.Imported
	case *v1alpha1.Invoice:
		return o.Status.Imported
	case *v1alpha1.SeatAssignment:
		return o.Status.Imported
	case *v1alpha1.SeatProduct:
		return o.Status.Imported
	case *v1alpha1.ProrationPolicy:
		return o.Status.Imported
	case *v1alpha1.ClusterProrationPolicy:
		return o.Status.Imported
	case *v1alpha1.TestClock:
		return o.Status.Imported
	case *v1alpha1.EventSink:
		return o.Status.Imported
	case *v1alpha1.Archive:
		return o.Status.Imported
	default:
		return nil
	}
}

// ImportedFrom returns the export that an object was imported from, or "" for an object that was not imported.
func ImportedFrom(object metav1.Object) string {
	if was := imported(object); was != nil {
		return was.Export
	}
	return ""
}

// Identity returns the UID by which records and references know an object: the UID that it had where it was first
// created. An import keeps it, although the API server gives the imported object another UID. Names of records are
// derived from the identity, and references contain it. A precondition of a write needs the UID of the object instead.
func Identity(object metav1.Object) types.UID {
	if was := imported(object); was != nil {
		return was.UID
	}
	return object.GetUID()
}

// HasUID reports whether a UID means this object: it is the identity of the object, or its present UID, which is what
// kubectl shows.
func HasUID(object metav1.Object, uid types.UID) bool {
	return uid == Identity(object) || uid == object.GetUID()
}

// Created returns when an object was first created, in whole seconds.
func Created(object metav1.Object) time.Time {
	if was := imported(object); was != nil {
		return was.CreationTime.Time
	}
	return object.GetCreationTimestamp().Time
}

// Generation returns how often the spec of an object was written, counted from its first creation. Statuses that name
// metadata.generation, as conditions do, need that one instead.
func Generation(object metav1.Object) int64 {
	if was := imported(object); was != nil {
		return was.Generations + object.GetGeneration()
	}
	return object.GetGeneration()
}

// DeletionAsked returns when somebody asked for the deletion of an object; zero if nobody did. An import deletes again
// what was being deleted when it was exported.
func DeletionAsked(object metav1.Object) time.Time {
	asked := object.GetDeletionTimestamp()
	if asked == nil {
		return time.Time{}
	}
	if was := imported(object); was != nil && was.DeletionTime != nil {
		return was.DeletionTime.Time
	}
	return asked.Time
}

// IsImporting reports whether an import of an object has begun and is not finished. Until it is finished, nothing may
// act on the object, because its identity and its billing state may not be in place yet.
func IsImporting(object metav1.Object) bool {
	return object.GetAnnotations()[v1alpha1.AnnotationImporting] != ""
}
