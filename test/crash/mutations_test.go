// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
)

func onStatus(do func(context.Context, client.Object, call) error) mutant {
	return mutant{breakClient: func(c client.Client) client.Client { return &tampered{Client: c, onStatus: do} }}
}

func onCreate(do func(context.Context, client.Object, call) error) mutant {
	return mutant{breakClient: func(c client.Client) client.Client { return &tampered{Client: c, onCreate: do} }}
}

func onRead(do func(client.Object)) mutant {
	return mutant{breakClient: func(c client.Client) client.Client { return &tampered{Client: c, onRead: do} }}
}

// withoutVersion writes a subscription's status over whatever version there is.
func withoutVersion(ctx context.Context, object client.Object, write call) error {
	s, ok := object.(*v1alpha1.Subscription)
	if !ok {
		return write(object)
	}
	now, err := asItIs(ctx, s)
	if err != nil {
		return err
	}
	s.ResourceVersion = now.ResourceVersion
	return write(s)
}

// asItIs reads a subscription from the API server.
func asItIs(ctx context.Context, s *v1alpha1.Subscription) (*v1alpha1.Subscription, error) {
	now := &v1alpha1.Subscription{}
	return now, live.Get(ctx, client.ObjectKeyFromObject(s), now)
}

// cached reads objects of one kind from the cache.
func cached[T any]() func(live, cache client.Reader) client.Reader {
	return func(live, cache client.Reader) client.Reader { return halfLive[T]{live, cache} }
}

type halfLive[T any] struct {
	client.Reader
	cache client.Reader
}

// Get reads one object.
func (h halfLive[T]) Get(ctx context.Context, key client.ObjectKey, out client.Object, opts ...client.GetOption) error {
	if _, ok := any(out).(*T); ok {
		return h.cache.Get(ctx, key, out, opts...)
	}
	return h.Reader.Get(ctx, key, out, opts...)
}

// cachedLists lists objects of one kind from the cache.
func cachedLists[T any](live, cache client.Reader) client.Reader { return halfListed[T]{live, cache} }

type halfListed[T any] struct {
	client.Reader
	cache client.Reader
}

// List reads many objects.
func (h halfListed[T]) List(ctx context.Context, out client.ObjectList, opts ...client.ListOption) error {
	if _, ok := any(out).(*T); ok {
		return h.cache.List(ctx, out, opts...)
	}
	return h.Reader.List(ctx, out, opts...)
}

// listedOnce lists the updates of a namespace live once, and answers later lists of them with the same.
func listedOnce(live, _ client.Reader) client.Reader { return &remembering{Reader: live} }

type remembering struct {
	client.Reader
	updates *v1alpha1.SubscriptionUpdateList
}

// List reads many objects.
func (r *remembering) List(ctx context.Context, out client.ObjectList, opts ...client.ListOption) error {
	var options client.ListOptions
	list, ofUpdates := out.(*v1alpha1.SubscriptionUpdateList)
	if options.ApplyOptions(opts); !ofUpdates || options.FieldSelector != nil {
		return r.Reader.List(ctx, out, opts...)
	}
	if r.updates == nil {
		r.updates = &v1alpha1.SubscriptionUpdateList{}
		if err := r.Reader.List(ctx, r.updates, opts...); err != nil {
			return err
		}
	}
	r.updates.DeepCopyInto(list)
	return nil
}

func conflictIsSuccess(_ context.Context, object client.Object, write call) error {
	err := write(object)
	if _, ok := object.(*v1alpha1.Subscription); ok && apierrors.IsConflict(err) {
		return nil
	}
	return err
}

func invoiceErrorsSwallowed(_ context.Context, object client.Object, create call) error {
	err := create(object)
	if _, ok := object.(*v1alpha1.Invoice); ok && apierrors.IsInternalError(err) {
		return nil
	}
	return err
}

func markErrorsSwallowed(_ context.Context, object client.Object, write call) error {
	err := write(object)
	if _, ok := object.(*v1alpha1.SubscriptionUpdate); ok && apierrors.IsInternalError(err) {
		return nil
	}
	return err
}

// withoutOutbox commits what was computed, and keeps what it owes in mind only.
func withoutOutbox(_ context.Context, object client.Object, write call) error {
	s, ok := object.(*v1alpha1.Subscription)
	if !ok {
		return write(object)
	}
	stripped := s.DeepCopy()
	stripped.Status.Outbox = nil
	if err := write(stripped); err != nil {
		return err
	}
	s.ResourceVersion = stripped.ResourceVersion
	return nil
}

// markFirst writes the results into the updates, and then commits.
func markFirst(c client.Client) client.Client {
	return &tampered{Client: c, onStatus: func(ctx context.Context, object client.Object, write call) error {
		s, ok := object.(*v1alpha1.Subscription)
		if !ok {
			return write(object)
		}
		for i := range s.Status.Outbox {
			if err := mark(ctx, c, s, &s.Status.Outbox[i]); err != nil {
				return err
			}
		}
		return write(s)
	}}
}

func mark(ctx context.Context, c client.Client, s *v1alpha1.Subscription, effect *v1alpha1.Effect) error {
	if effect.Type != v1alpha1.EffectMarkUpdate {
		return nil
	}
	var u v1alpha1.SubscriptionUpdate
	if err := live.Get(ctx, client.ObjectKey{Namespace: s.Namespace, Name: string(effect.Name)}, &u); err != nil {
		return client.IgnoreNotFound(err)
	}
	status, err := record.Mark(s, effect)
	if err != nil {
		return err
	}
	u.Status = status
	return c.Status().Update(ctx, &u)
}

// letGoEarly takes the finalizer off with the commit that ends a subscription, before anything is drained.
func letGoEarly(c client.Client) client.Client {
	return &tampered{Client: c, onStatus: func(ctx context.Context, object client.Object, write call) error {
		if err := write(object); err != nil {
			return err
		}
		s, ok := object.(*v1alpha1.Subscription)
		if !ok || s.DeletionTimestamp.IsZero() || s.Status.CancelTime == nil {
			return nil
		}
		bare := s.DeepCopy()
		controllerutil.RemoveFinalizer(bare, v1alpha1.FinalizerSettle)
		return c.Update(ctx, bare)
	}}
}

// serial makes names that no other run makes.
var serial atomic.Int64

func randomNames(_ context.Context, object client.Object, create call) error {
	u, ok := object.(*v1alpha1.SubscriptionUpdate)
	if !ok {
		return create(object)
	}
	u.Name = fmt.Sprintf("%s-%d", u.Spec.SubscriptionRef.Name, serial.Add(1))
	return create(u)
}

// computedInvoices dates an invoice by when it is created.
func computedInvoices(_ context.Context, object client.Object, create call) error {
	if invoice, ok := object.(*v1alpha1.Invoice); ok {
		invoice.Spec.IssueTime = metav1.NewTime(time.Now().Truncate(time.Second))
	}
	return create(object)
}

// marksTwice touches up what was marked.
func marksTwice(_ context.Context, object client.Object, write call) error {
	if err := write(object); err != nil {
		return err
	}
	u, ok := object.(*v1alpha1.SubscriptionUpdate)
	if !ok || u.Status.State != v1alpha1.UpdateApplied {
		return nil
	}
	u.Status.Summary += "."
	return write(u)
}

// withoutConditions shows subscriptions as if they had none.
func withoutConditions(object client.Object) {
	if s, ok := object.(*v1alpha1.Subscription); ok {
		s.Status.Conditions = nil
	}
}

func panicsOnConflict(_ context.Context, object client.Object, write call) error {
	err := write(object)
	if apierrors.IsConflict(err) {
		panic(err)
	}
	return err
}
