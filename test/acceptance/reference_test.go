// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// What the tests of the reference APIs share. docs/reference-apis.md says which test shows what.

// refused checks that admission refuses a manifest, and that it says why.
func (o *office) refused(manifest, says string) {
	o.Helper()
	err := o.tryApply(manifest)
	if err == nil || !strings.Contains(err.Error(), says) {
		o.Errorf("it is not refused with %q: %v\n%s", says, err, manifest)
	}
}

// patch changes some fields of an object, by a JSON merge patch, and leaves the others as they are.
func (o *office) patch(object client.Object, name, merge string) error {
	o.Helper()
	object.SetNamespace(o.namespace)
	object.SetName(name)
	return cluster.Patch(o.Context(), object, client.RawPatch(types.MergePatchType, []byte(merge)))
}

// refresh asks for a refresh of one subscription, and waits until it is answered and acted on.
func (o *office) refresh(subscription, request string) {
	o.Helper()
	merge := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationRefreshRequestedAt, request)
	if err := o.patch(&v1alpha1.Subscription{}, subscription, merge); err != nil {
		o.Fatal(err)
	}
	o.eventually("the request "+request+" is answered", func(ctx context.Context) (bool, string, error) {
		s, err := o.readSubscription(ctx, subscription)
		return s.Status.LastHandledRefreshRequest == request, s.Status.LastHandledRefreshRequest, err
	})
	o.settled(subscription)
	o.clockIsReady()
}

// become waits until subscriptions have a state.
func (o *office) become(state v1alpha1.SubscriptionState, names ...string) {
	o.Helper()
	for _, name := range names {
		o.eventually(fmt.Sprintf("%s is %s", name, state), func(ctx context.Context) (bool, string, error) {
			s, err := o.readSubscription(ctx, name)
			return s.Status.State == state, describe(s.Status.Conditions), err
		})
	}
	o.clockIsReady()
}

// update finds the update of a subscription with a summary.
func (o *office) update(subscription, summary string) *v1alpha1.SubscriptionUpdate {
	o.Helper()
	updates, err := o.readUpdates(o.Context(), subscription)
	if err != nil {
		o.Fatal(err)
	}
	i := slices.IndexFunc(updates, func(u v1alpha1.SubscriptionUpdate) bool { return u.Status.Summary == summary })
	if i < 0 {
		o.Fatalf("%s has no update %q", subscription, summary)
	}
	return &updates[i]
}

// rejected waits until an update is rejected, and checks why.
func (o *office) rejected(name, reason, says string) {
	o.Helper()
	u := o.decided(name, v1alpha1.UpdateRejected)
	for _, c := range u.Status.Conditions {
		if c.Type == v1alpha1.ConditionApplied && (c.Reason != reason || !strings.Contains(c.Message, says)) {
			o.Errorf("%s is rejected for %s: %s; want %s: %s", name, c.Reason, c.Message, reason, says)
		}
	}
}

// expect compares what was found with what was wanted.
func expect[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// when writes an instant as manifests have it; "" when there is none.
func when(at *metav1.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
