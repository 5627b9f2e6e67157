// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package retention decides which finished records of a subscription have been kept long enough
// (docs/retention.md; consistency.md#3-creating-updates).
//
// It is pure: values in, values out. All instants are on the wall clock, even for a subscription
// with a TestClock, because records are kept for people and auditors, whose years do not pass
// faster.
package retention

import (
	"cmp"
	"slices"
	"time"
)

// MinInvoiceAge is how long an invoice is always kept after it was created. A process that was suspended
// between deciding to create an invoice and creating it must not bring back an invoice that was archived
// and deleted since then.
const MinInvoiceAge = time.Hour

// History is how long finished records are kept.
type History struct {
	// KeepUpdates is the number of deletable updates that are always kept. The newest ones are
	// kept.
	KeepUpdates int
	// UpdateTTL is how long any other update is kept after it finished.
	UpdateTTL time.Duration
	// InvoiceTTL is how long an invoice is kept after it was archived.
	InvoiceTTL time.Duration
}

// Default is the history of a subscription that declares none, and of updates whose subscription
// was deleted.
func Default() History {
	return History{KeepUpdates: 20, UpdateTTL: 30 * 24 * time.Hour}
}

// Origin is who created an update.
type Origin int

// The origins.
const (
	// ByUser marks an update that is deleted only if the user allows it. If it comes from Git, Git
	// would create it again, and it would be applied again.
	ByUser Origin = iota
	// ByOperator marks an update for a count or an edit. The subscription records that it was acted
	// on.
	ByOperator
)

// Update is what retention needs to know about an update.
type Update struct {
	// UID is unique, and identifies the update in the plan. Name orders updates with the same time.
	UID, Name string
	Origin    Origin
	// Prune means that the user allows one of their updates to be deleted.
	Prune bool
	// Created is when the update was created, and Finished when it was decided. Finished is zero
	// while the update is open.
	Created, Finished time.Time
	// Owed means that the subscription's outbox still names it.
	Owed bool
	// Unconfirmed means that an archive that has to hold it has not confirmed so.
	Unconfirmed bool
}

// deletable reports whether the update may ever be deleted.
func (u *Update) deletable() bool {
	return !u.Finished.IsZero() && (u.Origin == ByOperator || u.Prune)
}

// Invoice is what retention needs to know about a document of a subscription, or of an earlier one
// with the same name and customer.
type Invoice struct {
	// UID is unique, and identifies the invoice in the plan. Name orders invoices with the same
	// time.
	UID, Name string
	// Sequence is the number of the document within its subscription.
	Sequence int64
	// Created is when the object was created, and Archived when it was marked as archived. Archived
	// is zero if it was not.
	Created, Archived time.Time
	// Issued is when the document fell due, and SettledUntil the last instant that it settles, on
	// the subscription's clock.
	Issued, SettledUntil time.Time
	// Owed means that the subscription's outbox still names it.
	Owed bool
	// Unconfirmed means that an archive that has to hold it has not confirmed so.
	Unconfirmed bool
}

// Plan lists what to delete, by UID, in the order of when it was finished or issued. It also says
// when the next record is due, which is zero if none becomes due with time alone.
type Plan struct {
	Updates, Invoices []string
	Next              time.Time
	// Waiting lists, by UID, what would be deleted if the archives confirmed that they hold it.
	Waiting []string
}

// Decide returns which of a subscription's records to delete.
//
// An update is deleted if it is finished, was created by the operator or may be pruned, is not
// among the newest KeepUpdates of these, and finished at least UpdateTTL ago. An invoice is deleted
// if it was archived at least InvoiceTTL ago, is older than MinInvoiceAge, is not the newest, and
// settles nothing after the newest fell due. The kept invoices show, if the subscription is created
// again, until when its customer was charged (billing.md#14-start-and-end). What an outbox names
// stays, and so does what an archive has not confirmed. The order in which records are passed in does not matter.
func Decide(updates []Update, invoices []Invoice, history History, now time.Time) Plan {
	p := planner{now: now}
	p.decideUpdates(updates, history)
	p.decideInvoices(invoices, history)
	return p.plan
}

// planner collects a plan.
type planner struct {
	now  time.Time
	plan Plan
}

func (p *planner) decideUpdates(updates []Update, history History) {
	var line []Update
	for _, u := range updates {
		if u.deletable() {
			line = append(line, u)
		}
	}
	slices.SortFunc(line, func(a, b Update) int {
		return cmp.Or(a.Finished.Compare(b.Finished), a.Created.Compare(b.Created), cmp.Compare(a.Name, b.Name))
	})
	for _, u := range line[:max(len(line)-history.KeepUpdates, 0)] {
		if u.Owed || !p.isDue(u.Finished.Add(history.UpdateTTL)) {
			continue
		}
		if u.Unconfirmed {
			p.plan.Waiting = append(p.plan.Waiting, u.UID)
			continue
		}
		p.plan.Updates = append(p.plan.Updates, u.UID)
	}
}

func (p *planner) decideInvoices(invoices []Invoice, history History) {
	line := slices.Clone(invoices)
	slices.SortFunc(line, func(a, b Invoice) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Sequence, b.Sequence), cmp.Compare(a.Name, b.Name))
	})
	for _, i := range line[:max(len(line)-1, 0)] {
		if i.Archived.IsZero() || i.Owed || i.SettledUntil.After(line[len(line)-1].Issued) {
			continue
		}
		due := i.Archived.Add(history.InvoiceTTL)
		if floor := i.Created.Add(MinInvoiceAge); floor.After(due) {
			due = floor
		}
		if !p.isDue(due) {
			continue
		}
		if i.Unconfirmed {
			p.plan.Waiting = append(p.plan.Waiting, i.UID)
			continue
		}
		p.plan.Invoices = append(p.plan.Invoices, i.UID)
	}
}

// isDue reports whether an instant has come, and records the next one that has not.
func (p *planner) isDue(at time.Time) bool {
	if !at.After(p.now) {
		return true
	}
	if p.plan.Next.IsZero() || at.Before(p.plan.Next) {
		p.plan.Next = at
	}
	return false
}
