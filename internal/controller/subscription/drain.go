// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/slim"
)

// errForeign means that an object which the operator did not create has the name of one that is
// owed. Only a person can resolve that.
var errForeign = errors.New("the name is taken")

// foreignError is errForeign with the name of the invoice and how it differs from the owed one.
type foreignError struct{ invoice, differs string }

func (e *foreignError) Error() string {
	return fmt.Sprintf("invoice %q: %s: %v", e.invoice, e.differs, errForeign)
}

func (e *foreignError) Unwrap() error { return errForeign }

// drain writes, in order, what the last commit owes. It returns why that is not possible, or nil if
// everything is in place. It computes nothing, because the content of an effect was frozen when it
// was committed. live contains updates that were read live in this pass.
func (r *Reconciler) drain(ctx context.Context, sub *v1alpha1.Subscription, live map[types.UID]*v1alpha1.SubscriptionUpdate) error {
	if len(sub.Status.Outbox) == 0 || r.placed.whole(sub) {
		return nil
	}
	for i := range sub.Status.Outbox {
		effect := &sub.Status.Outbox[i]
		if r.placed.has(sub.UID, effect) {
			continue
		}
		isShown, err := r.carryOut(ctx, sub, effect, live[effect.UID])
		if err != nil {
			return err
		}
		if !isShown {
			r.placed.add(sub.UID, effect)
		}
	}
	r.placed.end(sub)
	return nil
}

// carryOut puts an effect in place. isShown means that the cache shows it, so it need not be remembered.
func (r *Reconciler) carryOut(ctx context.Context, sub *v1alpha1.Subscription, effect *v1alpha1.Effect, live *v1alpha1.SubscriptionUpdate) (isShown bool, err error) {
	if effect.Type == v1alpha1.EffectCreateInvoice {
		return r.createInvoice(ctx, sub, effect)
	}
	return r.markUpdate(ctx, sub, effect, live)
}

// markUpdate writes the decision into the status of the update with the
// effect's UID. A finished update, another one under its name, and none at all
// in a live read count as marked.
func (r *Reconciler) markUpdate(ctx context.Context, sub *v1alpha1.Subscription, effect *v1alpha1.Effect, live *v1alpha1.SubscriptionUpdate) (isShown bool, err error) {
	u := live
	key := client.ObjectKey{Namespace: sub.Namespace, Name: effect.Name}
	if u == nil {
		var cached v1alpha1.SubscriptionUpdate
		err := r.Client.Get(ctx, key, &cached)
		if err == nil && cached.UID == effect.UID && facts.Finished(cached.Status.State) {
			return true, nil
		}
		u = &v1alpha1.SubscriptionUpdate{}
		err = r.Live.Get(ctx, key, u)
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("read SubscriptionUpdate %q: %w", effect.Name, err)
		}
	}
	if u.UID != effect.UID || facts.Finished(u.Status.State) {
		return false, nil
	}
	u = u.DeepCopy()
	status, err := record.Mark(sub, effect)
	if err != nil {
		return false, fmt.Errorf("read the outbox entry of SubscriptionUpdate %q: %w", effect.Name, err)
	}
	status.ObservedGeneration = u.Generation
	for i := range status.Conditions {
		status.Conditions[i].ObservedGeneration = u.Generation
	}
	status.Imported = u.Status.Imported
	u.Status = status
	err = r.Client.Status().Update(ctx, u)
	if err != nil && !apierrors.IsNotFound(err) {
		return false, fmt.Errorf("mark SubscriptionUpdate %q: %w", effect.Name, err)
	}
	return false, nil
}

// createInvoice creates the invoice. An existing invoice counts as created if it has exactly the
// content that is owed. Any other one belongs to somebody else, and is neither adopted nor
// overwritten. An invoice may have been archived and deleted since an older version of the
// subscription owed it, so an effect of an earlier pass is written only if it is still owed.
func (r *Reconciler) createInvoice(ctx context.Context, sub *v1alpha1.Subscription, effect *v1alpha1.Effect) (isShown bool, err error) {
	key := client.ObjectKey{Namespace: sub.Namespace, Name: effect.Name}
	invoice := &v1alpha1.Invoice{}
	invoice.Namespace, invoice.Name = key.Namespace, key.Name
	if err := json.Unmarshal(effect.Payload.Raw, &invoice.Spec); err != nil {
		return false, fmt.Errorf("read the outbox entry of Invoice %q: %w", effect.Name, err)
	}
	var cached v1alpha1.Invoice
	if err := r.Client.Get(ctx, key, &cached); err == nil && slim.SameContent(&cached, invoice) {
		return true, nil
	}
	if err := r.stillOwes(ctx, sub, effect); err != nil {
		return false, err
	}
	err = r.Client.Create(ctx, invoice.DeepCopy())
	if err == nil || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		// A namespace that is being deleted deletes its invoices too, and does not accept new ones.
		return false, nil
	}
	if !apierrors.IsAlreadyExists(err) {
		return false, fmt.Errorf("create Invoice %q: %w", effect.Name, err)
	}
	var there v1alpha1.Invoice
	if err := r.Live.Get(ctx, key, &there); err != nil {
		return false, fmt.Errorf("read Invoice %q: %w", effect.Name, err)
	}
	if differs := difference(&there, invoice); differs != "" {
		return false, &foreignError{effect.Name, differs}
	}
	return false, nil
}

// difference describes how an existing invoice differs from the owed one, or returns "". A finalizer does not count,
// because collectors add their own to invoices that they work on, and it does not delete a record. An owner counts,
// because the invoice would be deleted together with it.
func difference(there, owed *v1alpha1.Invoice) string {
	switch {
	case there.Spec.SubscriptionRef.UID != owed.Spec.SubscriptionRef.UID:
		return "it belongs to another subscription"
	case !equality.Semantic.DeepEqual(there.Spec, owed.Spec):
		return "its content is another"
	case !equality.Semantic.DeepEqual(there.OwnerReferences, owed.OwnerReferences):
		return "it has an owner in metadata.ownerReferences, which Seatplane never sets"
	default:
		return ""
	}
}

// stillOwes checks that the current version of a subscription owes an effect, because a cache may
// be stale. What this pass has committed is owed.
func (r *Reconciler) stillOwes(ctx context.Context, sub *v1alpha1.Subscription, effect *v1alpha1.Effect) error {
	if r.placed.began(sub) {
		return nil
	}
	var now v1alpha1.Subscription
	err := r.Live.Get(ctx, client.ObjectKeyFromObject(sub), &now)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("read the Subscription: %w", err)
	}
	owed := slices.ContainsFunc(now.Status.Outbox, func(e v1alpha1.Effect) bool {
		return e.Type == effect.Type && e.Name == effect.Name
	})
	if err != nil || now.UID != sub.UID || !owed {
		return errConflict
	}
	return nil
}
