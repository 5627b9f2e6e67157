// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package status_test

import (
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/status"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

func TestWrite(t *testing.T) {
	now := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	key := client.ObjectKey{Namespace: "ns", Name: "p"}
	cases := map[string]struct {
		reason  string
		change  func(*v1alpha1.ProrationPolicy)
		changed bool
		failed  func(error) bool
	}{
		"nothing":     {"nothing changed, nothing is sent", func(*v1alpha1.ProrationPolicy) {}, false, nil},
		"empty list":  {"an empty list is no list", func(p *v1alpha1.ProrationPolicy) { p.Status.Conditions = []metav1.Condition{} }, false, nil},
		"other zone":  {"one instant in another zone is the same", func(p *v1alpha1.ProrationPolicy) { p.Status.UpdatedTime = ptr.To(metav1.NewTime(now.Local())) }, false, nil},
		"spec":        {"a spec is none of our business", func(p *v1alpha1.ProrationPolicy) { p.Spec.DisplayName = "Another" }, false, nil},
		"count":       {"a change is sent", func(p *v1alpha1.ProrationPolicy) { p.Status.Subscriptions = ptr.To[int64](3) }, true, nil},
		"stale":       {"what somebody else wrote is not overwritten", func(p *v1alpha1.ProrationPolicy) { p.ResourceVersion = "1"; p.Status.Subscriptions = ptr.To[int64](3) }, false, apierrors.IsConflict},
		"unversioned": {"no version, no write", func(p *v1alpha1.ProrationPolicy) { p.ResourceVersion = ""; p.Status.Subscriptions = ptr.To[int64](3) }, false, func(err error) bool { return err != nil }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			scheme := runtime.NewScheme()
			if err := v1alpha1.AddToScheme(scheme); err != nil {
				t.Fatal(err)
			}
			policy := builders.MakeProrationPolicy("p", "ns", v1alpha1.RoundUp).Obj()
			policy.Status.UpdatedTime = ptr.To(metav1.NewTime(now))
			run := faults.NewRun(nil)
			c := run.Start().Client(fake.NewClientBuilder().WithScheme(scheme).WithObjects(policy).WithStatusSubresource(policy).Build())

			var before v1alpha1.ProrationPolicy
			if err := c.Get(t.Context(), key, &before); err != nil {
				t.Fatal(err)
			}
			after := before.DeepCopy()
			tc.change(after)
			changed, err := status.Write(t.Context(), c, &before, after)

			if changed != tc.changed {
				t.Errorf("%s: changed %t, want %t", tc.reason, changed, tc.changed)
			}
			if tc.failed == nil && err != nil || tc.failed != nil && !tc.failed(err) {
				t.Errorf("%s: got error %v", tc.reason, err)
			}
			if tc.failed == nil && run.Count() > 0 != tc.changed {
				t.Errorf("%s: wrote %v", tc.reason, run.Writes())
			}
		})
	}
}
