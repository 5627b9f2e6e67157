// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/verify"
)

// audit reads all versions of a namespace in their order, and says what is wrong with them. It adds up what is recorded
// and computes no price of its own; verify recomputes each amount from the numbers next to it.
type audit struct {
	wrong         []string
	subscriptions map[types.UID]*ledger
	updates       map[types.UID]*v1alpha1.SubscriptionUpdate
	invoices      map[types.UID]*v1alpha1.Invoice
}

// ledger is what a subscription committed.
type ledger struct {
	last *v1alpha1.Subscription
	// owed are the effects in the outbox of the last version, decided are all there ever were.
	owed    map[string]bool
	decided map[string]bool
	applied map[types.UID]v1alpha1.SubscriptionUpdateStatus
	names   map[types.UID]string
	// invoices are by number.
	invoices map[int64]*v1alpha1.InvoiceSpec
}

// judge returns the violations in a history.
func judge(history []version) []string {
	a := &audit{
		subscriptions: map[types.UID]*ledger{}, updates: map[types.UID]*v1alpha1.SubscriptionUpdate{},
		invoices: map[types.UID]*v1alpha1.Invoice{},
	}
	for _, v := range history {
		switch object := v.object.(type) {
		case *v1alpha1.Subscription:
			a.subscription(object)
		case *v1alpha1.SubscriptionUpdate:
			a.update(object)
		case *v1alpha1.Invoice:
			a.invoice(object)
		}
	}
	a.close()
	return a.wrong
}

func (a *audit) found(format string, args ...any) {
	a.wrong = append(a.wrong, fmt.Sprintf(format, args...))
}

func (a *audit) update(u *v1alpha1.SubscriptionUpdate) {
	if before := a.updates[u.UID]; before != nil && facts.Finished(before.Status.State) {
		if diff := cmp.Diff(before.Status, u.Status); diff != "" {
			a.found("finished update %s changed at revision %s:\n%s", u.Name, u.ResourceVersion, diff)
		}
	}
	a.updates[u.UID] = u
}

func (a *audit) invoice(i *v1alpha1.Invoice) {
	if before := a.invoices[i.UID]; before != nil {
		if diff := cmp.Diff(before.Spec, i.Spec); diff != "" {
			a.found("invoice %s changed at revision %s:\n%s", i.Name, i.ResourceVersion, diff)
		}
	}
	a.invoices[i.UID] = i
}

func (a *audit) subscription(s *v1alpha1.Subscription) {
	l := a.subscriptions[s.UID]
	if l == nil {
		l = &ledger{
			owed: map[string]bool{}, decided: map[string]bool{}, applied: map[types.UID]v1alpha1.SubscriptionUpdateStatus{},
			names: map[types.UID]string{}, invoices: map[int64]*v1alpha1.InvoiceSpec{},
		}
		a.subscriptions[s.UID] = l
	}
	if l.last != nil && (s.Status.Sequence < l.last.Status.Sequence || s.Status.NextInvoiceNumber < l.last.Status.NextInvoiceNumber) {
		a.found("%s at revision %s went back from event %d to %d, from invoice number %d to %d", s.Name, s.ResourceVersion,
			l.last.Status.Sequence, s.Status.Sequence, l.last.Status.NextInvoiceNumber, s.Status.NextInvoiceNumber)
	}
	l.last = s
	a.outbox(l, s)
	for _, what := range l.unbalanced() {
		a.found("%s at revision %s: %s", s.Name, s.ResourceVersion, what)
	}
}

// outbox enters what a commit decided. An effect that has left never comes back.
func (a *audit) outbox(l *ledger, s *v1alpha1.Subscription) {
	owed := map[string]bool{}
	for i := range s.Status.Outbox {
		effect := &s.Status.Outbox[i]
		id := fmt.Sprintf("%s %s %s", effect.Type, effect.Name, effect.UID)
		owed[id] = true
		if l.decided[id] && !l.owed[id] {
			a.found("%s at revision %s decided a second time: %s", s.Name, s.ResourceVersion, id)
		}
		if !l.decided[id] {
			a.enter(l, s, effect)
		}
		l.decided[id] = true
	}
	l.owed = owed
}

func (a *audit) enter(l *ledger, s *v1alpha1.Subscription, effect *v1alpha1.Effect) {
	if effect.Type == v1alpha1.EffectMarkUpdate {
		status, err := record.Mark(s, effect)
		if err != nil {
			a.found("%s: %s: %v", s.Name, effect.Name, err)
			return
		}
		l.names[effect.UID] = string(effect.Name)
		if status.State == v1alpha1.UpdateApplied {
			l.applied[effect.UID] = status
		}
		return
	}
	var invoice v1alpha1.InvoiceSpec
	if err := json.Unmarshal(effect.Payload.Raw, &invoice); err != nil {
		a.found("%s: %s: %v", s.Name, effect.Name, err)
		return
	}
	if l.invoices[invoice.Sequence] != nil {
		a.found("%s at revision %s used the invoice number %d again", s.Name, s.ResourceVersion, invoice.Sequence)
	}
	if want := int64(len(l.invoices)) + 1; invoice.Sequence != want {
		a.found("%s at revision %s has the invoice number %d, want %d", s.Name, s.ResourceVersion, invoice.Sequence, want)
	}
	l.invoices[invoice.Sequence] = &invoice
}

// unbalanced compares the money of the last version with what was committed: the lines that name an update are its
// adjustment, wherever they are, and the credit balance is what the documents left.
func (l *ledger) unbalanced() (wrong []string) {
	s := &l.last.Status
	if s.StartTime == nil {
		return nil
	}
	lines, err := record.AccruedLines(s)
	if err != nil {
		return []string{err.Error()}
	}
	for i := range s.Deferred {
		lines = append(lines, s.Deferred[i].Line)
	}
	credit := new(big.Rat)
	for _, invoice := range l.invoices {
		lines = append(lines, invoice.Lines...)
		credit.Sub(credit, number(invoice.CreditApplied))
	}
	if s.CreditBalance != "" && credit.Cmp(number(s.CreditBalance)) != 0 {
		wrong = append(wrong, fmt.Sprintf("the credit balance is %s, and the documents left %s", s.CreditBalance, credit.FloatString(2)))
	}
	if next := int64(len(l.invoices)) + 1; s.NextInvoiceNumber != 0 && s.NextInvoiceNumber != next {
		wrong = append(wrong, fmt.Sprintf("the next invoice number is %d, and %d were issued", s.NextInvoiceNumber, len(l.invoices)))
	}
	return append(append(wrong, l.misplaced(lines)...), total(s)...)
}

// misplaced finds lines that are there twice, and updates whose money is not there once.
func (l *ledger) misplaced(lines []v1alpha1.Line) (wrong []string) {
	keys, periods, entered := map[string]bool{}, map[string]bool{}, map[string]*big.Rat{}
	for i := range lines {
		line := &lines[i]
		if keys[line.Key] {
			wrong = append(wrong, "the line "+line.Key+" is there twice")
		}
		keys[line.Key] = true
		if line.Update != "" {
			if entered[string(line.Update)] == nil {
				entered[string(line.Update)] = new(big.Rat)
			}
			entered[string(line.Update)].Add(entered[string(line.Update)], number(line.Amount))
			continue
		}
		period := fmt.Sprintf("%s %s from %v", line.Item, line.Kind, line.From)
		if line.Kind == v1alpha1.LineRecurring && periods[period] {
			wrong = append(wrong, "charged twice: "+period)
		}
		periods[period] = true
	}
	for uid, status := range l.applied {
		want, got := new(big.Rat), entered[l.names[uid]]
		if status.AdjustmentAmount != "" {
			want = number(status.AdjustmentAmount)
		}
		if got == nil {
			got = new(big.Rat)
		}
		if want.Cmp(got) != 0 {
			wrong = append(wrong, fmt.Sprintf("update %s adjusts by %s, and its lines come to %s", l.names[uid], want.FloatString(2), got.FloatString(2)))
		}
		delete(entered, l.names[uid])
	}
	for _, name := range slices.Sorted(maps.Keys(entered)) {
		if entered[name].Sign() != 0 {
			wrong = append(wrong, fmt.Sprintf("lines over %s name %s, which was not applied", entered[name].FloatString(2), name))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// total compares the totals of the status with what they are totals of.
func total(s *v1alpha1.SubscriptionStatus) (wrong []string) {
	var seats int64
	for i := range s.Items {
		seats += s.Items[i].Quantity
	}
	if s.Seats != nil && *s.Seats != seats {
		wrong = append(wrong, fmt.Sprintf("the status has %d seats, and its items %d", *s.Seats, seats))
	}
	return wrong
}

// close compares what was committed with the records, and the records with each other.
func (a *audit) close() {
	var books verify.Ledger
	issued := map[types.UID]map[int64]string{}
	for _, uid := range sorted(a.invoices) {
		invoice := a.invoices[uid]
		books.AddInvoice(invoice)
		of := invoice.Spec.SubscriptionRef.UID
		if issued[of] == nil {
			issued[of] = map[int64]string{}
		}
		if other := issued[of][invoice.Spec.Sequence]; other != "" {
			a.found("invoices %s and %s have one number", other, invoice.Name)
		}
		issued[of][invoice.Spec.Sequence] = invoice.Name
		a.compare(invoice)
	}
	for _, uid := range sorted(a.updates) {
		books.AddUpdate(a.updates[uid])
		a.closeUpdate(a.updates[uid])
	}
	for _, uid := range sorted(a.subscriptions) {
		l := a.subscriptions[uid]
		for _, number := range sorted(l.invoices) {
			if issued[uid][number] == "" {
				a.found("invoice %d of %s was committed and never issued", number, l.last.Name)
			}
		}
	}
	report := books.Report()
	for _, problem := range report.Problems {
		a.found("verify: %s", problem)
	}
	for _, gap := range report.NotExamined {
		a.found("verify: %s", gap)
	}
}

func (a *audit) compare(invoice *v1alpha1.Invoice) {
	l := a.subscriptions[invoice.Spec.SubscriptionRef.UID]
	if l == nil || l.invoices[invoice.Spec.Sequence] == nil {
		a.found("invoice %s was issued and never committed", invoice.Name)
		return
	}
	if diff := cmp.Diff(*l.invoices[invoice.Spec.Sequence], invoice.Spec); diff != "" {
		a.found("invoice %s is not what was committed:\n%s", invoice.Name, diff)
	}
}

// closeUpdate: an update is applied if a commit said so, and only then.
func (a *audit) closeUpdate(u *v1alpha1.SubscriptionUpdate) {
	var commits int
	for _, l := range a.subscriptions {
		if _, found := l.applied[u.UID]; found {
			commits++
		}
	}
	switch applied := u.Status.State == v1alpha1.UpdateApplied; {
	case commits > 1:
		a.found("update %s was applied by %d subscriptions", u.Name, commits)
	case applied && commits == 0:
		a.found("update %s is Applied, and nothing committed it", u.Name)
	case !applied && commits > 0:
		a.found("update %s was committed and is %q", u.Name, u.Status.State)
	}
}

func sorted[K interface{ ~string | ~int64 }, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}

// number reads an amount. The API server accepts nothing that is not one.
func number[T ~string](amount T) *big.Rat {
	value, ok := new(big.Rat).SetString(string(amount))
	if !ok {
		panic(fmt.Sprintf("%q is not an amount", amount))
	}
	return value
}
