// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package namespaces

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// member is the cache of one selected namespace.
type member struct {
	cache.Cache
	namespace string
	// ctx ends when the namespace is no longer selected.
	ctx    context.Context
	cancel context.CancelFunc
	// admitted is closed when the namespace has been read completely and every handler knows its objects.
	admitted chan struct{}
}

func (m *member) isAdmitted() bool {
	select {
	case <-m.admitted:
		return true
	default:
		return false
	}
}

// running has what a started cache runs: the caches of its members, each until its namespace is no longer selected.
type running struct {
	ctx   context.Context
	group *errgroup.Group
}

// Start implements cache.Informers: it follows the labels of namespaces until ctx ends.
func (c *Cache) Start(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	c.mu.Lock()
	c.run = &running{ctx, group}
	c.mu.Unlock()
	selected, err := c.cluster.GetInformer(ctx, &corev1.Namespace{}, cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watch Namespaces: %w", err)
	}
	first, err := selected.AddEventHandler(toolscache.ResourceEventHandlerFuncs{AddFunc: c.join, DeleteFunc: c.leave})
	if err != nil {
		return fmt.Errorf("watch Namespaces: %w", err)
	}
	group.Go(func() error { return c.cluster.Start(ctx) })
	group.Go(func() error { return c.awaitFirst(ctx, first) })
	return group.Wait()
}

// awaitFirst waits until the namespaces that were selected at the start have been read completely.
func (c *Cache) awaitFirst(ctx context.Context, first toolscache.ResourceEventHandlerRegistration) error {
	if !toolscache.WaitForCacheSync(ctx.Done(), first.HasSynced) {
		return nil
	}
	c.mu.RLock()
	var members []*member
	for _, m := range c.members {
		members = append(members, m)
	}
	c.mu.RUnlock()
	for _, m := range members {
		select {
		case <-m.admitted:
		case <-m.ctx.Done():
		}
	}
	close(c.synced)
	return nil
}

// join starts to read a namespace that is now selected.
func (c *Cache) join(object any) {
	namespace := object.(*corev1.Namespace).Name
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.members[namespace] != nil {
		return
	}
	m, err := c.newMember(namespace)
	if err != nil {
		// This error ends the manager: a namespace that no manager reconciles must not go
		// unnoticed.
		c.run.group.Go(func() error { return fmt.Errorf("watch the namespace %q: %w", namespace, err) })
		return
	}
	c.members[namespace] = m
	c.run.group.Go(func() error { return m.Start(m.ctx) })
	c.run.group.Go(func() error { return c.admit(m) })
	log.FromContext(m.ctx).WithName("namespaces").Info("watching a namespace", "namespace", namespace)
}

// newMember makes the cache of a namespace, with the same indexes and kinds as the others.
func (c *Cache) newMember(namespace string) (*member, error) {
	opened, err := c.open(namespace)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(c.run.ctx)
	m := &member{Cache: opened, namespace: namespace, ctx: ctx, cancel: cancel, admitted: make(chan struct{})}
	for _, index := range c.indexes {
		if err := opened.IndexField(ctx, index.object, index.field, index.extract); err != nil {
			cancel()
			return nil, err
		}
	}
	for _, kind := range c.kinds {
		if _, err := opened.GetInformer(ctx, kind.object, cache.BlockUntilSynced(false)); err != nil {
			cancel()
			return nil, err
		}
	}
	return m, nil
}

// admit waits until a namespace has been read completely. Handlers see its objects only then, so that no pass reads an
// object before the objects that it refers to.
func (c *Cache) admit(m *member) error {
	if !m.WaitForCacheSync(m.ctx) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.members[m.namespace] != m {
		return nil
	}
	close(m.admitted)
	for _, kind := range c.kinds {
		for _, each := range kind.handlers {
			if err := each.attach(m, kind.object); err != nil {
				return fmt.Errorf("watch the namespace %q: %w", m.namespace, err)
			}
		}
	}
	return nil
}

// leave forgets a namespace that is no longer selected.
func (c *Cache) leave(object any) {
	if unknown, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
		object = unknown.Obj
	}
	namespace := object.(*corev1.Namespace).Name
	c.mu.Lock()
	m := c.members[namespace]
	if m != nil {
		m.cancel()
	}
	delete(c.members, namespace)
	leaving := slices.Clone(c.leaving)
	c.mu.Unlock()
	if m == nil {
		return
	}
	for _, forget := range leaving {
		forget(namespace)
	}
	log.FromContext(m.ctx).WithName("namespaces").Info("a namespace is no longer watched", "namespace", namespace)
}

// WaitForCacheSync implements cache.Informers. It does not wait for namespaces that are selected later. Each of them is
// reconciled once it has been read completely, and does not delay the others.
func (c *Cache) WaitForCacheSync(ctx context.Context) bool {
	if !c.cluster.WaitForCacheSync(ctx) {
		return false
	}
	select {
	case <-c.synced:
	case <-ctx.Done():
		return false
	}
	for _, m := range c.admitted() {
		if !m.syncs(ctx) {
			return false
		}
	}
	return true
}

// syncs waits until a member has read each kind that was asked for after it was admitted. It stops waiting for a member
// whose namespace is no longer selected.
func (m *member) syncs(ctx context.Context) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(m.ctx, cancel)()
	return m.WaitForCacheSync(ctx) || m.ctx.Err() != nil
}

// RemoveInformer implements cache.Informers.
func (c *Cache) RemoveInformer(ctx context.Context, object client.Object) error {
	namespaced, err := c.isNamespaced(object)
	if err != nil {
		return err
	}
	if !namespaced {
		return c.cluster.RemoveInformer(ctx, object)
	}
	kind, err := c.kindOf(object)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kinds, kind)
	for _, m := range c.members {
		if err := m.RemoveInformer(ctx, object); err != nil {
			return err
		}
	}
	return nil
}
