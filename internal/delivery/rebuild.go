// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"cmp"
	"slices"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/event"
	"github.com/seatplane/seatplane/internal/facts"
)

// The kinds that a notification refers to.
const (
	KindUpdate  = "SubscriptionUpdate"
	KindInvoice = "Invoice"
)

// endings are the events about finished updates, by their state. A preview ends without one.
var endings = map[v1alpha1.UpdateState]event.Type{
	v1alpha1.UpdateApplied:    event.UpdateApplied,
	v1alpha1.UpdateRejected:   event.UpdateRejected,
	v1alpha1.UpdateSuperseded: event.UpdateSuperseded,
}

// OfUpdate returns the event about how an update ended, with its number if it has one. It returns false for an update
// that is open or was a preview.
func OfUpdate(u *v1alpha1.SubscriptionUpdate) (v1alpha1.Notification, bool) {
	kind, ends := endings[u.Status.State]
	if !ends {
		return v1alpha1.Notification{}, false
	}
	n := v1alpha1.Notification{
		Sequence: u.Status.EventSequence, Type: string(kind),
		Ref: &v1alpha1.NotificationReference{Kind: KindUpdate, Name: u.Name, UID: facts.Identity(u)},
	}
	if u.Status.EventTime != nil {
		n.Time = *u.Status.EventTime
	}
	return n, true
}

// OfInvoice returns the event about a document, with its number if it has one.
func OfInvoice(name string, spec *v1alpha1.InvoiceSpec) v1alpha1.Notification {
	return v1alpha1.Notification{
		Sequence: spec.EventSequence, Type: string(event.InvoiceIssued), Time: spec.IssueTime,
		Ref: &v1alpha1.NotificationReference{Kind: KindInvoice, Name: name},
	}
}

// Owes reports whether the last commit of a subscription owes a record that is not in place: an invoice that is not among
// the given ones, or an update among them that is not finished. An update that is missing was deleted.
func Owes(sub *v1alpha1.Subscription, updates []v1alpha1.SubscriptionUpdate, invoices []v1alpha1.Invoice) bool {
	return slices.ContainsFunc(sub.Status.Outbox, func(e v1alpha1.Effect) bool {
		if e.Type == v1alpha1.EffectCreateInvoice {
			return !slices.ContainsFunc(invoices, func(i v1alpha1.Invoice) bool { return i.Name == e.Name })
		}
		return slices.ContainsFunc(updates, func(u v1alpha1.SubscriptionUpdate) bool {
			return u.UID == e.UID && !facts.Finished(u.Status.State)
		})
	})
}

// Rebuild makes the events of a subscription from its records, in order: those with a number after one and up to
// another. They equal those that the commits recorded. Records of other subscriptions with the same name are left out.
func Rebuild(sub *v1alpha1.Subscription, updates []v1alpha1.SubscriptionUpdate, invoices []v1alpha1.Invoice, after, until int64) []v1alpha1.Notification {
	var events []v1alpha1.Notification
	add := func(n v1alpha1.Notification) {
		if n.Sequence > after && n.Sequence <= until {
			events = append(events, n)
		}
	}
	for i := range updates {
		if updates[i].Status.SubscriptionUID != facts.Identity(sub) {
			continue
		}
		if n, ends := OfUpdate(&updates[i]); ends {
			add(n)
		}
	}
	for i := range invoices {
		if invoices[i].Spec.SubscriptionRef.UID == facts.Identity(sub) {
			add(OfInvoice(invoices[i].Name, &invoices[i].Spec))
		}
	}
	slices.SortFunc(events, func(a, b v1alpha1.Notification) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return events
}
