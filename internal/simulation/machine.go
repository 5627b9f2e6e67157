// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/record"
)

// maxPasses bounds the commits at one instant.
const maxPasses = 1000

// errPasses is the error if passes at the same instant do not end.
var errPasses = errors.New("too much falls due at one instant")

// machine is one subscription on its way through time.
type machine struct {
	name    types.NamespacedName
	schemas *manifests.Schemas
	script  []Happening
	// catalogue is a copy of the machine's own once it differs from the others'.
	catalogue *offline.Catalogue
	of        offline.Case
	// now is the time on the subscription's clock. The wall clock is later by ahead.
	now, from time.Time
	ahead     time.Duration
	// source is the data sources' answer for each item. news is true if no refresh has run since it changed.
	source map[string]int64
	news   bool
	// later are edits that the script makes after the events that are due at the present time.
	later []func()
	// state and outcome are those of the last pass.
	state   subscription.State
	outcome subscription.Outcome
	// finished are the updates that were decided.
	finished []v1alpha1.SubscriptionUpdate
	// budget is the number of events that may still follow, over all subscriptions.
	budget *int

	told     map[string]string
	result   Subscription
	due      money.Decimal
	warnings []string
	// unreadable is why the subscription cannot be computed.
	unreadable error
}

// newMachine returns a machine at the beginning. The case is empty for a subscription that a step of the script creates.
func newMachine(name types.NamespacedName, of offline.Case, world World, options Options) *machine {
	m := &machine{
		name: name, schemas: options.Schemas, catalogue: world.Catalogue, of: of, from: world.Time,
		source: map[string]int64{}, told: map[string]string{},
	}
	for _, h := range options.Script.Happenings {
		if part, any := h.of(name); any {
			m.script = append(m.script, part)
		}
	}
	if of.Subscription != nil {
		m.from, m.unreadable = world.Catalogue.Now(of.Subscription, world.Time)
		m.of.Updates = slices.DeleteFunc(slices.Clone(of.Updates), func(u v1alpha1.SubscriptionUpdate) bool {
			return offline.IsOwed(of.Subscription, &u)
		})
	}
	m.now, m.ahead = m.from, world.Time.Sub(m.from)
	return m
}

// of is the part of a script that concerns a subscription.
func (h Happening) of(name types.NamespacedName) (part Happening, any bool) {
	part = Happening{Place: h.Place, At: h.At}
	if counts := h.Counts[name]; len(counts) > 0 {
		part.Counts = map[types.NamespacedName]map[string]int64{name: counts}
	}
	for _, d := range h.Apply {
		if about := concerns(d); about == nil || *about == name {
			part.Apply = append(part.Apply, d)
		}
	}
	return part, len(part.Counts)+len(part.Apply) > 0
}

// wall is the present time on the wall clock.
func (m *machine) wall() time.Time { return m.now.Add(m.ahead) }

func (m *machine) warn(warning string) { m.warnings = append(m.warnings, warning) }

// run runs until an instant. The error ends the whole simulation.
func (m *machine) run(ctx context.Context, until time.Time) error {
	m.skipEarlier()
	for m.unreadable == nil {
		if err := m.reach(ctx); err != nil {
			return err
		}
		next, found := m.next()
		if !found || next.After(until) {
			break
		}
		m.now = next
		if *m.budget--; *m.budget < 0 {
			return fmt.Errorf("the limit for events was reached at %s: choose an earlier date for --until, or fewer subscriptions",
				m.now.Format(time.DateOnly))
		}
	}
	return nil
}

// skipEarlier leaves out the steps of the script before the beginning.
func (m *machine) skipEarlier() {
	for len(m.script) > 0 && m.script[0].At.Before(m.from) {
		m.warn(fmt.Sprintf("%s is earlier than the start of the simulation of Subscription %q, and is ignored.", m.script[0].Place, m.name.Name))
		m.script = m.script[1:]
	}
}

// reach processes the present time: counts of data sources, then due events, then manifests of the script.
func (m *machine) reach(ctx context.Context) error {
	var apply []Happening
	for len(m.script) > 0 && !m.script[0].At.After(m.now) {
		h := m.script[0]
		m.script = m.script[1:]
		for _, counts := range h.Counts {
			m.set(counts)
		}
		apply = append(apply, h)
	}
	if err := m.settle(); err != nil {
		return err
	}
	for _, edit := range m.later {
		edit()
		if err := m.settle(); err != nil {
			return err
		}
	}
	m.later = nil
	for _, h := range apply {
		for _, d := range h.Apply {
			if err := m.apply(ctx, d); err != nil {
				return &ScriptError{h.Place, err}
			}
		}
		if err := m.settle(); err != nil {
			return err
		}
	}
	return nil
}

// next is the time of the next event; not found if there is none.
func (m *machine) next() (next time.Time, found bool) {
	offer := func(at time.Time) {
		if at.After(m.now) && (!found || at.Before(next)) {
			next, found = at, true
		}
	}
	offer(m.outcome.Next)
	for i := range m.outcome.Waiting {
		offer(m.outcome.Waiting[i].InForce.ApplyAt)
	}
	if len(m.script) > 0 {
		offer(m.script[0].At)
	}
	if m.news {
		for _, l := range m.loaders() {
			offer(m.tick(&l))
		}
	}
	return next, found
}

// settle makes passes at the present time until nothing more happens.
func (m *machine) settle() error {
	for range maxPasses {
		if m.of.Subscription == nil {
			return nil
		}
		m.refresh()
		again, err := m.pass()
		if err != nil {
			m.unreadable = err
			return nil //nolint:nilerr // the subscription is reported as not simulated
		}
		if !again {
			return nil
		}
	}
	return fmt.Errorf("Subscription %q cannot be simulated on %s: %w", m.name.Name, m.now.Format(time.DateOnly), errPasses)
}

// pass decides on what is due and commits it, as the controller does. It reports whether another pass may find more.
func (m *machine) pass() (again bool, err error) {
	objects, err := m.catalogue.Objects(m.of, m.wall())
	if err != nil {
		return false, err
	}
	objects.Shown = m.now
	w, err := assembly.Assemble(objects)
	if err != nil {
		return false, err
	}
	if facts.Abandoned(m.of.Subscription) {
		outcome := subscription.Abandon(w.State, w.Input)
		m.commit(objects, w, outcome)
		return false, nil
	}
	for _, edit := range w.RecordEdits(objects) {
		m.of.Updates = append(slices.Clone(m.of.Updates), *edit)
	}
	outcome := subscription.Replay(w.State, w.Input)
	m.commit(objects, w, outcome)
	*m.budget -= outcome.Events
	return assembly.Happened(outcome) || outcome.More || outcome.InvoicedNow || w.HeldBack, nil
}

// commit applies everything in an outcome.
func (m *machine) commit(objects assembly.Objects, w assembly.World, outcome subscription.Outcome) {
	sub := objects.Subscription
	after := sub.DeepCopy()
	plans := assembly.Seating(sub, outcome.State, objects.Assignments)
	assembly.Describe(sub, w.Input, outcome, plans, &after.Status)
	if assembly.Happened(outcome) {
		after.Status.Outbox = nil // what it owes is in place at once
	}
	m.tellBefore(w.State, outcome)
	for _, effect := range outcome.Effects {
		if d := effect.Decision; d != nil {
			m.tellDecision(outcome, d)
			m.decide(d, assembly.DecidedUpdate(sub, w.Input, outcome, *d, m.wall()))
			continue
		}
		m.tellInvoice(sub, outcome, *effect.Document)
	}
	m.tellAfter(w.State, outcome)
	for i := range outcome.Waiting {
		m.tellWaiting(outcome, &outcome.Waiting[i])
		m.wait(w, outcome, outcome.Waiting[i])
	}
	m.of.Subscription = after
	m.seat(outcome.State)
	m.state, m.outcome = outcome.State, outcome
}

// decide finishes an update.
func (m *machine) decide(d *subscription.Decision, status v1alpha1.SubscriptionUpdateStatus) {
	at := m.update(d.UID)
	if at < 0 {
		return
	}
	u := m.of.Updates[at]
	u.Status = status
	m.finished = append(m.finished, u)
	m.of.Updates = slices.Delete(slices.Clone(m.of.Updates), at, at+1)
}

// wait records on an update what it waits for, because later passes read that.
func (m *machine) wait(w assembly.World, outcome subscription.Outcome, waiting subscription.Waiting) {
	at := m.update(waiting.UID)
	if at < 0 {
		return
	}
	updates := slices.Clone(m.of.Updates)
	u := &updates[at]
	u.Status = record.Waiting(u, waiting, outcome.State.Currency, w.Input.Policies, m.wall())
	u.Status.SubscriptionUID = facts.Identity(m.of.Subscription)
	m.of.Updates = updates
}

func (m *machine) update(uid string) int {
	return slices.IndexFunc(m.of.Updates, func(u v1alpha1.SubscriptionUpdate) bool { return string(u.UID) == uid })
}

// seat gives seats to the assignees whose turn it is, and takes them from the others.
func (m *machine) seat(state subscription.State) {
	claims := assembly.Claims(slices.Clone(m.of.Assignments))
	plans := assembly.Seating(m.of.Subscription, state, claims)
	for i := range claims {
		a := &claims[i]
		a.Status = assembly.SeatMark(m.of.Subscription, state, plans, a, m.now, m.wall())
	}
	m.of.Assignments = claims
}
