// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package slim decides what the manager's cache keeps of each object, and stores it in little memory.
//
// Most objects in a cluster are records: finished updates, and invoices. Nobody changes them any more, and only a few of
// their fields are read again. The cache keeps these fields, in two steps:
//
//   - [Transform] drops what no reader of the cache reads. It is the only place that decides what is kept. Its result
//     has the type of the object, so readers need no change.
//   - [NewInformer] stores records packed, and makes a new object for each reader. Packing loses nothing that Transform
//     keeps. An index over all namespaces is kept only where internal/index asks for it.
//
// A record from the cache is never written back. The operator writes the status of open updates, which are whole, and of
// updates that it has just read from the API server. [IsRecord] detects a record, and the cache that tests use instead
// of the manager's refuses to write one.
package slim

import (
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// ownAnnotations is the prefix of the annotations that the operator reads.
const ownAnnotations = v1alpha1.GroupName + "/"

// Transform removes what is never read from the cache, before the cache keeps an object. From every kind, it removes the
// managed fields and the annotations of others, which can take 256 KiB on each object. From a finished
// SubscriptionUpdate and from an Invoice, it keeps only what is read of records. Nothing is lost in the cluster: the
// manager writes statuses, which have no metadata, and its only patch sets nothing except finalizers.
//
// It may change the given object. It never returns an error. An object without metadata is kept unchanged.
func Transform(object any) (any, error) {
	switch o := object.(type) {
	case *v1alpha1.SubscriptionUpdate:
		if facts.Finished(o.Status.State) {
			return finishedUpdate(o), nil
		}
	case *v1alpha1.Invoice:
		return invoiceRecord(o), nil
	case *v1alpha1.Subscription:
		share(o)
	}
	accessor, err := meta.Accessor(object)
	if err != nil {
		return object, nil //nolint:nilerr // what has no metadata is kept as it is
	}
	accessor.SetManagedFields(nil)
	accessor.SetAnnotations(ownOnly(accessor.GetAnnotations()))
	return object, nil
}

// ownOnly returns the annotations that the operator reads; nil for none.
func ownOnly(annotations map[string]string) map[string]string {
	maps.DeleteFunc(annotations, func(key, _ string) bool { return !strings.HasPrefix(key, ownAnnotations) })
	if len(annotations) == 0 {
		return nil
	}
	return annotations
}

// Shown returns an object as a reader of the cache sees it. It may change the given object. The cache of the tests uses
// it, so that all tests run on what the cache really keeps.
func Shown(object client.Object) client.Object {
	kept, _ := Transform(object) // it has no errors
	return whole(pack(kept)).(client.Object)
}

// IsRecord reports whether an object is the cache's shortened form of a record. The shortened form of an update changes
// neither seats nor items, and that of an invoice has no currency. In the cluster, they do.
func IsRecord(object client.Object) bool {
	switch o := object.(type) {
	case *v1alpha1.SubscriptionUpdate:
		return facts.Finished(o.Status.State) && o.Spec.Seats == nil && o.Spec.ChangeItems == nil
	case *v1alpha1.Invoice:
		return o.Spec.Currency == ""
	default:
		return false
	}
}

// recordMeta is the metadata of a record that is read: its name, its version, its age, whether it is being deleted, and
// its owners, whose deletion would delete it. The age is that of the record where it was first created, so that the
// field that an import sets needs no room.
func recordMeta(object client.Object, of *metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: of.Namespace, Name: of.Name, UID: of.UID,
		ResourceVersion: of.ResourceVersion, Generation: of.Generation,
		CreationTimestamp: metav1.NewTime(facts.Created(object)), DeletionTimestamp: of.DeletionTimestamp,
		OwnerReferences: of.OwnerReferences,
	}
}
