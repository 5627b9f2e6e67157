// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// withSink adds an EventSink that selects every subscription. Nobody delivers to it here, so the events stay where the
// commits put them: each of them is recorded once, whatever happens to the writes. internal/controller/eventsink has the
// faults of the deliveries.
func withSink(setup func(string) []client.Object) func(string) []client.Object {
	return func(ns string) []client.Object {
		sink := &v1alpha1.EventSink{}
		sink.Name, sink.Namespace = "books", ns
		sink.Spec = v1alpha1.EventSinkSpec{
			URL: "https://hooks.example.com/billing", SigningSecretRefs: []v1alpha1.SecretKeyReference{{Name: "hooks", Key: "key"}},
		}
		return append(setup(ns), sink)
	}
}

// renewalTold and deletionTold are told to a sink. What is not delivered of a deleted subscription is kept in one more
// object.
var (
	renewalTold = Scenario{
		Name: "a renewal with a sink", Setup: withSink(renewal.Setup), Prelude: renewal.Prelude, Steps: renewal.Steps,
	}
	deletionTold = Scenario{
		Name: "a deletion with a sink", Setup: withSink(deletion.Setup), Prelude: deletion.Prelude, Steps: deletion.Steps,
	}
	scheduledTold = Scenario{
		Name: "a change at a date with a sink", Setup: withSink(atTheVeryBoundary.Setup), Prelude: atTheVeryBoundary.Prelude, Steps: atTheVeryBoundary.Steps,
	}
	heldTold = Scenario{
		Name: "a held count with a sink", Setup: withSink(heldAndApproved.Setup), Prelude: heldAndApproved.Prelude, Steps: heldAndApproved.Steps,
	}
)

// withoutEvents commits what was computed, and tells nobody.
func withoutEvents(_ context.Context, object client.Object, write call) error {
	s, ok := object.(*v1alpha1.Subscription)
	if !ok {
		return write(object)
	}
	silent := s.DeepCopy()
	silent.Status.Notifications = nil
	if err := write(silent); err != nil {
		return err
	}
	s.ResourceVersion = silent.ResourceVersion
	return nil
}

// withoutEventSequence forgets how many events a subscription has had.
func withoutEventSequence(object client.Object) {
	if s, ok := object.(*v1alpha1.Subscription); ok {
		s.Status.EventSequence = 0
	}
}
