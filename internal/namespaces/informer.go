// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package namespaces

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// informer is one kind of object in all selected namespaces.
type informer struct {
	cache    *Cache
	object   client.Object
	handlers []*registration
}

var _ cache.Informer = &informer{}

func (c *Cache) kindOf(object client.Object) (schema.GroupVersionKind, error) {
	return apiutil.GVKForObject(object, c.scheme)
}

// GetInformer implements cache.Informers.
func (c *Cache) GetInformer(ctx context.Context, object client.Object, options ...cache.InformerGetOption) (cache.Informer, error) {
	namespaced, err := c.isNamespaced(object)
	if err != nil {
		return nil, err
	}
	if !namespaced {
		return c.cluster.GetInformer(ctx, object, options...)
	}
	kind, err := c.kindOf(object)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.kinds[kind]; known != nil {
		return known, nil
	}
	for _, m := range c.members {
		if _, err := m.GetInformer(m.ctx, object, cache.BlockUntilSynced(false)); err != nil {
			return nil, fmt.Errorf("watch the namespace %q: %w", m.namespace, err)
		}
	}
	c.kinds[kind] = &informer{cache: c, object: object}
	return c.kinds[kind], nil
}

// GetInformerForKind implements cache.Informers.
func (c *Cache) GetInformerForKind(ctx context.Context, kind schema.GroupVersionKind, options ...cache.InformerGetOption) (cache.Informer, error) {
	object, err := c.scheme.New(kind)
	if err != nil {
		return nil, err
	}
	return c.GetInformer(ctx, object.(client.Object), options...)
}

// registration is a handler that sees the objects of every selected namespace, including those selected later.
type registration struct {
	handler toolscache.ResourceEventHandler
	options toolscache.HandlerOptions
	// pending are the namespaces that were selected at the start. It is not updated once they are known, because it would
	// keep forgotten namespaces in memory.
	pending []pending
	// settled says that pending is complete.
	settled bool
	// done is closed when the handler has seen every object that existed at the start.
	done chan struct{}
}

type pending struct {
	toolscache.ResourceEventHandlerRegistration
	left <-chan struct{}
}

// attach registers the handler for a member's objects.
func (r *registration) attach(m *member, object client.Object) error {
	in, err := m.GetInformer(m.ctx, object, cache.BlockUntilSynced(false))
	if err != nil {
		return err
	}
	attached, err := in.AddEventHandlerWithOptions(whileSelected{r.handler, m}, r.options)
	if err != nil {
		return err
	}
	if !r.settled {
		r.pending = append(r.pending, pending{attached, m.ctx.Done()})
	}
	return nil
}

// whileSelected is a handler that sees no events of a namespace once it is no longer selected: nothing could be read
// there.
type whileSelected struct {
	toolscache.ResourceEventHandler
	member *member
}

// OnAdd implements cache.ResourceEventHandler.
func (w whileSelected) OnAdd(object any, first bool) {
	if w.member.ctx.Err() == nil {
		w.ResourceEventHandler.OnAdd(object, first)
	}
}

// OnUpdate implements cache.ResourceEventHandler.
func (w whileSelected) OnUpdate(before, after any) {
	if w.member.ctx.Err() == nil {
		w.ResourceEventHandler.OnUpdate(before, after)
	}
}

// OnDelete implements cache.ResourceEventHandler.
func (w whileSelected) OnDelete(object any) {
	if w.member.ctx.Err() == nil {
		w.ResourceEventHandler.OnDelete(object)
	}
}

// await waits for the namespaces that were selected at the start.
func (r *registration) await(c *Cache) {
	<-c.synced
	c.mu.Lock()
	first := r.pending
	r.pending, r.settled = nil, true
	c.mu.Unlock()
	for _, each := range first {
		select {
		case <-each.HasSyncedChecker().Done():
		case <-each.left:
		}
	}
	close(r.done)
}

// HasSynced implements cache.ResourceEventHandlerRegistration.
func (r *registration) HasSynced() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// HasSyncedChecker implements cache.ResourceEventHandlerRegistration.
func (r *registration) HasSyncedChecker() toolscache.DoneChecker { return r }

// Name implements cache.DoneChecker.
func (r *registration) Name() string { return "selected namespaces" }

// Done implements cache.DoneChecker.
func (r *registration) Done() <-chan struct{} { return r.done }

// AddEventHandler implements cache.Informer.
func (i *informer) AddEventHandler(handler toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	return i.AddEventHandlerWithOptions(handler, toolscache.HandlerOptions{})
}

// AddEventHandlerWithResyncPeriod implements cache.Informer.
func (i *informer) AddEventHandlerWithResyncPeriod(handler toolscache.ResourceEventHandler, period time.Duration) (toolscache.ResourceEventHandlerRegistration, error) {
	return i.AddEventHandlerWithOptions(handler, toolscache.HandlerOptions{ResyncPeriod: &period})
}

// AddEventHandlerWithOptions implements cache.Informer.
func (i *informer) AddEventHandlerWithOptions(handler toolscache.ResourceEventHandler, options toolscache.HandlerOptions) (toolscache.ResourceEventHandlerRegistration, error) {
	added := &registration{handler: handler, options: options, done: make(chan struct{})}
	i.cache.mu.Lock()
	defer i.cache.mu.Unlock()
	i.handlers = append(i.handlers, added)
	for _, m := range i.cache.members {
		if !m.isAdmitted() {
			continue
		}
		if err := added.attach(m, i.object); err != nil {
			return nil, fmt.Errorf("watch the namespace %q: %w", m.namespace, err)
		}
	}
	go added.await(i.cache)
	return added, nil
}

// errFixed is returned for removing handlers and adding indexers. No controller does either: indexes are made by
// IndexField.
var errFixed = errors.New("an informer of selected namespaces cannot remove handlers or add indexers")

// RemoveEventHandler implements cache.Informer. It always fails.
func (i *informer) RemoveEventHandler(toolscache.ResourceEventHandlerRegistration) error {
	return errFixed
}

// AddIndexers implements cache.Informer. It always fails.
func (i *informer) AddIndexers(toolscache.Indexers) error { return errFixed }

// HasSynced implements cache.Informer.
func (i *informer) HasSynced() bool {
	select {
	case <-i.cache.synced:
		return true
	default:
		return false
	}
}

// HasSyncedChecker implements cache.Informer.
func (i *informer) HasSyncedChecker() toolscache.DoneChecker { return i }

// Name implements cache.DoneChecker.
func (i *informer) Name() string { return "selected namespaces" }

// Done implements cache.DoneChecker.
func (i *informer) Done() <-chan struct{} { return i.cache.synced }

// IsStopped implements cache.Informer.
func (i *informer) IsStopped() bool {
	i.cache.mu.RLock()
	defer i.cache.mu.RUnlock()
	return i.cache.run != nil && i.cache.run.ctx.Err() != nil
}
