// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package announce sends Kubernetes events.
//
// Events wait in a queue of fixed length, and one worker sends them one at a time. No matter how many events there
// are at once, they need no more memory than the queue, and there is never more than one request to the API server.
// If the queue is full, the event is dropped and counted. Nothing is lost with it: the status and the records have
// the same information.
package announce

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/tools/reference"
	"k8s.io/utils/clock"
)

const (
	// queueLength is the largest number of events that wait. An event has about a kilobyte, so a full queue has a
	// megabyte.
	queueLength = 1024
	// flushTime is how long a manager that stops continues to send waiting events.
	flushTime = 2 * time.Second
	// maxInstance is the longest reportingInstance that the API accepts.
	maxInstance = 128
)

// Causes of dropped events: values of the metric's label.
const (
	causeFull   = "full"
	causeFailed = "failed"
)

// Post sends one event to the API server.
type Post func(context.Context, *eventsv1.Event) error

// Options are what a Sender needs.
type Options struct {
	// Name is the component that the events come from.
	Name string
	// Choice says which events are sent. Defaults to Important.
	Choice Choice
	// Scheme knows the kinds that events are about.
	Scheme *runtime.Scheme
	// Post sends an event.
	Post Post
	// Clock gives events their time.
	Clock clock.PassiveClock
	// Log receives an entry for each event that could not be sent.
	Log logr.Logger
}

// Sender takes events and sends them in the background, in order. It implements events.EventRecorder, and
// manager.Runnable. Nothing is sent before it is started.
type Sender struct {
	options  Options
	instance string
	queue    chan *eventsv1.Event
	number   atomic.Int64
	dropped  *prometheus.CounterVec
	retry    wait.Backoff
}

var _ events.EventRecorder = (*Sender)(nil)

// NewSender returns a sender.
func NewSender(o Options) *Sender {
	s := &Sender{
		options: o, queue: make(chan *eventsv1.Event, queueLength),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatplane_kubernetes_events_dropped_total",
			Help: "Kubernetes events that were not sent, by cause: full (too many waited) or failed (the API server did " +
				"not accept one). No billing record is lost with them.",
		}, []string{"cause"}),
		retry: wait.Backoff{Duration: time.Second, Factor: 2, Jitter: 0.1, Steps: 4},
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	s.instance = o.Name + "-" + host
	s.instance = s.instance[:min(len(s.instance), maxInstance)]
	for _, cause := range []string{causeFull, causeFailed} {
		s.dropped.WithLabelValues(cause)
	}
	return s
}

// Collector returns the sender's metrics.
func (s *Sender) Collector() prometheus.Collector { return s.dropped }

// Eventf queues an event about an object, if events with its reason are sent. It never waits.
func (s *Sender) Eventf(regarding, related runtime.Object, eventType, reason, action, note string, args ...any) {
	if !s.options.Choice.sends(reason) {
		return
	}
	event, err := s.event(regarding, related)
	if err != nil {
		s.drop(causeFailed, err, reason)
		return
	}
	event.Type, event.Reason, event.Action, event.Note = eventType, reason, action, fmt.Sprintf(note, args...)
	select {
	case s.queue <- event:
	default:
		s.dropped.WithLabelValues(causeFull).Inc()
	}
}

// event returns an event about an object, without a reason or a note. Its name is the object's name with the time and a
// number, so two events at the same instant have different names.
func (s *Sender) event(regarding, related runtime.Object) (*eventsv1.Event, error) {
	about, err := reference.GetReference(s.options.Scheme, regarding)
	if err != nil {
		return nil, err
	}
	now := s.options.Clock.Now()
	suffix := fmt.Sprintf(".%x.%x", now.UnixNano(), s.number.Add(1))
	prefix := about.Name[:min(len(about.Name), validation.DNS1123SubdomainMaxLength-len(suffix))]
	event := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{
			Name: strings.TrimRight(prefix, ".-") + suffix, Namespace: about.Namespace,
		},
		EventTime:           metav1.MicroTime{Time: now},
		ReportingController: s.options.Name, ReportingInstance: s.instance,
		Regarding: *about,
	}
	if event.Namespace == "" {
		event.Namespace = corev1.NamespaceDefault
	}
	if related == nil {
		return event, nil
	}
	// An object without a reference is left out: the note describes it.
	event.Related, _ = reference.GetReference(s.options.Scheme, related)
	return event, nil
}

// Start sends events until ctx ends. It then sends those that still wait, for at most flushTime.
func (s *Sender) Start(ctx context.Context) error {
	sending, cancel := lingering(ctx)
	defer cancel()
	for {
		select {
		case event := <-s.queue:
			s.send(sending, event)
		case <-ctx.Done():
			s.flush(sending)
			return nil
		}
	}
}

// lingering returns a context that ends flushTime after ctx.
func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(flushTime, cancel) })
	return longer, cancel
}

// NeedLeaderElection returns true: only the leader has events to send.
func (s *Sender) NeedLeaderElection() bool { return true }

// flush sends the waiting events, until ctx ends.
func (s *Sender) flush(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case event := <-s.queue:
			s.send(ctx, event)
		default:
			return
		}
	}
}

// send sends one event. It retries a few times if the API server cannot be reached or is busy, while the other events
// wait. It does not retry an event that the server refuses.
func (s *Sender) send(ctx context.Context, event *eventsv1.Event) {
	var last error
	err := wait.ExponentialBackoffWithContext(ctx, s.retry, func(ctx context.Context) (bool, error) {
		last = s.options.Post(ctx, event)
		if last == nil || apierrors.IsAlreadyExists(last) {
			return true, nil // one that exists was created by an attempt whose answer was lost
		}
		if isRefusal(last) {
			return false, last
		}
		return false, nil
	})
	if err != nil {
		s.drop(causeFailed, last, event.Reason)
	}
}

// isRefusal reports whether an error is an answer that will not change.
func isRefusal(err error) bool {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return false
	}
	code := answer.Status().Code
	return code >= 400 && code < 500 && !apierrors.IsTooManyRequests(err)
}

func (s *Sender) drop(cause string, err error, reason string) {
	s.dropped.WithLabelValues(cause).Inc()
	s.options.Log.Info("a Kubernetes event was not sent", "reason", reason, "error", err)
}
