// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package retention says which finished records of a subscription have been kept
// long enough (docs/retention.md; consistency.md#3-creating-updates).
//
// It is pure: values in, values out. All instants are the wall clock's, also for a
// subscription that lives by a TestClock: records are kept for people and auditors,
// whose years do not pass faster.
package retention

import (
	"cmp"
	"slices"
	"time"
)

// MinInvoiceAge is how long an invoice is kept after it was created, whatever else is asked for: a
// process that stood still between deciding to create an invoice and creating it must not bring one back
// that was archived and deleted since then.
const MinInvoiceAge = time.Hour

// History is how long finished records are kept.
type History struct {
	// KeepUpdates is how many of the deletable updates are always kept, the newest.
	KeepUpdates int
	// UpdateTTL is how long an update beyond these is kept after it finished.
	UpdateTTL time.Duration
	// InvoiceTTL is how long an invoice is kept after it was archived.
	InvoiceTTL time.Duration
}

// Default is the history where a subscription does not say another, and of updates
// whose subscription is gone.
func Default() History {
	return History{KeepUpdates: 20, UpdateTTL: 30 * 24 * time.Hour}
}

// Origin says who made an update.
type Origin int

// The origins.
const (
	// ByUser made an update that is deleted only when the user allows it: where it
	// comes from Git, Git would make it again, and it would apply again.
	ByUser Origin = iota
	// ByOperator made an update for a count or for an edit; the subscription
	// remembers that it was acted on.
	ByOperator
)

// Update is what retention knows of an update.
type Update struct {
	// UID is unique, and what the plan names. Name decides between two of one instant.
	UID, Name string
	Origin    Origin
	// Prune says that the user allows an update of theirs to be deleted.
	Prune bool
	// Created is when the update was made, Finished when it was decided; zero while
	// it is open.
	Created, Finished time.Time
	// Owed: the subscription's outbox still names it.
	Owed bool
}

// deletable reports whether the update may ever be deleted.
func (u *Update) deletable() bool {
	return !u.Finished.IsZero() && (u.Origin == ByOperator || u.Prune)
}

// Invoice is what retention knows of a document of a subscription, or of an earlier
// one of its name and customer.
type Invoice struct {
	// UID is unique, and what the plan names. Name decides between two of one instant.
	UID, Name string
	// Sequence is the number of the document within its subscription.
	Sequence int64
	// Created is when the object was made, Archived since when it says that it is
	// archived; zero when it does not.
	Created, Archived time.Time
	// Issued is when the document fell due, and SettledUntil the last instant that it says
	// something about, on the subscription's clock.
	Issued, SettledUntil time.Time
	// Owed: the subscription's outbox still names it.
	Owed bool
}

// Plan is what goes, by UID, what was finished or issued first before the rest; and
// when the next of what stays is due, zero when time alone makes nothing due.
type Plan struct {
	Updates, Invoices []string
	Next              time.Time
}

// Decide says what of a subscription's records goes.
//
// An update goes when it is finished, was made by the operator or may be pruned, is
// not among the newest KeepUpdates of such, and has been finished for UpdateTTL. An
// invoice goes when it has been archived for InvoiceTTL, and is neither younger than
// MinInvoiceAge nor the newest, and settles nothing after the newest fell due: these
// tell a subscription which is created again up to when its customer was charged before
// (billing.md#14-start-and-end). What an outbox names stays. The order in which records
// are handed in does not matter.
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
		if !u.Owed && p.isDue(u.Finished.Add(history.UpdateTTL)) {
			p.plan.Updates = append(p.plan.Updates, u.UID)
		}
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
		if p.isDue(due) {
			p.plan.Invoices = append(p.plan.Invoices, i.UID)
		}
	}
}

// isDue reports whether an instant has come, and remembers the next one that has not.
func (p *planner) isDue(at time.Time) bool {
	if !at.After(p.now) {
		return true
	}
	if p.plan.Next.IsZero() || at.Before(p.plan.Next) {
		p.plan.Next = at
	}
	return false
}
