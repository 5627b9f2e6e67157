// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/status"
)

// write writes how far the sinks have received the events of a source, if no commit has done so in ten seconds. It
// returns when that will be due; zero if nothing is to be written. The write carries the resourceVersion that was read, so
// it never meets a commit that it does not know of.
func (r *Deliverer) write(ctx context.Context, s *stream, written v1alpha1.EventCursor) (due time.Duration, err error) {
	if s.kept != nil {
		return 0, nil
	}
	since := r.Memory.begin(s.uids, s.name, written).since
	if since.IsZero() {
		return 0, nil
	}
	if wait := since.Add(writeAfter).Sub(r.Clock.Now()); wait > 0 {
		return wait, nil
	}
	sinks, err := usedSinks(ctx, r.Client, s.pair.namespace)
	if err != nil {
		return 0, err
	}
	kept := delivery.Keep(s.from, sinks, nil, r.Memory.Of(s.uids.source))
	before, after := s.keeping(kept)
	_, err = status.Write(ctx, r.Client, before, after)
	if isConflict(err) {
		return time.Second, nil
	}
	if err != nil {
		return 0, client.IgnoreNotFound(err)
	}
	r.Memory.wrote(s.uids.source, kept.Cursors)
	return 0, nil
}

// keeping returns the object that the events are from: as it was read, and with the events that are kept.
func (s *stream) keeping(kept delivery.Source) (before, after client.Object) {
	if s.sub == nil {
		product := s.product.DeepCopy()
		kept.InProduct(&product.Status)
		return s.product, product
	}
	sub := s.sub.DeepCopy()
	kept.InSubscription(&sub.Status)
	return s.sub, sub
}

// clear deletes the object that keeps the events of a deleted subscription, once no sink waits for one.
func (r *Deliverer) clear(ctx context.Context, s *stream) error {
	if s.kept == nil {
		return nil
	}
	sinks, err := usedSinks(ctx, r.Client, s.pair.namespace)
	if err != nil {
		return err
	}
	if delivery.AnyWaits(s.from.Moved(r.Memory.Of(s.uids.source)), sinks) {
		return nil
	}
	err = r.Client.Delete(ctx, s.kept, client.Preconditions{UID: &s.kept.UID})
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete ControllerRevision %q: %w", s.kept.Name, err)
	}
	r.Memory.forget(s.name)
	return nil
}

// usedSinks returns the sinks of a namespace that receive events.
func usedSinks(ctx context.Context, reader client.Reader, namespace string) ([]delivery.Sink, error) {
	var list v1alpha1.EventSinkList
	if err := reader.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("list EventSinks: %w", err)
	}
	return delivery.Used(list.Items), nil
}

// report writes the status of a sink, and removes what was written from what is still to be
// written.
func (r *Reconciler) report(ctx context.Context, before, after *v1alpha1.EventSink, said tally) error {
	changed, err := status.Write(ctx, r.Client, before, after)
	if err != nil {
		return err
	}
	if changed {
		r.Memory.told(facts.Identity(before), said)
	}
	return nil
}
