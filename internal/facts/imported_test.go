// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package facts_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

var (
	bornHere  = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	bornThere = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
)

// here is the metadata of an object in its present cluster.
func here() metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: "acme", UID: "here", Generation: 3, CreationTimestamp: metav1.NewTime(bornHere)}
}

// there is what an object was before its import.
func there() *v1alpha1.Imported {
	return &v1alpha1.Imported{Export: "0123456789abcdef", UID: "there", CreationTime: metav1.NewTime(bornThere), Generations: 6}
}

// every kind of object, imported and not.
func every(was *v1alpha1.Imported) map[string]client.Object {
	return map[string]client.Object{
		"Subscription":           &v1alpha1.Subscription{ObjectMeta: here(), Status: v1alpha1.SubscriptionStatus{Imported: was}},
		"SubscriptionUpdate":     &v1alpha1.SubscriptionUpdate{ObjectMeta: here(), Status: v1alpha1.SubscriptionUpdateStatus{Imported: was}},
		"Invoice":                &v1alpha1.Invoice{ObjectMeta: here(), Status: v1alpha1.InvoiceStatus{Imported: was}},
		"SeatAssignment":         &v1alpha1.SeatAssignment{ObjectMeta: here(), Status: v1alpha1.SeatAssignmentStatus{Imported: was}},
		"SeatProduct":            &v1alpha1.SeatProduct{ObjectMeta: here(), Status: v1alpha1.SeatProductStatus{Imported: was}},
		"ProrationPolicy":        &v1alpha1.ProrationPolicy{ObjectMeta: here(), Status: v1alpha1.ProrationPolicyStatus{Imported: was}},
		"ClusterProrationPolicy": &v1alpha1.ClusterProrationPolicy{ObjectMeta: here(), Status: v1alpha1.ProrationPolicyStatus{Imported: was}},
		"TestClock":              &v1alpha1.TestClock{ObjectMeta: here(), Status: v1alpha1.TestClockStatus{Imported: was}},
		"EventSink":              &v1alpha1.EventSink{ObjectMeta: here(), Status: v1alpha1.EventSinkStatus{Imported: was}},
		"Archive":                &v1alpha1.Archive{ObjectMeta: here(), Status: v1alpha1.ArchiveStatus{Imported: was}},
	}
}

// TestWhatAnObjectIs: without an import, an object is what the API server says. With one, it is what it was.
func TestWhatAnObjectIs(t *testing.T) {
	for name, tc := range map[string]struct {
		reason     string
		was        *v1alpha1.Imported
		identity   types.UID
		created    time.Time
		generation int64
		export     string
	}{
		"created here": {reason: "most objects were never imported", identity: "here", created: bornHere, generation: 3},
		"imported": {
			reason: "names and order depend on what it was", was: there(),
			identity: "there", created: bornThere, generation: 9, export: "0123456789abcdef",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, object := range every(tc.was) {
				if got := facts.Identity(object); got != tc.identity {
					t.Errorf("%s: %s is %q, want %q", tc.reason, kind, got, tc.identity)
				}
				if got := facts.Created(object); !got.Equal(tc.created) {
					t.Errorf("%s: %s was created at %v, want %v", tc.reason, kind, got, tc.created)
				}
				if got := facts.Generation(object); got != tc.generation {
					t.Errorf("%s: %s has generation %d, want %d", tc.reason, kind, got, tc.generation)
				}
				if got := facts.ImportedFrom(object); got != tc.export {
					t.Errorf("%s: %s comes from %q, want %q", tc.reason, kind, got, tc.export)
				}
			}
		})
	}
}

// TestEveryKindIsKnown: a kind whose status has the field, and which facts does not read, would change its identity.
func TestEveryKindIsKnown(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	known := every(there())
	for kind, object := range scheme.KnownTypes(v1alpha1.GroupVersion) {
		status, hasStatus := object.FieldByName("Status")
		if !hasStatus {
			continue
		}
		if _, hasField := status.Type.FieldByName("Imported"); !hasField || known[kind] == nil {
			t.Errorf("facts does not read status.imported of %s: give it the field, and add it to imported and to this test", kind)
		}
	}
}

// TestUIDs: a user writes the UID that kubectl shows, and the operator writes the identity. Both mean the subscription.
func TestUIDs(t *testing.T) {
	for name, tc := range map[string]struct {
		reason string
		was    *v1alpha1.Imported
		uid    types.UID
		want   bool
	}{
		"present UID":            {"users see no other", there(), "here", true},
		"identity":               {"records have it", there(), "there", true},
		"another one":            {"it means an earlier subscription", there(), "elsewhere", false},
		"identity of another":    {"nothing was imported", nil, "there", false},
		"UID of what is no copy": {"most objects were never imported", nil, "here", true},
	} {
		t.Run(name, func(t *testing.T) {
			subscription := &v1alpha1.Subscription{ObjectMeta: here(), Status: v1alpha1.SubscriptionStatus{Imported: tc.was}}
			update := &v1alpha1.SubscriptionUpdate{Spec: v1alpha1.SubscriptionUpdateSpec{
				SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: tc.uid},
			}}
			if got := facts.HasUID(subscription, tc.uid); got != tc.want {
				t.Errorf("%s: HasUID is %t", tc.reason, got)
			}
			if got := facts.Belongs(update, subscription); got != tc.want {
				t.Errorf("%s: Belongs is %t", tc.reason, got)
			}
		})
	}
}

// TestDeletionAsked: a subscription that was being deleted is settled as of the first request, and not of the import.
func TestDeletionAsked(t *testing.T) {
	again := metav1.NewTime(bornHere.AddDate(0, 0, 1))
	first := metav1.NewTime(bornThere.AddDate(0, 0, 1))
	with := func(deleted, before *metav1.Time) *v1alpha1.Subscription {
		s := &v1alpha1.Subscription{ObjectMeta: here(), Status: v1alpha1.SubscriptionStatus{Imported: there()}}
		s.DeletionTimestamp, s.Status.Imported.DeletionTime = deleted, before
		return s
	}
	for name, tc := range map[string]struct {
		reason       string
		subscription *v1alpha1.Subscription
		want         time.Time
	}{
		"living":         {"nobody asked", with(nil, nil), time.Time{}},
		"not yet again":  {"the import has not come that far", with(nil, &first), time.Time{}},
		"deleted before": {"the customer left then", with(&again, &first), first.Time},
		"deleted here":   {"it was imported alive", with(&again, nil), again.Time},
	} {
		t.Run(name, func(t *testing.T) {
			if got := facts.DeletionAsked(tc.subscription); !got.Equal(tc.want) {
				t.Errorf("%s: got %v, want %v", tc.reason, got, tc.want)
			}
		})
	}
}
