// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// An export is a text file with one JSON object a line: a header, the objects, and an end. The objects are sorted by
// kind, in the order of kinds, then by namespace and name.

const (
	// headerKind and endKind are the kinds of the first and of the last line.
	headerKind = "SeatplaneExport"
	endKind    = "SeatplaneExportEnd"
	// schemaVersion is the version of the format. It changes when an earlier version of the plugin could misread a file.
	schemaVersion = "1"
	// maxLine bounds one line. The API server refuses objects that are larger than a few MiB.
	maxLine = 32 << 20
)

// Header is the first line of an export.
type Header struct {
	Kind          string `json:"kind"`
	SchemaVersion string `json:"schemaVersion"`
	// Time is when the export began, on the clock of the machine that wrote it.
	Time time.Time `json:"time"`
	// Namespace is the namespace that was exported. It is empty for a whole cluster.
	Namespace string `json:"namespace,omitempty"`
}

// End is the last line of an export. A file without it is incomplete.
type End struct {
	Kind string `json:"kind"`
	// Objects is the number of objects in the file.
	Objects int `json:"objects"`
	// SHA256 is the checksum of all lines before this one, in hexadecimal digits.
	SHA256 string `json:"sha256"`
}

// Kinds of objects, in the order of an export. An object comes after those that it names.
const (
	kindClusterPolicy = "ClusterProrationPolicy"
	kindPolicy        = "ProrationPolicy"
	kindProduct       = "SeatProduct"
	kindClock         = "TestClock"
	kindSink          = "EventSink"
	kindArchive       = "Archive"
	kindSubscription  = "Subscription"
	kindUpdate        = "SubscriptionUpdate"
	kindInvoice       = "Invoice"
	kindAssignment    = "SeatAssignment"
)

var kinds = []string{
	kindClusterPolicy, kindPolicy, kindProduct, kindClock, kindSink, kindArchive, kindSubscription, kindUpdate, kindInvoice, kindAssignment,
}

// isPaused reports whether objects of a kind are created with the annotation that keeps the controllers away. The other
// kinds belong to subscriptions, and are left alone together with them.
func isPaused(kind string) bool {
	switch kind {
	case kindUpdate, kindInvoice, kindAssignment:
		return false
	default:
		return true
	}
}

func gvk(kind string) schema.GroupVersionKind { return v1alpha1.GroupVersion.WithKind(kind) }

// newObject returns an empty object of a kind.
func newObject(kind string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(gvk(kind))
	return object
}

// key tells an object from all others of an export.
type key struct{ kind, namespace, name string }

func keyOf(object *unstructured.Unstructured) key {
	return key{object.GetKind(), object.GetNamespace(), object.GetName()}
}

// String names an object in a message.
func (k key) String() string {
	if k.namespace == "" {
		return k.kind + " " + k.name
	}
	return k.kind + " " + k.namespace + "/" + k.name
}
