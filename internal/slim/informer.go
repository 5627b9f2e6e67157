// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package slim

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/tools/cache"

	"github.com/seatplane/seatplane/internal/index"
)

// NewInformer makes the informer of a kind, for cache.Options.NewInformer. It stores records packed, and makes whole
// objects for readers and handlers. It keeps an index over all namespaces only where something uses it.
func NewInformer(source cache.ListerWatcher, kind runtime.Object, resync time.Duration, indexers cache.Indexers) cache.SharedIndexInformer {
	return informer{cache.NewSharedIndexInformer(source, kind, resync, indexers), withoutAll(kind)}
}

// withoutAll are the names of the indexes of a kind that have no values for all namespaces, as controller-runtime writes
// them.
func withoutAll(kind runtime.Object) sets.Set[string] {
	names := sets.New[string]()
	for _, each := range index.All() {
		if !each.Everywhere && reflect.TypeOf(each.Object) == reflect.TypeOf(kind) {
			names.Insert("field:" + each.Name)
		}
	}
	return names
}

// allNamespaces is the prefix of the values that controller-runtime adds to each index for lists without a namespace. If
// a release changes the prefix, these values are kept, which only takes more memory.
const allNamespaces = "__all_namespaces/"

// informer stores objects packed.
type informer struct {
	cache.SharedIndexInformer
	withoutAll sets.Set[string]
}

// SetTransform sets a transform, and packs its result.
func (i informer) SetTransform(transform cache.TransformFunc) error {
	return i.SharedIndexInformer.SetTransform(func(object any) (any, error) {
		if _, isPacked := object.(packed); isPacked {
			return object, nil
		}
		kept, err := transform(object)
		if err != nil {
			return nil, err
		}
		return pack(kept), nil
	})
}

// AddEventHandler adds a handler, which sees whole objects.
func (i informer) AddEventHandler(handler cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	return i.SharedIndexInformer.AddEventHandler(unpacking{handler})
}

// AddEventHandlerWithResyncPeriod adds a handler, which sees whole objects.
func (i informer) AddEventHandlerWithResyncPeriod(handler cache.ResourceEventHandler, period time.Duration) (cache.ResourceEventHandlerRegistration, error) {
	return i.SharedIndexInformer.AddEventHandlerWithResyncPeriod(unpacking{handler}, period)
}

// AddEventHandlerWithOptions adds a handler, which sees whole objects.
func (i informer) AddEventHandlerWithOptions(handler cache.ResourceEventHandler, options cache.HandlerOptions) (cache.ResourceEventHandlerRegistration, error) {
	return i.SharedIndexInformer.AddEventHandlerWithOptions(unpacking{handler}, options)
}

// AddIndexers adds indexes over whole objects.
func (i informer) AddIndexers(indexers cache.Indexers) error {
	return i.SharedIndexInformer.AddIndexers(i.slim(indexers))
}

// GetStore returns the store, which returns whole objects.
func (i informer) GetStore() cache.Store { return i.GetIndexer() }

// GetIndexer returns the store, which returns whole objects.
func (i informer) GetIndexer() cache.Indexer { return store{i.SharedIndexInformer.GetIndexer(), i} }

// unpacking passes whole objects to a handler.
type unpacking struct{ cache.ResourceEventHandler }

// OnAdd passes on a new object.
func (u unpacking) OnAdd(object any, isInInitialList bool) {
	u.ResourceEventHandler.OnAdd(whole(object), isInInitialList)
}

// OnUpdate passes on a changed object.
func (u unpacking) OnUpdate(before, after any) {
	u.ResourceEventHandler.OnUpdate(whole(before), whole(after))
}

// OnDelete passes on a deleted object, or its last known state.
func (u unpacking) OnDelete(object any) {
	if last, isTombstone := object.(cache.DeletedFinalStateUnknown); isTombstone {
		u.ResourceEventHandler.OnDelete(cache.DeletedFinalStateUnknown{Key: last.Key, Obj: whole(last.Obj)})
		return
	}
	u.ResourceEventHandler.OnDelete(whole(object))
}

// store returns whole objects.
type store struct {
	cache.Indexer
	of informer
}

// List returns all objects.
func (s store) List() []any { return allWhole(s.Indexer.List()) }

// Get returns the object with the same key as the given one.
func (s store) Get(object any) (item any, exists bool, err error) {
	item, exists, err = s.Indexer.Get(object)
	return whole(item), exists, err
}

// GetByKey returns the object with a key.
func (s store) GetByKey(key string) (item any, exists bool, err error) {
	item, exists, err = s.Indexer.GetByKey(key)
	return whole(item), exists, err
}

// Index returns the objects that share a value of an index with the given one.
func (s store) Index(name string, object any) ([]any, error) {
	items, err := s.Indexer.Index(name, object)
	return allWhole(items), err
}

// ByIndex returns the objects with a value of an index.
func (s store) ByIndex(name, value string) ([]any, error) {
	if s.of.withoutAll.Has(name) && strings.HasPrefix(value, allNamespaces) {
		return nil, fmt.Errorf("the index %s has no values for all namespaces: set a namespace in the list options", name)
	}
	items, err := s.Indexer.ByIndex(name, value)
	return allWhole(items), err
}

// AddIndexers adds indexes over whole objects.
func (s store) AddIndexers(indexers cache.Indexers) error {
	return s.Indexer.AddIndexers(s.of.slim(indexers))
}

// allWhole replaces stored objects with the whole objects.
func allWhole(items []any) []any {
	for n := range items {
		items[n] = whole(items[n])
	}
	return items
}

// slim wraps indexes: each of them receives a stored object and computes its values from the whole object. It leaves out
// the values for all namespaces that nothing uses.
func (i informer) slim(indexers cache.Indexers) cache.Indexers {
	slim := cache.Indexers{}
	for name, of := range indexers {
		slim[name] = func(object any) ([]string, error) {
			values, err := of(whole(object))
			if i.withoutAll.Has(name) {
				values = slices.DeleteFunc(values, func(value string) bool { return strings.HasPrefix(value, allNamespaces) })
			}
			return values, err
		}
	}
	return slim
}
