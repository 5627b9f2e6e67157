// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
)

// proposal has the manifests of a pull request, sorted by the objects that they affect.
type proposal struct {
	schemas *manifests.Schemas
	options Options
	source  *offline.Source
	// after is the catalogue as it would be, and edited describes the edits in it, by "Kind/name".
	after  *offline.Catalogue
	edited map[string][]string
	// subscriptions by their own name, updates and assignments by that of their subscription.
	subscriptions        map[types.NamespacedName]manifests.Document
	updates, assignments map[types.NamespacedName][]manifests.Document
	// records are the updates and assignments by recordName.
	records map[string]manifests.Document
	// seen are the subscriptions that exist.
	mu      sync.Mutex
	seen    map[types.NamespacedName]bool
	invalid []Problem
	notes   []string
	// failed is the error of reading the source. If it is set, there is no report.
	failed error
}

// propose sorts manifests, and applies those of the catalogue.
func propose(ctx context.Context, schemas *manifests.Schemas, source *offline.Source, documents []manifests.Document, options Options, into *Report) *proposal {
	p := &proposal{
		schemas: schemas, options: options, source: source, after: source.Catalogue.Clone(), edited: map[string][]string{},
		subscriptions: map[types.NamespacedName]manifests.Document{}, updates: map[types.NamespacedName][]manifests.Document{},
		assignments: map[types.NamespacedName][]manifests.Document{}, records: map[string]manifests.Document{},
		seen: map[types.NamespacedName]bool{},
	}
	ignored := map[string]int{}
	places := map[string]string{}
	var catalogue []manifests.Document
	for _, d := range documents {
		gvk := d.Object.GroupVersionKind()
		if err := schemas.Unserved(gvk); err != nil {
			p.refuse(d, err)
			continue
		}
		if !schemas.IsOurs(gvk) {
			ignored[strings.TrimSuffix(gvk.Kind+"."+gvk.Group, ".")]++
			continue
		}
		if d.Object.GetNamespace() == "" && schemas.IsNamespaced(gvk) {
			d.Object.SetNamespace(options.Namespace)
		}
		key := recordName(gvk.Kind, d.Object.GetNamespace(), d.Object.GetName())
		if first, twice := places[key]; twice {
			p.refuse(d, fmt.Errorf("%s %q is also in %s: remove one of the two", gvk.Kind, d.Object.GetName(), first))
			continue
		}
		places[key] = d.Place()
		switch gvk.Kind {
		case manifests.KindSubscription:
			p.subscriptions[nameOf(d.Object)] = d
		case manifests.KindUpdate:
			p.updates[subscriptionOf(d.Object)] = append(p.updates[subscriptionOf(d.Object)], d)
			p.records[key] = d
		case manifests.KindAssignment:
			p.assignments[subscriptionOf(d.Object)] = append(p.assignments[subscriptionOf(d.Object)], d)
			p.records[key] = d
		case manifests.KindProduct, manifests.KindPolicy, manifests.KindClusterPolicy, manifests.KindClock:
			catalogue = append(catalogue, d)
		default:
			if _, err := schemas.Admit(ctx, d.Object, nil); err != nil {
				p.refuse(d, err)
			}
			ignored[gvk.Kind]++
		}
	}
	p.takeUpCatalogue(ctx, catalogue)
	for _, kind := range slices.Sorted(maps.Keys(ignored)) {
		into.Ignored = append(into.Ignored, Ignored{Kind: kind, Count: ignored[kind]})
	}
	if ignored["Kustomization.kustomize.config.k8s.io"] > 0 {
		p.notes = append(p.notes, "There are kustomizations, but Kustomize is not run: pipe the output of kubectl kustomize into -f -.")
	}
	return p
}

// refuse records that the API server would refuse a manifest.
func (p *proposal) refuse(d manifests.Document, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.invalid = append(p.invalid, Problem{Where: d.Place(), Message: err.Error()})
}

// unread records that the source cannot be read.
func (p *proposal) unread(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = cmp.Or(p.failed, err)
}

// exists remembers that a subscription exists.
func (p *proposal) exists(name types.NamespacedName) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[name] = true
}

// admit checks a manifest, and decodes it into an object of its kind. before is the object that exists; nil for none.
func admit[T any](ctx context.Context, p *proposal, d manifests.Document, before *T) (*T, error) {
	var old *unstructured.Unstructured
	if before != nil {
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(before)
		if err != nil {
			return nil, err
		}
		old = &unstructured.Unstructured{Object: content}
		old.SetGroupVersionKind(d.Object.GroupVersionKind())
	}
	admitted, err := p.schemas.Admit(ctx, d.Object, old)
	if err != nil {
		return nil, err
	}
	object := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(admitted.Object, object); err != nil {
		return nil, fmt.Errorf("%s %q cannot be read: %w", d.Object.GetKind(), d.Object.GetName(), err)
	}
	return object, nil
}

func nameOf(object *unstructured.Unstructured) types.NamespacedName {
	return types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}
}

// subscriptionOf is the subscription that an update or an assignment names.
func subscriptionOf(object *unstructured.Unstructured) types.NamespacedName {
	name, _, _ := unstructured.NestedString(object.Object, "spec", "subscriptionRef", "name")
	return types.NamespacedName{Namespace: object.GetNamespace(), Name: name}
}

// Options say how manifests are compared.
type Options struct {
	// Now is the present on the wall clock, in both worlds.
	Now metav1.Time
	// Made is when the report is made, which shows how old its state is; zero if the age does not matter.
	Made time.Time
	// Namespace is that of manifests that name none.
	Namespace string
	// Whole: the manifests are complete. Existing objects that are not among them would be removed.
	Whole bool
}
