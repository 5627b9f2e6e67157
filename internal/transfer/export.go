// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// pageSize is how many objects one request lists.
const pageSize = 500

// Summary is what an export or an import did.
type Summary struct {
	// Objects counts the objects of each kind.
	Objects map[string]int
	// Leaving counts the objects that are not in an export because they were being deleted.
	Leaving int
}

// Total returns the number of objects of all kinds.
func (s Summary) Total() int {
	total := 0
	for _, n := range s.Objects {
		total += n
	}
	return total
}

// ErrExpired means that an export took longer than the API server keeps earlier versions, which is a few minutes.
var ErrExpired = errors.New("the export took longer than the API server keeps earlier versions: export one namespace at a time")

// Export writes all objects of a namespace, or of all namespaces for "", as they were at one instant, which is after the
// call. It keeps one page of objects in memory. The reader must read from the API server and not from a cache. Each is
// called after every page with the number of objects so far.
//
// Everything is listed at one version of the store, that of the first answer. So the objects fit each other as they do
// in a backup of etcd: no commit is in one object and missing in another, unless it was so in the cluster. A commit that
// had not reached other objects yet is in the outbox of its subscription, and is carried out after the import.
func Export(ctx context.Context, reader client.Reader, namespace string, now time.Time, to io.Writer, each func(done int)) (Summary, error) {
	w := &writer{to: bufio.NewWriter(to), sum: sha256.New()}
	if err := w.line(Header{Kind: headerKind, SchemaVersion: schemaVersion, Time: now.UTC().Truncate(time.Second), Namespace: namespace}); err != nil {
		return Summary{}, err
	}
	e := &exporter{reader: reader, namespace: namespace, writer: w, each: each, summary: Summary{Objects: map[string]int{}}}
	for _, kind := range kinds {
		if kind == kindClusterPolicy && namespace != "" {
			continue
		}
		if err := e.export(ctx, kind); err != nil {
			return Summary{}, err
		}
	}
	return e.summary, w.end(e.summary.Total())
}

type exporter struct {
	reader    client.Reader
	namespace string
	writer    *writer
	each      func(done int)
	// version is that of the first answer. Every other list is made at the same version.
	version string
	summary Summary
}

// export writes the objects of a kind.
func (e *exporter) export(ctx context.Context, kind string) error {
	options := &client.ListOptions{Namespace: e.namespace, Limit: pageSize}
	if e.version != "" {
		options.Raw = &metav1.ListOptions{ResourceVersion: e.version, ResourceVersionMatch: metav1.ResourceVersionMatchExact}
	}
	for {
		page := &unstructured.UnstructuredList{}
		page.SetGroupVersionKind(gvk(kind + "List"))
		err := e.reader.List(ctx, page, options)
		if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
			return ErrExpired
		}
		if err != nil {
			return fmt.Errorf("list objects of kind %s: %w", kind, err)
		}
		if e.version == "" {
			e.version = page.GetResourceVersion()
		}
		if page.GetResourceVersion() != e.version {
			return fmt.Errorf("the API server answered with objects of kind %s of version %s and not of version %s: export again, "+
				"and if that fails each time, back up etcd instead", kind, page.GetResourceVersion(), e.version)
		}
		if err := e.write(page.Items); err != nil {
			return err
		}
		if page.GetContinue() == "" {
			return nil
		}
		options = &client.ListOptions{Namespace: e.namespace, Limit: pageSize, Continue: page.GetContinue()}
	}
}

func (e *exporter) write(objects []unstructured.Unstructured) error {
	for i := range objects {
		if isLeaving(&objects[i]) {
			e.summary.Leaving++
			continue
		}
		if err := e.writer.line(exported(&objects[i]).Object); err != nil {
			return err
		}
		e.summary.Objects[objects[i].GetKind()]++
	}
	if e.each != nil {
		e.each(e.summary.Total())
	}
	return nil
}

// isLeaving reports whether an object is being deleted and is not exported. A Subscription is: its deletion is not
// settled yet, and the import deletes it again.
func isLeaving(object *unstructured.Unstructured) bool {
	return object.GetDeletionTimestamp() != nil && object.GetKind() != kindSubscription
}

// keptMetadata is the metadata that an export contains. An owner is not part of it: its UID means nothing in another
// cluster, whose garbage collector would delete what it owns.
var keptMetadata = []string{
	"annotations", "creationTimestamp", "deletionTimestamp", "finalizers", "generation", "labels", "name", "namespace", "uid",
}

// exported returns what an export contains of an object.
func exported(object *unstructured.Unstructured) *unstructured.Unstructured {
	all, _, _ := unstructured.NestedMap(object.Object, "metadata")
	kept := map[string]any{}
	for _, field := range keptMetadata {
		if value, found := all[field]; found {
			kept[field] = value
		}
	}
	written := map[string]any{"apiVersion": object.GetAPIVersion(), "kind": object.GetKind(), "metadata": kept}
	for _, field := range []string{"spec", "status"} {
		if value, found := object.Object[field]; found {
			written[field] = value
		}
	}
	return &unstructured.Unstructured{Object: written}
}

// writer writes lines and computes their checksum.
type writer struct {
	to  *bufio.Writer
	sum hash.Hash
}

func (w *writer) line(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	text = append(text, '\n')
	w.sum.Write(text)
	if _, err := w.to.Write(text); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

// end writes the last line, and everything that is still in memory.
func (w *writer) end(objects int) error {
	last := End{Kind: endKind, Objects: objects, SHA256: hex.EncodeToString(w.sum.Sum(nil))}
	if err := w.line(last); err != nil {
		return err
	}
	if err := w.to.Flush(); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}
