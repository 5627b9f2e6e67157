// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// counting returns a client with the operator's indexes, and how many objects its lists have returned.
func counting(t *testing.T, objects []client.Object) (client.Client, *int) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	read := new(int)
	list := func(ctx context.Context, c client.WithWatch, into client.ObjectList, opts ...client.ListOption) error {
		err := c.List(ctx, into, opts...)
		*read += meta.LenList(into)
		return err
	}
	build := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithInterceptorFuncs(interceptor.Funcs{List: list})
	for _, each := range index.All() {
		build = build.WithIndex(each.Object, each.Name, each.Extract)
	}
	return build.Build(), read
}

// An edit of a policy reads what the policy concerns, however many other updates there are.
func TestPolicyWakesItsUpdates(t *testing.T) {
	priced := func(name, namespace, subscription string, kind v1alpha1.PolicyKind, state v1alpha1.UpdateState) client.Object {
		return builders.MakeSubscriptionUpdate(name, namespace, subscription).With(func(u *v1alpha1.SubscriptionUpdate) {
			u.Spec.ProrationPolicyRef = &v1alpha1.ProrationPolicyReference{Kind: kind, Name: "rounded"}
			u.Status.State = state
		}).Obj()
	}
	objects := []client.Object{
		priced("open", "shop", "acme", v1alpha1.KindProrationPolicy, v1alpha1.UpdateScheduled),
		priced("finished", "shop", "bolt", v1alpha1.KindProrationPolicy, v1alpha1.UpdateApplied),
		priced("organization", "shop", "cove", v1alpha1.KindClusterProrationPolicy, ""),
		priced("elsewhere", "mall", "dune", v1alpha1.KindClusterProrationPolicy, v1alpha1.UpdateHeld),
	}
	for n := range 100 {
		objects = append(objects, builders.MakeSubscriptionUpdate(fmt.Sprint("other-", n), "shop", fmt.Sprint("customer-", n)).Obj())
	}
	cases := map[string]struct {
		reason string
		policy client.Object
		want   []string
	}{
		"Store": {
			reason: "a policy of the namespace concerns the open update there that names it",
			policy: builders.MakeProrationPolicy("rounded", "shop", v1alpha1.RoundUp).Obj(),
			want:   []string{"shop/acme"},
		},
		"Organization": {
			reason: "a policy of the cluster concerns the open updates of every namespace",
			policy: builders.MakeProrationPolicy("rounded", "", v1alpha1.RoundUp).ClusterObj(),
			want:   []string{"mall/dune", "shop/cove"},
		},
		"Unused": {
			reason: "a policy that no update names wakes nothing and reads nothing",
			policy: builders.MakeProrationPolicy("other", "shop", v1alpha1.RoundUp).Obj(),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c, read := counting(t, objects)
			kind := v1alpha1.KindProrationPolicy
			if tc.policy.GetNamespace() == "" {
				kind = v1alpha1.KindClusterProrationPolicy
			}
			var woken []string
			for _, request := range (&Reconciler{Client: c}).ofPolicy(kind)(t.Context(), tc.policy) {
				woken = append(woken, request.String())
			}
			slices.Sort(woken)
			if diff := cmp.Diff(tc.want, woken); diff != "" {
				t.Errorf("%s: woken (-want +got):\n%s", tc.reason, diff)
			}
			if *read != len(tc.want) {
				t.Errorf("%s: read %d objects, want %d", tc.reason, *read, len(tc.want))
			}
		})
	}
}
