// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"strconv"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// mirror writes to the API server and answers reads from what the API server answered to those writes.
// Nobody else writes to a run's namespace, so it always shows what is, and reading costs no request: a
// consistent list of the API server would wait until its watch cache has caught up with the writes of all
// runs. The end of each run compares it with what the watch has shown.
type mirror struct {
	client.Client

	mu      sync.RWMutex
	objects map[schema.GroupVersionKind]map[client.ObjectKey]client.Object
}

func newMirror(server client.Client) *mirror {
	return &mirror{Client: server, objects: map[schema.GroupVersionKind]map[client.ObjectKey]client.Object{}}
}

// Get reads one object.
func (m *mirror) Get(_ context.Context, key client.ObjectKey, out client.Object, _ ...client.GetOption) error {
	kind, err := m.GroupVersionKindFor(out)
	if err != nil {
		return err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	object, ok := m.objects[kind][key]
	if !ok {
		return apierrors.NewNotFound(schema.GroupResource{Group: kind.Group, Resource: kind.Kind}, key.Name)
	}
	reflect.ValueOf(out).Elem().Set(reflect.ValueOf(object.DeepCopyObject()).Elem())
	return nil
}

// List reads all objects of a kind, by name. Selecting is the lying cache's.
func (m *mirror) List(_ context.Context, out client.ObjectList, _ ...client.ListOption) error {
	kind, err := apiutil.GVKForObject(out, m.Scheme())
	if err != nil {
		return err
	}
	kind.Kind = kind.Kind[:len(kind.Kind)-len("List")]
	objects := []runtime.Object{}
	for _, object := range m.all(kind) {
		objects = append(objects, object.DeepCopyObject())
	}
	return meta.SetList(out, objects)
}

// all returns the objects of a kind, by name. They are not to be changed.
func (m *mirror) all(kind schema.GroupVersionKind) []client.Object {
	m.mu.RLock()
	defer m.mu.RUnlock()
	objects := make([]client.Object, 0, len(m.objects[kind]))
	for _, object := range m.objects[kind] {
		objects = append(objects, object)
	}
	slices.SortFunc(objects, func(a, b client.Object) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return objects
}

// every returns all objects of the kinds of some lists. They are not to be changed.
func (m *mirror) every(lists ...client.ObjectList) []client.Object {
	var objects []client.Object
	for _, list := range lists {
		objects = append(objects, m.all(v1alpha1.GroupVersion.WithKind(kindOfList(list)))...)
	}
	return objects
}

// Create creates an object.
func (m *mirror) Create(ctx context.Context, object client.Object, opts ...client.CreateOption) error {
	if err := m.Client.Create(ctx, object, opts...); err != nil {
		return err
	}
	return m.put(object)
}

// Update replaces an object.
func (m *mirror) Update(ctx context.Context, object client.Object, opts ...client.UpdateOption) error {
	if err := m.Client.Update(ctx, object, opts...); err != nil {
		return err
	}
	return m.put(object)
}

// Patch changes an object.
func (m *mirror) Patch(ctx context.Context, object client.Object, patch client.Patch, opts ...client.PatchOption) error {
	if err := m.Client.Patch(ctx, object, patch, opts...); err != nil {
		return err
	}
	return m.put(object)
}

// Delete deletes an object, or marks it as being deleted.
func (m *mirror) Delete(ctx context.Context, object client.Object, opts ...client.DeleteOption) error {
	if err := m.Client.Delete(ctx, object, opts...); err != nil {
		return err
	}
	left := object.DeepCopyObject().(client.Object)
	err := m.Client.Get(ctx, client.ObjectKeyFromObject(object), left)
	if apierrors.IsNotFound(err) {
		return m.drop(object)
	}
	if err != nil {
		return err
	}
	return m.put(left)
}

// Status returns the writer of the status subresource.
func (m *mirror) Status() client.SubResourceWriter { return m.SubResource("status") }

// SubResource returns the client of a subresource.
func (m *mirror) SubResource(name string) client.SubResourceClient {
	return &mirroredSubResource{SubResourceClient: m.Client.SubResource(name), mirror: m}
}

type mirroredSubResource struct {
	client.SubResourceClient
	mirror *mirror
}

// Update replaces a subresource.
func (s *mirroredSubResource) Update(ctx context.Context, object client.Object, opts ...client.SubResourceUpdateOption) error {
	if err := s.SubResourceClient.Update(ctx, object, opts...); err != nil {
		return err
	}
	return s.mirror.put(object)
}

// Patch changes a subresource.
func (s *mirroredSubResource) Patch(ctx context.Context, object client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
	if err := s.SubResourceClient.Patch(ctx, object, patch, opts...); err != nil {
		return err
	}
	return s.mirror.put(object)
}

// put remembers the answer to a write, unless a later one came first. An object that was only waiting
// for its last finalizer is gone.
func (m *mirror) put(object client.Object) error {
	if !object.GetDeletionTimestamp().IsZero() && len(object.GetFinalizers()) == 0 {
		return m.drop(object)
	}
	kind, err := m.GroupVersionKindFor(object)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.objects[kind] == nil {
		m.objects[kind] = map[client.ObjectKey]client.Object{}
	}
	key := client.ObjectKeyFromObject(object)
	if known, ok := m.objects[kind][key]; ok && version(known) > version(object) {
		return nil
	}
	m.objects[kind][key] = object.DeepCopyObject().(client.Object)
	return nil
}

func (m *mirror) drop(object client.Object) error {
	kind, err := m.GroupVersionKindFor(object)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects[kind], client.ObjectKeyFromObject(object))
	return nil
}

// version reads a resourceVersion as the number that etcd makes it from.
func version(object client.Object) int64 {
	number, err := strconv.ParseInt(object.GetResourceVersion(), 10, 64)
	if err != nil {
		return 0
	}
	return number
}
