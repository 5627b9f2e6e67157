// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
)

// An assignment that is being deleted still says that its assignee has a seat. It is not the answer to a new request.
func TestAssignWhileTheOldOneGoes(t *testing.T) {
	ada := func() *v1alpha1.SeatAssignment {
		a := &v1alpha1.SeatAssignment{TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "SeatAssignment"}}
		a.Name, a.Namespace, a.ResourceVersion = record.AssignmentName("acme", "editors", "ada"), "shop", "1"
		a.Spec = v1alpha1.SeatAssignmentSpec{
			SubscriptionRef: v1alpha1.LocalReference{Name: "acme"}, Item: "editors", Holder: v1alpha1.Holder{ID: "ada"},
		}
		a.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAssigned, Status: metav1.ConditionTrue, Reason: "Assigned", Message: "ada has a seat."}}
		return a
	}
	going := ada()
	going.DeletionTimestamp, going.Finalizers = ptr.To(day(1)), []string{"example.com/keep"}
	cases := map[string]struct {
		reason     string
		there      *v1alpha1.SeatAssignment
		code       Code
		said, want string
	}{
		"there": {reason: "assigning again changes nothing", there: ada(), want: "ada has a seat."},
		"going": {reason: "the seat is about to be free", there: going, code: Failed, said: "is being deleted, and waits for its finalizers (example.com/keep)"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			all := objects()
			all["seatassignments"] = []any{tc.there}
			code, out, said := newStub(t, all).run("assign", "acme", "editors", "ada")
			if code != tc.code || !strings.Contains(said, tc.said) || !strings.Contains(out, tc.want) {
				t.Errorf("%s: exit code %d, out %q, and it said %q", tc.reason, code, out, said)
			}
		})
	}
}
