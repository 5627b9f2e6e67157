// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"testing"
	"time"

	kstatus "github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

var (
	first = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	later = first.Add(time.Hour)
)

// read computes what kstatus says about an object with these conditions.
func read(t *testing.T, conditions []metav1.Condition) kstatus.Status {
	t.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Status            struct {
			ObservedGeneration int64              `json:"observedGeneration"`
			Conditions         []metav1.Condition `json:"conditions"`
		} `json:"status"`
	}{
		TypeMeta:   metav1.TypeMeta{APIVersion: "billing.seatplane.dev/v1alpha1", Kind: "ProrationPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: "policy", Namespace: "ns", Generation: 2},
		Status: struct {
			ObservedGeneration int64              `json:"observedGeneration"`
			Conditions         []metav1.Condition `json:"conditions"`
		}{ObservedGeneration: 2, Conditions: conditions},
	})
	if err != nil {
		t.Fatal(err)
	}
	result, err := kstatus.Compute(&unstructured.Unstructured{Object: content})
	if err != nil {
		t.Fatal(err)
	}
	return result.Status
}

func TestConditionsByTheRulesOfKstatus(t *testing.T) {
	ready := func(c Conditions) { c.Ready("Reconciled", "All is well") }
	inProgress := func(c Conditions) { c.InProgress("Held", "Waits for approval") }
	stalled := func(c Conditions) { c.Stalled("PlanNotFound", "There is no such plan") }

	type set map[string]metav1.ConditionStatus
	cases := map[string]struct {
		reason  string
		before  func(Conditions)
		do      func(Conditions)
		want    set
		kstatus kstatus.Status
	}{
		"ready": {
			"an object that is well shows Ready alone", stalled, ready,
			set{v1alpha1.ConditionReady: metav1.ConditionTrue},
			kstatus.CurrentStatus,
		},
		"in progress": {
			"what gets there by itself is Reconciling, not Stalled", stalled, inProgress,
			set{v1alpha1.ConditionReady: metav1.ConditionFalse, v1alpha1.ConditionReconciling: metav1.ConditionTrue},
			kstatus.InProgressStatus,
		},
		"stalled": {
			"what waits for a person is Stalled, not Reconciling", inProgress, stalled,
			set{v1alpha1.ConditionReady: metav1.ConditionFalse, v1alpha1.ConditionStalled: metav1.ConditionTrue},
			kstatus.FailedStatus,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var list []metav1.Condition
			tc.before(Of(&list, 1, first))
			tc.do(Of(&list, 2, later))

			got := set{}
			for _, condition := range list {
				got[condition.Type] = condition.Status
				if condition.ObservedGeneration != 2 {
					t.Errorf("%s: %s has observedGeneration %d", tc.reason, condition.Type, condition.ObservedGeneration)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: conditions (-want +got):\n%s", tc.reason, diff)
			}
			if got := read(t, list); got != tc.kstatus {
				t.Errorf("%s: kstatus reads %s, want %s", tc.reason, got, tc.kstatus)
			}
		})
	}
}

func TestLastTransitionTimeMovesWithTheStatusOnly(t *testing.T) {
	cases := map[string]struct {
		reason string
		do     func(Conditions)
		want   time.Time
	}{
		"same":          {"nothing changed", func(c Conditions) { c.Stalled("A", "a") }, first},
		"other reason":  {"another reason is no transition", func(c Conditions) { c.Stalled("B", "a") }, first},
		"other message": {"another message is no transition", func(c Conditions) { c.Stalled("A", "b") }, first},
		"other status":  {"another status is one", func(c Conditions) { c.Ready("A", "a") }, later},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var list []metav1.Condition
			Of(&list, 1, first).Stalled("A", "a")
			// The clock is finer than what the API server stores: the difference may not be written forever.
			tc.do(Of(&list, 1, later.Add(time.Nanosecond)))
			if got := meta.FindStatusCondition(list, v1alpha1.ConditionReady).LastTransitionTime.Time; !got.Equal(tc.want) {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

func TestSetOfAPlainConditionLeavesTheOthers(t *testing.T) {
	var list []metav1.Condition
	conditions := Of(&list, 1, first)
	conditions.Ready("Reconciled", "")
	conditions.Set("InSync", metav1.ConditionFalse, "Scheduled", "Waits for the renewal")
	conditions.Remove("Unheard")

	if !meta.IsStatusConditionTrue(list, v1alpha1.ConditionReady) || !meta.IsStatusConditionFalse(list, "InSync") || len(list) != 2 {
		t.Errorf("got %+v", list)
	}
	conditions.Remove("InSync")
	if len(list) != 1 {
		t.Errorf("InSync was not removed: %+v", list)
	}
}
