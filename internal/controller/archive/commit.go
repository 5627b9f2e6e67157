// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/archive"
	"github.com/seatplane/seatplane/internal/archive/postgres"
	"github.com/seatplane/seatplane/internal/books"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/status"
)

// store stores records, reads them back and compares them. Invoices that are equal are marked as archived. It returns
// how many of them were written by somebody else at the same time, and are left to the next pass.
func (p *pass) store(ctx context.Context, items []item) (conflicts int, err error) {
	wholes, err := p.read(ctx, items)
	if err != nil {
		return 0, err
	}
	byUID := map[string]*whole{}
	records, err := p.termsOf(wholes)
	if err != nil {
		return 0, err
	}
	for n := range wholes {
		record, err := wholes[n].record(facts.Cell(p.archive))
		if err != nil {
			return 0, err
		}
		byUID[record.UID] = &wholes[n]
		records = append(records, record)
	}
	states := p.known.states
	if len(records) == 0 && len(states) > 0 {
		_, err := p.do(ctx, postgres.Order{States: rowsOf(states)})
		if err == nil {
			p.stateStored(states)
		}
		return 0, err
	}
	for n, batch := range batches(records) {
		order := postgres.Order{Records: batch}
		if n == 0 {
			order.States = rowsOf(states)
		}
		reply, err := p.do(ctx, order)
		if err != nil {
			return conflicts, err
		}
		if n == 0 {
			p.stateStored(states)
		}
		lost, err := p.take(ctx, reply, byUID)
		conflicts += lost
		if err != nil {
			return conflicts, err
		}
	}
	return conflicts, nil
}

// termsOf returns the terms of the subscriptions that records belong to, if these still exist.
func (p *pass) termsOf(wholes []whole) ([]archive.Record, error) {
	done := map[types.UID]bool{}
	var records []archive.Record
	for n := range wholes {
		sub := p.subscriptions[wholes[n].item.subscription]
		if sub == nil || done[facts.Identity(sub)] {
			continue
		}
		done[facts.Identity(sub)] = true
		record, err := archive.OfSubscription(facts.Cell(p.archive), sub)
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, nil
}

// rowsOf returns the rows of states, sorted.
func rowsOf(states map[types.UID]state) []archive.Row {
	uids := make([]types.UID, 0, len(states))
	for uid := range states {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	var rows []archive.Row
	for _, uid := range uids {
		rows = append(rows, states[uid].row)
	}
	return rows
}

// stateStored records that the archive has the states.
func (p *pass) stateStored(states map[types.UID]state) {
	for uid, each := range states {
		if _, isHeld := p.known.held[uid]; isHeld {
			p.known.held[uid] = holding{version: each.version}
		}
		delete(p.known.states, uid)
	}
}

// take processes the result for each record.
func (p *pass) take(ctx context.Context, reply postgres.Reply, byUID map[string]*whole) (conflicts int, err error) {
	for _, kind := range []archive.Kind{archive.KindUpdate, archive.KindInvoice} {
		for uid, outcome := range reply.Outcomes[kind] {
			w := byUID[uid]
			if w == nil {
				continue
			}
			if !outcome.Equal {
				p.refuse(w.item, outcome)
				continue
			}
			lost, err := p.accept(ctx, w)
			if err != nil {
				return conflicts, err
			}
			if lost {
				conflicts++
			}
		}
	}
	return conflicts, nil
}

// refuse records that a record could not be archived. If an invoice differs from the one that has its number, its
// subscription takes no further step.
func (p *pass) refuse(i item, outcome postgres.Outcome) {
	p.known.problems[i.uid] = problem{item: i, differs: outcome.Differs, refused: outcome.Refused, since: p.Clock.Now()}
	delete(p.known.held, i.uid)
	if i.kind == archive.KindInvoice && outcome.Differs != "" {
		p.recall(i.subscription, books.Ahead{Archive: p.name.Name, Invoice: i.name, Other: true})
	}
}

// recall records that the archive is ahead of a subscription, which then stops.
func (p *pass) recall(uid types.UID, found books.Ahead) {
	name := ""
	if sub, exists := p.subscriptions[uid]; exists {
		name = sub.Name
	}
	p.Books.Recall(p.name, uid, name, found)
}

// accept records that a record is in the archive, was read back and is equal. It reports whether the invoice could
// not be marked because somebody else wrote it.
func (p *pass) accept(ctx context.Context, w *whole) (lost bool, err error) {
	uid := w.item.uid
	if _, wasHeld := p.known.held[uid]; !wasHeld {
		p.known.last = p.Clock.Now()
	}
	version := ""
	if w.invoice != nil {
		version = w.invoice.ResourceVersion
	}
	p.known.held[uid] = holding{version: version}
	p.settle(w.item)
	p.Books.Confirm(p.name, uid)
	if w.invoice == nil {
		return false, nil
	}
	return p.mark(ctx, w.invoice)
}

// settle records that a record which could not be archived is archived now, or no longer exists. If nothing
// else of its subscription differs, the subscription is compared again: the archive may have later numbers
// too.
func (p *pass) settle(i item) {
	delete(p.known.problems, i.uid)
	if i.kind != archive.KindInvoice {
		return
	}
	for _, each := range p.known.problems {
		if each.item.kind == archive.KindInvoice && each.item.subscription == i.subscription && each.differs != "" {
			return
		}
	}
	found, _ := p.Books.Checked(p.name, i.subscription)
	if found == nil || !found.Other {
		return
	}
	if !p.existing[i.subscription] {
		p.Books.Check(p.name, i.subscription) // it takes no step, and the archive still has to know it
		return
	}
	p.Books.Doubt(p.name, i.subscription)
	p.doubted = true
}

// mark sets the condition Archived of an invoice that does not have it. It does not change an existing condition,
// because somebody set it on purpose.
func (p *pass) mark(ctx context.Context, invoice *v1alpha1.Invoice) (lost bool, err error) {
	if meta.FindStatusCondition(invoice.Status.Conditions, v1alpha1.ConditionArchived) != nil {
		return false, nil
	}
	before := invoice.DeepCopy()
	status.Of(&invoice.Status.Conditions, invoice.Generation, p.Clock.Now()).Set(
		v1alpha1.ConditionArchived, metav1.ConditionTrue, v1alpha1.ReasonArchived,
		fmt.Sprintf("The Archive %q holds this document: it was read back and is equal.", p.name.Name))
	_, err = status.Write(ctx, p.Client, before, invoice)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return true, nil
	}
	if status.IsRefused(err) {
		p.unmarked(invoice, status.Refusal(err))
		return false, nil
	}
	if err != nil {
		return false, err
	}
	record, err := archive.OfInvoice(facts.Cell(p.archive), invoice)
	if err != nil {
		return false, err
	}
	p.known.states[invoice.UID] = state{row: record.State, version: invoice.ResourceVersion}
	return false, nil
}

// unmarked records that the API server refused to mark an invoice. The archive holds the invoice, and other records are
// archived. The invoice is tried again like a record that could not be archived.
func (p *pass) unmarked(invoice *v1alpha1.Invoice, why string) {
	p.known.problems[invoice.UID] = problem{item: p.items[invoice.UID], unmarked: why, since: p.Clock.Now()}
}
