// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/status"
)

// This file decides what an import writes. It is pure.

// importingMessage is the message of a subscription from the import until the manager has looked at
// it.
const importingMessage = "The subscription was imported, and Seatplane has not looked at it yet. If this does not change " +
	"within a minute, run the import again with the same file, and check that the manager runs."

// toCreate returns the object to create for an exported one. Pause sets the annotation that keeps the controllers away.
func toCreate(from *unstructured.Unstructured, export string, pause bool) *unstructured.Unstructured {
	object := newObject(from.GetKind())
	object.SetNamespace(from.GetNamespace())
	object.SetName(from.GetName())
	object.SetLabels(from.GetLabels())
	object.SetFinalizers(from.GetFinalizers())
	annotations := from.GetAnnotations()
	delete(annotations, v1alpha1.AnnotationImporting)
	if pause {
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[v1alpha1.AnnotationImporting] = export
	}
	object.SetAnnotations(annotations)
	if spec, found := from.Object["spec"]; found {
		object.Object["spec"] = runtime.DeepCopyJSONValue(spec)
	}
	return object
}

// was returns the status.imported of an exported object. An object that had been imported before keeps the identity
// from its first cluster.
func was(from *unstructured.Unstructured, export string) (v1alpha1.Imported, error) {
	imported := v1alpha1.Imported{
		Export: export, UID: from.GetUID(), CreationTime: from.GetCreationTimestamp(),
		Generations: max(from.GetGeneration()-1, 0), DeletionTime: from.GetDeletionTimestamp(),
	}
	earlier, found, err := unstructured.NestedMap(from.Object, "status", "imported")
	if err != nil || !found {
		return imported, err
	}
	var before v1alpha1.Imported
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(earlier, &before); err != nil {
		return imported, err
	}
	imported.UID, imported.CreationTime = before.UID, before.CreationTime
	imported.Generations += before.Generations
	if before.DeletionTime != nil {
		imported.DeletionTime = before.DeletionTime
	}
	return imported, nil
}

// toStatus returns the status of an imported object. It is the exported one, except for status.imported, for the
// generations that it is about, and for the UIDs of updates in the outbox, which are those of the imported updates.
func toStatus(from *unstructured.Unstructured, export string, at time.Time, updates map[key]types.UID) (map[string]any, error) {
	imported, err := was(from, export)
	if err != nil {
		return nil, fmt.Errorf("%s: status.imported cannot be read: %w", keyOf(from), err)
	}
	object := from.DeepCopy()
	written, _ := object.Object["status"].(map[string]any)
	if written == nil {
		written = map[string]any{}
		object.Object["status"] = written
	}
	earlier := max(from.GetGeneration()-1, 0)
	if observed, found := written["observedGeneration"].(int64); found {
		written["observedGeneration"] = max(observed-earlier, -1)
	}
	field, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&imported)
	if err != nil {
		return nil, err
	}
	written["imported"] = field
	for _, effect := range outboxOf(object) {
		name, _ := effect["name"].(string)
		if uid, found := updates[key{kindUpdate, from.GetNamespace(), name}]; found && effect["type"] == string(v1alpha1.EffectMarkUpdate) {
			effect["uid"] = string(uid)
		}
	}
	return written, toConditions(object, earlier, at)
}

// toConditions adapts the conditions in a status to the generations of the imported object. A subscription is not Ready
// until the manager has looked at it.
func toConditions(object *unstructured.Unstructured, earlier int64, at time.Time) error {
	var read struct {
		Conditions []metav1.Condition `json:"conditions,omitempty"`
	}
	written := object.Object["status"].(map[string]any)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(written, &read); err != nil {
		return fmt.Errorf("%s: status.conditions cannot be read: %w", keyOf(object), err)
	}
	for i := range read.Conditions {
		read.Conditions[i].ObservedGeneration = max(read.Conditions[i].ObservedGeneration-earlier, 0)
	}
	if object.GetKind() == kindSubscription {
		status.Of(&read.Conditions, 1, at).InProgress(v1alpha1.ReasonImporting, importingMessage)
	}
	if len(read.Conditions) == 0 {
		return nil
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&read)
	if err != nil {
		return err
	}
	written["conditions"] = fields["conditions"]
	return nil
}
