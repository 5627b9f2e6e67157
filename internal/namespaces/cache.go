// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package namespaces caches the objects of the namespaces that a label selector selects, and follows the labels while
// the manager runs.
//
// Each selected namespace has a separate cache, so a manager has only its own namespaces in memory. A namespace that
// gains the label is read completely before anything in it is reconciled. A namespace that loses the label is forgotten
// at once: Gate drops the requests that are still queued, and a pass that is running reads a NotWatchedError.
package namespaces

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// NotWatchedError is the error of a read in a namespace that is not selected, or that has not been read completely yet.
// It does not say whether an object exists.
type NotWatchedError struct{ Namespace string }

// Error implements error.
func (e *NotWatchedError) Error() string {
	return fmt.Sprintf("the namespace %q is not watched by this manager", e.Namespace)
}

// Cache is a cache.Cache of the namespaces that a selector selects. Make one with Selected. Lists of all namespaces
// return the objects of those that have been read completely.
type Cache struct {
	scheme *runtime.Scheme
	mapper meta.RESTMapper
	// cluster has the cluster-scoped objects, among them the selected Namespaces themselves.
	cluster cache.Cache
	// open makes the cache of one namespace.
	open func(namespace string) (cache.Cache, error)
	// synced is closed when the namespaces that were selected at the start have been read completely.
	synced chan struct{}

	mu      sync.RWMutex
	members map[string]*member
	kinds   map[schema.GroupVersionKind]*informer
	indexes []fieldIndex
	leaving []func(namespace string)
	// run is nil until the cache is started.
	run *running
}

// fieldIndex has the arguments of a call of IndexField.
type fieldIndex struct {
	object  client.Object
	field   string
	extract client.IndexerFunc
}

// Selected returns the NewCache function for a manager's options. The selector selects namespaces by their labels. The
// other options of the cache apply in each of these namespaces.
func Selected(selector labels.Selector) cache.NewCacheFunc {
	return func(config *rest.Config, options cache.Options) (cache.Cache, error) {
		cluster, err := cache.New(config, withNamespaces(options, selector))
		if err != nil {
			return nil, fmt.Errorf("make the cache of cluster-scoped objects: %w", err)
		}
		return &Cache{
			scheme: options.Scheme, mapper: options.Mapper, cluster: cluster,
			open: func(namespace string) (cache.Cache, error) {
				each := options
				each.DefaultNamespaces = map[string]cache.Config{namespace: {}}
				return cache.New(config, each)
			},
			synced:  make(chan struct{}),
			members: map[string]*member{},
			kinds:   map[schema.GroupVersionKind]*informer{},
		}, nil
	}
}

// withNamespaces are options with which only those Namespaces are watched that match the selector. The API server applies
// the selector, so a watch sees a namespace that loses the label as deleted.
func withNamespaces(options cache.Options, selector labels.Selector) cache.Options {
	byObject := map[client.Object]cache.ByObject{&corev1.Namespace{}: {Label: selector}}
	for object, by := range options.ByObject {
		byObject[object] = by
	}
	options.ByObject = byObject
	return options
}

// Watches reports whether a namespace is selected and has been read completely.
func (c *Cache) Watches(namespace string) bool {
	_, err := c.of(namespace)
	return err == nil
}

// OnLeave registers a function that is called with each namespace that is no longer selected, after the namespace is
// forgotten. The function must not block.
func (c *Cache) OnLeave(forget func(namespace string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaving = append(c.leaving, forget)
}

// of returns the cache of a namespace.
func (c *Cache) of(namespace string) (cache.Cache, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	m := c.members[namespace]
	if m == nil || !m.isAdmitted() {
		return nil, &NotWatchedError{Namespace: namespace}
	}
	return m.Cache, nil
}

// admitted returns the members that have been read completely.
func (c *Cache) admitted() []*member {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var found []*member
	for _, m := range c.members {
		if m.isAdmitted() {
			found = append(found, m)
		}
	}
	return found
}

func (c *Cache) isNamespaced(object runtime.Object) (bool, error) {
	return apiutil.IsObjectNamespaced(object, c.scheme, c.mapper)
}

// Get implements client.Reader.
func (c *Cache) Get(ctx context.Context, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	namespaced, err := c.isNamespaced(object)
	if err != nil {
		return err
	}
	if !namespaced {
		return c.cluster.Get(ctx, key, object, options...)
	}
	in, err := c.of(key.Namespace)
	if err != nil {
		return err
	}
	return in.Get(ctx, key, object, options...)
}

// List implements client.Reader. It ignores a limit in a list of all namespaces.
func (c *Cache) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	namespaced, err := c.isNamespaced(list)
	if err != nil {
		return err
	}
	if !namespaced {
		return c.cluster.List(ctx, list, options...)
	}
	var asked client.ListOptions
	asked.ApplyOptions(options)
	if asked.Namespace == "" {
		return c.listAll(ctx, list, options)
	}
	in, err := c.of(asked.Namespace)
	if err != nil {
		return err
	}
	return in.List(ctx, list, options...)
}

// listAll combines the lists of all members.
func (c *Cache) listAll(ctx context.Context, list client.ObjectList, options []client.ListOption) error {
	var all []runtime.Object
	for _, m := range c.admitted() {
		one := list.DeepCopyObject().(client.ObjectList)
		if err := m.List(ctx, one, options...); err != nil {
			return err
		}
		items, err := meta.ExtractList(one)
		if err != nil {
			return err
		}
		all = append(all, items...)
	}
	return meta.SetList(list, all)
}

// IndexField implements client.FieldIndexer. Call it before the cache starts.
func (c *Cache) IndexField(ctx context.Context, object client.Object, field string, extract client.IndexerFunc) error {
	namespaced, err := c.isNamespaced(object)
	if err != nil {
		return err
	}
	if !namespaced {
		return c.cluster.IndexField(ctx, object, field, extract)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.indexes = append(c.indexes, fieldIndex{object, field, extract})
	return nil
}
