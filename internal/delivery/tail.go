// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/event"
)

const (
	// MaxTail is how many events a source keeps if every sink has received them or they can be rebuilt from a
	// record.
	MaxTail = 64
	// MaxDelivered is how many events that every sink has received a source keeps, so that they can be sent again.
	// Events that can be rebuilt from a record are not kept for this purpose.
	MaxDelivered = 16
	// MaxKept is how many events a source keeps at most. A commit that would keep more gives up the oldest, and
	// counts it. Nothing else ever waits for a sink.
	MaxKept = 256
)

// Number returns those of the events of a source that at least one of the sinks wants, in their order, each with the number
// that follows the last one.
func Number(of Source, sinks []Sink, events []v1alpha1.Notification) []v1alpha1.Notification {
	var numbered []v1alpha1.Notification
	selecting, last := of.SelectedBy(sinks), of.Sequence
	for _, each := range events {
		if !slices.ContainsFunc(selecting, func(s Sink) bool { return s.wantsType(each.Type) }) {
			continue
		}
		last++
		each.Sequence = last
		numbered = append(numbered, each)
	}
	return numbered
}

// Keep returns a source with its events and cursors brought up to date, as a commit or a write of the progress does: it
// appends new events, which [Number] made, and moves the cursors to what the sinks have reached. A sink that selects
// the source for the first time begins with the new events. A sink that no longer selects it, or no longer exists,
// loses its cursor. Events that every sink has received are removed if they can be rebuilt from a record. The other
// events are removed as [MaxTail] and [MaxKept] say.
func Keep(of Source, sinks []Sink, events []v1alpha1.Notification, reached map[types.UID]v1alpha1.EventCursor) Source {
	var t tail
	for _, sink := range of.SelectedBy(sinks) {
		cursor, found := of.Cursor(sink.UID)
		if !found && len(events) == 0 {
			continue
		}
		if !found {
			cursor = v1alpha1.EventCursor{Sink: sink.Name, UID: sink.UID, Sequence: of.Sequence}
		}
		t.sinks = append(t.sinks, sink)
		t.cursors = append(t.cursors, Within(Farther(cursor, reached[sink.UID]), of.Sequence))
	}
	of.Sequence += int64(len(events))
	t.events = append(slices.Clone(of.Notifications), events...)
	t.shorten()
	t.settle(of.Sequence)
	if len(t.cursors) == 0 {
		t.events = nil
	}
	of.Notifications, of.Cursors = nonEmpty(t.events), nonEmpty(t.cursors)
	return of
}

// nonEmpty returns nil for an empty list, as the API server returns it.
func nonEmpty[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

func cursorOf(cursors []v1alpha1.EventCursor, uid types.UID) (v1alpha1.EventCursor, bool) {
	at := slices.IndexFunc(cursors, func(c v1alpha1.EventCursor) bool { return c.UID == uid })
	if at < 0 {
		return v1alpha1.EventCursor{}, false
	}
	return cursors[at], true
}

// Farther returns the committed cursor, moved to what the sink has reached since. A cursor never goes back.
func Farther(committed, reached v1alpha1.EventCursor) v1alpha1.EventCursor {
	if reached.UID != committed.UID || reached.Sequence < committed.Sequence {
		return committed
	}
	committed.Sequence = reached.Sequence
	committed.Failures, committed.NextAttemptTime = reached.Failures, reached.NextAttemptTime
	if committed.Sequence >= committed.RebuildUntil {
		committed.RebuildUntil, committed.Rebuilt = 0, 0
	}
	return committed
}

// Within returns a cursor that is not ahead of the newest event. A cursor that is ahead comes from before a restore,
// and would make the sink miss what happened since.
func Within(cursor v1alpha1.EventCursor, newest int64) v1alpha1.EventCursor {
	cursor.Sequence = min(cursor.Sequence, newest)
	return cursor
}

// tail is the list of events while it is brought up to date. The sinks are those that select the source, and the cursors
// have the same order.
type tail struct {
	sinks   []Sink
	cursors []v1alpha1.EventCursor
	events  []v1alpha1.Notification
}

// shorten removes events from the list, and records in the cursors what that means for the sinks that do not have them.
func (t *tail) shorten() {
	t.events = slices.DeleteFunc(t.events, func(n v1alpha1.Notification) bool { return HasRecord(&n) && !t.waits(&n) })
	waiting := 0
	for n := range t.events {
		if t.waits(&t.events[n]) {
			waiting++
		}
	}
	t.drop(min(waiting+MaxDelivered, max(waiting, MaxTail)), func(n *v1alpha1.Notification) bool { return !t.waits(n) })
	t.drop(MaxTail, func(n *v1alpha1.Notification) bool {
		if !HasRecord(n) {
			return false
		}
		t.eachWaiting(n, func(c *v1alpha1.EventCursor) { c.RebuildUntil, c.Rebuilt = n.Sequence, c.Rebuilt+1 })
		return true
	})
	t.drop(MaxKept, func(n *v1alpha1.Notification) bool {
		t.eachWaiting(n, func(c *v1alpha1.EventCursor) { c.Dropped++ })
		return true
	})
}

// drop removes the oldest events that may go until the list is short enough.
func (t *tail) drop(room int, mayGo func(*v1alpha1.Notification) bool) {
	var kept []v1alpha1.Notification
	excess := len(t.events) - room
	for n := range t.events {
		if excess > 0 && mayGo(&t.events[n]) {
			excess--
			continue
		}
		kept = append(kept, t.events[n])
	}
	t.events = kept
}

// waits reports whether a sink wants an event and does not have it yet.
func (t *tail) waits(n *v1alpha1.Notification) bool {
	waits := false
	t.eachWaiting(n, func(*v1alpha1.EventCursor) { waits = true })
	return waits
}

func (t *tail) eachWaiting(n *v1alpha1.Notification, do func(*v1alpha1.EventCursor)) {
	for i := range t.cursors {
		if t.cursors[i].Sequence < n.Sequence && t.sinks[i].wantsType(n.Type) {
			do(&t.cursors[i])
		}
	}
}

// settle moves the cursor of each sink for which nothing waits to the newest event, so that a cursor that is behind means
// that something waits.
func (t *tail) settle(newest int64) {
	for i := range t.cursors {
		cursor := &t.cursors[i]
		waits := slices.ContainsFunc(t.events, func(n v1alpha1.Notification) bool {
			return cursor.Sequence < n.Sequence && t.sinks[i].wantsType(n.Type)
		})
		if !waits && cursor.Sequence >= cursor.RebuildUntil && cursor.Sequence < newest {
			cursor.Sequence = newest
			cursor.Failures, cursor.NextAttemptTime = 0, nil
		}
	}
}

// HasRecord reports whether an event can be rebuilt from a record: an Invoice, or a finished SubscriptionUpdate.
func HasRecord(n *v1alpha1.Notification) bool {
	switch event.Type(n.Type) {
	case event.InvoiceIssued, event.UpdateApplied, event.UpdateRejected, event.UpdateSuperseded:
		return true
	default:
		return false
	}
}

// Behind returns the cursors of a source that have not reached its newest event.
func Behind(of Source) []v1alpha1.EventCursor {
	var behind []v1alpha1.EventCursor
	for _, cursor := range of.Cursors {
		if cursor.Sequence < of.Sequence {
			behind = append(behind, cursor)
		}
	}
	return behind
}
