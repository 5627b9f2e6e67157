// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package wake decides which events give a reconciler a pass, and when.
package wake

import (
	"context"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Queue receives the requests that an event causes.
type Queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// Late enqueues, after a delay, the requests that a map function finds for an object, both before and after an update.
// The delay starts with the first event. All events until its end give a request one pass.
func Late(delay time.Duration, requestsFor handler.MapFunc) handler.EventHandler {
	enqueue := func(ctx context.Context, q Queue, objects ...client.Object) {
		for _, object := range objects {
			for _, request := range requestsFor(ctx, object) {
				q.AddAfter(request, delay)
			}
		}
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q Queue) { enqueue(ctx, q, e.Object) },
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q Queue) { enqueue(ctx, q, e.ObjectOld, e.ObjectNew) },
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q Queue) { enqueue(ctx, q, e.Object) },
	}
}
