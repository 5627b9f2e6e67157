// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/manifests"
)

// MakeReady sets, on a proration policy that the operator has not seen yet, the condition that the operator would set at
// once.
func MakeReady(conditions *[]metav1.Condition) {
	if meta.FindStatusCondition(*conditions, v1alpha1.ConditionReady) == nil {
		meta.SetStatusCondition(conditions, metav1.Condition{
			Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReconciled,
		})
	}
}

// FromManifests is a source with what manifests declare. A manifest with a status, as `kubectl get -o yaml` prints it, has
// that state. Any other subscription has the state that [Catalogue.Settle] gives it. A subscription that cannot be settled
// does not stop the others: whoever computes with it reports it. Objects of other kinds are left out. The error names the
// manifest that is invalid, or that declares an object again. namespace is the default for manifests without one.
func FromManifests(ctx context.Context, name string, schemas *manifests.Schemas, documents []manifests.Document, namespace string, now time.Time) (*Source, error) {
	r := declared{
		schemas: schemas, catalogue: NewCatalogue(), cases: map[types.NamespacedName]*Case{}, places: map[string]string{},
	}
	for _, d := range documents {
		if err := schemas.Unserved(d.Object.GroupVersionKind()); err != nil {
			return nil, fmt.Errorf("%s, to compare with, is invalid: %w", d.Place(), err)
		}
		if !schemas.IsOurs(d.Object.GroupVersionKind()) {
			continue
		}
		if d.Object.GetNamespace() == "" && schemas.IsNamespaced(d.Object.GroupVersionKind()) {
			d.Object.SetNamespace(namespace)
		}
		if err := r.once(d); err != nil {
			return nil, err
		}
		if err := r.add(ctx, d); err != nil {
			return nil, fmt.Errorf("%s, to compare with, is invalid: %w", d.Place(), err)
		}
	}
	r.catalogue.JudgePolicies()
	return &Source{Name: name, Time: now, Catalogue: r.catalogue, Each: Cases(r.settled(now))}, nil
}

// declared is what manifests declare.
type declared struct {
	schemas   *manifests.Schemas
	catalogue *Catalogue
	cases     map[types.NamespacedName]*Case
	// places are where objects are declared, by kind, namespace and name.
	places map[string]string
}

// once refuses an object that an earlier document declares. An update that counts twice would be charged twice.
func (r *declared) once(d manifests.Document) error {
	kind, name := d.Object.GetKind(), d.Object.GetName()
	key := fmt.Sprintf("%s %s/%s", kind, d.Object.GetNamespace(), name)
	if first, twice := r.places[key]; twice {
		return fmt.Errorf("%s: %s %q is also in %s: remove one of the two", d.Place(), kind, name, first)
	}
	r.places[key] = d.Place()
	return nil
}

func (r *declared) add(ctx context.Context, d manifests.Document) error {
	key := types.NamespacedName{Namespace: d.Object.GetNamespace(), Name: d.Object.GetName()}
	switch d.Object.GetKind() {
	case "SeatProduct":
		return declare(ctx, r, d, func(p *v1alpha1.SeatProduct) { r.catalogue.Products[key] = p })
	case string(v1alpha1.KindProrationPolicy):
		return declare(ctx, r, d, func(p *v1alpha1.ProrationPolicy) {
			MakeReady(&p.Status.Conditions)
			r.catalogue.Policies[key] = p
		})
	case string(v1alpha1.KindClusterProrationPolicy):
		return declare(ctx, r, d, func(p *v1alpha1.ClusterProrationPolicy) {
			MakeReady(&p.Status.Conditions)
			r.catalogue.ClusterPolicies[key.Name] = p
		})
	case "TestClock":
		return declare(ctx, r, d, func(t *v1alpha1.TestClock) { r.catalogue.Clocks[key] = t })
	case "Subscription":
		return declare(ctx, r, d, func(s *v1alpha1.Subscription) { r.of(key).Subscription = s })
	case "SubscriptionUpdate":
		return declare(ctx, r, d, func(u *v1alpha1.SubscriptionUpdate) {
			of := r.of(types.NamespacedName{Namespace: key.Namespace, Name: u.Spec.SubscriptionRef.Name})
			if facts.Finished(u.Status.State) {
				of.Finish(u)
			} else {
				of.Updates = append(of.Updates, *u)
			}
		})
	case "SeatAssignment":
		return declare(ctx, r, d, func(a *v1alpha1.SeatAssignment) {
			of := r.of(types.NamespacedName{Namespace: key.Namespace, Name: a.Spec.SubscriptionRef.Name})
			of.Assignments = append(of.Assignments, *a)
		})
	default:
		return nil
	}
}

// of is the case of a subscription, whose manifest may come later.
func (r *declared) of(key types.NamespacedName) *Case {
	if r.cases[key] == nil {
		r.cases[key] = &Case{}
	}
	return r.cases[key]
}

// declare checks a manifest, and reads it with its status.
func declare[T any](ctx context.Context, r *declared, d manifests.Document, put func(*T)) error {
	admitted, err := r.schemas.Admit(ctx, d.Object, nil)
	if err != nil {
		return err
	}
	if status, found, _ := unstructured.NestedMap(d.Object.Object, "status"); found {
		if admitted, err = r.schemas.AdmitStatus(ctx, admitted, status); err != nil {
			return err
		}
	}
	object := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(admitted.Object, object); err != nil {
		return err
	}
	put(object)
	return nil
}

// settled are the subscriptions that have a manifest, by name.
func (r *declared) settled(now time.Time) []Case {
	var cases []Case
	for _, of := range r.cases {
		if of.Subscription == nil {
			continue // updates and assignments of one that is elsewhere
		}
		settled, err := r.catalogue.Settle(*of, now)
		if err != nil {
			settled.Obstacle = err.Error()
		}
		for i := range settled.Updates {
			if settled.Updates[i].UID == "" {
				settled.Updates[i].UID = types.UID("manifest:" + settled.Updates[i].Name)
				settled.Updates[i].CreationTimestamp = metav1.NewTime(now)
			}
		}
		cases = append(cases, settled)
	}
	slices.SortFunc(cases, func(a, b Case) int {
		return cmp.Or(cmp.Compare(a.Subscription.Namespace, b.Subscription.Namespace), cmp.Compare(a.Subscription.Name, b.Subscription.Name))
	})
	return cases
}
