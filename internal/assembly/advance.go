// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package assembly

import (
	"errors"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
)

// maxPasses bounds how many commits are computed one after another: a start in 1970 with daily periods would need
// hundreds.
const maxPasses = 1000

var (
	// ErrWaitsForRefresh is the error if a TestClock was moved and a product has not yet been refreshed for the new time.
	ErrWaitsForRefresh = errors.New("a SeatProduct has not yet refreshed for the time of the TestClock")
	// ErrTooManyPasses is the error if more events are due than can be computed at once.
	ErrTooManyPasses = errors.New("too many billing periods fall due at once")
)

// Advanced is the result of advancing a subscription until nothing more is due.
type Advanced struct {
	// Outcome is that of the last pass. It has only the effects of that pass.
	Outcome subscription.Outcome
	// Input is what the next pass would decide on, with the updates that are still open.
	Input subscription.Input
	// Decisions and Documents are those of all passes, in order.
	Decisions []subscription.Decision
	Documents []subscription.Document
	// Edits are the updates that the operator would create for edits of the spec, in the order of their creation.
	Edits []*v1alpha1.SubscriptionUpdate
}

// Ahead is the subscription's future from then on.
func (a Advanced) Ahead() subscription.Ahead { return subscription.LookAhead(a.Outcome.State, a.Input) }

// Advance computes what the controller would commit for a subscription, one pass after another, until nothing more is
// due at the time of the objects. Edits of the spec become updates, as the controller creates them. It changes
// none of the objects.
func Advance(o Objects) (Advanced, error) {
	w, err := Assemble(o)
	if err != nil {
		return Advanced{}, err
	}
	if w.WaitsForRefresh {
		return Advanced{}, ErrWaitsForRefresh
	}
	var a Advanced
	if facts.Abandoned(o.Subscription) {
		a.take(subscription.Abandon(w.State, w.Input))
		a.Input = w.Input
		return a, nil
	}
	for range maxPasses {
		a.recordEdits(o, &w)
		a.take(subscription.Replay(w.State, w.Input))
		again := w.next(o, a.Outcome)
		a.Input = w.Input
		if !again {
			return a, nil
		}
	}
	return a, ErrTooManyPasses
}

// take adds the outcome of a pass to the result.
func (a *Advanced) take(outcome subscription.Outcome) {
	a.Outcome = outcome
	for _, effect := range outcome.Effects {
		if effect.Decision != nil {
			a.Decisions = append(a.Decisions, *effect.Decision)
		}
		if effect.Document != nil {
			a.Documents = append(a.Documents, *effect.Document)
		}
	}
}

// recordEdits adds the updates that the operator would create for edits of the spec.
func (a *Advanced) recordEdits(o Objects, w *World) {
	a.Edits = append(a.Edits, w.RecordEdits(o)...)
}

// RecordEdits adds the updates that the operator would create for edits of the spec, and returns them in the order of
// their creation.
func (w *World) RecordEdits(o Objects) []*v1alpha1.SubscriptionUpdate {
	var made []*v1alpha1.SubscriptionUpdate
	for _, edit := range subscription.Edits(w.State, w.Input.Terms, w.Input.Updates) {
		u := EditUpdate(o.Subscription, w.Input, edit)
		u.UID = types.UID("edit:" + u.Name)
		u.Generation = 1
		u.CreationTimestamp = metav1.NewTime(o.Wall.UTC().Truncate(time.Second))
		made = append(made, u)
		w.Input.Updates = append(w.Input.Updates, ReadUpdate(u, o.Subscription, w.Present))
	}
	return made
}

// next turns the world into that of the next pass, after an outcome was committed. It reports whether there is a next pass
// at the present time.
func (w *World) next(o Objects, outcome subscription.Outcome) bool {
	again := outcome.More || w.HeldBack
	w.State = outcome.State
	w.Input.Updates = stillOpen(w.Input.Updates, outcome.Waiting)
	w.Input.Terms.SpecSeen, w.Input.Terms.Cancel.DateSeen = true, true
	w.Input.Unpark = w.Input.Unpark && outcome.Events == 0 && outcome.Readings == 0
	w.Input.InvoiceNow = w.Input.InvoiceNow && !outcome.InvoicedNow
	w.Input.Assigned = Assigned(o.Subscription, w.State, o.Assignments)
	if w.Input.Terms.ByHand && !outcome.More {
		w.Input.Before = w.Input.Now
	}
	if w.HeldBack && !outcome.More {
		w.HeldBack, w.Input.Now = false, w.Present.Clock
	}
	return again
}

// stillOpen are the updates that wait after a pass, with what the pass recorded about them.
func stillOpen(updates []subscription.Update, waiting []subscription.Waiting) []subscription.Update {
	var open []subscription.Update
	for _, u := range updates {
		at := slices.IndexFunc(waiting, func(w subscription.Waiting) bool { return w.UID == u.UID })
		if at < 0 {
			continue
		}
		seen := waiting[at].InForce
		u.SeenAt, u.ApprovedAt, u.Overdue = seen.SeenAt, seen.ApprovedAt, seen.Overdue
		open = append(open, u)
	}
	return open
}
