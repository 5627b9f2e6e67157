// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

const export1 = "0123456789abcdef"

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// untyped converts an object to what a client of the API server reads.
func untyped(t interface{ Fatal(...any) }, object runtime.Object, kind string) *unstructured.Unstructured {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		t.Fatal(err)
	}
	read := &unstructured.Unstructured{Object: content}
	read.SetGroupVersionKind(gvk(kind))
	return read
}

// imported plays the API server: it is the object that an import of another one makes.
func imported(t interface{ Fatal(...any) }, from *unstructured.Unstructured, uid string, generation int64, at time.Time) *unstructured.Unstructured {
	created := toCreate(from, export1, false)
	created.SetUID(types.UID(uid))
	created.SetGeneration(generation)
	created.SetCreationTimestamp(metav1.NewTime(at))
	status, err := toStatus(from, export1, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	created.Object["status"] = status
	return created
}

// TestIdentityIsKept: however often an object is exported and imported, and edited in between, it is the one that was
// created first, and its spec has as many generations as if it had stayed where it was.
func TestIdentityIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := builders.MakeSubscription("acme", "shop").Item("editors", "seat", "monthly", 5).Obj()
		first.UID, first.Generation, first.CreationTimestamp = "first", 1, metav1.NewTime(april)
		object := untyped(t, first, kindSubscription)
		edits := int64(0)
		for moves := range rapid.IntRange(1, 5).Draw(t, "moves") {
			more := rapid.Int64Range(0, 9).Draw(t, "edits")
			edits += more
			object.SetGeneration(object.GetGeneration() + more)
			object = imported(t, object, fmt.Sprintf("copy-%d", moves), 1, april.AddDate(0, moves+1, 0))
		}
		var read v1alpha1.Subscription
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &read); err != nil {
			t.Fatal(err)
		}
		if facts.Identity(&read) != "first" || !facts.Created(&read).Equal(april) || facts.Generation(&read) != 1+edits {
			t.Fatalf("it is %s of %v with generation %d, want first of %v with %d",
				facts.Identity(&read), facts.Created(&read), facts.Generation(&read), april, 1+edits)
		}
	})
}

func TestToStatus(t *testing.T) {
	ready := func(generation int64) []metav1.Condition {
		return []metav1.Condition{{
			Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReconciled, Message: "It is ready.",
			ObservedGeneration: generation, LastTransitionTime: metav1.NewTime(april),
		}}
	}
	product := func(generation, observed int64) *unstructured.Unstructured {
		p := builders.MakeSeatProduct("seat", "shop").Obj()
		p.UID, p.Generation, p.CreationTimestamp = "old", generation, metav1.NewTime(april)
		p.Status.ObservedGeneration, p.Status.Conditions = observed, ready(max(observed, 0))
		return untyped(t, p, kindProduct)
	}
	for name, tc := range map[string]struct {
		reason   string
		from     *unstructured.Unstructured
		observed int64
	}{
		"up to date":     {"the copy has generation 1, and its status is about it", product(7, 7), 1},
		"an unseen edit": {"the manager has to look at it after the import", product(7, 6), 0},
		"many of them":   {"the field has no lower value", product(7, 2), -1},
		"never seen":     {"the manager has not looked at it", product(1, -1), -1},
		"first":          {"nothing was edited", product(1, 1), 1},
	} {
		t.Run(name, func(t *testing.T) {
			status, err := toStatus(tc.from, export1, april, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got v1alpha1.SeatProductStatus
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(status, &got); err != nil {
				t.Fatal(err)
			}
			if got.ObservedGeneration != tc.observed {
				t.Errorf("%s: observedGeneration is %d, want %d", tc.reason, got.ObservedGeneration, tc.observed)
			}
			if diff := cmp.Diff(ready(max(tc.observed, 0)), got.Conditions); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestOutboxNamesTheCopies: an effect that is still owed has to find the update that was imported.
func TestOutboxNamesTheCopies(t *testing.T) {
	s := builders.MakeSubscription("acme", "shop").Obj()
	s.UID, s.Generation = "old", 1
	s.Status.Outbox = []v1alpha1.Effect{
		{Type: v1alpha1.EffectMarkUpdate, Name: "more", UID: "old-more", Payload: &runtime.RawExtension{Raw: []byte(`{"state":"Applied"}`)}},
		{Type: v1alpha1.EffectMarkUpdate, Name: "gone", UID: "old-gone", Payload: &runtime.RawExtension{Raw: []byte(`{"state":"Applied"}`)}},
		{Type: v1alpha1.EffectCreateInvoice, Name: "more", Payload: &runtime.RawExtension{Raw: []byte(`{}`)}},
	}
	from := untyped(t, s, kindSubscription)
	before := from.DeepCopy()
	status, err := toStatus(from, export1, april, map[key]types.UID{{kindUpdate, "shop", "more"}: "new-more", {kindUpdate, "other", "gone"}: "x"})
	if err != nil {
		t.Fatal(err)
	}
	var got v1alpha1.SubscriptionStatus
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(status, &got); err != nil {
		t.Fatal(err)
	}
	uids := []types.UID{got.Outbox[0].UID, got.Outbox[1].UID, got.Outbox[2].UID}
	if diff := cmp.Diff([]types.UID{"new-more", "old-gone", ""}, uids); diff != "" {
		t.Errorf("the UIDs of the effects (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, from); diff != "" {
		t.Errorf("the object of the file was changed (-want +got):\n%s", diff)
	}
	if reason := readyOf(got.Conditions); reason != v1alpha1.ReasonImporting {
		t.Errorf("Ready has the reason %q, want %q until the manager has looked at it", reason, v1alpha1.ReasonImporting)
	}
}

func readyOf(conditions []metav1.Condition) string {
	for _, condition := range conditions {
		if condition.Type == v1alpha1.ConditionReady {
			return condition.Reason
		}
	}
	return ""
}

func TestToCreate(t *testing.T) {
	p := builders.MakeSeatProduct("seat", "shop").Obj()
	p.UID, p.Generation, p.ResourceVersion = "old", 7, "12"
	p.Labels, p.Annotations, p.Finalizers = map[string]string{"team": "a"}, map[string]string{"note": "b"}, []string{"example.com/keep"}
	p.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "owner", UID: "gone"}}
	from := exported(untyped(t, p, kindProduct))
	for name, tc := range map[string]struct {
		reason string
		pause  bool
		want   map[string]string
	}{
		"paused": {"the controllers stay away from it", true, map[string]string{"note": "b", v1alpha1.AnnotationImporting: export1}},
		"record": {"its subscription is paused", false, map[string]string{"note": "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := toCreate(from, export1, tc.pause)
			if diff := cmp.Diff(tc.want, got.GetAnnotations()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if got.GetUID() != "" || got.GetResourceVersion() != "" || len(got.GetOwnerReferences()) > 0 || got.Object["status"] != nil {
				t.Errorf("%s: it has what only the API server may set, or an owner that is not there: %v", tc.reason, got.Object)
			}
			if got.GetLabels()["team"] != "a" || len(got.GetFinalizers()) != 1 {
				t.Errorf("%s: it lacks labels or finalizers: %v", tc.reason, got.Object)
			}
		})
	}
}
