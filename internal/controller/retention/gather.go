// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/retention"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
)

// readOnly spares copying what is only looked at. Nothing that was read with it may
// be changed.
const readOnly = client.UnsafeDisableDeepCopy

// records are what one pass looks at: all updates under a subscription's name, and
// the invoices of that name and its customer.
type records struct {
	// sub is nil when there is no subscription of the name.
	sub *v1alpha1.Subscription
	// owed are the names that an outbox names.
	owed     map[string]bool
	updates  []v1alpha1.SubscriptionUpdate
	invoices []v1alpha1.Invoice
}

// gather reads the records under a subscription's name from the cache.
func (r *Reconciler) gather(ctx context.Context, name types.NamespacedName) (*records, error) {
	found := &records{owed: map[string]bool{}}
	var sub v1alpha1.Subscription
	err := r.Client.Get(ctx, name, &sub, readOnly)
	if client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("read Subscription: %w", err)
	}
	if err == nil {
		found.govern(&sub)
	}
	under := []client.ListOption{client.InNamespace(name.Namespace), client.MatchingFields{index.FieldSubscription: name.Name}, readOnly}
	var updates v1alpha1.SubscriptionUpdateList
	if err := r.Client.List(ctx, &updates, under...); err != nil {
		return nil, fmt.Errorf("list SubscriptionUpdates: %w", err)
	}
	found.updates = updates.Items
	if found.sub == nil {
		// Nobody says how long invoices are kept: they stay.
		return found, nil
	}
	var invoices v1alpha1.InvoiceList
	if err := r.Client.List(ctx, &invoices, under...); err != nil {
		return nil, fmt.Errorf("list Invoices: %w", err)
	}
	for i := range invoices.Items {
		if invoices.Items[i].Spec.Customer.ID == sub.Spec.Customer.ID {
			found.invoices = append(found.invoices, invoices.Items[i])
		}
	}
	return found, nil
}

// confirm reads the subscription live, which says how long records are kept and
// what is owed now. What the cache shows as owed stays owed: another reconciler may
// act on that. It reports false when the cache is wrong about whether there is such
// a subscription: it may be another operator's, and when it is not, its arrival or
// departure comes as an event.
func (r *Reconciler) confirm(ctx context.Context, name types.NamespacedName, found *records) (bool, error) {
	var live v1alpha1.Subscription
	err := r.Live.Get(ctx, name, &live)
	if apierrors.IsNotFound(err) {
		return found.sub == nil, nil
	}
	if err != nil {
		return false, fmt.Errorf("read Subscription: %w", err)
	}
	if found.sub == nil || found.sub.UID != live.UID {
		return false, nil
	}
	found.govern(&live)
	return true, nil
}

// govern takes a subscription's history, and what it owes beside what was known to
// be owed.
func (f *records) govern(sub *v1alpha1.Subscription) {
	f.sub = sub
	for i := range sub.Status.Outbox {
		f.owed[sub.Status.Outbox[i].Name] = true
	}
}

// plan says which of the records are deleted. One that is being deleted already is passed over.
// No update is deleted before it has been finished for minTTL.
func (f *records) plan(minTTL time.Duration, now time.Time) retention.Plan {
	if f.sub != nil && f.sub.Spec.Suspend && f.sub.DeletionTimestamp.IsZero() {
		// Suspension stops every step of the operator.
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
			Owed: f.owed[u.Name],
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
			Owed: f.owed[v.Name],
		})
	}
	history := historyOf(f.sub)
	history.UpdateTTL = max(history.UpdateTTL, minTTL)
	return retention.Decide(updates, invoices, history, now)
}

// objects are what a plan names, in its order.
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
			// What was read is the cache's own; a client fills in what it is given.
			objects = append(objects, byUID[uid].DeepCopyObject().(client.Object))
		}
	}
	return objects
}

// historyOf is how long a subscription keeps its records; by the defaults where it
// does not say, or is gone.
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
	// One that only claimed to be the operator's was found out, and is a user's.
	if record.OriginOf(u) == v1alpha1.OriginUser || u.Status.Origin == v1alpha1.OriginUser {
		return retention.ByUser
	}
	return retention.ByOperator
}

// finished is when an update was decided, by the wall clock: then its conditions
// changed for the last time. Zero while it is open.
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

// archived is since when an invoice says that it is archived; zero when it does not.
func archived(invoice *v1alpha1.Invoice) time.Time {
	condition := meta.FindStatusCondition(invoice.Status.Conditions, v1alpha1.ConditionArchived)
	if condition == nil || condition.Status != metav1.ConditionTrue {
		return time.Time{}
	}
	return condition.LastTransitionTime.Time
}
