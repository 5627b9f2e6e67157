// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cmp"
	"time"
)

// kind is a kind of event. The order of the constants is the order in which
// events of one instant are replayed (billing design, section 13).
//
// The end of a trial stands with the boundaries, not first: it is one, and
// charges. What applies at its very instant applies before it is charged, and
// what is cancelled with the trial never is.
type kind int

const (
	starts kind = iota
	superseded
	countLoaded
	changeDue
	billingDate
	cancels
	trialEnds
	periodEnds
)

// handlers is the state machine: what each event does. A handler returns a
// fault when the world lacks what it needs; then it has changed nothing, and no
// later event is replayed before it.
//
//	starts       Pending → Trialing or Active; the first period; the Initial document
//	superseded   an update that a newer one, or the end, took the place of is closed
//	countLoaded  a refreshed count becomes the quantity held, and is priced
//	changeDue    a person's or the spec's change takes hold, and is priced
//	billingDate  lines with a billing date of their own become a document
//	cancels      unused time is settled; the Final document; → Canceled
//	trialEnds    Trialing → Active; the first paid period; the Initial document
//	periodEnds   arrears are settled, the next period is charged; the Renewal document
var handlers = map[kind]func(*replay, event) *Fault{
	starts:      (*replay).start,
	superseded:  (*replay).supersede,
	countLoaded: (*replay).applyUpdate,
	changeDue:   (*replay).applyUpdate,
	billingDate: (*replay).bill,
	cancels:     (*replay).cancel,
	trialEnds:   (*replay).renew,
	periodEnds:  (*replay).renew,
}

// event is something that is due at an instant of its own.
type event struct {
	kind kind
	at   time.Time
	// asked is the apply time of a countLoaded or changeDue, before it was moved
	// up to the newest committed event.
	asked time.Time
	// update of superseded, countLoaded and changeDue.
	update *pending
	// deferred tells the lines of a billingDate.
	deferred Deferred
}

// before orders events: by their own time, then by kind, then updates by apply
// time, creation and name. It is total, so that the order in which events are handed
// in does not matter.
func (e event) before(o event) bool {
	if c := e.at.Compare(o.at); c != 0 {
		return c < 0
	}
	if e.kind != o.kind {
		return e.kind < o.kind
	}
	if e.update != nil {
		return cmp.Or(e.asked.Compare(o.asked), e.update.compare(o.update)) < 0
	}
	if c := e.deferred.BillAt.Compare(o.deferred.BillAt); c != 0 {
		return c < 0
	}
	return e.deferred.Reason < o.deferred.Reason
}

// compare orders updates by creation, then name.
func (p *pending) compare(o *pending) int {
	if c := p.Created.Compare(o.Created); c != 0 {
		return c
	}
	return cmp.Compare(p.Name, o.Name)
}
