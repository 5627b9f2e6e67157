// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

const (
	// writers bounds how many objects are written at once.
	writers = 8
	// maxConflicts bounds how often a status is written again, because the object was changed in between.
	maxConflicts = 5
)

// paused are the kinds of objects that are created with the annotation, in the order in which it is removed. Clocks and
// products come after the subscriptions on which they act. Updates without a subscription come last, because they do not
// show how far an attempt got.
var paused = []string{kindClusterPolicy, kindPolicy, kindSink, kindArchive, kindSubscription, kindClock, kindProduct, kindUpdate}

// Importer creates the objects of an export.
type Importer struct {
	// Client reads from the API server and writes to it, without a cache.
	Client client.Client
	// Each is called after every object of every step, with the number of objects of the step so far. It may be nil,
	// and is called from several goroutines.
	Each func(step string, done int)

	file *File
	// strict writes for the importer.
	strict client.Client
	mu     sync.Mutex
	// updates are the UIDs of imported updates that an outbox names.
	updates map[key]types.UID
	done    atomic.Int64
}

// Import creates the objects of an export in a cluster that has none, or continues an earlier attempt with the same file.
// It refuses objects that come from elsewhere before it writes anything, and fields that the cluster does not know. After
// it returned without an error, everything is in place, and the controllers act on it.
func (i *Importer) Import(ctx context.Context, file *File) (Summary, error) {
	i.begin(file)
	progress, err := i.look(ctx)
	if err != nil {
		return Summary{}, err
	}
	if progress == nothingDone {
		if err := i.createAll(ctx); err != nil {
			return Summary{}, err
		}
	}
	return i.releaseAll(ctx)
}

// begin prepares an import of a file. The API server refuses unknown fields, which it would drop otherwise: a status that
// lacks what a newer version recorded bills something else.
func (i *Importer) begin(file *File) {
	i.file, i.updates = file, map[key]types.UID{}
	i.strict = client.WithFieldValidation(i.Client, metav1.FieldValidationStrict)
}

// look finds out how far an earlier attempt got.
func (i *Importer) look(ctx context.Context) (progress, error) {
	found := &stand{file: i.file}
	for _, kind := range kinds {
		if kind == kindClusterPolicy && i.file.Header.Namespace != "" {
			continue
		}
		judge := found.judgeRecord
		if isPaused(kind) {
			judge = found.judge
		}
		if err := i.list(ctx, kind, judge); err != nil {
			return nothingDone, err
		}
	}
	return found.verdict()
}

// list calls do with every object of a kind, in the namespaces that the export covers.
func (i *Importer) list(ctx context.Context, kind string, do func(*unstructured.Unstructured) error) error {
	options := &client.ListOptions{Namespace: i.file.Header.Namespace, Limit: pageSize}
	for {
		page := &unstructured.UnstructuredList{}
		page.SetGroupVersionKind(gvk(kind + "List"))
		if err := i.Client.List(ctx, page, options); err != nil {
			return fmt.Errorf("list objects of kind %s: %w", kind, err)
		}
		for n := range page.Items {
			if err := do(&page.Items[n]); err != nil {
				return err
			}
		}
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return nil
		}
	}
}

// createAll creates every object, and writes every status. The subscriptions are there before their records, so that no
// record counts as one of a subscription that does not exist. Their own statuses come last.
func (i *Importer) createAll(ctx context.Context) error {
	steps := []struct {
		name string
		of   []string
		do   func(context.Context, *unstructured.Unstructured) error
	}{
		{"creating what subscriptions name", []string{kindClusterPolicy, kindPolicy, kindProduct, kindClock, kindSink, kindArchive}, i.createWhole},
		{"creating subscriptions", []string{kindSubscription}, i.createSubscription},
		{"creating records", []string{kindUpdate, kindInvoice, kindAssignment}, i.createWhole},
		{"writing the statuses of subscriptions", []string{kindSubscription}, i.writeStatusOf},
	}
	for _, step := range steps {
		if err := i.every(ctx, step.name, step.do, step.of...); err != nil {
			return err
		}
	}
	return nil
}

// every calls do with every object of the kinds, several at once.
func (i *Importer) every(ctx context.Context, step string, do func(context.Context, *unstructured.Unstructured) error, of ...string) error {
	i.done.Store(0)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	err := i.file.each(func(object *unstructured.Unstructured) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		group.Go(func() error {
			if err := do(ctx, object); err != nil {
				return fmt.Errorf("%s: %w", keyOf(object), err)
			}
			if i.Each != nil {
				i.Each(step, int(i.done.Add(1)))
			}
			return nil
		})
		return nil
	}, of...)
	if failed := group.Wait(); failed != nil {
		return failed // the first one, which ended the context of the others
	}
	return err
}

// createSubscription creates a subscription without its status.
func (i *Importer) createSubscription(ctx context.Context, from *unstructured.Unstructured) error {
	_, err := i.create(ctx, from)
	return err
}

// createWhole creates an object with its status.
func (i *Importer) createWhole(ctx context.Context, from *unstructured.Unstructured) error {
	there, err := i.create(ctx, from)
	if err != nil {
		return err
	}
	if at := keyOf(from); i.file.owed[at] == from.GetUID() {
		i.mu.Lock()
		i.updates[at] = there.GetUID()
		i.mu.Unlock()
	}
	return i.writeStatus(ctx, from, there)
}

// create creates an object, or returns the object that an earlier attempt created.
func (i *Importer) create(ctx context.Context, from *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	wanted := toCreate(from, i.file.ID, i.pauses(from))
	there := wanted.DeepCopy()
	err := i.strict.Create(ctx, there)
	if err == nil {
		return there, nil
	}
	if !apierrors.IsAlreadyExists(err) {
		return nil, explained(err)
	}
	there = newObject(from.GetKind())
	if err := i.Client.Get(ctx, client.ObjectKeyFromObject(from), there); err != nil {
		return nil, err
	}
	if !isOwn(there, wanted, i.file.ID) {
		return nil, errors.New("it exists, and differs from the file: find out who created or changed it, delete it, and import again")
	}
	return there, nil
}

// pauses reports whether an object is created with the annotation. An update whose subscription is not in the file
// needs it too: without a subscription to wait for, it would be decided before its status is in place.
func (i *Importer) pauses(from *unstructured.Unstructured) bool {
	if from.GetKind() != kindUpdate {
		return isPaused(from.GetKind())
	}
	of, _, _ := unstructured.NestedString(from.Object, "spec", "subscriptionRef", "name")
	return !i.file.has(key{kindSubscription, from.GetNamespace(), of})
}

// writeStatusOf writes the status of an object that exists.
func (i *Importer) writeStatusOf(ctx context.Context, from *unstructured.Unstructured) error {
	there := newObject(from.GetKind())
	if err := i.Client.Get(ctx, client.ObjectKeyFromObject(from), there); err != nil {
		return err
	}
	return i.writeStatus(ctx, from, there)
}

// writeStatus writes the status of an object, unless it is in place. Another process may import the same file, and be
// ahead: what it has released belongs to the controllers, and a status that they have written since must not be replaced.
func (i *Importer) writeStatus(ctx context.Context, from, there *unstructured.Unstructured) error {
	wanted, err := toStatus(from, i.file.ID, i.file.Header.Time, i.updates)
	if err != nil {
		return err
	}
	for range maxConflicts {
		if equality.Semantic.DeepEqual(there.Object["status"], any(wanted)) {
			return nil
		}
		if isPlaced, err := mayBeActedOn(there, i.file.ID, i.pauses(from)); isPlaced || err != nil {
			return err
		}
		there.Object["status"] = wanted
		if err = i.strict.Status().Update(ctx, there); !apierrors.IsConflict(err) {
			return explained(err)
		}
		if err := i.Client.Get(ctx, client.ObjectKeyFromObject(from), there); err != nil {
			return err
		}
	}
	return err
}

// releaseAll removes the annotation from every object, and deletes again what was being deleted. Before it, all statuses
// are in place. An object that is missing was deleted after an earlier attempt had released it.
func (i *Importer) releaseAll(ctx context.Context) (Summary, error) {
	for _, kind := range paused {
		if err := i.every(ctx, "releasing", i.release, kind); err != nil {
			return Summary{}, err
		}
	}
	summary := Summary{Objects: map[string]int{}}
	for at := range i.file.objects {
		summary.Objects[at.kind]++
	}
	return summary, nil
}

func (i *Importer) release(ctx context.Context, from *unstructured.Unstructured) error {
	if !i.pauses(from) {
		return nil
	}
	there := newObject(from.GetKind())
	err := i.Client.Get(ctx, client.ObjectKeyFromObject(from), there)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if there.GetAnnotations()[v1alpha1.AnnotationImporting] == i.file.ID {
		before := there.DeepCopy()
		annotations := there.GetAnnotations()
		delete(annotations, v1alpha1.AnnotationImporting)
		there.SetAnnotations(annotations)
		if err := i.Client.Patch(ctx, there, client.MergeFrom(before)); err != nil {
			return err
		}
	}
	if from.GetDeletionTimestamp() == nil || there.GetDeletionTimestamp() != nil || exportOf(there) != i.file.ID {
		return nil
	}
	uid := there.GetUID()
	return client.IgnoreNotFound(i.Client.Delete(ctx, there, client.Preconditions{UID: &uid}))
}
