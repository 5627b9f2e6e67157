// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/courier"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/event"
	"github.com/seatplane/seatplane/internal/status"
)

const (
	// maxAttempts bounds the events that one pass delivers, so that other sources get their turn.
	maxAttempts = 32
	// writeAfter is how long the progress waits for a commit to write it.
	writeAfter = 10 * time.Second
	// firstLook and lastLook are the shortest and the longest time between two looks for a record that is not in place.
	firstLook, lastLook = 20 * time.Millisecond, 5 * time.Second
)

// Poster sends one request and waits for the answer.
type Poster interface {
	// Check returns the server of a URL, or why nothing may be sent to it.
	Check(url string) (courier.Address, error)
	// Post sends an event. Its error is a sentence.
	Post(ctx context.Context, url string, header http.Header, body []byte) (courier.Answer, error)
}

// Deliverer delivers the events of one source to one sink at a time, in order.
type Deliverer struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server.
	Live client.Reader
	// Clock is the wall clock.
	Clock clock.PassiveClock
	// Memory is shared with the reconcilers of sinks, of subscriptions and of products.
	Memory *Memory
	// Poster sends the events.
	Poster Poster
	// Metrics count attempts. Nil counts nothing.
	Metrics *Metrics
}

// stream is what one pass is about: the events of one source for one sink.
type stream struct {
	pair pair
	uids pairUIDs
	name client.ObjectKey
	sink *v1alpha1.EventSink
	to   delivery.Sink
	from delivery.Source
	// sub is the subscription. If it was deleted, kept is the object that keeps its events. If the events are those of
	// a product, sub is nil.
	sub     *v1alpha1.Subscription
	kept    *appsv1.ControllerRevision
	product *v1alpha1.SeatProduct
}

// Reconcile delivers what one sink lacks of the events of one source.
func (r *Deliverer) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	p, valid := parsePair(req.NamespacedName)
	if !valid {
		return ctrl.Result{}, nil
	}
	s := stream{pair: p, name: req.NamespacedName}
	// The next pair that waits for the sink gets its turn, regardless of the result of this pass.
	defer func() {
		if s.sink != nil {
			r.Memory.passOn(s.uids.sink)
		}
	}()
	found, err := r.gather(ctx, &s)
	if err != nil {
		return ctrl.Result{}, err
	}
	if !found {
		r.Memory.forget(req.NamespacedName)
		return ctrl.Result{}, nil
	}
	cursor, known := s.from.Cursor(s.uids.sink)
	if s.sink == nil || !known {
		r.Memory.forget(req.NamespacedName)
		return ctrl.Result{}, r.clear(ctx, &s)
	}
	if isStopped(s.sink) || r.Memory.look(s.uids.sink).gone {
		return ctrl.Result{}, nil
	}
	cursor = delivery.Within(cursor, s.from.Sequence)
	r.Memory.rewind(s.uids, s.name, s.from.Sequence)
	result, err := r.deliver(ctx, &s, cursor)
	if err != nil || result.RequeueAfter > 0 {
		return result, err
	}
	return r.rest(ctx, &s, cursor)
}

// ForgetNamespace drops what is known about the deliveries of a namespace that this manager no longer watches.
func (r *Deliverer) ForgetNamespace(namespace string) { r.Memory.forgetNamespace(namespace) }

// deliver sends one event after the other, until nothing waits or the next event has to.
func (r *Deliverer) deliver(ctx context.Context, s *stream, written v1alpha1.EventCursor) (ctrl.Result, error) {
	for range maxAttempts {
		progress := r.Memory.begin(s.uids, s.name, written)
		rebuilt, complete, err := r.rebuilt(ctx, s, progress)
		if err != nil {
			return ctrl.Result{}, r.unread(s, err)
		}
		if !complete {
			return r.later(ctx, s, written, r.lookAgain(s))
		}
		next := delivery.Next(s.to, s.from, progress.cursor.Sequence, rebuilt)
		if next == nil {
			r.reachEnd(s, progress)
			return ctrl.Result{}, nil
		}
		if wait := delivery.Due(progress.cursor, r.Clock.Now()); wait > 0 {
			return r.later(ctx, s, written, wait)
		}
		goOn, result, err := r.attempt(ctx, s, next)
		if err != nil {
			return result, err
		}
		if !goOn {
			return r.later(ctx, s, written, result.RequeueAfter)
		}
	}
	return ctrl.Result{RequeueAfter: time.Millisecond}, nil
}

// reachEnd moves a pair past events that its sink does not want, so that a rebuilt range does not stay open.
func (r *Deliverer) reachEnd(s *stream, p progress) {
	if !delivery.NeedsRecords(p.cursor) {
		return
	}
	r.Memory.change(s.uids, func(now *progress) {
		now.cursor.Sequence = max(now.cursor.Sequence, p.cursor.RebuildUntil)
		now.rebuilt = nil
		if now.since.IsZero() {
			now.since = r.Clock.Now()
		}
	})
}

// attempt sends one event. It reports whether the next one can follow at once. If not, the result says when to come back;
// without a time, somebody wakes the pair.
func (r *Deliverer) attempt(ctx context.Context, s *stream, n *v1alpha1.Notification) (goOn bool, result ctrl.Result, err error) {
	wait, entered := r.Memory.enter(s.uids.sink, s.name)
	if !entered {
		return false, ctrl.Result{RequeueAfter: wait}, nil
	}
	unsent := func() { r.Memory.leave(s.uids.sink, func(*lane) {}) }
	keys, problem, err := r.keys(ctx, s.sink)
	if err != nil || problem != nil {
		unsent()
		r.Memory.touch(s.uids.sink, sinkName(s.sink))
		return false, ctrl.Result{RequeueAfter: keysLast}, err
	}
	body, found, err := r.body(ctx, s, n)
	if err != nil {
		unsent()
		return false, ctrl.Result{}, r.unread(s, err)
	}
	if found == notYet {
		unsent()
		return false, ctrl.Result{RequeueAfter: r.lookAgain(s)}, nil
	}
	if found == lost {
		// This event cannot be built again. It is counted, and the next ones are delivered.
		unsent()
		r.giveUp(s, n, lostSentence(n))
		return true, ctrl.Result{}, nil
	}
	id := event.ID(s.uids.source, n.Sequence)
	answer, failed := r.Poster.Post(ctx, s.sink.Spec.URL, event.Sign(keys, id, r.Clock.Now(), body), body)
	return r.conclude(ctx, s, n, answer, failed), ctrl.Result{}, nil
}

// body makes the body of an event. If that is not possible, the event is lost.
func (r *Deliverer) body(ctx context.Context, s *stream, n *v1alpha1.Notification) ([]byte, whether, error) {
	record, found, err := r.record(ctx, s, n)
	if err != nil || found != inPlace {
		return nil, found, err
	}
	body, err := event.Body(*n, s.uids.source, record)
	if err != nil {
		log.FromContext(ctx).Error(err, "an event is given up")
		return nil, lost, nil
	}
	return body, inPlace, nil
}

// unread returns the error of a record that could not be read. If the API server refused that, the status of the sink says so:
// nothing else would, and the events would wait.
func (r *Deliverer) unread(s *stream, err error) error {
	if status.IsRefused(err) {
		sentence := "The record of an event could not be read. " + status.ReadRefusal(err) +
			" Give the operator the rights to get and list SubscriptionUpdates and Invoices."
		r.Memory.count(s.uids.sink, func(l *lane) { l.explain(s.sink, sentence) })
		r.Memory.touch(s.uids.sink, sinkName(s.sink))
	}
	return err
}

// lookAgain returns when a record that is not in place yet is looked for again: soon at first, because the commit that owes
// it is about to write it.
func (r *Deliverer) lookAgain(s *stream) (after time.Duration) {
	r.Memory.change(s.uids, func(p *progress) {
		after = min(firstLook<<min(p.looked, 8), lastLook)
		p.looked++
	})
	return after
}

// conclude records the result of an attempt, and reports whether the next event can follow.
func (r *Deliverer) conclude(ctx context.Context, s *stream, n *v1alpha1.Notification, answer courier.Answer, failed error) (goOn bool) {
	verdict, sentence := delivery.Failed, ""
	switch {
	case ctx.Err() != nil && failed != nil:
		// The manager stops: nothing is known about the receiver.
		r.Memory.leave(s.uids.sink, func(*lane) {})
		return false
	case failed != nil:
		sentence = failed.Error()
	default:
		verdict, sentence = delivery.Judge(answer.Status)
	}
	r.Metrics.attempt(s.sink, verdict)
	now := r.Clock.Now()
	switch verdict {
	case delivery.Delivered:
		r.Memory.leave(s.uids.sink, func(l *lane) { l.succeed(now) })
		r.advance(s, n)
	case delivery.Gone:
		r.Memory.leave(s.uids.sink, func(l *lane) { l.gone, l.lastError = true, sentence })
	default:
		if answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden {
			r.Memory.dropKeys(s.uids.sink)
		}
		r.fail(s, n, sentence, delivery.RetryAfter(answer.RetryAfter, now))
	}
	r.Memory.touch(s.uids.sink, sinkName(s.sink))
	return verdict == delivery.Delivered
}

// succeed records that the sink received an event.
func (l *lane) succeed(now time.Time) {
	l.breaker, _ = l.breaker.Succeed()
	l.delivered++
	l.known, l.failing, l.lastError, l.lastDelivery = true, time.Time{}, "", now
}

// explain records why an event could not be delivered.
func (l *lane) explain(sink *v1alpha1.EventSink, sentence string) {
	l.lastError = sentence
	if !l.known && sink.Status.FailingSince != nil {
		l.failing = sink.Status.FailingSince.Time
	}
	l.known = true
}

// fail records a failed attempt. After the last one, the event is given up if the sink skips such events.
func (r *Deliverer) fail(s *stream, n *v1alpha1.Notification, sentence string, retryAfter time.Duration) {
	now := r.Clock.Now()
	var outage bool
	r.Memory.leave(s.uids.sink, func(l *lane) {
		l.breaker = l.breaker.Fail(now, retryAfter)
		outage = l.breaker.IsOpen()
		l.explain(s.sink, sentence)
		if l.failing.IsZero() {
			l.failing = now
		}
	})
	id := event.ID(s.uids.source, n.Sequence)
	var last bool
	r.Memory.change(s.uids, func(p *progress) {
		p.cursor.Failures++
		last = delivery.IsLast(p.cursor.Failures)
		wait := max(delivery.Delay(id, p.cursor.Failures), retryAfter)
		at := metav1.NewTime(now.Add(wait))
		p.cursor.NextAttemptTime, p.duringOutage = &at, outage
		if p.cursor.Failures > 1 && p.since.IsZero() {
			p.since = now
		}
	})
	if last && s.sink.Spec.OnDeadLetter == v1alpha1.DeadLetterSkip {
		r.giveUp(s, n, sentence)
	}
}

// giveUp dead-letters an event.
func (r *Deliverer) giveUp(s *stream, n *v1alpha1.Notification, sentence string) {
	r.Memory.count(s.uids.sink, func(l *lane) { l.deadLettered++; l.lastError = sentence })
	r.Metrics.deadLetter(s.sink)
	r.advance(s, n)
	r.Memory.touch(s.uids.sink, sinkName(s.sink))
}

// advance moves a pair past an event.
func (r *Deliverer) advance(s *stream, n *v1alpha1.Notification) {
	now := r.Clock.Now()
	r.Memory.change(s.uids, func(p *progress) {
		p.cursor.Sequence = n.Sequence
		p.cursor.Failures, p.cursor.NextAttemptTime, p.duringOutage, p.looked = 0, nil, false, 0
		if p.since.IsZero() {
			p.since = now
		}
	})
}

// later ends a pass that leaves events undelivered: it writes the progress if that is due, and comes back by then or after
// the given time, whichever is sooner. Zero means that somebody wakes the pair.
func (r *Deliverer) later(ctx context.Context, s *stream, written v1alpha1.EventCursor, wait time.Duration) (ctrl.Result, error) {
	due, err := r.write(ctx, s, written)
	if err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: sooner(due, wait)}, nil
}

// rest ends a pass after which nothing waits.
func (r *Deliverer) rest(ctx context.Context, s *stream, written v1alpha1.EventCursor) (ctrl.Result, error) {
	if s.kept != nil {
		return ctrl.Result{}, r.clear(ctx, s)
	}
	due, err := r.write(ctx, s, written)
	if due == 0 && err == nil {
		r.Memory.release(s.name, written)
	}
	return ctrl.Result{RequeueAfter: due}, err
}

// sooner is the shorter of two waiting times. Zero means that there is none.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return a + b
	}
	return min(a, b)
}

// lostSentence says that the record of an event is gone.
func lostSentence(n *v1alpha1.Notification) string {
	if n.Ref == nil {
		return "An event could not be written and was given up."
	}
	return fmt.Sprintf("%s %q was deleted before its event was delivered, so the event was given up.", n.Ref.Kind, n.Ref.Name)
}

// errConflict means that somebody has written an object since it was read.
var errConflict = errors.New("the object has changed since it was read")

func isConflict(err error) bool { return errors.Is(err, errConflict) || apierrors.IsConflict(err) }
