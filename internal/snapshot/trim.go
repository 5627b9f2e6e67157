// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/offline"
)

// annotations are those that a decision depends on. Others may hold anything, such as a whole manifest.
var annotations = []string{
	v1alpha1.AnnotationUnpark, v1alpha1.AnnotationInvoiceRequestedAt, v1alpha1.AnnotationDelete, v1alpha1.AnnotationRefreshRequestedAt,
}

// trimMeta keeps the metadata that a decision depends on.
func trimMeta(m metav1.ObjectMeta) metav1.ObjectMeta {
	kept := metav1.ObjectMeta{
		Namespace: m.Namespace, Name: m.Name, UID: m.UID, Generation: m.Generation,
		CreationTimestamp: m.CreationTimestamp, DeletionTimestamp: m.DeletionTimestamp,
	}
	for _, name := range annotations {
		if value, ok := m.Annotations[name]; ok {
			if kept.Annotations == nil {
				kept.Annotations = map[string]string{}
			}
			kept.Annotations[name] = value
		}
	}
	return kept
}

// trimSubscription leaves out the customer's people, and the parts of the status that only people read.
func trimSubscription(s *v1alpha1.Subscription) *v1alpha1.Subscription {
	s = offline.WithoutPeople(s)
	s.TypeMeta, s.ObjectMeta = metav1.TypeMeta{}, trimMeta(s.ObjectMeta)
	st := &s.Status
	st.Conditions, st.InitialInvoice, st.RecentInvoice, st.Notifications, st.Loads = nil, nil, nil, nil, nil
	st.EventCursors, st.EventSequence, st.TrialEndingTime = nil, 0, nil
	if st.UpcomingInvoice != nil {
		st.UpcomingInvoice = &v1alpha1.UpcomingInvoice{Lines: st.UpcomingInvoice.Lines}
	}
	for i := range st.Outbox {
		st.Outbox[i].Payload = nil
	}
	return s
}

// trimUpdate leaves out the fields of a finished update's status.
func trimUpdate(u *v1alpha1.SubscriptionUpdate) v1alpha1.SubscriptionUpdate {
	return v1alpha1.SubscriptionUpdate{
		ObjectMeta: trimMeta(u.ObjectMeta), Spec: u.Spec,
		Status: v1alpha1.SubscriptionUpdateStatus{
			State: u.Status.State, SubscriptionUID: u.Status.SubscriptionUID, SeenTime: u.Status.SeenTime,
			ApprovedTime: u.Status.ApprovedTime, Overdue: u.Status.Overdue, Imported: u.Status.Imported,
		},
	}
}

// trimAssignment leaves out the assignee's name and addresses.
func trimAssignment(a *v1alpha1.SeatAssignment) v1alpha1.SeatAssignment {
	return v1alpha1.SeatAssignment{ObjectMeta: trimMeta(a.ObjectMeta), Spec: offline.WithoutHolder(a).Spec, Status: a.Status}
}

// trimProduct leaves out the data loader: its addresses and queries reveal where an organization keeps its data.
func trimProduct(p *v1alpha1.SeatProduct) *v1alpha1.SeatProduct {
	kept := &v1alpha1.SeatProduct{ObjectMeta: trimMeta(p.ObjectMeta), Spec: *p.Spec.DeepCopy()}
	if loader := p.Spec.DataLoader; loader != nil {
		kept.Spec.DataLoader = &v1alpha1.DataLoader{Key: loader.Key, SeatAssignments: loader.SeatAssignments}
	}
	kept.Status.Refreshes, kept.Status.Imported = p.Status.Refreshes, p.Status.Imported
	return kept
}

// trimInvoice keeps the parts of an invoice that a successor reads.
func trimInvoice(i *v1alpha1.Invoice) v1alpha1.Invoice {
	kept := v1alpha1.Invoice{ObjectMeta: trimMeta(i.ObjectMeta), Spec: v1alpha1.InvoiceSpec{
		SubscriptionRef: i.Spec.SubscriptionRef, Customer: v1alpha1.Customer{ID: i.Spec.Customer.ID}, Reason: i.Spec.Reason,
		IssueTime: i.Spec.IssueTime, BilledUntil: i.Spec.BilledUntil, PeriodEnd: i.Spec.PeriodEnd, Currency: i.Spec.Currency,
	}}
	for n := range i.Spec.Lines {
		l := &i.Spec.Lines[n]
		kept.Spec.Lines = append(kept.Spec.Lines, v1alpha1.Line{
			Kind: l.Kind, FullAmount: l.FullAmount, From: l.From, To: l.To, Count: l.Count,
		})
	}
	return kept
}
