// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/retention"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
)

// plan decides which records to delete. It skips records that are already being deleted. No update
// is deleted before it has been finished for minTTL.
func (f *records) plan(minTTL time.Duration, now time.Time) retention.Plan {
	if f.sub != nil && facts.IsImporting(f.sub) {
		// Which of its records are owed, and which is the newest, is not known yet.
		return retention.Plan{}
	}
	if f.sub != nil && f.sub.Spec.Suspend && f.sub.DeletionTimestamp.IsZero() {
		// Suspension stops every action of the operator.
		return retention.Plan{}
	}
	var updates []retention.Update
	for i := range f.updates {
		u := &f.updates[i]
		if !u.DeletionTimestamp.IsZero() {
			continue
		}
		updates = append(updates, retention.Update{
			UID: string(u.UID), Name: u.Name,
			Origin: originOf(u), Prune: u.Annotations[v1alpha1.AnnotationPrune] == v1alpha1.PruneTrue,
			Created: u.CreationTimestamp.Time, Finished: finished(u),
			Owed: f.isOwed(u.Name, u.Status.SubscriptionUID, u.Status.EventSequence), Unconfirmed: !f.confirmed(u.UID),
		})
	}
	var invoices []retention.Invoice
	for i := range f.invoices {
		v := &f.invoices[i]
		if !v.DeletionTimestamp.IsZero() {
			continue
		}
		invoices = append(invoices, retention.Invoice{
			UID: string(v.UID), Name: v.Name, Sequence: v.Spec.Sequence,
			Created: v.CreationTimestamp.Time, Archived: archived(v),
			Issued: v.Spec.IssueTime.UTC(), SettledUntil: record.SettledUntil(v),
			Owed: f.isOwed(v.Name, v.Spec.SubscriptionRef.UID, v.Spec.EventSequence), Unconfirmed: !f.confirmed(v.UID),
		})
	}
	history := historyOf(f.sub)
	history.UpdateTTL = max(history.UpdateTTL, minTTL)
	return retention.Decide(updates, invoices, history, now)
}

// confirmed reports whether every archive that selects the records has confirmed one of them.
func (f *records) confirmed(uid types.UID) bool {
	return len(f.archives) == 0 || f.held[uid]
}

// objects returns the objects that a plan names, in its order.
func (f *records) objects(plan retention.Plan) []client.Object {
	byUID := map[string]client.Object{}
	for i := range f.updates {
		byUID[string(f.updates[i].UID)] = &f.updates[i]
	}
	for i := range f.invoices {
		byUID[string(f.invoices[i].UID)] = &f.invoices[i]
	}
	var objects []client.Object
	for _, uids := range [][]string{plan.Updates, plan.Invoices} {
		for _, uid := range uids {
			// The objects belong to the cache, and a client modifies the object that it is given.
			objects = append(objects, byUID[uid].DeepCopyObject().(client.Object))
		}
	}
	return objects
}

// historyOf is how long a subscription keeps its records. The defaults apply if it declares no
// history or does not exist.
func historyOf(sub *v1alpha1.Subscription) retention.History {
	history := retention.Default()
	if sub == nil || sub.Spec.History == nil {
		return history
	}
	said := sub.Spec.History
	if said.KeepUpdates != nil {
		history.KeepUpdates = int(*said.KeepUpdates)
	}
	if said.TTLSecondsAfterFinished != nil {
		history.UpdateTTL = time.Duration(*said.TTLSecondsAfterFinished) * time.Second
	}
	if said.InvoiceTTLSecondsAfterArchived != nil {
		history.InvoiceTTL = time.Duration(*said.InvoiceTTLSecondsAfterArchived) * time.Second
	}
	return history
}

func originOf(u *v1alpha1.SubscriptionUpdate) retention.Origin {
	// An update that falsely claimed to be the operator's is a user's.
	if facts.Origin(u) == v1alpha1.OriginUser || u.Status.Origin == v1alpha1.OriginUser {
		return retention.ByUser
	}
	return retention.ByOperator
}

// finished is when an update was decided, on the wall clock, which is when its conditions last
// changed. It is zero while the update is open.
func finished(u *v1alpha1.SubscriptionUpdate) time.Time {
	if !facts.Finished(u.Status.State) {
		return time.Time{}
	}
	at := u.CreationTimestamp
	for _, condition := range u.Status.Conditions {
		if at.Before(&condition.LastTransitionTime) {
			at = condition.LastTransitionTime
		}
	}
	return at.Time
}

// archived is when an invoice was marked as archived, or zero if it is not.
func archived(invoice *v1alpha1.Invoice) time.Time {
	condition := meta.FindStatusCondition(invoice.Status.Conditions, v1alpha1.ConditionArchived)
	if condition == nil || condition.Status != metav1.ConditionTrue {
		return time.Time{}
	}
	return condition.LastTransitionTime.Time
}
