// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/slim"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// selected returns a selector.
func selected(t *testing.T, text string) labels.Selector {
	t.Helper()
	parsed, err := labels.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestCacheOptions(t *testing.T) {
	everything := cacheOptions(Options{})
	if everything.DefaultNamespaces != nil || len(everything.ByObject) != 1 {
		t.Errorf("without options everything is watched, and of ControllerRevisions only those with events: %+v", everything)
	}

	some := cacheOptions(Options{Namespaces: []string{"a", "b"}, Selector: selected(t, "shard=1")})
	if len(some.DefaultNamespaces) != 2 {
		t.Errorf("got namespaces %v", some.DefaultNamespaces)
	}
	limited := map[string]string{}
	for object, by := range some.ByObject {
		limited[reflect.TypeOf(object).Elem().Name()] = by.Label.String()
	}
	want := map[string]string{
		"Subscription": "shard=1", "SeatProduct": "shard=1", "ProrationPolicy": "shard=1", "ClusterProrationPolicy": "shard=1",
		"TestClock": "shard=1", "EventSink": "shard=1",
		"ControllerRevision": "billing.seatplane.dev/departed=true," + delivery.DepartedLabel("shard") + "=1",
	}
	if diff := cmp.Diff(want, limited); diff != "" {
		t.Errorf("what is made for a Subscription carries no label and is not selected by one (-want +got):\n%s", diff)
	}
}

func TestSecretsAndConfigMapsAreNotCached(t *testing.T) {
	uncached := map[string]bool{}
	for _, object := range clientOptions().Cache.DisableFor {
		uncached[reflect.TypeOf(object).Elem().Name()] = true
	}
	if !uncached[reflect.TypeFor[corev1.Secret]().Name()] || !uncached[reflect.TypeFor[corev1.ConfigMap]().Name()] {
		t.Errorf("got %v", uncached)
	}
}

func TestManagersThatWatchOthersHaveALeaseOfTheirOwn(t *testing.T) {
	if got := LeaseName(Options{}); got != leaseName {
		t.Errorf("got %q", got)
	}
	if a, b := LeaseName(Options{Namespaces: []string{"a", "b"}}), LeaseName(Options{Namespaces: []string{"b", "a"}}); a != b {
		t.Errorf("the same namespaces give %q and %q", a, b)
	}
	if a, b := LeaseName(Options{Selector: selected(t, "shard=1")}), LeaseName(Options{Selector: selected(t, "shard=2")}); a == b {
		t.Errorf("two shards share %q", a)
	}
	if a, b := LeaseName(Options{NamespaceSelector: selected(t, "shard=1")}), LeaseName(Options{NamespaceSelector: selected(t, "shard=2")}); a == b {
		t.Errorf("two sets of namespaces share %q", a)
	}
	if a, b := LeaseName(Options{NamespaceSelector: selected(t, "shard=1")}), LeaseName(Options{Selector: selected(t, "shard=1")}); a == b {
		t.Errorf("namespaces and objects with one label share %q", a)
	}
}

// Every informer keeps what is read of an object, and nothing else.
func TestCacheIsSlim(t *testing.T) {
	kept := cacheOptions(Options{})
	record := builders.MakeSubscriptionUpdate("done", "shop", "acme").With(func(u *v1alpha1.SubscriptionUpdate) {
		u.Status.State, u.Status.Summary = v1alpha1.UpdateApplied, "editors 2 → 5"
	}).Obj()
	shown, err := kept.DefaultTransform(record)
	if err != nil {
		t.Fatal(err)
	}
	if !slim.IsRecord(shown.(*v1alpha1.SubscriptionUpdate)) || kept.NewInformer == nil {
		t.Errorf("the cache keeps %+v", shown)
	}
}
