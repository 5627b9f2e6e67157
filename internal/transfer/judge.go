// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// This file decides from the objects in the cluster how far an earlier attempt got. It is pure.

// progress is how far an earlier attempt got.
type progress int

const (
	// nothingDone means that objects have to be created: the cluster has none, or an earlier attempt was killed
	// while it created them.
	nothingDone progress = iota
	// allCreated means that every object and every status was in place, and the controllers may act on some already.
	// Nothing may be created any more, because an object that is missing was deleted since then.
	allCreated
)

// stand collects the existing objects of the kinds that an import pauses.
type stand struct {
	file     *File
	progress progress
	// foreign is about the first object that does not come from the file.
	foreign error
}

// verdict returns how far an earlier attempt got. It refuses to create objects next to those that come from elsewhere.
// Once everything was created, users may have created theirs, and what is still paused is released.
func (s *stand) verdict() (progress, error) {
	if s.progress == nothingDone {
		return nothingDone, s.foreign
	}
	return s.progress, nil
}

// judge takes one object of the cluster into account.
func (s *stand) judge(object *unstructured.Unstructured) error {
	if refused := s.refusal(object); s.foreign == nil {
		s.foreign = refused
	}
	return nil
}

// refusal returns why an object of the cluster keeps an import from creating objects, or nil.
func (s *stand) refusal(object *unstructured.Unstructured) error {
	at := keyOf(object)
	paused := object.GetAnnotations()[v1alpha1.AnnotationImporting]
	from := exportOf(object)
	switch {
	case paused == "" && from == s.file.ID:
		s.progress = allCreated
		return nil
	case paused == s.file.ID:
		return nil
	case paused != "":
		return fmt.Errorf("%s belongs to the import of another export, %s, which is not finished: run that import again with its file", at, paused)
	case from != "":
		return fmt.Errorf("%s was imported from another export, %s: import into a cluster, or a namespace, without such objects", at, from)
	default:
		return fmt.Errorf("%s exists and does not come from this file: import into a cluster, or a namespace, without such objects, "+
			"and let GitOps tools and users create theirs afterwards", at)
	}
}

// judgeRecord takes a record into account while objects are created. Whether it has the content of the file is judged
// when it would be created.
func (s *stand) judgeRecord(object *unstructured.Unstructured) error {
	if s.foreign == nil && !s.file.has(keyOf(object)) {
		s.foreign = fmt.Errorf("%s exists and is not in this file: import into a cluster, or a namespace, without such objects", keyOf(object))
	}
	return nil
}

// mayBeActedOn reports whether the status of an object was put in place by an import of the same file, and may have been
// changed by a controller since. Paused says that the object was created with the annotation. It is an error if somebody
// else has removed the annotation: then a controller acts on an object whose status is not in place.
func mayBeActedOn(there *unstructured.Unstructured, export string, paused bool) (bool, error) {
	isPlaced := exportOf(there) == export
	if !paused {
		return isPlaced, nil
	}
	if there.GetAnnotations()[v1alpha1.AnnotationImporting] == export {
		return false, nil
	}
	if !isPlaced {
		return false, errors.New("somebody removed the annotation " + v1alpha1.AnnotationImporting + " before the status was in place: " +
			"stop the manager, delete the object, and import again")
	}
	return true, nil
}

// explained adds what to do to an error about fields that the cluster does not know.
func explained(err error) error {
	if !apierrors.IsBadRequest(err) || !strings.Contains(err.Error(), "unknown field") {
		return err
	}
	return fmt.Errorf("%w. The file has fields that this cluster does not know: install the version of Seatplane that wrote the file, "+
		"or a newer one, with its CustomResourceDefinitions, and import again", err)
}

// isOwn reports whether an object of the cluster is the one that an earlier attempt created. Somebody may have asked
// for its deletion since then. In that case, it waits for its finalizer, and is deleted after it was released.
func isOwn(there, wanted *unstructured.Unstructured, export string) bool {
	samePause := there.GetAnnotations()[v1alpha1.AnnotationImporting] == wanted.GetAnnotations()[v1alpha1.AnnotationImporting]
	return (samePause || exportOf(there) == export) &&
		equality.Semantic.DeepEqual(there.Object["spec"], wanted.Object["spec"])
}

// exportOf returns the export that an object was imported from, or "".
func exportOf(object *unstructured.Unstructured) string {
	export, _, _ := unstructured.NestedString(object.Object, "status", "imported", "export")
	return export
}
