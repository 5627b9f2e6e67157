// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package lyingcache

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

func newCache(t *testing.T, objects ...client.Object) *Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return New(fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource(objects...).Build())
}

func names(t *testing.T, c client.Client, opts ...client.ListOption) []string {
	t.Helper()
	var list v1alpha1.SubscriptionUpdateList
	if err := c.List(t.Context(), &list, opts...); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, item := range list.Items {
		names = append(names, item.Namespace+"/"+item.Name)
	}
	return names
}

func TestListByIndex(t *testing.T) {
	labelled := builders.MakeSubscriptionUpdate("b", "ns", "acme").Obj()
	labelled.Labels = map[string]string{"shard": "1"}
	c := newCache(t,
		builders.MakeSubscriptionUpdate("a", "ns", "acme").Obj(), labelled,
		builders.MakeSubscriptionUpdate("c", "ns", "other").Obj(),
		builders.MakeSubscriptionUpdate("d", "elsewhere", "acme").Obj())
	ofAcme := client.MatchingFields{index.FieldSubscription: "acme"}

	cases := map[string]struct {
		reason string
		opts   []client.ListOption
		want   []string
	}{
		"all":       {"everything, in no order to rely on", nil, []string{"ns/c", "ns/b", "ns/a", "elsewhere/d"}},
		"namespace": {"by the index, in one namespace", []client.ListOption{ofAcme, client.InNamespace("ns")}, []string{"ns/b", "ns/a"}},
		"label":     {"by label too", []client.ListOption{ofAcme, client.InNamespace("ns"), client.MatchingLabels{"shard": "1"}}, []string{"ns/b"}},
		"limit":     {"no more than asked for", []client.ListOption{client.Limit(1)}, []string{"ns/c"}},
		"none":      {"nothing matches", []client.ListOption{client.InNamespace("ns"), client.MatchingFields{index.FieldSubscription: "nobody"}}, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, names(t, c, tc.opts...)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestListsThatTheCacheRefuses(t *testing.T) {
	cases := map[string]struct {
		reason string
		opts   []client.ListOption
	}{
		"no index":     {"a field without an index", []client.ListOption{client.MatchingFields{"spec.preview": "true"}}},
		"no namespace": {"an index that is kept by namespace", []client.ListOption{client.MatchingFields{index.FieldSubscription: "acme"}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if err := newCache(t).List(t.Context(), &v1alpha1.SubscriptionUpdateList{}, tc.opts...); err == nil {
				t.Errorf("a list by %s succeeded", tc.reason)
			}
		})
	}
}

func TestAFrozenKindIsServedAsItWas(t *testing.T) {
	c := newCache(t, builders.MakeSubscriptionUpdate("a", "ns", "acme").Obj())
	if err := c.Freeze(t.Context(), &v1alpha1.SubscriptionUpdateList{}); err != nil {
		t.Fatal(err)
	}
	if err := c.Create(t.Context(), builders.MakeSubscriptionUpdate("b", "ns", "acme").Obj()); err != nil {
		t.Fatal(err)
	}
	if err := c.Create(t.Context(), builders.MakeSubscription("acme", "ns").Obj()); err != nil {
		t.Fatal(err)
	}
	if err := c.Client.Delete(t.Context(), builders.MakeSubscriptionUpdate("a", "ns", "acme").Obj()); err != nil {
		t.Fatal(err)
	}

	if diff := cmp.Diff([]string{"ns/a"}, names(t, c)); diff != "" {
		t.Errorf("frozen list (-want +got):\n%s", diff)
	}
	var update v1alpha1.SubscriptionUpdate
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: "ns", Name: "a"}, &update); err != nil || update.Name != "a" {
		t.Errorf("what was there is served: %v", err)
	}
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: "ns", Name: "b"}, &update); !apierrors.IsNotFound(err) {
		t.Errorf("what was not there is not found: %v", err)
	}
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: "ns", Name: "acme"}, &v1alpha1.Subscription{}); err != nil {
		t.Errorf("other kinds are served as they are: %v", err)
	}

	if err := c.Thaw(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ns/b"}, names(t, c)); diff != "" {
		t.Errorf("thawed list (-want +got):\n%s", diff)
	}
}

func TestRecordsAreNotWrittenBack(t *testing.T) {
	finished := builders.MakeSubscriptionUpdate("done", "ns", "acme").Count("editors", 5).With(func(u *v1alpha1.SubscriptionUpdate) {
		u.Status.State, u.Status.Summary = v1alpha1.UpdateApplied, "editors 2 → 5"
	}).Obj()
	c := newCache(t, finished)
	var shown v1alpha1.SubscriptionUpdate
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: "ns", Name: "done"}, &shown); err != nil {
		t.Fatal(err)
	}
	if shown.Status.Summary != "" || shown.Status.State != v1alpha1.UpdateApplied {
		t.Errorf("the cache shows what it keeps: %+v", shown.Status)
	}
	if err := c.Status().Update(t.Context(), &shown); err == nil || !strings.Contains(err.Error(), "must not be written back") {
		t.Errorf("a record from the cache was written over the one in the cluster: %v", err)
	}
	if err := c.Status().Update(t.Context(), finished); err != nil {
		t.Errorf("a whole one is written: %v", err)
	}
}
