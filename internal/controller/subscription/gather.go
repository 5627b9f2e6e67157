// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/clocks"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
)

// maxEffects is how many effects one outbox holds (consistency.md#5-size-bounds).
const maxEffects = 64

// world is what one pass knows: the subscription as it was read, and the values
// of everything that it names.
type world struct {
	sub   *v1alpha1.Subscription
	state subscription.State
	input subscription.Input
	// updates that are open, by UID, as they were read.
	updates map[string]*v1alpha1.SubscriptionUpdate
	// approvals say who approved those of them that were read live, by UID.
	approvals map[string]*v1alpha1.UpdateApproval
	// present is what time it is, whatever time the pass takes place at.
	present record.Present
	// seats are the assignments, and committed says that this pass has committed.
	seats     seats
	committed bool
	// shown is the time on the clock. The present is later where a later time was committed: in a cache that is
	// late, or on a TestClock that was created again.
	shown time.Time
	// waitsForRefresh: a clock was moved by hand, and a product has not yet run
	// the refresh that is due by then.
	waitsForRefresh bool
	// heldBack: a clock was moved by hand together with updates that nobody saw
	// yet. They are seen at the time before it first.
	heldBack bool
	// startConfirmed: the invoices of an earlier subscription were looked for live.
	startConfirmed bool
	// older is the oldest other subscription of the same customer, looked for when this one starts; "" for none.
	older string
	// unrecorded says why an edit of the spec has no update yet; nil when every edit has one.
	unrecorded *unrecorded
}

// gather reads everything that a decision depends on, and writes nothing.
func (r *Reconciler) gather(ctx context.Context, sub *v1alpha1.Subscription) (*world, error) {
	state, err := readState(sub)
	if err != nil {
		return nil, err
	}
	shown, err := clocks.Reader{Client: r.Client, Wall: r.Clock}.Now(ctx, sub.Namespace, facts.Clock(sub))
	if err != nil {
		return nil, err
	}
	now := notBefore(shown, state.LastEvent, record.Instant(sub.Status.ClockTime))
	w := &world{
		sub: sub, state: state, shown: shown,
		updates: map[string]*v1alpha1.SubscriptionUpdate{}, approvals: map[string]*v1alpha1.UpdateApproval{},
	}
	w.input = subscription.Input{
		Now: now, Before: record.Instant(sub.Status.ClockTime),
		Terms:      record.Terms(sub),
		Policies:   map[subscription.PolicyRef]subscription.Policy{},
		Readings:   record.Readings(sub),
		Unpark:     sub.Annotations[v1alpha1.AnnotationUnpark] != sub.Status.LastHandledUnpark,
		InvoiceNow: w.asksForInvoice(),
		MaxEffects: maxEffects,
	}
	w.present = record.Present{Clock: now, Wall: r.Clock.Now()}
	if w.input.Terms.ByHand && sub.Status.SeenTime == nil {
		w.input.Terms.Created = now
	}
	if err := r.gatherUpdates(ctx, w); err != nil {
		return nil, err
	}
	w.holdBack()
	if err := r.gatherProducts(ctx, w); err != nil {
		return nil, err
	}
	if err := r.gatherSeats(ctx, w, r.Client); err != nil {
		return nil, err
	}
	if err := r.gatherPredecessor(ctx, w, r.Client); err != nil {
		return nil, err
	}
	return w, r.gatherPolicies(ctx, w)
}

// notBefore is the time on a clock, or a later one that was committed: a cache may show a TestClock as it was, and time
// never goes back for a subscription.
func notBefore(now time.Time, committed ...time.Time) time.Time {
	for _, t := range committed {
		if t.After(now) {
			now = t
		}
	}
	return now
}

// errUnreadable says that a status is not what the operator writes.
var errUnreadable = errors.New("the status cannot be read")

// readState reads the committed state. A status that cannot be read is not guessed at.
func readState(sub *v1alpha1.Subscription) (subscription.State, error) {
	state, err := record.ReadState(&sub.Status)
	if err != nil {
		return state, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return state, nil
}

// asksForInvoice reports whether a person asked for an invoice that was not issued yet.
func (w *world) asksForInvoice() bool {
	asked := w.sub.Annotations[v1alpha1.AnnotationInvoiceRequestedAt]
	return asked != "" && asked != w.sub.Status.LastHandledInvoiceRequest
}

// holdBack has a pass take place at the time before a clock was moved, where
// there are updates that nobody saw yet: they count as seen then, and that must be
// on record before the new time is. A crash between the two would have them seen
// later, for another amount.
func (w *world) holdBack() {
	moved := w.input.Terms.ByHand && !w.input.Before.IsZero() && w.input.Before.Before(w.input.Now)
	if !moved {
		return
	}
	for _, u := range w.input.Updates {
		if u.SeenAt.IsZero() {
			w.input.Now, w.heldBack = w.input.Before, true
			return
		}
	}
}

// gatherProducts reads the products that the spec, what is in force and open
// updates name. Only of the first two a refresh is waited for: a product that
// nothing but an update names refreshes nothing of this subscription, and wakes it
// by nothing.
func (r *Reconciler) gatherProducts(ctx context.Context, w *world) error {
	w.input.Products = map[string]subscription.Product{}
	connected := facts.ProductsOf(w.sub)
	names := slices.Clone(connected)
	for _, u := range w.updates {
		names = append(names, facts.ProductsOfUpdate(u)...)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		var product v1alpha1.SeatProduct
		err := r.Client.Get(ctx, client.ObjectKey{Namespace: w.sub.Namespace, Name: name}, &product)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read SeatProduct %q: %w", name, err)
		}
		clock := facts.Clock(w.sub)
		value, err := record.Product(&product, clock)
		if err != nil {
			// Admission refuses such a price; without it the product is of no use.
			log.FromContext(ctx).Error(err, "a SeatProduct cannot be read")
			continue
		}
		w.input.Products[name] = value
		if w.input.Terms.ByHand && slices.Contains(connected, name) && w.owedRefresh(&product, clock) {
			w.waitsForRefresh = true
		}
	}
	return nil
}

// owedRefresh reports whether a product still owes a refresh that is due on a clock. No product refreshes for a time
// that the clock does not show yet, and what was due by a time that was committed was refreshed before that.
func (w *world) owedRefresh(product *v1alpha1.SeatProduct, clock string) bool {
	now := w.input.Now
	if w.shown.Before(now) {
		now = w.shown
	}
	read := record.LoadingProduct(product)
	return read.Entry(clock).Owes(now)
}

// gatherUpdates reads the open updates of the subscription: from the cache, but
// live before a new time of a TestClock is taken up, so that a test that makes an
// update and then moves the clock does not depend on which event comes first
// (consistency.md#1-one-commit).
func (r *Reconciler) gatherUpdates(ctx context.Context, w *world) error {
	reader := client.Reader(r.Client)
	if w.input.Terms.ByHand && !w.input.Before.Equal(w.input.Now) {
		reader = r.Live
	}
	var list v1alpha1.SubscriptionUpdateList
	if err := reader.List(ctx, &list, client.InNamespace(w.sub.Namespace),
		client.MatchingFields{index.FieldSubscription: w.sub.Name}); err != nil {
		return fmt.Errorf("list SubscriptionUpdates: %w", err)
	}
	for i := range list.Items {
		u := &list.Items[i]
		if facts.Finished(u.Status.State) || !u.DeletionTimestamp.IsZero() {
			continue
		}
		if !facts.Belongs(u, w.sub) {
			if err := r.reportForeign(ctx, u); err != nil {
				return err
			}
			continue
		}
		if err := r.clockShows(ctx, w, record.Instant(observedTime(u))); err != nil {
			return err
		}
		w.add(u)
	}
	return nil
}

// observedTime is when the cause of an update was seen; nil where it says nothing of that.
func observedTime(u *v1alpha1.SubscriptionUpdate) *metav1.Time {
	if u.Spec.Cause == nil {
		return nil
	}
	return u.Spec.Cause.ObservedTime
}

// clockShows makes sure that an update is not taken for one of the future because the cache shows a TestClock as it
// was: another process may have seen it move. Then the pass is made again.
func (r *Reconciler) clockShows(ctx context.Context, w *world, observed time.Time) error {
	if !w.input.Terms.ByHand || !observed.After(w.present.Clock) {
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

// add makes an open update part of what is decided on. One that only claims to be the operator's is a user's.
func (w *world) add(u *v1alpha1.SubscriptionUpdate) {
	if _, known := w.updates[string(u.UID)]; known {
		return
	}
	w.updates[string(u.UID)] = u
	update := record.Update(u)
	if fault := record.CauseFault(u, w.sub, w.present); fault != "" {
		update.Origin, update.InvalidCause = subscription.OriginUser, fault
	}
	w.input.Updates = append(w.input.Updates, update)
}

// originOf says who made an open update.
func (w *world) originOf(uid string) v1alpha1.UpdateOrigin {
	for i := range w.input.Updates {
		if w.input.Updates[i].UID == uid {
			return v1alpha1.UpdateOrigin(w.input.Updates[i].Origin)
		}
	}
	return facts.Origin(w.updates[uid])
}

// drop takes an update out of what is decided on.
func (w *world) drop(uid string) {
	delete(w.updates, uid)
	w.input.Updates = slices.DeleteFunc(w.input.Updates, func(u subscription.Update) bool { return u.UID == uid })
}

// gatherPolicies reads every proration policy that anything gathered names.
func (r *Reconciler) gatherPolicies(ctx context.Context, w *world) error {
	refs := map[subscription.PolicyRef]bool{w.input.Terms.Policy: true}
	for _, product := range w.input.Products {
		refs[product.Policy] = true
	}
	for _, u := range w.input.Updates {
		refs[u.Proration] = true
	}
	delete(refs, subscription.PolicyRef{})
	for ref := range refs {
		policy, ready, err := r.policy(ctx, w.sub.Namespace, ref)
		if err != nil {
			return err
		}
		if ready {
			w.input.Policies[ref] = policy
		}
	}
	return nil
}

// policy reads a proration policy; not ready when it does not exist or is not
// Ready for its present spec.
func (r *Reconciler) policy(ctx context.Context, namespace string, ref subscription.PolicyRef) (subscription.Policy, bool, error) {
	var err error
	var spec v1alpha1.ProrationPolicySpec
	var object client.Object
	var conditions *[]metav1.Condition
	switch v1alpha1.PolicyKind(ref.Kind) {
	case v1alpha1.KindClusterProrationPolicy:
		var p v1alpha1.ClusterProrationPolicy
		err = r.Client.Get(ctx, client.ObjectKey{Name: ref.Name}, &p)
		spec, object, conditions = p.Spec, &p, &p.Status.Conditions
	default:
		var p v1alpha1.ProrationPolicy
		err = r.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: ref.Name}, &p)
		spec, object, conditions = p.Spec, &p, &p.Status.Conditions
	}
	if apierrors.IsNotFound(err) {
		return subscription.Policy{}, false, nil
	}
	if err != nil {
		return subscription.Policy{}, false, fmt.Errorf("read %s %q: %w", ref.Kind, ref.Name, err)
	}
	ready := meta.IsStatusConditionTrue(*conditions, v1alpha1.ConditionReady)
	return record.Policy(ref.Name, spec, object.GetGeneration()), ready, nil
}
