// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package slim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

const (
	anUID      = types.UID("0b8f7a52-6a2e-4a57-9a55-0d7b6b0f6a11")
	anotherUID = types.UID("7f1c1f3e-93a6-4d5e-8b39-2d8f3a1f1c22")
)

var (
	uids     = []types.UID{"", anUID, anotherUID, "not-a-uuid", "0B8F7A52-6A2E-4A57-9A55-0D7B6B0F6A11", "00000000-0000-0000-0000-000000000000"}
	instants = rapid.Custom(func(t *rapid.T) metav1.Time {
		return metav1.Time{Time: time.Unix(rapid.Int64Range(1, 4_000_000_000).Draw(t, "seconds"), 0)}
	})
	maybeInstants = rapid.Ptr(instants, true)
)

// metas draws metadata, with what is usual and what is not.
func metas(t *rapid.T) metav1.ObjectMeta {
	m := metav1.ObjectMeta{
		Namespace: rapid.SampledFrom([]string{"", "shop", "mall"}).Draw(t, "namespace"),
		Name:      rapid.SampledFrom([]string{"acme-1a2b3c", "acme", "b"}).Draw(t, "name"),
		UID:       rapid.SampledFrom(uids).Draw(t, "uid"), ResourceVersion: rapid.SampledFrom([]string{"", "7", "0", "007", "x", "18446744073709551615"}).Draw(t, "version"),
		Generation: rapid.Int64Range(0, 3).Draw(t, "generation"), CreationTimestamp: instants.Draw(t, "created"),
		DeletionTimestamp: maybeInstants.Draw(t, "deleted"), Finalizers: []string{"example.com/collector"},
		ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}, Labels: map[string]string{"team": "a"},
		Annotations: map[string]string{"example.com/note": "x", contentAnnotation: "forged"},
	}
	if rapid.Bool().Draw(t, "prunes") {
		m.Annotations[v1alpha1.AnnotationPrune] = rapid.SampledFrom([]string{"true", "false"}).Draw(t, "prune")
	}
	if rapid.Bool().Draw(t, "owned") {
		m.OwnerReferences = []metav1.OwnerReference{{Name: "owner", UID: anotherUID}}
	}
	return m
}

func conditions(t *rapid.T) []metav1.Condition {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) metav1.Condition {
		return metav1.Condition{
			Type:   rapid.SampledFrom([]string{v1alpha1.ConditionReady, v1alpha1.ConditionApplied, v1alpha1.ConditionArchived}).Draw(t, "type"),
			Status: rapid.SampledFrom([]metav1.ConditionStatus{metav1.ConditionTrue, metav1.ConditionFalse, "odd"}).Draw(t, "status"),
			Reason: "Reason", Message: "A sentence.", LastTransitionTime: instants.Draw(t, "since"),
		}
	}), 0, 3).Draw(t, "conditions")
}

func references(t *rapid.T) v1alpha1.SubscriptionReference {
	return v1alpha1.SubscriptionReference{
		Name: rapid.SampledFrom([]string{"acme", "bolt"}).Draw(t, "subscription"), UID: rapid.SampledFrom(uids).Draw(t, "of"),
	}
}

// updates draws updates in every state, whole.
var updates = rapid.Custom(func(t *rapid.T) *v1alpha1.SubscriptionUpdate {
	u := &v1alpha1.SubscriptionUpdate{ObjectMeta: metas(t)}
	u.Spec = v1alpha1.SubscriptionUpdateSpec{
		SubscriptionRef: references(t), Seats: &v1alpha1.SeatsChange{Item: "editors", Count: ptr.To(int64(5))},
		ChangeItems:        &v1alpha1.ItemsChange{Items: []v1alpha1.SubscriptionItem{{Name: "editors"}}},
		ProrationPolicyRef: &v1alpha1.ProrationPolicyReference{Kind: v1alpha1.KindProrationPolicy, Name: "rounded"},
		Reason:             "a reason", Approved: true, ApplyAt: maybeInstants.Draw(t, "applyAt"),
	}
	if rapid.Bool().Draw(t, "caused") {
		cause := rapid.SampledFrom([]v1alpha1.CauseType{v1alpha1.CauseRefresh, v1alpha1.CauseSpec, "Other"}).Draw(t, "cause")
		u.Spec.Cause = &v1alpha1.UpdateCause{Type: cause, Token: "token", Item: "editors", ObservedTime: maybeInstants.Draw(t, "observed")}
	}
	u.Status = v1alpha1.SubscriptionUpdateStatus{
		State: rapid.SampledFrom([]v1alpha1.UpdateState{
			"", v1alpha1.UpdatePending, v1alpha1.UpdateScheduled, v1alpha1.UpdateHeld,
			v1alpha1.UpdateApplied, v1alpha1.UpdatePreviewed, v1alpha1.UpdateRejected, v1alpha1.UpdateSuperseded,
		}).Draw(t, "state"),
		Origin:          rapid.SampledFrom(append(origins, "Other")).Draw(t, "origin"),
		SubscriptionUID: rapid.SampledFrom(uids).Draw(t, "seenBy"), Conditions: conditions(t), EventSequence: rapid.Int64Range(0, 9).Draw(t, "event"), Summary: "editors 2 → 7",
	}
	return u
})

// invoices draws invoices, whole.
var invoices = rapid.Custom(func(t *rapid.T) *v1alpha1.Invoice {
	i := &v1alpha1.Invoice{ObjectMeta: metas(t)}
	i.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: references(t), Customer: v1alpha1.Customer{ID: "c-1", Email: "a@example.com"},
		Sequence: rapid.Int64Range(1, 9).Draw(t, "sequence"), EventSequence: rapid.Int64Range(0, 9).Draw(t, "event"), IssueTime: instants.Draw(t, "issued"), Currency: "EUR",
		PeriodEnd: maybeInstants.Draw(t, "periodEnd"), BilledUntil: maybeInstants.Draw(t, "billedUntil"),
		Lines: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) v1alpha1.Line {
			return v1alpha1.Line{Key: "k", Amount: "1.00", From: maybeInstants.Draw(t, "from"), To: maybeInstants.Draw(t, "to")}
		}), 0, 3).Draw(t, "lines"),
	}
	i.Status.Conditions = conditions(t)
	return i
})

// What Transform keeps comes out of the store as it went in, whatever an object holds.
func TestPackingLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var object client.Object = updates.Draw(t, "update")
		if rapid.Bool().Draw(t, "of an invoice") {
			object = invoices.Draw(t, "invoice")
		}
		kept, err := Transform(object)
		if err != nil {
			t.Fatal(err)
		}
		want := kept.(client.Object).DeepCopyObject()
		if diff := cmp.Diff(want, whole(pack(kept))); diff != "" {
			t.Errorf("packed and unpacked (-want +got):\n%s", diff)
		}
		again, _ := Transform(whole(pack(kept)))
		if diff := cmp.Diff(want, again); diff != "" {
			t.Errorf("what was kept is kept as it is (-want +got):\n%s", diff)
		}
	})
}

// The usual record is packed. One that is not would still be right, only larger.
func TestRecordsArePacked(t *testing.T) {
	update := builders.MakeSubscriptionUpdate("acme-1a2b3c", "shop", "acme").With(func(u *v1alpha1.SubscriptionUpdate) {
		u.UID, u.ResourceVersion, u.Status.State, u.Status.Origin = anUID, "12", v1alpha1.UpdateApplied, v1alpha1.OriginUser
		u.Finalizers = []string{"example.com/collector"}
	}).Obj()
	invoice := &v1alpha1.Invoice{ObjectMeta: metav1.ObjectMeta{Name: "acme-1", Namespace: "shop", UID: anUID, ResourceVersion: "13"}}
	for name, object := range map[string]any{"update": update, "invoice": invoice} {
		kept, err := Transform(object)
		if err != nil {
			t.Fatal(err)
		}
		if _, isPacked := pack(kept).(packed); !isPacked {
			t.Errorf("the %s is not packed", name)
		}
	}
}

// readers are the questions that the operator asks records from the cache, as far as other packages answer them. What
// internal/controller/retention asks has a test there.
var readers = map[string]func(client.Object) any{
	"its metadata": func(o client.Object) any {
		return fmt.Sprint(client.ObjectKeyFromObject(o), o.GetUID(), o.GetResourceVersion(), o.GetGeneration(), o.GetCreationTimestamp(), o.GetDeletionTimestamp())
	},
	"indexes": func(o client.Object) any {
		found := map[string][]string{}
		for _, each := range index.All() {
			if fmt.Sprintf("%T", each.Object) == fmt.Sprintf("%T", o) {
				found[each.Name] = each.Extract(o)
			}
		}
		return found
	},
	"facts of an update": func(o client.Object) any {
		u, isUpdate := o.(*v1alpha1.SubscriptionUpdate)
		if !isUpdate {
			return nil
		}
		mine := &v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{Name: "acme", UID: anUID}}
		return fmt.Sprint(facts.Finished(u.Status.State), facts.Belongs(u, mine), facts.Origin(u), u.Status.Origin, u.Status.SubscriptionUID, u.Status.EventSequence)
	},
	"facts of an invoice": func(o client.Object) any {
		i, isInvoice := o.(*v1alpha1.Invoice)
		if !isInvoice {
			return nil
		}
		return fmt.Sprint(i.Spec.SubscriptionRef, i.Spec.Customer.ID, i.Spec.Sequence, i.Spec.EventSequence, i.Spec.IssueTime, record.SettledUntil(i))
	},
}

// Whoever reads a record from the cache is told the same as by the record in the cluster.
func TestReadersAreToldTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var object client.Object = updates.Draw(t, "update")
		if rapid.Bool().Draw(t, "of an invoice") {
			object = invoices.Draw(t, "invoice")
		}
		shown := Shown(object.DeepCopyObject().(client.Object))
		if u, isUpdate := object.(*v1alpha1.SubscriptionUpdate); IsRecord(object) || IsRecord(shown) != (!isUpdate || facts.Finished(u.Status.State)) {
			t.Errorf("a record from the cache is one, and nothing else is: %t, %t", IsRecord(object), IsRecord(shown))
		}
		for question, ask := range readers {
			if diff := cmp.Diff(ask(object), ask(shown)); diff != "" {
				t.Errorf("%s (-whole +cached):\n%s", question, diff)
			}
		}
	})
}

// A Subscription is written from the cache, so that every value of it is kept.
func TestSubscriptionsAreWhole(t *testing.T) {
	var s v1alpha1.Subscription
	if err := json.Unmarshal(fmt.Appendf(nil, aSubscription, 7, 7), &s); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(client.Object(s.DeepCopy()), Shown(&s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// An update that is open is kept whole: it is decided by what it says.
func TestOpenUpdatesAreWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := updates.Filter(func(u *v1alpha1.SubscriptionUpdate) bool { return !facts.Finished(u.Status.State) }).Draw(t, "open")
		want := u.DeepCopy()
		want.ManagedFields = nil
		delete(want.Annotations, "example.com/note")
		if diff := cmp.Diff(client.Object(want), Shown(u)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestSameContent(t *testing.T) {
	invoice := func(change func(*v1alpha1.Invoice)) *v1alpha1.Invoice {
		i := &v1alpha1.Invoice{}
		i.Spec.SubscriptionRef = v1alpha1.SubscriptionReference{Name: "acme", UID: anUID}
		i.Spec.IssueTime, i.Spec.Currency = metav1.Time{Time: time.Unix(1_776_000_000, 0)}, "EUR"
		i.Spec.Lines = []v1alpha1.Line{{Key: "k", Amount: "12.00"}}
		change(i)
		return i
	}
	cases := map[string]struct {
		reason string
		cached *v1alpha1.Invoice
		want   bool
	}{
		"Same": {reason: "it is the one that is owed", want: true, cached: invoice(func(*v1alpha1.Invoice) {})},
		"Zone": {
			reason: "an instant is the same in any time zone", want: true,
			cached: invoice(func(i *v1alpha1.Invoice) { i.Spec.IssueTime = metav1.Time{Time: i.Spec.IssueTime.UTC()} }),
		},
		"Finalizer": {
			reason: "collectors add their own", want: true,
			cached: invoice(func(i *v1alpha1.Invoice) { i.Finalizers = []string{"example.com/collector"} }),
		},
		"Amount":       {reason: "another content", cached: invoice(func(i *v1alpha1.Invoice) { i.Spec.Lines[0].Amount = "12.01" })},
		"Subscription": {reason: "another subscription's", cached: invoice(func(i *v1alpha1.Invoice) { i.Spec.SubscriptionRef.UID = anotherUID })},
		"Owner": {
			reason: "its owner would take it along",
			cached: invoice(func(i *v1alpha1.Invoice) { i.OwnerReferences = []metav1.OwnerReference{{UID: anotherUID}} }),
		},
		"Forged": {
			reason: "an annotation in the cluster is not believed",
			cached: invoice(func(i *v1alpha1.Invoice) {
				i.Spec.Lines[0].Amount = "12.01"
				i.Annotations = map[string]string{contentAnnotation: digest(&invoice(func(*v1alpha1.Invoice) {}).Spec)}
			}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			owed := invoice(func(*v1alpha1.Invoice) {})
			if got := SameContent(Shown(tc.cached).(*v1alpha1.Invoice), owed); got != tc.want {
				t.Errorf("%s: got %t", tc.reason, got)
			}
		})
	}
	if whole := invoice(func(*v1alpha1.Invoice) {}); SameContent(whole, whole) {
		t.Error("an invoice that is not from the cache has no digest to go by")
	}
}

// Of what every kind holds, the cache keeps what is read, and nothing that a user could make grow.
func TestTransformKeepsWhatIsRead(t *testing.T) {
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
			kept, err := Transform(object)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, kept); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}
