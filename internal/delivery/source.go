// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// Source is an object that events come from: a Subscription, the object that keeps the events of a deleted one, or a
// SeatProduct. Each source numbers its events separately.
type Source struct {
	// Namespace, Name and UID identify the object.
	Namespace, Name string
	UID             types.UID
	// Sequence, Notifications and Cursors are what the status of the object says about its events.
	Sequence      int64
	Notifications []v1alpha1.Notification
	Cursors       []v1alpha1.EventCursor
	// selectedBy reports whether a sink receives events of the object, regardless of their types.
	selectedBy func(Sink) bool
}

// FromSubscription returns a subscription as a source. Each sink selects subscriptions by their labels.
func FromSubscription(s *v1alpha1.Subscription) Source {
	return Source{
		Namespace: s.Namespace, Name: s.Name, UID: facts.Identity(s),
		Sequence: s.Status.EventSequence, Notifications: s.Status.Notifications, Cursors: s.Status.EventCursors,
		selectedBy: func(sink Sink) bool { return sink.selects(s.Labels) },
	}
}

// FromProduct returns a product as a source. Sinks do not select products: one whose types include events of products
// receives those of all products of its namespace.
func FromProduct(p *v1alpha1.SeatProduct) Source {
	return Source{
		Namespace: p.Namespace, Name: p.Name, UID: facts.Identity(p),
		Sequence: p.Status.EventSequence, Notifications: p.Status.Notifications, Cursors: p.Status.EventCursors,
		selectedBy: Sink.wantsProducts,
	}
}

// InSubscription writes what is kept of the events into the status of the subscription.
func (s Source) InSubscription(st *v1alpha1.SubscriptionStatus) {
	st.EventSequence, st.Notifications, st.EventCursors = s.Sequence, s.Notifications, s.Cursors
}

// InProduct writes what is kept of the events into the status of the product.
func (s Source) InProduct(st *v1alpha1.SeatProductStatus) {
	st.EventSequence, st.Notifications, st.EventCursors = s.Sequence, s.Notifications, s.Cursors
}

// SelectedBy returns the sinks that receive events of the source, regardless of the types of events.
func (s Source) SelectedBy(sinks []Sink) []Sink {
	var selecting []Sink
	for _, sink := range sinks {
		if s.selectedBy(sink) {
			selecting = append(selecting, sink)
		}
	}
	return selecting
}

// Cursor returns the cursor of a sink.
func (s Source) Cursor(sink types.UID) (v1alpha1.EventCursor, bool) { return cursorOf(s.Cursors, sink) }

// Moved returns the source with its cursors moved to what the sinks have reached.
func (s Source) Moved(reached map[types.UID]v1alpha1.EventCursor) Source {
	moved := make([]v1alpha1.EventCursor, 0, len(s.Cursors))
	for _, cursor := range s.Cursors {
		moved = append(moved, Farther(cursor, reached[cursor.UID]))
	}
	s.Cursors = nonEmpty(moved)
	return s
}

// LacksSinks reports whether some sinks may be older than the source that they are read for: a cursor is of none of them,
// or one of them is being imported. Without its sink, a cursor would be dropped by mistake, with the events that the sink
// has not received.
func (s Source) LacksSinks(sinks []v1alpha1.EventSink) bool {
	known := map[types.UID]bool{}
	for n := range sinks {
		if facts.IsImporting(&sinks[n]) {
			return true
		}
		known[facts.Identity(&sinks[n])] = true
	}
	for _, cursor := range s.Cursors {
		if !known[cursor.UID] {
			return true
		}
	}
	return false
}
