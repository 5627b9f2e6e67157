// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/internal/testing/faults"
	"github.com/seatplane/seatplane/internal/testing/lyingcache"
)

// freezer makes the cache show the past from a certain write on: what it showed just before that
// write. It lasts through the rest of the step and through the next one, so that what was decided on
// the past meets what was committed since.
type freezer struct {
	client.Client
	cache *lyingcache.Client
	run   *faults.Run
	plan  plan

	mu    sync.Mutex
	state freezing
	// rests counts the times the operator came to rest since.
	rests int
}

type freezing int

const (
	notYet freezing = iota
	frozen
	thawed
)

// restsFrozen is how many times the operator comes to rest on the past: in the step in which the
// cache froze, and in the one after it.
const restsFrozen = 2

// newFreezer returns the freezer of a process that follows on another, nil for the first. A process
// that starts reads what is: the past ends with the one that saw it.
func newFreezer(cache *lyingcache.Client, run *faults.Run, p plan, predecessor *freezer) *freezer {
	f := &freezer{Client: cache, cache: cache, run: run, plan: p}
	if predecessor != nil && predecessor.state != notYet {
		f.state = thawed
	}
	return f
}

func (f *freezer) frozen() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state == frozen
}

// release is called when the operator is at rest on the past, and says whether the past continues.
func (f *freezer) release() (still bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rests++
	if f.rests < f.plan.frozenRests() {
		return true, nil
	}
	return false, f.thaw()
}

// thaw shows the cache as it is; the caller holds the lock.
func (f *freezer) thaw() error {
	f.state = thawed
	return f.cache.Thaw()
}

// end shows the cache as it is, if it shows the past: at the end of the story, and before a step that goes
// by what was answered. A past that has not begun may still come.
func (f *freezer) end() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state == notYet {
		return nil
	}
	return f.thaw()
}

// before is called before each write is sent.
func (f *freezer) before(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state != notYet || f.plan.staleFrom == 0 || f.run.Count() < f.plan.staleFrom {
		return nil
	}
	f.state = frozen
	return f.cache.Freeze(ctx, f.plan.stale...)
}

// Create creates an object.
func (f *freezer) Create(ctx context.Context, object client.Object, opts ...client.CreateOption) error {
	if err := f.before(ctx); err != nil {
		return err
	}
	return f.Client.Create(ctx, object, opts...)
}

// Update replaces an object.
func (f *freezer) Update(ctx context.Context, object client.Object, opts ...client.UpdateOption) error {
	if err := f.before(ctx); err != nil {
		return err
	}
	return f.Client.Update(ctx, object, opts...)
}

// Patch changes an object.
func (f *freezer) Patch(ctx context.Context, object client.Object, patch client.Patch, opts ...client.PatchOption) error {
	if err := f.before(ctx); err != nil {
		return err
	}
	return f.Client.Patch(ctx, object, patch, opts...)
}

// Delete deletes an object.
func (f *freezer) Delete(ctx context.Context, object client.Object, opts ...client.DeleteOption) error {
	if err := f.before(ctx); err != nil {
		return err
	}
	return f.Client.Delete(ctx, object, opts...)
}

// Status returns the writer of the status subresource.
func (f *freezer) Status() client.SubResourceWriter { return f.SubResource("status") }

// SubResource returns the client of a subresource.
func (f *freezer) SubResource(name string) client.SubResourceClient {
	return &freezingSubResource{f.Client.SubResource(name), f}
}

type freezingSubResource struct {
	client.SubResourceClient
	freezer *freezer
}

// Update replaces a subresource.
func (s *freezingSubResource) Update(ctx context.Context, object client.Object, opts ...client.SubResourceUpdateOption) error {
	if err := s.freezer.before(ctx); err != nil {
		return err
	}
	return s.SubResourceClient.Update(ctx, object, opts...)
}
