// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
)

// takeUpCatalogue applies the manifests of products, policies and clocks.
func (p *proposal) takeUpCatalogue(ctx context.Context, documents []manifests.Document) {
	named := map[string]bool{}
	for _, d := range documents {
		name := nameOf(d.Object)
		label := p.label(d.Object.GetKind(), name)
		named[label] = true
		var err error
		switch d.Object.GetKind() {
		case manifests.KindProduct:
			err = takeUp(ctx, p, d, label, p.after.Products, name)
		case manifests.KindPolicy:
			err = takeUp(ctx, p, d, label, p.after.Policies, name)
			if policy := p.after.Policies[name]; err == nil && policy != nil {
				offline.MakeReady(&policy.Status.Conditions)
			}
		case manifests.KindClusterPolicy:
			err = takeUp(ctx, p, d, label, p.after.ClusterPolicies, name.Name)
			if policy := p.after.ClusterPolicies[name.Name]; err == nil && policy != nil {
				offline.MakeReady(&policy.Status.Conditions)
			}
		case manifests.KindClock:
			err = takeUp(ctx, p, d, label, p.after.Clocks, name)
		}
		if err != nil {
			p.refuse(d, err)
		}
	}
	if p.options.Whole {
		removeAbsent(p, manifests.KindProduct, p.after.Products, named)
		removeAbsent(p, manifests.KindPolicy, p.after.Policies, named)
		removeAbsent(p, manifests.KindClock, p.after.Clocks, named)
		for name := range p.after.ClusterPolicies {
			if label := p.label(manifests.KindClusterPolicy, types.NamespacedName{Name: name}); !named[label] {
				delete(p.after.ClusterPolicies, name)
				p.edited[label] = []string{"removed"}
			}
		}
	}
	p.judgePolicies()
}

// judgePolicies finds the policies that can no longer be used, or can be used now, because of another one. Whoever uses
// them is affected as by an edit.
func (p *proposal) judgePolicies() {
	for _, turned := range p.after.JudgePolicies() {
		edit := "cannot be used: an older policy has the same externalRef"
		if turned.Ready {
			edit = "can be used: no older policy has the same externalRef"
		}
		label := p.label(string(turned.Kind), turned.Name)
		p.edited[label] = append(p.edited[label], edit)
	}
}

// object is a kind of the catalogue.
type object[T any] interface {
	*T
	metav1.Object
}

// takeUp replaces an object of the catalogue by a manifest, or adds it.
func takeUp[K comparable, T any, P object[T]](ctx context.Context, p *proposal, d manifests.Document, label string, objects map[K]P, name K) error {
	before := objects[name]
	after, err := admit(ctx, p, d, (*T)(before))
	if err != nil {
		return err
	}
	if before == nil {
		P(after).SetGeneration(1)
		P(after).SetCreationTimestamp(p.options.Now)
		objects[name] = after
		p.edited[label] = []string{"created"}
		return nil
	}
	edits := specEdits(before, after)
	P(after).SetUID(before.GetUID())
	P(after).SetCreationTimestamp(before.GetCreationTimestamp())
	P(after).SetGeneration(before.GetGeneration())
	keepStatus(before, after)
	if len(edits) == 0 {
		return nil
	}
	P(after).SetGeneration(before.GetGeneration() + 1)
	objects[name] = after
	p.edited[label] = edits
	return nil
}

// keepStatus gives an edited object its present status.
func keepStatus(before, after any) {
	switch after := after.(type) {
	case *v1alpha1.SeatProduct:
		after.Status = before.(*v1alpha1.SeatProduct).Status
	case *v1alpha1.ProrationPolicy:
		after.Status = before.(*v1alpha1.ProrationPolicy).Status
	case *v1alpha1.ClusterProrationPolicy:
		after.Status = before.(*v1alpha1.ClusterProrationPolicy).Status
	case *v1alpha1.TestClock:
		after.Status = before.(*v1alpha1.TestClock).Status
	}
}

// removeAbsent removes the objects that no manifest names.
func removeAbsent[T any](p *proposal, kind string, objects map[types.NamespacedName]*T, named map[string]bool) {
	for name := range objects {
		if label := p.label(kind, name); !named[label] {
			delete(objects, name)
			p.edited[label] = []string{"removed"}
		}
	}
}

// label names an object for people: "SeatProduct/editor-seat", with its namespace if it is not that of the manifests.
func (p *proposal) label(kind string, name types.NamespacedName) string {
	if name.Namespace == "" || name.Namespace == p.options.Namespace {
		return kind + "/" + name.Name
	}
	return fmt.Sprintf("%s/%s/%s", kind, name.Namespace, name.Name)
}

// used returns the edited objects of the catalogue that a subscription, its items or its open updates use, sorted.
func (p *proposal) used(of *offline.Case) []string {
	if len(p.edited) == 0 {
		return nil
	}
	var used []string
	use := func(kind string, name types.NamespacedName) {
		label := p.label(kind, name)
		if _, edited := p.edited[label]; edited && !slices.Contains(used, label) {
			used = append(used, label)
		}
	}
	namespace := of.Subscription.Namespace
	var updates []*v1alpha1.SubscriptionUpdate
	for i := range of.Updates {
		updates = append(updates, &of.Updates[i])
	}
	products := map[string]assembly.Product{}
	for _, name := range assembly.ProductNames(of.Subscription, updates) {
		key := types.NamespacedName{Namespace: namespace, Name: name}
		use(manifests.KindProduct, key)
		if product, found, err := p.source.Catalogue.Product(key, ""); found && err == nil {
			products[name] = product
		}
	}
	for _, ref := range assembly.PolicyRefs(of.Subscription, products, updates) {
		if ref.Kind == manifests.KindClusterPolicy {
			use(manifests.KindClusterPolicy, types.NamespacedName{Name: ref.Name})
		} else {
			use(manifests.KindPolicy, types.NamespacedName{Namespace: namespace, Name: ref.Name})
		}
	}
	if clock := facts.Clock(of.Subscription); clock != "" {
		use(manifests.KindClock, types.NamespacedName{Namespace: namespace, Name: clock})
	}
	slices.Sort(used)
	return used
}

// sameSpec reports whether two objects have the same spec.
func sameSpec(a, b any) bool { return equality.Semantic.DeepEqual(a, b) }
