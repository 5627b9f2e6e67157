// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// byNameOnly deletes whatever has the name of what was looked at.
type byNameOnly struct{ client.Client }

// Delete deletes an object.
func (c byNameOnly) Delete(ctx context.Context, object client.Object, _ ...client.DeleteOption) error {
	return c.Client.Delete(ctx, object)
}

func deletesByName(c client.Client) client.Client { return byNameOnly{c} }

// withoutGenerations names what it makes for an edit by the item alone.
func withoutGenerations(_ context.Context, object client.Object, create call) error {
	u, ok := object.(*v1alpha1.SubscriptionUpdate)
	if ok && u.Spec.Cause.Type == v1alpha1.CauseSpec {
		u.Name = strings.Join([]string{u.Spec.SubscriptionRef.Name, "edit", u.Spec.Cause.Item}, "-")
	}
	return create(object)
}

// withoutActedOn shows subscriptions as if they had acted on edits of no generation.
func withoutActedOn(object client.Object) {
	s, ok := object.(*v1alpha1.Subscription)
	if !ok || s.Status.ActedOn == nil {
		return
	}
	s.Status.ActedOn.Generation = 0
	for i := range s.Status.ActedOn.Items {
		s.Status.ActedOn.Items[i].Generation = 0
	}
}

// withoutObservations shows subscriptions as if their counts were of no time.
func withoutObservations(object client.Object) {
	s, ok := object.(*v1alpha1.Subscription)
	if !ok {
		return
	}
	for i := range s.Status.Items {
		s.Status.Items[i].ObservedTime = nil
	}
}
