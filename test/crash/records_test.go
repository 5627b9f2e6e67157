// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// recordsNotKept: finished updates are deleted as soon as nothing owes them, those of a refresh and of an
// edit and one that its user allows to go. Its name is free then, and another one gets it; a count is told
// again, and one edit takes another back. Nothing of it may happen twice because its record is gone.
var recordsNotKept = Scenario{
	Name: "finished records that are not kept",
	Setup: func(ns string) []client.Object {
		objects := counted(ns)
		subscription := objects[3].(*v1alpha1.Subscription)
		viewers, guests := item("viewers", planName), item("guests", planName)
		viewers.ProductRef.Name, guests.ProductRef.Name, guests.Quantity = "others", "others", ptr.To[int64](2)
		subscription.Spec.Items = append(subscription.Spec.Items, guests, viewers)
		subscription.Spec.History = &v1alpha1.History{KeepUpdates: ptr.To[int32](0), TTLSecondsAfterFinished: ptr.To[int64](0)}
		return append(objects, builders.MakeSeatProduct("others", ns).Plan(planName, "EUR", "20").Seats(1, 100).Obj())
	},
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		countAcme("first", "9"),
		moreViewersAgain(2),
		edit("more guests", "acme", func(s *v1alpha1.Subscription) { s.Spec.Items[1].Quantity = ptr.To[int64](4) }),
		together("the name is free again, and the count is the same", moreViewersAgain(1), countAcme("second", "9")),
		ask("kept", func(u request) request { return u.Increment("viewers", 3) }),
	},
}

// moreViewersAgain asks for viewers by an update that may be deleted, under the same name each time.
func moreViewersAgain(by int64) Step {
	return Step{Name: "ask for viewers", Do: func(ctx context.Context, s *stage) error {
		u := builders.MakeSubscriptionUpdate("again", s.namespace, "acme").Increment("viewers", by).Obj()
		u.Annotations = map[string]string{v1alpha1.AnnotationPrune: v1alpha1.PruneTrue}
		if err := client.IgnoreNotFound(s.truth.Delete(ctx, u.DeepCopy())); err != nil {
			return err
		}
		return s.truth.Create(ctx, u)
	}}
}
