// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cmp"
	"fmt"
	"time"
)

// kind is a kind of event. The order of the constants is the order in which events at the same
// instant are replayed (billing.md#13-time).
//
// The end of a trial comes with the boundaries and not first, because it is a boundary that
// charges. A change at the same instant applies before it is charged, and what is canceled with the
// trial is never charged.
type kind int

const (
	starts kind = iota
	superseded
	readingTaken
	countLoaded
	changeDue
	billingDate
	invoiceAsked
	trialMoved
	cancels
	trialEnds
	periodEnds
)

// handle is the state machine: it does what each event requires. It returns a fault if something
// that the event needs is missing. Then [replay.attempt] undoes the event's changes, and no later
// event is replayed before it.
//
//	starts       Pending → Trialing or Active; the first period; the Initial document
//	superseded   an update that a newer one, or the end, replaced is closed
//	readingTaken the usage of a metered item grows; this alone is not a billing event
//	countLoaded  a refreshed count becomes the current quantity, and is priced
//	changeDue    a change by a person or the spec takes effect, and is priced
//	billingDate  lines with a billing date of their own become a document
//	invoiceAsked accrued lines become a document, because a person asked for it
//	trialMoved   the end of the trial moves to the one that the spec now declares
//	cancels      unused time is settled; the Final document; → Canceled
//	trialEnds    Trialing → Active; the first paid period; the Initial document
//	periodEnds   arrears are settled, the next period is charged; the Renewal document
func (r *replay) handle(e event) *Fault {
	switch e.kind {
	case starts:
		return r.start(e)
	case superseded:
		return r.supersede(e)
	case readingTaken:
		return r.read(e)
	case countLoaded, changeDue:
		return r.applyUpdate(e)
	case billingDate:
		return r.bill(e)
	case invoiceAsked:
		r.invoiceNow(e)
		return nil
	case trialMoved:
		r.moveTrial(e)
		return nil
	case cancels:
		return r.cancel(e)
	case trialEnds, periodEnds:
		return r.renew(e)
	default:
		panic(fmt.Sprintf("event of unknown kind %d", e.kind))
	}
}

// event is something that is due at its event time.
type event struct {
	kind kind
	at   time.Time
	// asked is the apply time of a countLoaded or changeDue, before it was moved up to the newest
	// committed event.
	asked time.Time
	// update is set for superseded, countLoaded and changeDue.
	update *pending
	// deferred identifies the lines of a billingDate.
	deferred Deferred
	// reading is set for readingTaken.
	reading Reading
}

// before orders events by event time, then by kind, and then updates by apply time, creation and
// name. The order is total, so the order in which events are passed in does not matter.
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
	if e.kind == readingTaken {
		return e.reading.Item < o.reading.Item
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
