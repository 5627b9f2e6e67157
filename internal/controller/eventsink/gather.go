// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/courier"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/event"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
)

// readOnly avoids copying what is only read. Objects that are read with it must not be modified.
const readOnly = client.UnsafeDisableDeepCopy

// keysLast is how long signing keys are used before they are read again. If a receiver denies access, they are read
// again at once.
const keysLast = 30 * time.Second

// gather reads the sink and the source of a pair. It reports false if there is nothing to deliver from. A sink that
// no longer exists is nil.
func (r *Deliverer) gather(ctx context.Context, s *stream) (found bool, err error) {
	var sink v1alpha1.EventSink
	err = r.Client.Get(ctx, client.ObjectKey{Namespace: s.pair.namespace, Name: s.pair.sink}, &sink)
	if client.IgnoreNotFound(err) != nil {
		return false, fmt.Errorf("read EventSink: %w", err)
	}
	if err == nil && sink.DeletionTimestamp.IsZero() {
		s.sink, s.to, s.uids.sink = &sink, delivery.Of(&sink), facts.Identity(&sink)
	}
	switch {
	case s.pair.departed != "":
		return r.gatherDeparted(ctx, s)
	case s.pair.product != "":
		return r.gatherProduct(ctx, s)
	default:
		return r.gatherSubscription(ctx, s)
	}
}

// gatherSubscription reads the subscription of a pair.
func (r *Deliverer) gatherSubscription(ctx context.Context, s *stream) (found bool, err error) {
	var sub v1alpha1.Subscription
	err = r.Client.Get(ctx, client.ObjectKey{Namespace: s.pair.namespace, Name: s.pair.subscription}, &sub)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read Subscription: %w", err)
	}
	s.sub, s.from = &sub, delivery.FromSubscription(&sub)
	s.uids.source = s.from.UID
	return !s.isImporting(&sub), nil
}

// gatherProduct reads the product of a pair.
func (r *Deliverer) gatherProduct(ctx context.Context, s *stream) (found bool, err error) {
	var product v1alpha1.SeatProduct
	err = r.Client.Get(ctx, client.ObjectKey{Namespace: s.pair.namespace, Name: s.pair.product}, &product)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read SeatProduct: %w", err)
	}
	s.product, s.from = &product, delivery.FromProduct(&product)
	s.uids.source = s.from.UID
	return !s.isImporting(&product), nil
}

// isImporting reports whether the source or the sink is being imported. The records that events come from may not be in
// place yet. The end of the import triggers another pass.
func (s *stream) isImporting(source client.Object) bool {
	return facts.IsImporting(source) || s.sink != nil && facts.IsImporting(s.sink)
}

// gatherDeparted reads the object that keeps the events of a deleted subscription. As long as the subscription exists,
// its own pass delivers its events.
func (r *Deliverer) gatherDeparted(ctx context.Context, s *stream) (found bool, err error) {
	var kept appsv1.ControllerRevision
	err = r.Client.Get(ctx, client.ObjectKey{Namespace: s.pair.namespace, Name: s.pair.departed}, &kept)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read ControllerRevision: %w", err)
	}
	sub, err := delivery.Departed(&kept)
	if err != nil {
		return false, err
	}
	var there v1alpha1.Subscription
	err = r.Client.Get(ctx, client.ObjectKeyFromObject(sub), &there)
	if client.IgnoreNotFound(err) != nil {
		return false, fmt.Errorf("read Subscription: %w", err)
	}
	if err == nil && facts.Identity(&there) == sub.UID {
		r.Memory.wakePair(s.name, time.Second)
		return false, nil
	}
	s.kept, s.sub, s.from = &kept, sub, delivery.FromSubscription(sub)
	s.uids.source = s.from.UID
	return true, nil
}

// rebuilt returns the events that were removed from the list before the sink had received them. Their records are read
// from the API server once, because the cache keeps only a part of a record. They are not complete as long as the last
// commit owes a record.
func (r *Deliverer) rebuilt(ctx context.Context, s *stream, p progress) (events []v1alpha1.Notification, complete bool, err error) {
	if !delivery.NeedsRecords(p.cursor) {
		return nil, true, nil
	}
	if p.rebuiltUntil == p.cursor.RebuildUntil {
		return p.rebuilt, true, nil
	}
	of := []client.ListOption{client.InNamespace(s.sub.Namespace), client.MatchingFields{index.FieldSubscription: s.sub.Name}}
	var updates v1alpha1.SubscriptionUpdateList
	if err := r.Live.List(ctx, &updates, of...); err != nil {
		return nil, false, fmt.Errorf("list SubscriptionUpdates: %w", err)
	}
	var invoices v1alpha1.InvoiceList
	if err := r.Live.List(ctx, &invoices, of...); err != nil {
		return nil, false, fmt.Errorf("list Invoices: %w", err)
	}
	if delivery.Owes(s.sub, updates.Items, invoices.Items) {
		return nil, false, nil
	}
	events = delivery.Rebuild(s.sub, updates.Items, invoices.Items, p.cursor.Sequence, p.cursor.RebuildUntil)
	r.Memory.change(s.uids, func(now *progress) { now.rebuilt, now.rebuiltUntil = events, p.cursor.RebuildUntil })
	return events, true, nil
}

// whether says whether the record of an event is in place.
type whether int

const (
	inPlace whether = iota
	// notYet: the commit still owes the record.
	notYet
	// lost: somebody deleted the record.
	lost
)

// record reads the record that an event is made from, without the cache.
func (r *Deliverer) record(ctx context.Context, s *stream, n *v1alpha1.Notification) (event.Record, whether, error) {
	if n.Ref == nil {
		return event.Record{Subscription: s.sub, Product: s.product}, inPlace, nil
	}
	key := client.ObjectKey{Namespace: s.sub.Namespace, Name: n.Ref.Name}
	if n.Ref.Kind == delivery.KindInvoice {
		var invoice v1alpha1.Invoice
		err := r.Live.Get(ctx, key, &invoice)
		return event.Record{Invoice: &invoice}, s.place(n, err, true), client.IgnoreNotFound(err)
	}
	var update v1alpha1.SubscriptionUpdate
	err := r.Live.Get(ctx, key, &update)
	isDone := !delivery.HasRecord(n) || facts.Finished(update.Status.State)
	return event.Record{Update: &update}, s.place(n, err, isDone), client.IgnoreNotFound(err)
}

// place says whether a record that was read is in place. One that is missing while the outbox still has it may not have
// been created yet: the commit that recorded the event owes it.
func (s *stream) place(n *v1alpha1.Notification, err error, isDone bool) whether {
	owed := slices.ContainsFunc(s.sub.Status.Outbox, func(e v1alpha1.Effect) bool { return e.Name == n.Ref.Name })
	switch {
	case err == nil && isDone:
		return inPlace
	case err == nil, owed && n.Ref.Kind == delivery.KindInvoice:
		return notYet
	default:
		return lost
	}
}

// keys are the signing keys of a sink.
type keys struct {
	keys [][]byte
	// of is the generation of the sink that named them, and read is when they were read.
	of   int64
	read time.Time
	// problem is why there are none.
	problem *problem
}

// problem is why a sink cannot be used: a reason, and a sentence.
type problem struct{ reason, message string }

// keys returns the signing keys of a sink, or why they cannot be used. The error is one of the API server.
func (r *Deliverer) keys(ctx context.Context, sink *v1alpha1.EventSink) ([][]byte, *problem, error) {
	known := r.Memory.look(facts.Identity(sink)).keys
	if known.of == sink.Generation && r.Clock.Since(known.read) < keysLast && !known.read.IsZero() {
		return known.keys, known.problem, nil
	}
	read, problem, err := readKeys(ctx, r.Live, r.Poster, sink)
	if err != nil {
		return nil, nil, err
	}
	r.Memory.count(facts.Identity(sink), func(l *lane) {
		l.keys = keys{keys: read, of: sink.Generation, read: r.Clock.Now(), problem: problem}
	})
	return read, problem, nil
}

// readKeys checks the address of a sink, and reads its signing keys.
func readKeys(ctx context.Context, live client.Reader, poster Poster, sink *v1alpha1.EventSink) ([][]byte, *problem, error) {
	address, err := poster.Check(sink.Spec.URL)
	if err != nil {
		reason := v1alpha1.ReasonInvalidURL
		if errors.Is(err, courier.ErrNotAllowed) {
			reason = v1alpha1.ReasonHostNotAllowed
		}
		return nil, &problem{reason, err.Error()}, nil
	}
	var read [][]byte
	for _, ref := range sink.Spec.SigningSecretRefs {
		secret, err := dataloader.ReadSecret(ctx, live, sink.Namespace, ref, dataloader.UseSink)
		if err == nil {
			err = secret.CheckHost(address.Host, address.Port)
		}
		if err != nil {
			return unread(err)
		}
		key, err := event.ParseKey([]byte(secret.Reveal()))
		if err != nil {
			return nil, &problem{v1alpha1.ReasonBadSigningKey, fmt.Sprintf("Secret %q, key %q: %v.", ref.Name, ref.Key, err)}, nil
		}
		read = append(read, key)
	}
	return read, nil, nil
}

// unread returns why a Secret cannot be used, as a problem of the sink or as an error of the API server.
func unread(err error) ([][]byte, *problem, error) {
	failure := dataloader.AsFailure(err)
	if failure.Reason == dataloader.ReasonSourceError {
		return nil, nil, fmt.Errorf("read a signing key: %w", failure)
	}
	return nil, &problem{string(failure.Reason), failure.Message + "."}, nil
}
