// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
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
		return compareNames(a.name, b.name)
	})
	return machines, nil
}

// checkNames returns an error for a name of a subscription or of an item that does not exist.
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
		if err := checkCounts(known, h); err != nil {
			return err
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

// checkCounts returns an error for a count of a subscription or an item that does not exist.
func checkCounts(known map[types.NamespacedName]*machine, h Happening) error {
	for _, name := range slices.SortedFunc(maps.Keys(h.Counts), compareNames) {
		if known[name] == nil {
			return &ScriptError{h.Place, fmt.Errorf("there is no Subscription %q in the namespace %q, and no step creates it", name.Name, name.Namespace)}
		}
		items := known[name].items()
		for _, item := range slices.Sorted(maps.Keys(h.Counts[name])) {
			if !items[item] {
				return &ScriptError{h.Place, fmt.Errorf("Subscription %q has no item %q, and no step adds it", name.Name, item)}
			}
		}
	}
	return nil
}

// items are the names of all items that the subscription has, or gets from an update or from a step of the script.
func (m *machine) items() map[string]bool {
	names := map[string]bool{}
	add := func(items []v1alpha1.SubscriptionItem) {
		for i := range items {
			names[items[i].Name] = true
		}
	}
	if sub := m.of.Subscription; sub != nil {
		add(sub.Spec.Items)
		for i := range sub.Status.Items {
			names[sub.Status.Items[i].Name] = true
		}
	}
	for i := range m.of.Updates {
		if change := m.of.Updates[i].Spec.ChangeItems; change != nil {
			add(change.Items)
		}
	}
	for _, h := range m.script {
		for _, d := range h.Apply {
			for _, name := range itemsIn(d) {
				names[name] = true
			}
		}
	}
	return names
}

// itemsIn are the names of the items in the manifest of a subscription or an update.
func itemsIn(d manifests.Document) []string {
	var names []string
	for _, path := range [][]string{{"spec", "items"}, {"spec", "changeItems", "items"}} {
		items, _, _ := unstructured.NestedSlice(d.Object.Object, path...)
		for _, item := range items {
			if fields, isObject := item.(map[string]any); isObject {
				names = append(names, fmt.Sprint(fields["name"]))
			}
		}
	}
	return names
}

// compareNames orders names of objects.
func compareNames(a, b types.NamespacedName) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}
