// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// mutant is an operator with one rule of the design broken, by what is put between it and its clients.
// The zero value is the operator as it is. The prelude is always played by that one.
type mutant struct {
	// breakClient changes what the operator's writes do, or what its cache shows.
	breakClient func(client.Client) client.Client
	// breakReader changes what it reads live; it is given the cache too.
	breakReader func(live, cache client.Reader) client.Reader
}

func (m mutant) client(c client.Client) client.Client {
	if m.breakClient == nil {
		return c
	}
	return m.breakClient(c)
}

func (m mutant) reader(live, cache client.Reader) client.Reader {
	if m.breakReader == nil {
		return live
	}
	return m.breakReader(live, cache)
}

// tampered is a client of which some calls are replaced. Each replacement is given the call itself, to
// make it, to make it otherwise, or not to make it. One that is nil changes nothing.
type tampered struct {
	client.Client
	onCreate func(ctx context.Context, object client.Object, create call) error
	onStatus func(ctx context.Context, object client.Object, write call) error
	onRead   func(object client.Object)
}

// call carries out what was asked for, on the object that it is given.
type call func(client.Object) error

// Create creates an object.
func (t *tampered) Create(ctx context.Context, object client.Object, opts ...client.CreateOption) error {
	create := func(o client.Object) error { return t.Client.Create(ctx, o, opts...) }
	if t.onCreate == nil {
		return create(object)
	}
	return t.onCreate(ctx, object, create)
}

// Get reads one object.
func (t *tampered) Get(ctx context.Context, key client.ObjectKey, out client.Object, opts ...client.GetOption) error {
	err := t.Client.Get(ctx, key, out, opts...)
	if err == nil && t.onRead != nil {
		t.onRead(out)
	}
	return err
}

// Status returns the writer of the status subresource.
func (t *tampered) Status() client.SubResourceWriter {
	return &tamperedStatus{t.Client.Status(), t}
}

type tamperedStatus struct {
	client.SubResourceWriter
	by *tampered
}

// Update replaces a status.
func (s *tamperedStatus) Update(ctx context.Context, object client.Object, opts ...client.SubResourceUpdateOption) error {
	write := func(o client.Object) error { return s.SubResourceWriter.Update(ctx, o, opts...) }
	if s.by.onStatus == nil {
		return write(object)
	}
	return s.by.onStatus(ctx, object, write)
}
