// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package index

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// find returns the index of a kind by a field.
func find(t *testing.T, object client.Object, name string) Index {
	t.Helper()
	for _, index := range All() {
		if index.Name == name && fmt.Sprintf("%T", index.Object) == fmt.Sprintf("%T", object) {
			return index
		}
	}
	t.Fatalf("no index %s of %T", name, object)
	return Index{}
}

func TestExtract(t *testing.T) {
	now := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	refreshed := func(state v1alpha1.UpdateState) *v1alpha1.SubscriptionUpdate {
		return builders.MakeSubscriptionUpdate("u", "ns", "acme").FromRefresh("editors", "tick", now).
			With(func(u *v1alpha1.SubscriptionUpdate) { u.Status.State = state }).Obj()
	}
	held := func(s *v1alpha1.Subscription) {
		s.Status.Items = []v1alpha1.SubscriptionItemStatus{{Name: "a", Product: "viewer"}, {Name: "b", Product: "editor"}}
	}
	pricedBy := func(state v1alpha1.UpdateState) *v1alpha1.SubscriptionUpdate {
		return builders.MakeSubscriptionUpdate("u", "ns", "acme").With(func(u *v1alpha1.SubscriptionUpdate) {
			u.Spec.ProrationPolicyRef = &v1alpha1.ProrationPolicyReference{Kind: v1alpha1.KindProrationPolicy, Name: "p"}
			u.Status.State = state
		}).Obj()
	}
	ofAcme := v1alpha1.SubscriptionReference{Name: "acme"}

	cases := map[string]struct {
		reason string
		object client.Object
		field  string
		want   []string
	}{
		"open": {
			reason: "an open update is found by its subscription, and among all that are open",
			object: refreshed(v1alpha1.UpdatePending), field: FieldOpen, want: []string{"acme", AnyOpen},
		},
		"not open": {
			reason: "a finished one is history",
			object: refreshed(v1alpha1.UpdateApplied), field: FieldOpen,
		},
		"products": {
			"each product once, declared or in force",
			builders.MakeSubscription("acme", "ns").Item("a", "editor", "monthly", 1).Item("b", "editor", "yearly", 1).With(held).Obj(),
			FieldProduct,
			[]string{"editor", "viewer"},
		},
		"clock":          {"the clock by name", builders.MakeSubscription("acme", "ns").TestClock("clock").Obj(), FieldTestClock, []string{"clock"}},
		"no clock":       {"the wall clock has no name", builders.MakeSubscription("acme", "ns").Obj(), FieldTestClock, nil},
		"policy":         {"the kind goes with the name", builders.MakeSubscription("acme", "ns").Policy(v1alpha1.KindClusterProrationPolicy, "p").Obj(), FieldProrationPolicy, []string{"ClusterProrationPolicy/p"}},
		"no policy":      {"no policy, no value", builders.MakeSubscription("acme", "ns").Obj(), FieldProrationPolicy, nil},
		"product policy": {"products name policies too", builders.MakeSeatProduct("editor", "ns").Policy(v1alpha1.KindProrationPolicy, "p").Obj(), FieldProrationPolicy, []string{"ProrationPolicy/p"}},
		"update":         {"an update by its subscription", builders.MakeSubscriptionUpdate("u", "ns", "acme").Obj(), FieldSubscription, []string{"acme"}},
		"invoice":        {"an invoice by its subscription", &v1alpha1.Invoice{Spec: v1alpha1.InvoiceSpec{SubscriptionRef: ofAcme}}, FieldSubscription, []string{"acme"}},
		"assignment": {
			"an assignment by its subscription",
			&v1alpha1.SeatAssignment{Spec: v1alpha1.SeatAssignmentSpec{SubscriptionRef: v1alpha1.LocalReference{Name: "acme"}}},
			FieldSubscription,
			[]string{"acme"},
		},
		"new refresh":      {"not looked at yet is open", refreshed(""), FieldOpenRefresh, []string{OpenRefresh}},
		"held refresh":     {"held is open", refreshed(v1alpha1.UpdateHeld), FieldOpenRefresh, []string{OpenRefresh}},
		"finished refresh": {"what never changes again is not open", refreshed(v1alpha1.UpdateSuperseded), FieldOpenRefresh, nil},
		"edit":             {"an edit is no refresh", builders.MakeSubscriptionUpdate("u", "ns", "acme").FromSpec("editors", 2).Obj(), FieldOpenRefresh, nil},
		"user's":           {"a user's update is no refresh", builders.MakeSubscriptionUpdate("u", "ns", "acme").Obj(), FieldOpenRefresh, nil},
		"open policy": {
			"an open update by the policy that it names",
			pricedBy(v1alpha1.UpdatePending), FieldOpenPolicy,
			[]string{"ProrationPolicy/p"},
		},
		"finished policy": {"an edit of a policy changes nothing for a finished update", pricedBy(v1alpha1.UpdateApplied), FieldOpenPolicy, nil},
		"names no policy": {"an update that names no policy is not found by one", builders.MakeSubscriptionUpdate("u", "ns", "acme").Obj(), FieldOpenPolicy, nil},
		"external ref":    {"a policy by its ID elsewhere", builders.MakeProrationPolicy("p", "ns", v1alpha1.RoundUp).ExternalRef("pol-7").Obj(), FieldExternalRef, []string{"pol-7"}},
		"no external ref": {"policies without one share nothing", builders.MakeProrationPolicy("p", "ns", v1alpha1.RoundUp).Obj(), FieldExternalRef, nil},
		"cluster's":       {"a policy of the cluster likewise", builders.MakeProrationPolicy("p", "", v1alpha1.RoundUp).ExternalRef("pol-7").ClusterObj(), FieldExternalRef, []string{"pol-7"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, find(t, tc.object, tc.field).Extract(tc.object)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// recorder records which indexes are asked for, and refuses one of them.
type recorder struct {
	seen   map[string]bool
	refuse string
}

func (r *recorder) IndexField(_ context.Context, object client.Object, field string, _ client.IndexerFunc) error {
	key := fmt.Sprintf("%T %s", object, field)
	if r.seen[key] {
		return fmt.Errorf("twice: %s", key)
	}
	if field == r.refuse {
		return errors.New("refused")
	}
	r.seen[key] = true
	return nil
}

func TestRegisterRegistersEachIndexOnce(t *testing.T) {
	r := &recorder{seen: map[string]bool{}}
	if err := Register(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if len(r.seen) != len(All()) {
		t.Errorf("registered %d of %d", len(r.seen), len(All()))
	}
}

func TestRegisterSaysWhichIndexFailed(t *testing.T) {
	err := Register(t.Context(), &recorder{seen: map[string]bool{}, refuse: FieldTestClock})
	if err == nil || err.Error() != "index spec.testClockRef.name of *v1alpha1.Subscription: refused" {
		t.Errorf("got %v", err)
	}
}
