// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import "github.com/seatplane/seatplane/api/v1alpha1"

// Next returns the oldest event that a sink wants and does not have, or nil. The rebuilt events are those of [Rebuild]; they
// come before the listed ones, which are newer.
func Next(sink Sink, of Source, after int64, rebuilt []v1alpha1.Notification) *v1alpha1.Notification {
	var next *v1alpha1.Notification
	if !of.selectedBy(sink) {
		return nil
	}
	for _, list := range [][]v1alpha1.Notification{rebuilt, of.Notifications} {
		for n := range list {
			each := &list[n]
			if each.Sequence > after && sink.wantsType(each.Type) && (next == nil || each.Sequence < next.Sequence) {
				next = each
			}
		}
	}
	return next
}

// NeedsRecords reports whether the next events of a sink have to be rebuilt from records.
func NeedsRecords(cursor v1alpha1.EventCursor) bool { return cursor.Sequence < cursor.RebuildUntil }

// Pending is what waits to be delivered to a sink.
type Pending struct {
	// Events is how many events wait.
	Events int64
	// Oldest is the oldest of them that the list holds; nil without one.
	Oldest *v1alpha1.Notification
	// Dropped is how many events the sink will never have.
	Dropped int64
	// Blocked is how many sources wait for an event that could not be delivered in all attempts.
	Blocked int64
}

// Waiting counts what waits for a sink in one source, given how far the sink has received its events.
func Waiting(sink Sink, of Source, cursor v1alpha1.EventCursor) Pending {
	p := Pending{Dropped: cursor.Dropped}
	if NeedsRecords(cursor) {
		p.Events = cursor.Rebuilt
	}
	selected := of.selectedBy(sink)
	for n := range of.Notifications {
		each := &of.Notifications[n]
		if each.Sequence <= cursor.Sequence || !selected || !sink.wantsType(each.Type) {
			continue
		}
		p.Events++
		if p.Oldest == nil {
			p.Oldest = each
		}
	}
	if IsLast(cursor.Failures) {
		p.Blocked = 1
	}
	return p
}

// Add adds what waits in another source.
func (p *Pending) Add(o Pending) {
	p.Events, p.Dropped, p.Blocked = p.Events+o.Events, p.Dropped+o.Dropped, p.Blocked+o.Blocked
	if p.Oldest == nil || (o.Oldest != nil && o.Oldest.Time.Before(&p.Oldest.Time)) {
		p.Oldest = o.Oldest
	}
}
