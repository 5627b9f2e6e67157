// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/clocks"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/status"
)

// conditions computes every condition that this reconciler owns from what was
// gathered and decided.
//
// After a refused write they stay what they are until a whole pass goes through; see
// [Reconciler.reportAccepted].
func (r *Reconciler) conditions(w *world, outcome subscription.Outcome, s *v1alpha1.SubscriptionStatus) {
	if !wasRefused(w.sub) {
		r.allConditions(w, outcome, s)
	}
}

func (r *Reconciler) allConditions(w *world, outcome subscription.Outcome, s *v1alpha1.SubscriptionStatus) {
	set := status.Of(&s.Conditions, w.sub.Generation, r.Wall.Now())
	ready(set, w, outcome)
	inSync(set, w, outcome)
	withinLimits(set, w, outcome)
	usage(set, outcome)
}

// ready says whether the subscription is what its spec asks for.
func ready(set status.Conditions, w *world, outcome subscription.Outcome) {
	state := outcome.State
	fault := outcome.Blocked
	if fault == nil && state.Phase != subscription.Canceled {
		fault = subscription.Check(state, w.input)
	}
	switch {
	case state.Phase == subscription.Canceled:
		set.Ready(v1alpha1.ReasonCanceled, "The subscription has ended.")
	case w.input.Terms.OnHold():
		set.Ready(v1alpha1.ReasonSuspended, "No step is taken until spec.suspend is lifted; what falls due meanwhile is billed then.")
	case duplicateKey(w.sub) != "":
		set.Stalled(v1alpha1.ReasonDuplicateKey, duplicateKey(w.sub))
	case fault != nil && fault.Reason.NeedsPerson():
		set.Stalled(string(fault.Reason), fault.Message)
	case w.unrecorded != nil:
		set.Stalled(w.unrecorded.reason, w.unrecorded.message)
	case fault != nil:
		set.InProgress(string(fault.Reason), fault.Message)
	case outcome.More:
		set.InProgress(v1alpha1.ReasonProgressing, "There is more to replay.")
	case state.Phase == subscription.Pending:
		set.Ready(v1alpha1.ReasonReconciled, "The subscription begins at its start time.")
	default:
		set.Ready(v1alpha1.ReasonReconciled, "Everything that was due is billed.")
	}
}

// duplicateKey is what the loaders say of keys that belong to other items; ""
// when none does (billing.md#keys).
func duplicateKey(sub *v1alpha1.Subscription) string {
	var messages []string
	for _, load := range sub.Status.Loads {
		if load.Reason == v1alpha1.ReasonDuplicateKey {
			messages = append(messages, load.Message)
		}
	}
	if len(messages) == 0 {
		return ""
	}
	return strings.Join(messages, " ") + " Set the quantity of such an item in spec.items, or create its subscription again " +
		"with a customer ID of its own."
}

// inSync says whether what is in force is what the spec declares.
func inSync(set status.Conditions, w *world, outcome subscription.Outcome) {
	if !outcome.State.Started() {
		set.Remove(v1alpha1.ConditionInSync)
		return
	}
	if w.unrecorded != nil {
		set.Set(v1alpha1.ConditionInSync, metav1.ConditionFalse, w.unrecorded.reason, w.unrecorded.message)
		return
	}
	if waiting := w.waitingEdits(outcome); waiting != nil {
		set.Set(v1alpha1.ConditionInSync, metav1.ConditionFalse, string(waiting.Reason), waiting.Message)
		return
	}
	if difference := subscription.Difference(outcome.State, w.input.Terms); difference != nil {
		set.Set(v1alpha1.ConditionInSync, metav1.ConditionFalse, string(difference.Reason), difference.Message)
		return
	}
	set.Set(v1alpha1.ConditionInSync, metav1.ConditionTrue, v1alpha1.ReasonInSync, "What is in force is what the spec declares.")
}

// waitingEdits says what the edits of the spec wait for that are not in force yet; nil when there are none.
func (w *world) waitingEdits(outcome subscription.Outcome) *subscription.Fault {
	var faults []subscription.Fault
	for _, waiting := range outcome.Waiting {
		if w.originOf(waiting.UID) == v1alpha1.OriginSpec {
			faults = append(faults, waiting.Fault)
		}
	}
	return subscription.Together(faults)
}

// withinLimits says whether the quantities held are within the plans' limits.
func withinLimits(set status.Conditions, w *world, outcome subscription.Outcome) {
	if !outcome.State.Started() {
		set.Remove(v1alpha1.ConditionSeatsWithinLimits)
		return
	}
	if fault := subscription.OutsideLimits(outcome.State, w.input); fault != nil {
		set.Set(v1alpha1.ConditionSeatsWithinLimits, metav1.ConditionFalse, string(fault.Reason), fault.Message)
		return
	}
	set.Set(v1alpha1.ConditionSeatsWithinLimits, metav1.ConditionTrue, v1alpha1.ReasonWithinLimits, "All quantities are within their plans' limits.")
}

// usage says how the usage of metered items stands to its limits. A subscription
// without either has no such condition.
func usage(set status.Conditions, outcome subscription.Outcome) {
	if !outcome.State.Started() || !subscription.HasUsage(outcome.State) {
		set.Remove(v1alpha1.ConditionUsageWithinLimits)
		return
	}
	fault := subscription.UsageOutsideLimits(outcome.State)
	if len(outcome.Refused) > 0 {
		faults := outcome.Refused
		if fault != nil {
			faults = append(slices.Clone(faults), *fault)
		}
		fault = subscription.Together(faults)
	}
	switch {
	case fault == nil:
		set.Set(v1alpha1.ConditionUsageWithinLimits, metav1.ConditionTrue, v1alpha1.ReasonWithinLimits, "All usage is within its limits.")
	case fault.Reason == subscription.NotMetered:
		set.Set(v1alpha1.ConditionUsageWithinLimits, metav1.ConditionUnknown, string(fault.Reason), fault.Message)
	default:
		set.Set(v1alpha1.ConditionUsageWithinLimits, metav1.ConditionFalse, string(fault.Reason), fault.Message)
	}
}

// reportWaiting says on each update that is still open what it waits for. A
// word that changes nothing is not written.
func (r *Reconciler) reportWaiting(ctx context.Context, w *world, outcome subscription.Outcome) error {
	for _, waiting := range outcome.Waiting {
		before := w.updates[waiting.UID]
		after := before.DeepCopy()
		after.Status = record.Waiting(before, waiting, outcome.State.Currency, w.input.Policies, r.Wall.Now())
		after.Status.SubscriptionUID = w.sub.UID
		after.Status.Origin = w.originOf(waiting.UID)
		if err := r.gatherApproval(ctx, before, after); err != nil {
			return err
		}
		if err := r.write(ctx, before, after); err != nil {
			return err
		}
		if waiting.Verdict == subscription.IsHeld && before.Status.State != v1alpha1.UpdateHeld {
			r.event(w.sub, after, warning, v1alpha1.EventHeld, waiting.Summary+": "+waiting.Fault.Message)
		}
	}
	return nil
}

// write writes an open update's status if it changed, under its
// resourceVersion. A conflict or a deletion wakes the subscription again.
func (r *Reconciler) write(ctx context.Context, before, after *v1alpha1.SubscriptionUpdate) error {
	_, err := status.Write(ctx, r.Client, before, after)
	return client.IgnoreNotFound(err)
}

// reportOwed says that a write which the last commit owes cannot be made. No
// further step is taken until it is.
func (r *Reconciler) reportOwed(ctx context.Context, sub *v1alpha1.Subscription, owed error) error {
	if errors.Is(owed, errConflict) || apierrors.IsConflict(owed) || status.IsRefused(owed) {
		return owed
	}
	after := sub.DeepCopy()
	set := status.Of(&after.Status.Conditions, sub.Generation, r.Wall.Now())
	if errors.Is(owed, errForeign) {
		set.Stalled(v1alpha1.ReasonInvoiceNameTaken, nameTaken(owed))
	} else {
		set.InProgress(v1alpha1.ReasonEffectsOwed, "What the last commit owes to other objects cannot be written at the moment; no further step is taken until it is.")
	}
	wrote, err := status.Write(ctx, r.Client, sub, after)
	if err != nil {
		return errors.Join(owed, err)
	}
	if wrote && errors.Is(owed, errForeign) {
		r.event(sub, nil, warning, v1alpha1.ReasonInvoiceNameTaken, nameTaken(owed))
	}
	return owed
}

// nameTaken says which Invoice has the name of another, and what to do.
func nameTaken(owed error) string {
	var taken *foreignError
	if !errors.As(owed, &taken) {
		return ""
	}
	return fmt.Sprintf("The Invoice %q exists, but it is not the one that is due: %s. Compare it with status.outbox and find "+
		"out who created it, then delete it to let this subscription go on.", taken.invoice, taken.differs)
}

// reportUngathered says why nothing could be decided.
func (r *Reconciler) reportUngathered(ctx context.Context, sub *v1alpha1.Subscription, cause error) error {
	var clock *clocks.NotFoundError
	after := sub.DeepCopy()
	set := status.Of(&after.Status.Conditions, sub.Generation, r.Wall.Now())
	switch {
	case errors.As(cause, &clock):
		set.InProgress(v1alpha1.ReasonClockNotFound, clock.Error()+": create it; the subscription lives by it alone.")
	default:
		return cause
	}
	after.Status.ObservedGeneration = sub.Generation
	if after.Status.State == "" {
		after.Status.State = v1alpha1.SubscriptionPending
	}
	wrote, err := status.Write(ctx, r.Client, sub, after)
	if wrote && err == nil {
		r.announceFaults(after, sub.Status.Conditions)
	}
	return err
}

// reportOrphans says on the updates of a subscription that does not exist that
// they wait for it. One that the cache lacks may be another operator's, by its
// labels: only a live read tells.
func (r *Reconciler) reportOrphans(ctx context.Context, name types.NamespacedName) error {
	var list v1alpha1.SubscriptionUpdateList
	if err := r.Client.List(ctx, &list, client.InNamespace(name.Namespace),
		client.MatchingFields{index.FieldSubscription: name.Name}); err != nil {
		return fmt.Errorf("list SubscriptionUpdates: %w", err)
	}
	list.Items = slices.DeleteFunc(list.Items, func(u v1alpha1.SubscriptionUpdate) bool { return facts.Finished(u.Status.State) })
	if len(list.Items) == 0 {
		return nil
	}
	err := r.Live.Get(ctx, name, &v1alpha1.Subscription{})
	if !apierrors.IsNotFound(err) {
		return err
	}
	for i := range list.Items {
		if err := r.reportForeign(ctx, &list.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

// reportForeign deals with an update that means a subscription which is not
// there: it waits for one or, when the one that it means is gone, is rejected.
// That is the one decision that no commit makes (consistency.md#1-one-commit).
func (r *Reconciler) reportForeign(ctx context.Context, u *v1alpha1.SubscriptionUpdate) error {
	gone, err := r.isGone(ctx, u)
	if err != nil {
		return err
	}
	after := u.DeepCopy()
	after.Status.Origin = record.OriginOf(u)
	after.Status.ObservedGeneration = u.Generation
	set := status.Of(&after.Status.Conditions, u.Generation, r.Wall.Now())
	message := fmt.Sprintf("The Subscription %q does not exist. The update waits until it is created.", u.Spec.SubscriptionRef.Name)
	after.Status.State = v1alpha1.UpdatePending
	if gone {
		message = goneMessage(u)
		after.Status.State = v1alpha1.UpdateRejected
		set.Stalled(v1alpha1.ReasonSubscriptionNotFound, message)
	} else {
		set.InProgress(v1alpha1.ReasonSubscriptionNotFound, message)
	}
	set.Set(v1alpha1.ConditionApplied, metav1.ConditionFalse, v1alpha1.ReasonSubscriptionNotFound, message)
	return r.write(ctx, u, after)
}

// goneMessage says that an update can never apply, and what to do.
func goneMessage(u *v1alpha1.SubscriptionUpdate) string {
	how := "names by its UID"
	if u.Spec.SubscriptionRef.UID == "" {
		how = "was created for"
	}
	return fmt.Sprintf("The Subscription that this update %s is gone. To change a later Subscription %q, create another update.",
		how, u.Spec.SubscriptionRef.Name)
}

// isGone reports, by a live read, whether the subscription that an update means no longer exists: the one that it
// names by UID, or the one that it was seen to wait for. One that means no subscription in particular may have been
// created before its subscription, and waits.
func (r *Reconciler) isGone(ctx context.Context, u *v1alpha1.SubscriptionUpdate) (bool, error) {
	uid := cmp.Or(u.Spec.SubscriptionRef.UID, u.Status.SubscriptionUID)
	if uid == "" {
		return false, nil
	}
	var sub v1alpha1.Subscription
	err := r.Live.Get(ctx, client.ObjectKey{Namespace: u.Namespace, Name: u.Spec.SubscriptionRef.Name}, &sub)
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read Subscription %q: %w", u.Spec.SubscriptionRef.Name, err)
	}
	return sub.UID != uid, nil
}
