// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// placed remembers the effects of the newest commit of each subscription that
// this process has seen to be in place, so that a cache that lags costs no live
// read. What it forgets in a restart is read again.
type placed struct {
	mu   sync.Mutex
	seen map[types.UID]map[string]bool
	// commits are the versions that the newest commits of this process made.
	commits map[types.UID]string
}

func (p *placed) has(sub types.UID, effect string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[sub][effect]
}

func (p *placed) add(sub types.UID, effect string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen == nil {
		p.seen = map[types.UID]map[string]bool{}
	}
	if p.seen[sub] == nil {
		p.seen[sub] = map[string]bool{}
	}
	p.seen[sub][effect] = true
}

// begin drops what is known of a subscription that was just committed: its outbox
// is another one.
func (p *placed) begin(sub *v1alpha1.Subscription) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.seen, sub.UID)
	if p.commits == nil {
		p.commits = map[types.UID]string{}
	}
	p.commits[sub.UID] = sub.ResourceVersion
}

// began reports whether a subscription is as the newest commit of this process left
// it.
func (p *placed) began(sub *v1alpha1.Subscription) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.commits[sub.UID] == sub.ResourceVersion
}

// forget drops all that is known of a subscription that goes.
func (p *placed) forget(sub types.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.seen, sub)
	delete(p.commits, sub)
}

// errForeign says that an object which is not ours has the name of one that is
// owed. Only a person can resolve that.
var errForeign = errors.New("the name is taken")

// foreignError is errForeign with the name of the invoice, and how it differs from the one that is owed.
type foreignError struct{ invoice, differs string }

func (e *foreignError) Error() string {
	return fmt.Sprintf("invoice %q: %s: %v", e.invoice, e.differs, errForeign)
}

func (e *foreignError) Unwrap() error { return errForeign }

// drain carries out, in order, what the last commit owes, and returns why that
// is not possible; nil when everything is in place. It computes nothing: what an
// effect says was frozen when it was committed. live holds updates that were
// read live in this pass.
func (r *Reconciler) drain(ctx context.Context, sub *v1alpha1.Subscription, live map[types.UID]*v1alpha1.SubscriptionUpdate) error {
	for i := range sub.Status.Outbox {
		effect := &sub.Status.Outbox[i]
		key := string(effect.Type) + "/" + effect.Name + "/" + string(effect.UID)
		if r.placed.has(sub.UID, key) {
			continue
		}
		if err := r.carryOut(ctx, sub, effect, live[effect.UID]); err != nil {
			return err
		}
		r.placed.add(sub.UID, key)
	}
	return nil
}

func (r *Reconciler) carryOut(ctx context.Context, sub *v1alpha1.Subscription, effect *v1alpha1.Effect, live *v1alpha1.SubscriptionUpdate) error {
	if effect.Type == v1alpha1.EffectCreateInvoice {
		return r.createInvoice(ctx, sub, effect)
	}
	return r.markUpdate(ctx, sub, effect, live)
}

// markUpdate writes the decision into the status of the update with the
// effect's UID. A finished update, another one under its name, and none at all
// in a live read count as marked.
func (r *Reconciler) markUpdate(ctx context.Context, sub *v1alpha1.Subscription, effect *v1alpha1.Effect, live *v1alpha1.SubscriptionUpdate) error {
	u := live
	key := client.ObjectKey{Namespace: sub.Namespace, Name: effect.Name}
	if u == nil {
		var cached v1alpha1.SubscriptionUpdate
		err := r.Client.Get(ctx, key, &cached)
		if err == nil && cached.UID == effect.UID && facts.Finished(cached.Status.State) {
			return nil
		}
		u = &v1alpha1.SubscriptionUpdate{}
		err = r.Live.Get(ctx, key, u)
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read SubscriptionUpdate %q: %w", effect.Name, err)
		}
	}
	if u.UID != effect.UID || facts.Finished(u.Status.State) {
		return nil
	}
	u = u.DeepCopy()
	var status v1alpha1.SubscriptionUpdateStatus
	if err := json.Unmarshal(effect.Payload.Raw, &status); err != nil {
		return fmt.Errorf("read the outbox entry of SubscriptionUpdate %q: %w", effect.Name, err)
	}
	status.ObservedGeneration = u.Generation
	for i := range status.Conditions {
		status.Conditions[i].ObservedGeneration = u.Generation
	}
	u.Status = status
	err := r.Client.Status().Update(ctx, u)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("mark SubscriptionUpdate %q: %w", effect.Name, err)
	}
	return nil
}

// createInvoice creates the invoice. One that is there with exactly the content
// that is owed is the one; any other is somebody else's, and is neither adopted nor
// overwritten. An invoice may have been archived
// and deleted since an older version of the subscription owed it, so what an earlier
// pass left to do is done only where it is owed still.
func (r *Reconciler) createInvoice(ctx context.Context, sub *v1alpha1.Subscription, effect *v1alpha1.Effect) error {
	key := client.ObjectKey{Namespace: sub.Namespace, Name: effect.Name}
	invoice := &v1alpha1.Invoice{}
	invoice.Namespace, invoice.Name = key.Namespace, key.Name
	if err := json.Unmarshal(effect.Payload.Raw, &invoice.Spec); err != nil {
		return fmt.Errorf("read the outbox entry of Invoice %q: %w", effect.Name, err)
	}
	var cached v1alpha1.Invoice
	if err := r.Client.Get(ctx, key, &cached); err == nil && difference(&cached, invoice) == "" {
		return nil
	}
	if err := r.stillOwes(ctx, sub, effect); err != nil {
		return err
	}
	err := r.Client.Create(ctx, invoice.DeepCopy())
	if err == nil || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		// A namespace that is going takes its invoices along and accepts no new one.
		return nil
	}
	if !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create Invoice %q: %w", effect.Name, err)
	}
	var there v1alpha1.Invoice
	if err := r.Live.Get(ctx, key, &there); err != nil {
		return fmt.Errorf("read Invoice %q: %w", effect.Name, err)
	}
	if differs := difference(&there, invoice); differs != "" {
		return &foreignError{effect.Name, differs}
	}
	return nil
}

// difference says how an invoice that exists differs from the one that is owed; "" when it is that one. A finalizer
// makes no difference: collectors add their own to invoices that they work on, and it takes no record away. An owner
// would take the invoice along when it is deleted.
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

// stillOwes checks that the present version of a subscription owes an effect: a
// cache may be late. What this pass has committed is owed.
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
