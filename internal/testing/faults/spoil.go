// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Spoil returns c with creates, and updates of statuses, that the API server refuses. spoil may change the copy of the
// object that is sent, so that it is invalid, or return the error that the write fails with instead of being sent. A
// write that it leaves alone goes through.
func Spoil(c client.Client, spoil func(client.Object) error) client.Client {
	return &spoilingClient{c, spoil}
}

type spoilingClient struct {
	client.Client
	spoil func(client.Object) error
}

func (c *spoilingClient) Create(ctx context.Context, object client.Object, opts ...client.CreateOption) error {
	sent := object.DeepCopyObject().(client.Object)
	if err := c.spoil(sent); err != nil {
		return err
	}
	if err := c.Client.Create(ctx, sent, opts...); err != nil {
		return err
	}
	object.SetUID(sent.GetUID())
	object.SetResourceVersion(sent.GetResourceVersion())
	return nil
}

func (c *spoilingClient) Status() client.SubResourceWriter {
	return &spoilingStatus{c.Client.Status(), c.spoil}
}

type spoilingStatus struct {
	client.SubResourceWriter
	spoil func(client.Object) error
}

func (w *spoilingStatus) Update(ctx context.Context, object client.Object, opts ...client.SubResourceUpdateOption) error {
	sent := object.DeepCopyObject().(client.Object)
	if err := w.spoil(sent); err != nil {
		return err
	}
	if err := w.SubResourceWriter.Update(ctx, sent, opts...); err != nil {
		return err
	}
	object.SetResourceVersion(sent.GetResourceVersion())
	return nil
}
