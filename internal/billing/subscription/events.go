// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cmp"
	"fmt"
	"time"
)

// kind is a kind of event. The order of the constants is the order in which
// events of one instant are replayed (billing.md#13-time).
//
// The end of a trial stands with the boundaries, not first: it is one, and
// charges. What applies at its very instant applies before it is charged, and
// what is cancelled with the trial never is.
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

// handle is the state machine: what each event does. It returns a fault when the
// world lacks what the event needs. Then [replay.attempt] takes back what it changed,
// and no later event is replayed before it.
//
//	starts       Pending → Trialing or Active; the first period; the Initial document
//	superseded   an update that a newer one, or the end, took the place of is closed
//	readingTaken the usage of a metered item grows; this alone is no event of billing
//	countLoaded  a refreshed count becomes the quantity held, and is priced
//	changeDue    a person's or the spec's change takes hold, and is priced
//	billingDate  lines with a billing date of their own become a document
//	invoiceAsked what has accrued becomes a document, because a person asked for it
//	trialMoved   the end of the trial becomes the one that the spec names now
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
	// reading of a readingTaken.
	reading Reading
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
