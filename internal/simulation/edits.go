// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
)

// matters reports whether manifests of a kind change what is invoiced. A TestClock only has to exist: the simulation moves
// it.
func matters(kind string) bool {
	return slices.Contains([]string{manifests.KindSubscription, manifests.KindUpdate, manifests.KindAssignment, manifests.KindProduct, manifests.KindPolicy, manifests.KindClusterPolicy, manifests.KindClock}, kind)
}

// concerns returns the subscription that a manifest is about; nil for a manifest that several may use.
func concerns(d manifests.Document) *types.NamespacedName {
	name := types.NamespacedName{Namespace: d.Object.GetNamespace(), Name: d.Object.GetName()}
	switch d.Object.GetKind() {
	case manifests.KindSubscription:
		return &name
	case manifests.KindUpdate, manifests.KindAssignment:
		name.Name, _, _ = unstructured.NestedString(d.Object.Object, "spec", "subscriptionRef", "name")
		return &name
	default:
		return nil
	}
}

// apply applies a manifest at the present time. The error says why the API server would refuse it.
func (m *machine) apply(ctx context.Context, d manifests.Document) error {
	key := types.NamespacedName{Namespace: d.Object.GetNamespace(), Name: d.Object.GetName()}
	switch d.Object.GetKind() {
	case manifests.KindSubscription:
		return m.applySubscription(ctx, d)
	case manifests.KindUpdate:
		return m.applyUpdate(ctx, d)
	case manifests.KindAssignment:
		at := slices.IndexFunc(m.of.Assignments, func(a v1alpha1.SeatAssignment) bool { return a.Name == key.Name })
		return putInto(ctx, m, d, &m.of.Assignments, at)
	}
	m.catalogue = m.catalogue.Clone()
	switch d.Object.GetKind() {
	case manifests.KindProduct:
		return put(ctx, m, d, m.catalogue.Products, key, func(before, after *v1alpha1.SeatProduct) { after.Status = before.Status })
	case manifests.KindPolicy:
		return put(ctx, m, d, m.catalogue.Policies, key, func(before, after *v1alpha1.ProrationPolicy) { after.Status = before.Status })
	case manifests.KindClusterPolicy:
		return put(ctx, m, d, m.catalogue.ClusterPolicies, key.Name, func(before, after *v1alpha1.ClusterProrationPolicy) { after.Status = before.Status })
	default:
		return put(ctx, m, d, m.catalogue.Clocks, key, func(before, after *v1alpha1.TestClock) { after.Status = before.Status })
	}
}

// object is an object of one kind of the API.
type object[T any] interface {
	*T
	metav1.Object
}

// put adds an object to the catalogue, or replaces it. keep gives it the status of the object that it replaces.
func put[K comparable, T any, P object[T]](ctx context.Context, m *machine, d manifests.Document, objects map[K]P, key K, keep func(before, after P)) error {
	before := objects[key]
	after, err := admitted[T, P](ctx, m, d, before)
	if err != nil {
		return err
	}
	if before != nil {
		keep(before, after)
	}
	makeReady(after)
	objects[key] = after
	m.catalogue.JudgePolicies()
	return nil
}

// makeReady sets the condition that the operator would set on a policy at once.
func makeReady(object any) {
	switch object := object.(type) {
	case *v1alpha1.ProrationPolicy:
		offline.MakeReady(&object.Status.Conditions)
	case *v1alpha1.ClusterProrationPolicy:
		offline.MakeReady(&object.Status.Conditions)
	}
}

// putInto puts an object into a list: at an index, or at the end for -1.
func putInto[T any, P object[T]](ctx context.Context, m *machine, d manifests.Document, list *[]T, at int) error {
	var before P
	if at >= 0 {
		before = &(*list)[at]
	}
	after, err := admitted[T, P](ctx, m, d, before)
	if err != nil {
		return err
	}
	fresh := slices.Clone(*list)
	if at >= 0 {
		fresh[at] = *after
	} else {
		fresh = append(fresh, *after)
	}
	*list = fresh
	return nil
}

// applySubscription creates the subscription or edits it. The manifest is the whole spec: fields that others set
// are not known.
func (m *machine) applySubscription(ctx context.Context, d manifests.Document) error {
	before := m.of.Subscription
	after, err := admitted(ctx, m, d, before)
	if err != nil {
		return err
	}
	if before == nil {
		m.of.Subscription = after
		return nil
	}
	after.Status = before.Status
	annotations := maps.Clone(before.Annotations)
	if annotations == nil && len(after.Annotations) > 0 {
		annotations = map[string]string{}
	}
	maps.Copy(annotations, after.Annotations)
	after.Annotations = annotations
	m.of.Subscription = after
	return nil
}

// applyUpdate creates an update or edits one that is open. A finished update stays the same, and its manifest too.
func (m *machine) applyUpdate(ctx context.Context, d manifests.Document) error {
	name := d.Object.GetName()
	if finished, err := m.of.IsFinished(d.Object); finished {
		return err
	}
	if at := slices.IndexFunc(m.finished, func(u v1alpha1.SubscriptionUpdate) bool { return u.Name == name }); at >= 0 {
		of := offline.Case{}
		of.Finish(&m.finished[at])
		_, err := of.IsFinished(d.Object)
		return err
	}
	at := slices.IndexFunc(m.of.Updates, func(u v1alpha1.SubscriptionUpdate) bool { return u.Name == name })
	var status v1alpha1.SubscriptionUpdateStatus
	if at >= 0 {
		status = m.of.Updates[at].Status
		m.of.Updates = slices.Clone(m.of.Updates)
		m.of.Updates[at] = *offline.WithReason(&m.of.Updates[at], d.Object)
	}
	if err := putInto(ctx, m, d, &m.of.Updates, at); err != nil {
		return err
	}
	if at >= 0 {
		m.of.Updates[at].Status = status
	}
	return nil
}

// admitted is the object that a manifest makes at the present time. before is the object that exists; nil for none.
func admitted[T any, P object[T]](ctx context.Context, m *machine, d manifests.Document, before P) (P, error) {
	var old *unstructured.Unstructured
	if before != nil {
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(before)
		if err != nil {
			return nil, err
		}
		old = &unstructured.Unstructured{Object: content}
		old.SetGroupVersionKind(d.Object.GroupVersionKind())
	}
	checked, err := m.schemas.Admit(ctx, d.Object, old)
	if err != nil {
		return nil, err
	}
	after := P(new(T))
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(checked.Object, after); err != nil {
		return nil, fmt.Errorf("%s %q cannot be read: %w", d.Object.GetKind(), d.Object.GetName(), err)
	}
	after.SetUID(types.UID("manifest:" + cmp.Or(after.GetNamespace()+"/", "") + after.GetName()))
	after.SetGeneration(1)
	after.SetCreationTimestamp(metav1.NewTime(m.wall()))
	if before == nil {
		return after, nil
	}
	after.SetUID(before.GetUID())
	after.SetCreationTimestamp(before.GetCreationTimestamp())
	after.SetGeneration(before.GetGeneration())
	if old != nil && !equality.Semantic.DeepEqual(old.Object["spec"], checked.Object["spec"]) {
		after.SetGeneration(before.GetGeneration() + 1)
	}
	return after, nil
}
