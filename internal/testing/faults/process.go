// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Process is one generation of the program under test, from its start to its crash.
type Process struct {
	run     *Run
	number  int
	crashed atomic.Bool
}

// Start begins the next generation.
func (r *Run) Start() *Process {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.processes++
	return &Process{run: r, number: r.processes}
}

// Crashed reports whether the process was stopped.
func (p *Process) Crashed() bool {
	return p.crashed.Load()
}

// Crash stops the process immediately, between two calls.
func (p *Process) Crash() {
	p.crashed.Store(true)
}

// Client wraps c for this process. Its reads work until the process crashes. Its writes are
// numbered, recorded and subject to the faults of the run's plan.
func (p *Process) Client(c client.Client) client.Client {
	return &faultyClient{Client: c, process: p}
}

// Reader wraps r for this process, for reads that bypass the cache.
func (p *Process) Reader(r client.Reader) client.Reader {
	return &faultyReader{reader: r, process: p}
}

// write carries out one write, or the fault that the plan has for it. If asked to, forward must
// work on copies of the caller's objects, because a lost reply cannot fill in the object.
func (p *Process) write(write Write, forward func() error, unanswered func() error) error {
	if p.Crashed() {
		return ErrCrashed
	}
	write.Process = p.number
	write = p.run.begin(write)
	write.Forwarded, write.Err = p.carryOut(write, forward, unanswered)
	p.run.end(write)
	return write.Err
}

func (p *Process) carryOut(write Write, forward, unanswered func() error) (forwarded bool, err error) {
	switch write.Fault {
	case "":
		return true, forward()
	case CrashBefore:
		p.Crash()
		return false, ErrCrashed
	case CrashAfter:
		_ = unanswered()
		p.Crash()
		return true, ErrCrashed
	case Ambiguous:
		_ = unanswered()
		return true, lostReply(write)
	default:
		return false, refusal(write)
	}
}

// faultyReader fails once its process has crashed.
type faultyReader struct {
	reader  client.Reader
	process *Process
}

// Get reads one object.
func (r *faultyReader) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	if r.process.Crashed() {
		return ErrCrashed
	}
	return r.reader.Get(ctx, key, obj, opts...)
}

// List reads many objects.
func (r *faultyReader) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if r.process.Crashed() {
		return ErrCrashed
	}
	return r.reader.List(ctx, list, opts...)
}

// faultyClient sends every call through its process.
type faultyClient struct {
	client.Client
	process *Process
}

// describe describes the object of a write. A kind that the scheme does not know stays empty.
func (c *faultyClient) describe(verb string, obj client.Object, subresource string) Write {
	kind, _ := c.GroupVersionKindFor(obj)
	return Write{Verb: verb, Kind: kind.Kind, Namespace: obj.GetNamespace(), Name: obj.GetName(), Subresource: subresource}
}

// do sends a write of obj through the process. The call gets obj itself, or a copy of it if its
// outcome must not reach the caller.
func (c *faultyClient) do(write Write, obj client.Object, call func(client.Object) error) error {
	return c.process.write(write,
		func() error { return call(obj) },
		func() error { return call(obj.DeepCopyObject().(client.Object)) })
}

// Get reads one object.
func (c *faultyClient) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	return (&faultyReader{reader: c.Client, process: c.process}).Get(ctx, key, obj, opts...)
}

// List reads many objects.
func (c *faultyClient) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	return (&faultyReader{reader: c.Client, process: c.process}).List(ctx, list, opts...)
}

// Create creates an object.
func (c *faultyClient) Create(ctx context.Context, obj client.Object, opts ...client.CreateOption) error {
	return c.do(c.describe("create", obj, ""), obj, func(o client.Object) error { return c.Client.Create(ctx, o, opts...) })
}

// Update replaces an object.
func (c *faultyClient) Update(ctx context.Context, obj client.Object, opts ...client.UpdateOption) error {
	return c.do(c.describe("update", obj, ""), obj, func(o client.Object) error { return c.Client.Update(ctx, o, opts...) })
}

// Patch changes an object.
func (c *faultyClient) Patch(ctx context.Context, obj client.Object, patch client.Patch, opts ...client.PatchOption) error {
	return c.do(c.describe("patch", obj, ""), obj, func(o client.Object) error { return c.Client.Patch(ctx, o, patch, opts...) })
}

// Delete deletes an object.
func (c *faultyClient) Delete(ctx context.Context, obj client.Object, opts ...client.DeleteOption) error {
	return c.do(c.describe("delete", obj, ""), obj, func(o client.Object) error { return c.Client.Delete(ctx, o, opts...) })
}

// DeleteAllOf deletes many objects; it counts as one write.
func (c *faultyClient) DeleteAllOf(ctx context.Context, obj client.Object, opts ...client.DeleteAllOfOption) error {
	return c.do(c.describe("deletecollection", obj, ""), obj, func(o client.Object) error { return c.Client.DeleteAllOf(ctx, o, opts...) })
}

// Apply applies a configuration. An apply configuration cannot be copied, so after a lost reply the
// caller's configuration may be filled in as after a good one.
func (c *faultyClient) Apply(ctx context.Context, obj runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
	call := func() error { return c.Client.Apply(ctx, obj, opts...) }
	return c.process.write(describeApply(obj, ""), call, call)
}

// Status returns the writer of the status subresource.
func (c *faultyClient) Status() client.SubResourceWriter {
	return c.SubResource("status")
}

// SubResource returns the client of a subresource.
func (c *faultyClient) SubResource(name string) client.SubResourceClient {
	return &faultySubResource{SubResourceClient: c.Client.SubResource(name), parent: c, name: name}
}

// faultySubResource sends every call about a subresource through its process.
type faultySubResource struct {
	client.SubResourceClient
	parent *faultyClient
	name   string
}

// Get reads a subresource.
func (s *faultySubResource) Get(ctx context.Context, obj, sub client.Object, opts ...client.SubResourceGetOption) error {
	if s.parent.process.Crashed() {
		return ErrCrashed
	}
	return s.SubResourceClient.Get(ctx, obj, sub, opts...)
}

// Create creates a subresource.
func (s *faultySubResource) Create(ctx context.Context, obj, sub client.Object, opts ...client.SubResourceCreateOption) error {
	return s.parent.do(s.parent.describe("create", obj, s.name), obj, func(o client.Object) error {
		return s.SubResourceClient.Create(ctx, o, sub, opts...)
	})
}

// Update replaces a subresource.
func (s *faultySubResource) Update(ctx context.Context, obj client.Object, opts ...client.SubResourceUpdateOption) error {
	return s.parent.do(s.parent.describe("update", obj, s.name), obj, func(o client.Object) error {
		return s.SubResourceClient.Update(ctx, o, opts...)
	})
}

// Patch changes a subresource.
func (s *faultySubResource) Patch(ctx context.Context, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
	return s.parent.do(s.parent.describe("patch", obj, s.name), obj, func(o client.Object) error {
		return s.SubResourceClient.Patch(ctx, o, patch, opts...)
	})
}

// Apply applies a configuration to a subresource.
func (s *faultySubResource) Apply(ctx context.Context, obj runtime.ApplyConfiguration, opts ...client.SubResourceApplyOption) error {
	call := func() error { return s.SubResourceClient.Apply(ctx, obj, opts...) }
	return s.parent.process.write(describeApply(obj, s.name), call, call)
}

// describeApply describes an apply configuration by its own content.
func describeApply(obj runtime.ApplyConfiguration, subresource string) Write {
	write := Write{Verb: "apply", Subresource: subresource}
	if named, ok := obj.(interface {
		GetKind() *string
		GetNamespace() *string
		GetName() *string
	}); ok {
		write.Kind, write.Namespace, write.Name = value(named.GetKind()), value(named.GetNamespace()), value(named.GetName())
	}
	return write
}

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
