// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
)

// books are what the versions of all objects of a run add up to. They compute nothing that the operator
// computes: they add up what it wrote down.
type books struct {
	accounts map[types.UID]*account
	// invoices and updates are the last versions of what exists or existed.
	invoices map[types.UID]*v1alpha1.Invoice
	updates  map[types.UID]*v1alpha1.SubscriptionUpdate
}

func newBooks() *books {
	return &books{
		accounts: map[types.UID]*account{},
		invoices: map[types.UID]*v1alpha1.Invoice{}, updates: map[types.UID]*v1alpha1.SubscriptionUpdate{},
	}
}

// account is one subscription's: what its commits owed to other objects, version by version.
type account struct {
	name      string
	documents map[string]v1alpha1.InvoiceSpec
	marks     map[types.UID]v1alpha1.SubscriptionUpdateStatus
	// open are the effects in the outbox of the last version read.
	open map[string]bool
	// entered are all lines of the last version read, by their keys.
	entered map[string]v1alpha1.Line
	// known are the keys of all lines of applied updates that were ever entered.
	known map[string]bool
}

func newAccount(name string) *account {
	return &account{
		name: name, documents: map[string]v1alpha1.InvoiceSpec{},
		marks: map[types.UID]v1alpha1.SubscriptionUpdateStatus{}, open: map[string]bool{},
		entered: map[string]v1alpha1.Line{}, known: map[string]bool{},
	}
}

// read takes all versions of one object in, oldest first, and says what is wrong with them.
func (b *books) read(versions []sighting) []string {
	var wrong []string
	for i, s := range versions {
		if s.deleted {
			continue
		}
		var before *sighting
		if i > 0 {
			before = &versions[i-1]
		}
		for _, what := range b.readOne(before, s) {
			wrong = append(wrong, fmt.Sprintf("%s %s at version %s: %s", s.kind, s.object.GetName(), s.object.GetResourceVersion(), what))
		}
	}
	return wrong
}

func (b *books) readOne(before *sighting, now sighting) []string {
	switch object := now.object.(type) {
	case *v1alpha1.Invoice:
		b.invoices[object.UID] = object
		return readInvoice(before, object)
	case *v1alpha1.SubscriptionUpdate:
		b.updates[object.UID] = object
		return readUpdate(before, object)
	case *v1alpha1.Subscription:
		return b.readSubscription(before, object)
	default:
		return nil
	}
}

func readInvoice(before *sighting, now *v1alpha1.Invoice) []string {
	if before == nil {
		return nil
	}
	if diff := cmp.Diff(before.object.(*v1alpha1.Invoice).Spec, now.Spec); diff != "" {
		return []string{"an issued invoice changed:\n" + diff}
	}
	return nil
}

func readUpdate(before *sighting, now *v1alpha1.SubscriptionUpdate) []string {
	if before == nil {
		return nil
	}
	was := before.object.(*v1alpha1.SubscriptionUpdate)
	if !facts.Finished(was.Status.State) {
		return nil
	}
	if diff := cmp.Diff(was.Status, now.Status); diff != "" {
		return []string{"a finished update changed:\n" + diff}
	}
	return nil
}

func (b *books) readSubscription(before *sighting, now *v1alpha1.Subscription) []string {
	a := b.accounts[now.UID]
	if a == nil {
		a = newAccount(now.Name)
		b.accounts[now.UID] = a
	}
	wrong := a.readOutbox(now)
	if before != nil {
		wrong = append(wrong, compareSequence(before.object.(*v1alpha1.Subscription).Status, now.Status)...)
	}
	return append(wrong, a.balance(&now.Status)...)
}

// whoSits is of an item's status what follows from the assignments and not from the events.
var whoSits = cmpopts.IgnoreFields(v1alpha1.SubscriptionItemStatus{}, "Assigned", "Available")

// compareSequence: events are never taken back, and what a commit did shows in the sequence.
func compareSequence(was, is v1alpha1.SubscriptionStatus) []string {
	var wrong []string
	if is.Sequence < was.Sequence {
		wrong = append(wrong, fmt.Sprintf("sequence fell from %d to %d", was.Sequence, is.Sequence))
	}
	if is.NextInvoiceNumber < was.NextInvoiceNumber {
		wrong = append(wrong, fmt.Sprintf("nextInvoiceNumber fell from %d to %d", was.NextInvoiceNumber, is.NextInvoiceNumber))
	}
	if is.Sequence == was.Sequence && (cmp.Diff(was.Items, is.Items, whoSits) != "" || is.CreditBalance != was.CreditBalance) {
		wrong = append(wrong, "what is owed changed without an event")
	}
	if is.Sequence == was.Sequence && len(was.LoadedReadings) == 0 && cmp.Diff(was.Usage, is.Usage) != "" {
		wrong = append(wrong, "usage changed without an event or a reading")
	}
	return append(wrong, compareReadings(was, is)...)
}

// compareReadings: a reading that was loaded stays until it is taken, or a newer one takes its place.
func compareReadings(was, is v1alpha1.SubscriptionStatus) []string {
	var wrong []string
	for _, loaded := range was.LoadedReadings {
		newer := func(l v1alpha1.LoadedReading) bool {
			return l.Item == loaded.Item && !l.ObservedTime.Before(&loaded.ObservedTime)
		}
		taken := func(u v1alpha1.UsageStatus) bool {
			return u.Item == loaded.Item && !u.ObservedTime.Before(&loaded.ObservedTime)
		}
		if !slices.ContainsFunc(is.LoadedReadings, newer) && !slices.ContainsFunc(is.Usage, taken) {
			wrong = append(wrong, fmt.Sprintf("the reading %d of %s was dropped before it was taken", loaded.Reading, loaded.Item))
		}
	}
	return wrong
}

// readOutbox takes in what the subscription owes. An effect is frozen with its commit, and one that has
// left never comes back.
func (a *account) readOutbox(s *v1alpha1.Subscription) []string {
	outbox := s.Status.Outbox
	var wrong []string
	open := map[string]bool{}
	for i := range outbox {
		effect := &outbox[i]
		key := fmt.Sprintf("%s %s %s", effect.Type, effect.Name, effect.UID)
		if open[key] {
			wrong = append(wrong, "owed twice: "+key)
		}
		open[key] = true
		if problem := a.readEffect(s, effect, a.open[key]); problem != "" {
			wrong = append(wrong, key+": "+problem)
		}
	}
	a.open = open
	return wrong
}

// readEffect enters one effect. known says that the version before had it already.
func (a *account) readEffect(s *v1alpha1.Subscription, effect *v1alpha1.Effect, known bool) string {
	if effect.Type == v1alpha1.EffectMarkUpdate {
		status, err := record.Mark(s, effect)
		if err != nil {
			return err.Error()
		}
		return enter(a.marks, effect.UID, status, known)
	}
	var document v1alpha1.InvoiceSpec
	if err := json.Unmarshal(effect.Payload.Raw, &document); err != nil {
		return err.Error()
	}
	return enter(a.documents, string(effect.Name), document, known)
}

func enter[K comparable, V any](entries map[K]V, key K, value V, known bool) string {
	entry, entered := entries[key]
	entries[key] = value
	switch {
	case entered && !known:
		return "decided a second time"
	case !entered:
		return ""
	}
	if diff := cmp.Diff(entry, value); diff != "" {
		return "what was committed changed:\n" + diff
	}
	return ""
}

// close compares what was committed with what there is in the end.
func (b *books) close() []string {
	var wrong []string
	issued := map[types.UID]map[string]bool{}
	for _, invoice := range b.invoices {
		ref := invoice.Spec.SubscriptionRef.UID
		a := b.accounts[ref]
		if a == nil {
			wrong = append(wrong, "Invoice "+invoice.Name+" belongs to no subscription")
			continue
		}
		if issued[ref] == nil {
			issued[ref] = map[string]bool{}
		}
		issued[ref][invoice.Name] = true
		wrong = append(wrong, a.compareInvoice(invoice)...)
	}
	for uid, a := range b.accounts {
		wrong = append(wrong, a.closeDocuments(issued[uid])...)
		wrong = append(wrong, b.closeMarks(a)...)
	}
	slices.Sort(wrong)
	return append(wrong, b.closeUpdates()...)
}

func (a *account) compareInvoice(invoice *v1alpha1.Invoice) []string {
	committed, ok := a.documents[invoice.Name]
	if !ok {
		return []string{"Invoice " + invoice.Name + " was issued without a commit"}
	}
	var wrong []string
	if diff := cmp.Diff(committed, invoice.Spec); diff != "" {
		wrong = append(wrong, "Invoice "+invoice.Name+" is not what was committed:\n"+diff)
	}
	if sum(invoice.Spec.Lines).Cmp(amount(invoice.Spec.Subtotal)) != 0 {
		wrong = append(wrong, "Invoice "+invoice.Name+": the lines do not add up to the subtotal")
	}
	due := new(big.Rat).Sub(amount(invoice.Spec.Subtotal), amount(invoice.Spec.CreditApplied))
	if due.Cmp(amount(invoice.Spec.AmountDue)) != 0 {
		wrong = append(wrong, "Invoice "+invoice.Name+": amountDue is not subtotal less creditApplied")
	}
	return wrong
}

// closeDocuments: every document that was committed is there, without a gap in their numbers.
func (a *account) closeDocuments(issued map[string]bool) []string {
	var wrong []string
	numbers := map[int64]bool{}
	for name, document := range a.documents {
		numbers[document.Sequence] = true
		if !issued[name] {
			wrong = append(wrong, "Invoice "+name+" was committed and is not there")
		}
	}
	for number := range int64(len(a.documents)) {
		if !numbers[number+1] {
			wrong = append(wrong, fmt.Sprintf("Subscription %s has no document %d of %d", a.name, number+1, len(a.documents)))
		}
	}
	return wrong
}

// closeMarks: every update that was decided says so, unless it was deleted.
func (b *books) closeMarks(a *account) []string {
	var wrong []string
	for uid, mark := range a.marks {
		if u := b.updates[uid]; u != nil && u.Status.State != mark.State {
			wrong = append(wrong, fmt.Sprintf("SubscriptionUpdate %s is %s, but %s was committed", u.Name, u.Status.State, mark.State))
		}
	}
	return wrong
}

// closeUpdates: only a commit applies an update.
func (b *books) closeUpdates() []string {
	var wrong []string
	for uid, u := range b.updates {
		if u.Status.State != v1alpha1.UpdateApplied {
			continue
		}
		committed := false
		for _, a := range b.accounts {
			_, ok := a.marks[uid]
			committed = committed || ok
		}
		if !committed {
			wrong = append(wrong, "SubscriptionUpdate "+u.Name+" says Applied without a commit")
		}
	}
	slices.Sort(wrong)
	return wrong
}
