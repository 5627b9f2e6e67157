// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/slim"
)

// drawn draws records of all ages, of a subscription that keeps them for a minute.
func drawn(t *rapid.T, now time.Time) *records {
	instant := func(label string) metav1.Time {
		return metav1.Time{Time: now.Add(-time.Duration(rapid.IntRange(0, 120).Draw(t, label)) * time.Second)}
	}
	found := &records{sub: &v1alpha1.Subscription{}, owed: map[string]bool{"u-0": true, "i-0": true}}
	if found.lacks = rapid.Bool().Draw(t, "a sink lacks events"); found.lacks {
		found.has = rapid.Int64Range(0, 4).Draw(t, "all sinks have")
	}
	found.sub.Spec.History = &v1alpha1.History{
		KeepUpdates: ptr.To[int32](1), TTLSecondsAfterFinished: ptr.To[int64](60), InvoiceTTLSecondsAfterArchived: ptr.To[int64](60),
	}
	for n := range rapid.IntRange(0, 6).Draw(t, "updates") {
		var u v1alpha1.SubscriptionUpdate
		u.Name, u.UID, u.CreationTimestamp = fmt.Sprint("u-", n), types.UID(fmt.Sprintf("00000000-0000-0000-0000-%012d", n+1)), instant("created")
		u.ResourceVersion, u.Spec.Seats = "7", &v1alpha1.SeatsChange{Item: "editors"}
		u.Status.EventSequence = rapid.Int64Range(0, 6).Draw(t, "event")
		u.Status.State = rapid.SampledFrom([]v1alpha1.UpdateState{"", v1alpha1.UpdateScheduled, v1alpha1.UpdateApplied, v1alpha1.UpdateRejected}).Draw(t, "state")
		u.Status.Origin = rapid.SampledFrom([]v1alpha1.UpdateOrigin{v1alpha1.OriginUser, v1alpha1.OriginRefresh}).Draw(t, "origin")
		if rapid.Bool().Draw(t, "caused") {
			u.Spec.Cause = &v1alpha1.UpdateCause{Type: v1alpha1.CauseRefresh, Token: "tick"}
		}
		if rapid.Bool().Draw(t, "prunes") {
			u.Annotations = map[string]string{v1alpha1.AnnotationPrune: v1alpha1.PruneTrue}
		}
		for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionApplied} {
			u.Status.Conditions = append(u.Status.Conditions, metav1.Condition{Type: kind, Message: "A sentence.", LastTransitionTime: instant(kind)})
		}
		found.updates = append(found.updates, u)
	}
	for n := range rapid.IntRange(0, 6).Draw(t, "invoices") {
		var i v1alpha1.Invoice
		i.Name, i.UID, i.CreationTimestamp = fmt.Sprint("i-", n), types.UID(fmt.Sprintf("10000000-0000-0000-0000-%012d", n+1)), instant("issued")
		i.ResourceVersion, i.Spec.Currency, i.Spec.Sequence, i.Spec.IssueTime = "7", "EUR", int64(n+1), i.CreationTimestamp
		i.Spec.EventSequence = rapid.Int64Range(0, 6).Draw(t, "event")
		i.Spec.Lines = []v1alpha1.Line{{To: ptr.To(instant("to"))}, {To: ptr.To(instant("to"))}}
		if rapid.Bool().Draw(t, "archived") {
			i.Status.Conditions = []metav1.Condition{
				{Type: v1alpha1.ConditionPaid, Status: metav1.ConditionTrue},
				{Type: v1alpha1.ConditionArchived, Status: metav1.ConditionTrue, LastTransitionTime: instant("archived")},
			}
		}
		found.invoices = append(found.invoices, i)
	}
	return found
}

// What the cache keeps of records has the same of them deleted as the records themselves.
func TestPlanOfWhatTheCacheKeeps(t *testing.T) {
	now := time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		whole := drawn(t, now)
		kept := &records{sub: whole.sub, owed: whole.owed, lacks: whole.lacks, has: whole.has}
		for i := range whole.updates {
			kept.updates = append(kept.updates, *slim.Shown(whole.updates[i].DeepCopy()).(*v1alpha1.SubscriptionUpdate))
		}
		for i := range whole.invoices {
			kept.invoices = append(kept.invoices, *slim.Shown(whole.invoices[i].DeepCopy()).(*v1alpha1.Invoice))
		}
		if diff := cmp.Diff(whole.plan(0, now), kept.plan(0, now)); diff != "" {
			t.Errorf("(-of the records +of what the cache keeps):\n%s", diff)
		}
	})
}

// Nothing is deleted while a subscription is imported: its outbox and its newest invoice may not be in place yet.
func TestNothingIsDeletedDuringAnImport(t *testing.T) {
	now := time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		reason    string
		importing string
		deleted   int
	}{
		"while it is imported": {"what it owes is not known", "0123456789abcdef", 0},
		"after that":           {"its history keeps none", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			old := metav1.NewTime(now.Add(-time.Hour))
			update := v1alpha1.SubscriptionUpdate{ObjectMeta: metav1.ObjectMeta{Name: "u", UID: "u", CreationTimestamp: old}}
			update.Spec.Cause = &v1alpha1.UpdateCause{Type: v1alpha1.CauseRefresh}
			update.Status.State, update.Status.Origin = v1alpha1.UpdateApplied, v1alpha1.OriginRefresh
			found := &records{sub: &v1alpha1.Subscription{}, updates: []v1alpha1.SubscriptionUpdate{update}}
			found.sub.Spec.History = &v1alpha1.History{KeepUpdates: ptr.To[int32](0), TTLSecondsAfterFinished: ptr.To[int64](60)}
			if tc.importing != "" {
				found.sub.Annotations = map[string]string{v1alpha1.AnnotationImporting: tc.importing}
			}
			if plan := found.plan(0, now); len(plan.Updates) != tc.deleted {
				t.Errorf("%s: it deletes %v, want %d", tc.reason, plan.Updates, tc.deleted)
			}
		})
	}
}

// A record that an EventSink was not told of is kept, however old it is.
func TestPlanKeepsWhatASinkLacks(t *testing.T) {
	now := time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		reason  string
		cursors []v1alpha1.EventCursor
		want    []string
	}{
		"Nobody":  {reason: "nobody is told of anything", want: []string{"a", "b"}},
		"All":     {reason: "every sink has everything", cursors: []v1alpha1.EventCursor{{Sequence: 3}}, want: []string{"a", "b"}},
		"OneDoes": {reason: "the slowest sink counts", cursors: []v1alpha1.EventCursor{{Sequence: 3}, {Sequence: 1}}, want: []string{"a"}},
		"New":     {reason: "a sink that has nothing yet", cursors: []v1alpha1.EventCursor{{Sequence: 0}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			sub := &v1alpha1.Subscription{}
			sub.Spec.History = &v1alpha1.History{KeepUpdates: ptr.To[int32](0), TTLSecondsAfterFinished: ptr.To[int64](60)}
			sub.Status.EventSequence, sub.Status.EventCursors = 3, tc.cursors
			found := &records{owed: map[string]bool{}}
			found.govern(sub)
			for n, uid := range []types.UID{"a", "b"} {
				var u v1alpha1.SubscriptionUpdate
				u.Name, u.UID, u.CreationTimestamp = string(uid), uid, metav1.NewTime(now.AddDate(-1, 0, 0))
				u.Spec.Cause = &v1alpha1.UpdateCause{Type: v1alpha1.CauseRefresh}
				u.Status.State, u.Status.EventSequence = v1alpha1.UpdateApplied, int64(n+1)
				u.Status.Origin = v1alpha1.OriginRefresh
				found.updates = append(found.updates, u)
			}
			if diff := cmp.Diff(tc.want, found.plan(0, now).Updates); diff != "" {
				t.Errorf("%s: deleted (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
