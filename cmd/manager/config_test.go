// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

func mustParse(t *testing.T, args ...string) options {
	t.Helper()
	o, err := parseArgs(args...)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestClusterConfigLeavesThePaceToTheServer(t *testing.T) {
	from := &rest.Config{Host: "https://example", QPS: 5}
	to := clusterConfig(from)
	if to.QPS >= 0 || from.QPS != 5 || to.Host != from.Host {
		t.Errorf("from %+v to %+v", from, to)
	}
}

func TestCacheOptions(t *testing.T) {
	everything := cacheOptions(mustParse(t))
	if everything.DefaultNamespaces != nil || everything.ByObject != nil {
		t.Errorf("without flags everything is watched: %+v", everything)
	}

	some := cacheOptions(mustParse(t, "--watch-namespaces=a,b", "--watch-label-selector=shard=1"))
	if len(some.DefaultNamespaces) != 2 {
		t.Errorf("got namespaces %v", some.DefaultNamespaces)
	}
	selected := map[string]bool{}
	for object, by := range some.ByObject {
		selected[reflect.TypeOf(object).Elem().Name()] = by.Label.String() == "shard=1"
	}
	want := map[string]bool{"Subscription": true, "SeatProduct": true, "ProrationPolicy": true, "ClusterProrationPolicy": true, "TestClock": true}
	if diff := cmp.Diff(want, selected); diff != "" {
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

func TestMetricsOptions(t *testing.T) {
	if secure := metricsOptions(mustParse(t, "--metrics-bind-address=:8443")); !secure.SecureServing || secure.FilterProvider == nil {
		t.Errorf("over HTTPS only who is authorized reads metrics: %+v", secure)
	}
	if plain := metricsOptions(mustParse(t, "--metrics-bind-address=:8080", "--metrics-secure=false")); plain.SecureServing || plain.FilterProvider != nil {
		t.Errorf("got %+v", plain)
	}
}

func TestManagersThatWatchOthersHaveALeaseOfTheirOwn(t *testing.T) {
	if got := leaseNameFor(mustParse(t)); got != leaseName {
		t.Errorf("got %q", got)
	}
	if a, b := leaseNameFor(mustParse(t, "--watch-namespaces=a,b")), leaseNameFor(mustParse(t, "--watch-namespaces=b,a")); a != b {
		t.Errorf("the same namespaces give %q and %q", a, b)
	}
	if a, b := leaseNameFor(mustParse(t, "--watch-label-selector=shard=1")), leaseNameFor(mustParse(t, "--watch-label-selector=shard=2")); a == b {
		t.Errorf("two shards share %q", a)
	}
}

// The cache keeps what the manager reads of an object's metadata, and nothing that a user could make grow.
func TestCacheKeepsWhatIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		reason       string
		kept, stored map[string]string
	}{
		"ours":     {reason: "the manager reads it", kept: map[string]string{v1alpha1.AnnotationPrune: "true"}, stored: map[string]string{v1alpha1.AnnotationPrune: "true"}},
		"others":   {reason: "nobody reads them", stored: map[string]string{"kubectl.kubernetes.io/last-applied-configuration": strings.Repeat("x", 200_000)}},
		"both":     {reason: "only ours are read", kept: map[string]string{v1alpha1.AnnotationDelete: "Abandon"}, stored: map[string]string{v1alpha1.AnnotationDelete: "Abandon", "example.com/note": "x"}},
		"a prefix": {reason: "it is another group's", stored: map[string]string{"billing.seatplane.dev.example.com/note": "x"}},
		"none":     {reason: "there is nothing to keep"},
	} {
		t.Run(name, func(t *testing.T) {
			object := builders.MakeSubscription("acme", "shop").Item("editors", "seat", "monthly", 5).With(func(s *v1alpha1.Subscription) {
				s.Annotations, s.Labels, s.Finalizers = c.stored, map[string]string{"team": "a"}, []string{v1alpha1.FinalizerSettle}
				s.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
			}).Obj()
			want := object.DeepCopy()
			want.Annotations, want.ManagedFields = c.kept, nil
			kept, err := cacheOptions(mustParse(t)).DefaultTransform(object)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, kept); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}
