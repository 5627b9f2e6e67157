// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package assembly turns the API objects of one subscription into the input of the billing engine. The controller of
// subscriptions and the command line share it, so both compute the same amounts from the same objects.
//
// It is pure: it reads no cluster and no clock. Its callers fetch the objects.
package assembly

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
)

// MaxEffects is the largest number of effects in one outbox (consistency.md#5-size-bounds).
const MaxEffects = 64

// ErrUnreadable is the error for a status that the operator cannot have written.
var ErrUnreadable = errors.New("the status cannot be read")

// Objects is what a decision about one subscription depends on.
type Objects struct {
	Subscription *v1alpha1.Subscription
	// Shown is the time on the subscription's clock, and Wall that on the wall clock.
	Shown, Wall time.Time
	// Updates are those that belong to the subscription and are open; see [Concerns].
	Updates []*v1alpha1.SubscriptionUpdate
	// Products are the existing products of [ProductNames].
	Products map[string]Product
	// Policies are the policies of [PolicyRefs] that exist and are ready.
	Policies map[subscription.PolicyRef]subscription.Policy
	// Assignments are the SeatAssignments that name the subscription; see [Claims].
	Assignments []v1alpha1.SeatAssignment
	// Earlier are the invoices of earlier subscriptions of its name and customer; see [PrecededBy].
	Earlier []v1alpha1.Invoice
}

// World is what one pass over a subscription decides on.
type World struct {
	State subscription.State
	Input subscription.Input
	// Present is the present time, which may be later than the time of the pass.
	Present record.Present
	// WaitsForRefresh: a clock was moved by hand, and a product has not yet run
	// the refresh that is due by then.
	WaitsForRefresh bool
	// HeldBack: a clock was moved by hand, and there are updates that were not seen
	// yet. They are first seen at the time before the move.
	HeldBack bool
}

// Begin reads the parts of the input that are in the subscription itself: the committed state, its terms, and its time.
// The error wraps [ErrUnreadable] if the operator cannot have written the status.
func Begin(sub *v1alpha1.Subscription, shown, wall time.Time) (World, error) {
	state, err := ReadState(sub)
	if err != nil {
		return World{}, err
	}
	now := notBefore(shown, state.LastEvent, record.Instant(sub.Status.ClockTime))
	w := World{State: state, Present: record.Present{Clock: now, Wall: wall}}
	w.Input = subscription.Input{
		Now: now, Before: record.Instant(sub.Status.ClockTime),
		Terms:      record.Terms(sub),
		Readings:   record.Readings(sub),
		Unpark:     facts.IsRequested(facts.UnparkRequest(sub), sub.Status.LastHandledUnpark),
		InvoiceNow: facts.IsRequested(facts.InvoiceRequest(sub), sub.Status.LastHandledInvoiceRequest),
		MaxEffects: MaxEffects,
	}
	if w.Input.Terms.ByHand && sub.Status.SeenTime == nil {
		w.Input.Terms.Created = now
	}
	return w, nil
}

// Assemble builds the world of one pass.
func Assemble(o Objects) (World, error) {
	w, err := Begin(o.Subscription, o.Shown, o.Wall)
	if err != nil {
		return World{}, err
	}
	for _, u := range o.Updates {
		w.Input.Updates = append(w.Input.Updates, ReadUpdate(u, o.Subscription, w.Present))
	}
	w.holdBack()
	w.Input.Products = make(map[string]subscription.Product, len(o.Products))
	for name := range o.Products {
		w.Input.Products[name] = o.Products[name].Value
	}
	w.WaitsForRefresh = w.owesRefresh(o)
	w.Input.Assigned = Assigned(o.Subscription, w.State, o.Assignments)
	if LooksBack(w.State) {
		w.Input.Predecessor = record.Predecessor(o.Earlier)
	}
	w.Input.Policies = o.Policies
	return w, nil
}

// ReadState reads the committed state. For a status that cannot be read, it makes no guess: the error wraps
// [ErrUnreadable].
func ReadState(sub *v1alpha1.Subscription) (subscription.State, error) {
	state, err := record.ReadState(&sub.Status)
	if err != nil {
		return state, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return state, nil
}

// TakesUpNewTime reports whether a pass is the first at a new time of a TestClock.
func (w World) TakesUpNewTime() bool {
	return w.Input.Terms.ByHand && !w.Input.Before.Equal(w.Input.Now)
}

// notBefore is the time on a clock, or a later one that was committed: a cache may have an older TestClock, and time never
// goes back for a subscription.
func notBefore(now time.Time, committed ...time.Time) time.Time {
	for _, t := range committed {
		if t.After(now) {
			now = t
		}
	}
	return now
}

// holdBack moves a pass to the time before a clock was moved, if there are updates
// that were not seen yet. They count as seen at that time, which must be recorded
// before the new time. Otherwise, after a crash between the two, they would be
// seen later, for a different amount.
func (w *World) holdBack() {
	moved := w.Input.Terms.ByHand && !w.Input.Before.IsZero() && w.Input.Before.Before(w.Input.Now)
	if !moved {
		return
	}
	for i := range w.Input.Updates {
		if w.Input.Updates[i].SeenAt.IsZero() {
			w.Input.Now, w.HeldBack = w.Input.Before, true
			return
		}
	}
}

// owesRefresh reports whether a product of the subscription still owes a refresh that is due on a clock which is moved by
// hand. The subscription waits only for products of its items, declared or in force. A product that only an update names
// refreshes nothing of this subscription, and would never wake it. No product refreshes for a time that the clock does not
// show yet, and every refresh that was due by a committed time has already run. A subscription that is being deleted or has
// been canceled does not wait for a count.
func (w *World) owesRefresh(o Objects) bool {
	if !w.Input.Terms.ByHand || !o.Subscription.DeletionTimestamp.IsZero() || o.Subscription.Status.CancelTime != nil {
		return false
	}
	now := w.Input.Now
	if o.Shown.Before(now) {
		now = o.Shown
	}
	return slices.ContainsFunc(facts.ProductsOf(o.Subscription), func(name string) bool {
		product, found := o.Products[name]
		return found && product.Refreshes.Owes(now)
	})
}
