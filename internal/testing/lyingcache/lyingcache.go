// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package lyingcache stands in for the manager's cached client in tests that call a reconciler
// synchronously against a real API server.
//
// It reads live, so that a test waits for nothing; it answers lists by the indexes of internal/index
// and refuses, as the cache does, a field that none of them has; it returns lists in an order that
// nobody may rely on, and of each object only what the manager's cache keeps (internal/slim). And it lies when told to: a frozen kind is served as it was.
package lyingcache

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/selection"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/slim"
)

// Client reads as a cache would, and writes to the API server. Give reconcilers that need a live
// reader the uncached client itself.
type Client struct {
	client.Client

	mu sync.RWMutex
	// frozen contains, by kind, the objects that are served instead of the real ones.
	frozen map[schema.GroupVersionKind][]client.Object
}

// New returns a cache over an uncached client.
func New(live client.Client) *Client {
	return &Client{Client: live, frozen: map[schema.GroupVersionKind][]client.Object{}}
}

// Freeze takes a snapshot of the kinds of the given lists, such as &v1alpha1.SubscriptionList{}, and
// serves it until they are thawed. Freezing a frozen kind takes a new snapshot.
func (c *Client) Freeze(ctx context.Context, lists ...client.ObjectList) error {
	for _, list := range lists {
		kind, err := c.kindOf(list)
		if err != nil {
			return err
		}
		snapshot := list.DeepCopyObject().(client.ObjectList)
		if err := c.Client.List(ctx, snapshot); err != nil {
			return fmt.Errorf("freeze %s: %w", kind.Kind, err)
		}
		objects, err := objectsOf(snapshot)
		if err != nil {
			return err
		}
		c.mu.Lock()
		c.frozen[kind] = objects
		c.mu.Unlock()
	}
	return nil
}

// Thaw serves the current state of the kinds of the given lists again, or of all kinds if none is
// given.
func (c *Client) Thaw(lists ...client.ObjectList) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(lists) == 0 {
		clear(c.frozen)
	}
	for _, list := range lists {
		kind, err := c.kindOf(list)
		if err != nil {
			return err
		}
		delete(c.frozen, kind)
	}
	return nil
}

// Get reads one object, from the snapshot if its kind is frozen.
func (c *Client) Get(ctx context.Context, key client.ObjectKey, out client.Object, opts ...client.GetOption) error {
	kind, err := c.GroupVersionKindFor(out)
	if err != nil {
		return err
	}
	objects, frozen := c.snapshot(kind)
	if !frozen {
		if err := c.Client.Get(ctx, key, out, opts...); err != nil || kind.Group != v1alpha1.GroupName {
			return err
		}
		put(out, slim.Shown(out))
		return nil
	}
	for _, object := range objects {
		if client.ObjectKeyFromObject(object) == key {
			put(out, object.DeepCopyObject())
			return nil
		}
	}
	return apierrors.NewNotFound(schema.GroupResource{Group: kind.Group, Resource: kind.Kind}, key.Name)
}

// put makes one object what another of its kind is.
func put(out client.Object, object runtime.Object) {
	reflect.ValueOf(out).Elem().Set(reflect.ValueOf(object).Elem())
}

// List reads many objects, from the snapshot if their kind is frozen, and in no order. Kinds of other
// groups are listed live: the manager does not cache those that reconcilers read by name.
func (c *Client) List(ctx context.Context, out client.ObjectList, opts ...client.ListOption) error {
	kind, err := c.kindOf(out)
	if err != nil {
		return err
	}
	if kind.Group != v1alpha1.GroupName {
		return c.Client.List(ctx, out, opts...)
	}
	var options client.ListOptions
	options.ApplyOptions(opts)
	if options.Continue != "" {
		return errors.New("continue list option is not supported by the cache")
	}
	objects, err := c.all(ctx, kind, out, options.Namespace)
	if err != nil {
		return err
	}
	matching, err := c.filter(kind, objects, options)
	if err != nil {
		return err
	}
	return meta.SetList(out, matching)
}

// SubResource returns the client of a subresource, which refuses to write what the cache keeps of a record.
func (c *Client) SubResource(name string) client.SubResourceClient {
	return refusing{c.Client.SubResource(name)}
}

// Status returns the writer of the status, which refuses to write what the cache keeps of a record.
func (c *Client) Status() client.SubResourceWriter { return c.SubResource("status") }

type refusing struct{ client.SubResourceClient }

// Update replaces a subresource.
func (r refusing) Update(ctx context.Context, object client.Object, opts ...client.SubResourceUpdateOption) error {
	if slim.IsRecord(object) {
		return fmt.Errorf("%T %q is what the cache keeps of it, and must not be written back", object, object.GetName())
	}
	return r.SubResourceClient.Update(ctx, object, opts...)
}

// all returns at least the objects of a kind in a namespace, in all of them when it is empty.
func (c *Client) all(ctx context.Context, kind schema.GroupVersionKind, list client.ObjectList, namespace string) ([]client.Object, error) {
	if objects, frozen := c.snapshot(kind); frozen {
		return objects, nil
	}
	live := list.DeepCopyObject().(client.ObjectList)
	if err := c.Client.List(ctx, live, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	return objectsOf(live)
}

func (c *Client) snapshot(kind schema.GroupVersionKind) (objects []client.Object, frozen bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	objects, frozen = c.frozen[kind]
	return objects, frozen
}

// filter selects the objects that a list asks for. It returns them in reverse order: the API server
// sorts by name and a cache does not, so code that relies on that order fails here.
func (c *Client) filter(kind schema.GroupVersionKind, objects []client.Object, options client.ListOptions) ([]runtime.Object, error) {
	matchesFields, err := c.fieldMatcher(kind, options)
	if err != nil {
		return nil, err
	}
	matching := []runtime.Object{}
	for _, object := range slices.Backward(objects) {
		if options.Limit > 0 && int64(len(matching)) >= options.Limit {
			break
		}
		if options.Namespace != "" && object.GetNamespace() != options.Namespace {
			continue
		}
		if options.LabelSelector != nil && !options.LabelSelector.Matches(labels.Set(object.GetLabels())) {
			continue
		}
		if matchesFields(object) {
			matching = append(matching, object.DeepCopyObject())
		}
	}
	return matching, nil
}

// fieldMatcher returns what decides by the indexes whether an object matches a field selector.
func (c *Client) fieldMatcher(kind schema.GroupVersionKind, options client.ListOptions) (func(client.Object) bool, error) {
	if options.FieldSelector == nil {
		return func(client.Object) bool { return true }, nil
	}
	var matchers []func(client.Object) bool
	for _, requirement := range options.FieldSelector.Requirements() {
		if requirement.Operator != selection.Equals && requirement.Operator != selection.DoubleEquals {
			return nil, errors.New("non-exact field matches are not supported by the cache")
		}
		of, err := c.index(kind, requirement.Field)
		if err != nil {
			return nil, err
		}
		if options.Namespace == "" && !of.Everywhere {
			return nil, fmt.Errorf("the index %s has no values for all namespaces: set a namespace in the list options", requirement.Field)
		}
		matchers = append(matchers, func(object client.Object) bool {
			return slices.Contains(of.Extract(object), requirement.Value)
		})
	}
	return func(object client.Object) bool {
		return !slices.ContainsFunc(matchers, func(matches func(client.Object) bool) bool { return !matches(object) })
	}, nil
}

// index returns the index of a kind by a field.
func (c *Client) index(kind schema.GroupVersionKind, field string) (*index.Index, error) {
	for _, candidate := range index.All() {
		candidateKind, err := c.GroupVersionKindFor(candidate.Object)
		if err != nil {
			return nil, err
		}
		if candidateKind == kind && candidate.Name == field {
			return &candidate, nil
		}
	}
	return nil, fmt.Errorf("index with name field:%s does not exist for %s", field, kind.Kind)
}

// kindOf returns the kind of the items of a list.
func (c *Client) kindOf(list client.ObjectList) (schema.GroupVersionKind, error) {
	kind, err := apiutil.GVKForObject(list, c.Scheme())
	if err != nil {
		return schema.GroupVersionKind{}, err
	}
	kind.Kind = kind.Kind[:len(kind.Kind)-len("List")]
	return kind, nil
}

// objectsOf returns the items of a list as the manager's cache shows them.
func objectsOf(list client.ObjectList) ([]client.Object, error) {
	items, err := meta.ExtractList(list)
	if err != nil {
		return nil, err
	}
	objects := make([]client.Object, 0, len(items))
	for _, item := range items {
		objects = append(objects, slim.Shown(item.(client.Object)))
	}
	return objects, nil
}
