// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package status_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/status"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

func TestCommit(t *testing.T) {
	cases := map[string]struct {
		reason string
		fault  faults.Fault
		want   reconcile.Result
		failed bool
	}{
		"Written":  {reason: "nothing is left to do", want: reconcile.Result{}},
		"Conflict": {reason: "the next pass decides on what somebody else wrote", fault: faults.Conflict, want: reconcile.Result{RequeueAfter: status.CatchUp}},
		"Failed":   {reason: "the queue tries again with its own delays", fault: faults.InternalError, failed: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			scheme := runtime.NewScheme()
			if err := v1alpha1.AddToScheme(scheme); err != nil {
				t.Fatal(err)
			}
			policy := builders.MakeProrationPolicy("p", "ns", v1alpha1.RoundUp).Obj()
			server := fake.NewClientBuilder().WithScheme(scheme).WithObjects(policy).WithStatusSubresource(policy).Build()
			c := faults.NewRun(faults.Plan{1: tc.fault}).Start().Client(server)
			var before v1alpha1.ProrationPolicy
			if err := c.Get(t.Context(), client.ObjectKeyFromObject(policy), &before); err != nil {
				t.Fatal(err)
			}
			after := before.DeepCopy()
			after.Status.Subscriptions = ptr.To[int64](3)

			got, err := status.Commit(t.Context(), c, &before, after)
			if got != tc.want || (err != nil) != tc.failed {
				t.Errorf("%s: got %+v and the error %v", tc.reason, got, err)
			}
		})
	}
}
