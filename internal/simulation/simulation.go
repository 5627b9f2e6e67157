// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
)

// MaxEvents is the default of [Options.MaxEvents].
const MaxEvents = 100_000

// ScriptError describes a problem of a script, or of a manifest that it applies, in one sentence.
type ScriptError struct {
	// Place is the position of the problem.
	Place string
	Err   error
}

// Error returns the position and the problem.
func (e *ScriptError) Error() string { return fmt.Sprintf("%s: %v", e.Place, e.Err) }

// Unwrap returns the problem.
func (e *ScriptError) Unwrap() error { return e.Err }

// World is what a simulation begins with.
type World struct {
	// Source describes where the subscriptions come from, for people.
	Source string
	// Time is the present on the wall clock, in whole seconds. A subscription on a TestClock begins at the time that its
	// clock shows.
	Time      time.Time
	Catalogue *offline.Catalogue
	// Cases are the subscriptions, in any order. The invoices of earlier ones are those of [offline.Case.Earlier].
	Cases []offline.Case
}

// Options are the options of a simulation.
type Options struct {
	// Until is the last instant, on the wall clock. A subscription on a TestClock runs until that time on its own clock.
	Until  time.Time
	Script Script
	// Schemas check the manifests of the script when they are applied.
	Schemas *manifests.Schemas
	// Only are the names of the subscriptions to simulate; all of them if it is empty.
	Only []string
	// MaxEvents is the largest number of events to replay, over all subscriptions; 0 means [MaxEvents].
	MaxEvents int
	// Progress is called with the number of subscriptions that are done, and of all; nil for no progress.
	Progress func(done, total int)
}

// Run simulates every subscription until the given instant. It returns a [*ScriptError] for a problem of the script, and
// another error if there are too many events; in both cases there is no result. A subscription that cannot be computed is
// part of the result.
func Run(ctx context.Context, world World, options Options) (Result, error) {
	result := Result{
		SchemaVersion: SchemaVersion, Kind: ResultKind, Source: world.Source,
		From: instant(world.Time), Until: instant(options.Until), Ignored: options.Script.Ignored,
	}
	machines, err := newMachines(world, options)
	if err != nil {
		return Result{}, err
	}
	budget := cmp.Or(options.MaxEvents, MaxEvents)
	sums := map[money.Currency]*sum{}
	for n, m := range machines {
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		m.budget = &budget
		if err := m.run(ctx, options.Until); err != nil {
			return Result{}, err
		}
		m.report(&result, sums)
		if options.Progress != nil {
			options.Progress(n+1, len(machines))
		}
	}
	result.Totals = totals(sums)
	slices.Sort(result.Warnings)
	result.Warnings = slices.Compact(result.Warnings)
	return result, nil
}

// sum is the sum of the invoices in one currency.
type sum struct {
	invoices int
	due      money.Decimal
}

func totals(sums map[money.Currency]*sum) []Total {
	var all []Total
	for currency, s := range sums {
		all = append(all, Total{Currency: currency.Code(), Invoices: s.invoices, AmountDue: currency.Format(s.due)})
	}
	slices.SortFunc(all, func(a, b Total) int { return cmp.Compare(a.Currency, b.Currency) })
	return all
}

// newMachines has one machine for each subscription, by namespace and name, with the part of the script that concerns
// it. The error describes a name in the script, or in the options, that no subscription has.
func newMachines(world World, options Options) ([]*machine, error) {
	byName := map[types.NamespacedName]*machine{}
	for _, of := range world.Cases {
		name := types.NamespacedName{Namespace: of.Subscription.Namespace, Name: of.Subscription.Name}
		byName[name] = newMachine(name, of, world, options)
	}
	for _, h := range options.Script.Happenings {
		for _, d := range h.Apply {
			if name := concerns(d); d.Object.GetKind() == manifests.KindSubscription && byName[*name] == nil {
				byName[*name] = newMachine(*name, offline.Case{}, world, options)
			}
		}
	}
	if err := checkNames(byName, options); err != nil {
		return nil, err
	}
	machines := make([]*machine, 0, len(byName))
	for name, m := range byName {
		if len(options.Only) == 0 || slices.Contains(options.Only, name.Name) {
			machines = append(machines, m)
		}
	}
	slices.SortFunc(machines, func(a, b *machine) int {
		return cmp.Or(cmp.Compare(a.name.Namespace, b.name.Namespace), cmp.Compare(a.name.Name, b.name.Name))
	})
	return machines, nil
}

// checkNames returns an error for a name of a subscription that does not exist.
func checkNames(known map[types.NamespacedName]*machine, options Options) error {
	for _, only := range options.Only {
		found := false
		for name := range known {
			found = found || name.Name == only
		}
		if !found {
			return fmt.Errorf("there is no Subscription %q to simulate: check its name, and the namespace with -n", only)
		}
	}
	for _, h := range options.Script.Happenings {
		for name := range h.Counts {
			if known[name] == nil {
				return &ScriptError{h.Place, fmt.Errorf("there is no Subscription %q in the namespace %q, and no step creates it", name.Name, name.Namespace)}
			}
		}
		for _, d := range h.Apply {
			if name := concerns(d); name != nil && known[*name] == nil {
				return &ScriptError{h.Place, fmt.Errorf("%s %q names the Subscription %q, which does not exist in the namespace %q, and no step creates it",
					d.Object.GetKind(), d.Object.GetName(), name.Name, name.Namespace)}
			}
		}
	}
	return nil
}
