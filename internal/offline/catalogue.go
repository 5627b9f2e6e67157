// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package offline has everything that subscriptions depend on, without a cluster. The objects come from a snapshot, from
// manifests, or from one read of a cluster. With internal/assembly, the billing engine gets the same input from them as
// from the controller.
//
// It is pure: it reads no cluster, no file and no clock.
package offline

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/clocks"
	"github.com/seatplane/seatplane/internal/facts"
)

// Catalogue has the objects that many subscriptions share: products, proration policies and TestClocks. It does not
// change once it is in use, so several goroutines may read it.
type Catalogue struct {
	Products        map[types.NamespacedName]*v1alpha1.SeatProduct
	Policies        map[types.NamespacedName]*v1alpha1.ProrationPolicy
	ClusterPolicies map[string]*v1alpha1.ClusterProrationPolicy
	Clocks          map[types.NamespacedName]*v1alpha1.TestClock

	// read caches products as subscriptions on one clock see them.
	read sync.Map
}

// productKey names a product as subscriptions on one clock see it.
type productKey struct {
	name  types.NamespacedName
	clock string
}

// readProduct is what was read of a product.
type readProduct struct {
	product assembly.Product
	err     error
}

// NewCatalogue returns an empty catalogue.
func NewCatalogue() *Catalogue {
	return &Catalogue{
		Products:        map[types.NamespacedName]*v1alpha1.SeatProduct{},
		Policies:        map[types.NamespacedName]*v1alpha1.ProrationPolicy{},
		ClusterPolicies: map[string]*v1alpha1.ClusterProrationPolicy{},
		Clocks:          map[types.NamespacedName]*v1alpha1.TestClock{},
	}
}

// Clone returns a catalogue of the same objects, to which others can be added.
func (c *Catalogue) Clone() *Catalogue {
	return &Catalogue{
		Products: maps.Clone(c.Products), Policies: maps.Clone(c.Policies),
		ClusterPolicies: maps.Clone(c.ClusterPolicies), Clocks: maps.Clone(c.Clocks),
	}
}

// Product returns a product as subscriptions on a clock see it ("" is the wall clock). It is not found if it does not
// exist. It is also not found if its amounts cannot be read, and then the error explains why.
func (c *Catalogue) Product(name types.NamespacedName, clock string) (product assembly.Product, found bool, err error) {
	object := c.Products[name]
	if object == nil {
		return assembly.Product{}, false, nil
	}
	key := productKey{name, clock}
	if cached, ok := c.read.Load(key); ok {
		read := cached.(readProduct)
		return read.product, read.err == nil, read.err
	}
	product, err = assembly.ReadProduct(object, clock)
	c.read.Store(key, readProduct{product, err})
	return product, err == nil, err
}

// Policy returns a proration policy, if it exists and is ready to price by.
func (c *Catalogue) Policy(namespace string, ref subscription.PolicyRef) (policy subscription.Policy, ready bool) {
	if v1alpha1.PolicyKind(ref.Kind) == v1alpha1.KindClusterProrationPolicy {
		if object := c.ClusterPolicies[ref.Name]; object != nil {
			return assembly.ReadClusterPolicy(object)
		}
		return subscription.Policy{}, false
	}
	if object := c.Policies[types.NamespacedName{Namespace: namespace, Name: ref.Name}]; object != nil {
		return assembly.ReadPolicy(object)
	}
	return subscription.Policy{}, false
}

// Now returns the time for a subscription: on its TestClock, or else wall. A TestClock that does not exist is a
// [*clocks.NotFoundError].
func (c *Catalogue) Now(sub *v1alpha1.Subscription, wall time.Time) (time.Time, error) {
	name := facts.Clock(sub)
	if name == "" {
		return wall.UTC().Truncate(time.Second), nil
	}
	clock := c.Clocks[types.NamespacedName{Namespace: sub.Namespace, Name: name}]
	if clock == nil {
		return time.Time{}, &clocks.NotFoundError{Namespace: sub.Namespace, Name: name}
	}
	return clock.Spec.Now.UTC().Truncate(time.Second), nil
}

// Case is one subscription, with the objects that only it uses.
type Case struct {
	Subscription *v1alpha1.Subscription `json:"subscription"`
	// Updates are those that are not finished.
	Updates []v1alpha1.SubscriptionUpdate `json:"updates,omitempty"`
	// Finished are the names of the updates that users created and that are finished.
	Finished []string `json:"finished,omitempty"`
	// FinishedSpecs are digests of what they asked for, by name; see [Case.IsFinished].
	FinishedSpecs map[string]string `json:"finishedSpecs,omitempty"`
	// Assignments are the SeatAssignments that name the subscription.
	Assignments []v1alpha1.SeatAssignment `json:"assignments,omitempty"`
	// Earlier are the invoices of earlier subscriptions of its name and customer, where it has not started.
	Earlier []v1alpha1.Invoice `json:"-"`
	// Obstacle is why the subscription cannot be computed: the operator leaves it alone, or it only has a manifest, from
	// which no state follows. It is empty for any other subscription.
	Obstacle string `json:"obstacle,omitempty"`
}

// Objects gathers everything that a decision about a subscription depends on, at a time of the wall clock.
func (c *Catalogue) Objects(of Case, wall time.Time) (assembly.Objects, error) {
	if of.Obstacle != "" {
		return assembly.Objects{}, errors.New(of.Obstacle)
	}
	shown, err := c.Now(of.Subscription, wall)
	if err != nil {
		return assembly.Objects{}, err
	}
	o := assembly.Objects{
		Subscription: of.Subscription, Shown: shown, Wall: wall,
		Products: map[string]assembly.Product{}, Policies: map[subscription.PolicyRef]subscription.Policy{},
		Assignments: assembly.Claims(slices.Clone(of.Assignments)), Earlier: of.Earlier,
	}
	for i := range of.Updates {
		if assembly.Concerns(&of.Updates[i], of.Subscription) && !IsOwed(of.Subscription, &of.Updates[i]) {
			o.Updates = append(o.Updates, &of.Updates[i])
		}
	}
	for _, name := range assembly.ProductNames(of.Subscription, o.Updates) {
		product, found, err := c.Product(types.NamespacedName{Namespace: of.Subscription.Namespace, Name: name}, facts.Clock(of.Subscription))
		if err != nil {
			return o, err
		}
		if found {
			o.Products[name] = product
		}
	}
	for _, ref := range assembly.PolicyRefs(of.Subscription, o.Products, o.Updates) {
		if policy, ready := c.Policy(of.Subscription.Namespace, ref); ready {
			o.Policies[ref] = policy
		}
	}
	return o, nil
}

// IsOwed reports whether the last commit decided an update, but the write to the update itself is still owed. The
// controller makes that write before it decides anything else.
func IsOwed(sub *v1alpha1.Subscription, u *v1alpha1.SubscriptionUpdate) bool {
	return slices.ContainsFunc(sub.Status.Outbox, func(e v1alpha1.Effect) bool {
		return e.Type == v1alpha1.EffectMarkUpdate && e.UID == facts.Identity(u)
	})
}
