// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/clocks"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
)

// world is what one pass knows: the subscription as it was read, and the values
// of everything that it names.
type world struct {
	sub   *v1alpha1.Subscription
	state subscription.State
	input subscription.Input
	// updates are the open ones, by UID, as they were read.
	updates map[string]*v1alpha1.SubscriptionUpdate
	// approvals are the approvals of those updates that were read live, by UID.
	approvals map[string]*v1alpha1.UpdateApproval
	// present is the actual time, even if the pass uses another one.
	present record.Present
	// seats are the assignments. committed means that this pass has committed.
	seats     seats
	committed bool
	// shown is the time on the clock. The present is later than that if a later time was committed, because the
	// cache is stale or the TestClock was created again.
	shown time.Time
	// waitsForRefresh means that a clock was moved by hand and a product has not yet run the
	// refresh that is due by then.
	waitsForRefresh bool
	// heldBack means that a clock was moved by hand and there are new updates. They are processed
	// at the previous time first.
	heldBack bool
	// startConfirmed means that the invoices of an earlier subscription were looked up live.
	startConfirmed bool
	// older is the oldest other subscription of the same customer, which is looked up when this one starts, or
	// "".
	older string
	// sinks are the EventSinks that select the subscription.
	sinks []delivery.Sink
	// unrecorded explains why an edit of the spec has no update yet. It is nil if every edit has
	// one.
	unrecorded *unrecorded
}

// gather reads everything that a decision depends on, and writes nothing. internal/assembly decides what follows from
// the objects.
func (r *Reconciler) gather(ctx context.Context, sub *v1alpha1.Subscription) (*world, error) {
	shown, err := clocks.Reader{Client: r.Client, Wall: r.Clock}.Now(ctx, sub.Namespace, facts.Clock(sub))
	if err != nil {
		return nil, unreadableFirst(sub, err)
	}
	begun, err := assembly.Begin(sub, shown, r.Clock.Now())
	if err != nil {
		return nil, err
	}
	w := &world{
		sub: sub, state: begun.State, shown: shown, present: begun.Present,
		updates: map[string]*v1alpha1.SubscriptionUpdate{}, approvals: map[string]*v1alpha1.UpdateApproval{},
	}
	objects := assembly.Objects{Subscription: sub, Shown: shown, Wall: begun.Present.Wall}
	if objects.Updates, err = r.gatherUpdates(ctx, w, begun); err != nil {
		return nil, err
	}
	if objects.Products, err = r.gatherProducts(ctx, w, objects.Updates); err != nil {
		return nil, err
	}
	if err := r.gatherSeats(ctx, w, r.Client); err != nil {
		return nil, err
	}
	objects.Assignments = w.seats.assignments
	if objects.Earlier, err = r.gatherEarlier(ctx, w, r.Client); err != nil {
		return nil, err
	}
	if objects.Policies, err = r.gatherPolicies(ctx, w, objects); err != nil {
		return nil, err
	}
	assembled, err := assembly.Assemble(objects)
	if err != nil {
		return nil, err
	}
	w.input, w.waitsForRefresh, w.heldBack = assembled.Input, assembled.WaitsForRefresh, assembled.HeldBack
	return w, r.gatherSinks(ctx, w)
}

// unreadableFirst returns the error of a status that cannot be read, if there is one, rather than that of a clock,
// because such a subscription does not wait for the clock.
func unreadableFirst(sub *v1alpha1.Subscription, err error) error {
	if _, unreadable := assembly.ReadState(sub); unreadable != nil {
		return unreadable
	}
	return err
}

// gatherProducts reads the products that the spec, what is in force and open updates name.
func (r *Reconciler) gatherProducts(ctx context.Context, w *world, updates []*v1alpha1.SubscriptionUpdate) (map[string]assembly.Product, error) {
	products := map[string]assembly.Product{}
	for _, name := range assembly.ProductNames(w.sub, updates) {
		var product v1alpha1.SeatProduct
		err := r.Client.Get(ctx, client.ObjectKey{Namespace: w.sub.Namespace, Name: name}, &product)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read SeatProduct %q: %w", name, err)
		}
		read, err := assembly.ReadProduct(&product, facts.Clock(w.sub))
		if err != nil {
			// Admission refuses such a price. Without the price, the product cannot be used.
			log.FromContext(ctx).Error(err, "a SeatProduct cannot be read")
			continue
		}
		products[name] = read
	}
	return products, nil
}

// gatherUpdates reads the open updates of the subscription.
func (r *Reconciler) gatherUpdates(ctx context.Context, w *world, begun assembly.World) ([]*v1alpha1.SubscriptionUpdate, error) {
	open, err := r.openUpdates(ctx, w, begun)
	if err != nil {
		return nil, err
	}
	var updates []*v1alpha1.SubscriptionUpdate
	for i := range open {
		u := &open[i]
		if !assembly.IsOpen(u) {
			continue
		}
		if !facts.Belongs(u, w.sub) {
			if err := r.reportForeign(ctx, u, w.sub.CreationTimestamp.Time); err != nil {
				return nil, err
			}
			continue
		}
		if err := r.clockShows(ctx, w, record.Instant(observedTime(u))); err != nil {
			return nil, err
		}
		w.updates[string(u.UID)] = u
		updates = append(updates, u)
	}
	return updates, nil
}

// openUpdates reads the updates that name the subscription and may be open. They come from the cache. Before a new time
// of a TestClock is processed, the API server lists them, so that a test that creates an update and then moves the clock
// does not depend on which event comes first (consistency.md#1-one-commit). Updates that the cache does not show as they
// were when the clock was moved come first.
func (r *Reconciler) openUpdates(ctx context.Context, w *world, begun assembly.World) ([]v1alpha1.SubscriptionUpdate, error) {
	moved := begun.TakesUpNewTime()
	if moved && begun.Input.Before.IsZero() {
		return listUpdates(ctx, r.Live, w.sub, index.FieldSubscription)
	}
	var hidden []v1alpha1.SubscriptionUpdate
	if moved {
		var err error
		if hidden, err = r.hidden(ctx, w); err != nil {
			return nil, err
		}
	}
	shown, err := listUpdates(ctx, r.Client, w.sub, index.FieldOpen)
	shown = slices.DeleteFunc(shown, func(u v1alpha1.SubscriptionUpdate) bool {
		return slices.ContainsFunc(hidden, func(newer v1alpha1.SubscriptionUpdate) bool { return newer.Name == u.Name })
	})
	return append(hidden, shown...), err
}

// listUpdates lists updates that name a subscription, by a field.
func listUpdates(ctx context.Context, reader client.Reader, sub *v1alpha1.Subscription, field string) ([]v1alpha1.SubscriptionUpdate, error) {
	var list v1alpha1.SubscriptionUpdateList
	if err := reader.List(ctx, &list, client.InNamespace(sub.Namespace), client.MatchingFields{field: sub.Name}); err != nil {
		return nil, fmt.Errorf("list SubscriptionUpdates: %w", err)
	}
	return list.Items, nil
}

// observedTime is when the cause of an update was seen, or nil if it does not contain that.
func observedTime(u *v1alpha1.SubscriptionUpdate) *metav1.Time {
	if u.Spec.Cause == nil {
		return nil
	}
	return u.Spec.Cause.ObservedTime
}

// clockShows makes sure that an update does not count as one from the future because the cache shows an old state
// of a TestClock. Another process may have seen the clock move. Then the pass is made again.
func (r *Reconciler) clockShows(ctx context.Context, w *world, observed time.Time) error {
	if !facts.IsByHand(w.sub) || !observed.After(w.present.Clock) {
		return nil
	}
	live, err := clocks.Reader{Client: r.Live, Wall: r.Clock}.Now(ctx, w.sub.Namespace, facts.Clock(w.sub))
	if err != nil {
		return err
	}
	if live.After(w.present.Clock) {
		return errConflict
	}
	return nil
}

// add makes an open update part of what is decided on.
func (w *world) add(u *v1alpha1.SubscriptionUpdate) {
	if _, known := w.updates[string(u.UID)]; known {
		return
	}
	w.updates[string(u.UID)] = u
	w.input.Updates = append(w.input.Updates, assembly.ReadUpdate(u, w.sub, w.present))
}

// originOf returns the origin of an open update.
func (w *world) originOf(uid string) v1alpha1.UpdateOrigin {
	for i := range w.input.Updates {
		if w.input.Updates[i].UID == uid {
			return v1alpha1.UpdateOrigin(w.input.Updates[i].Origin)
		}
	}
	return facts.Origin(w.updates[uid])
}

// drop removes an update from those that are decided on.
func (w *world) drop(uid string) {
	delete(w.updates, uid)
	w.input.Updates = slices.DeleteFunc(w.input.Updates, func(u subscription.Update) bool { return u.UID == uid })
}

// gatherPolicies reads every proration policy that anything gathered names.
func (r *Reconciler) gatherPolicies(ctx context.Context, w *world, gathered assembly.Objects) (map[subscription.PolicyRef]subscription.Policy, error) {
	policies := map[subscription.PolicyRef]subscription.Policy{}
	for _, ref := range assembly.PolicyRefs(w.sub, gathered.Products, gathered.Updates) {
		policy, ready, err := r.policy(ctx, w.sub.Namespace, ref)
		if err != nil {
			return nil, err
		}
		if ready {
			policies[ref] = policy
		}
	}
	return policies, nil
}

// policy reads a proration policy. It is not ready if it does not exist, or is not Ready for its
// current spec.
func (r *Reconciler) policy(ctx context.Context, namespace string, ref subscription.PolicyRef) (policy subscription.Policy, ready bool, err error) {
	switch v1alpha1.PolicyKind(ref.Kind) {
	case v1alpha1.KindClusterProrationPolicy:
		var p v1alpha1.ClusterProrationPolicy
		err = r.Client.Get(ctx, client.ObjectKey{Name: ref.Name}, &p)
		policy, ready = assembly.ReadClusterPolicy(&p)
	default:
		var p v1alpha1.ProrationPolicy
		err = r.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: ref.Name}, &p)
		policy, ready = assembly.ReadPolicy(&p)
	}
	if apierrors.IsNotFound(err) {
		return subscription.Policy{}, false, nil
	}
	if err != nil {
		return subscription.Policy{}, false, fmt.Errorf("read %s %q: %w", ref.Kind, ref.Name, err)
	}
	return policy, ready, nil
}
