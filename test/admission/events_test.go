// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func revision(name string, labels map[string]string) *appsv1.ControllerRevision {
	kept := &appsv1.ControllerRevision{Data: runtime.RawExtension{Raw: []byte("{}")}}
	kept.Name, kept.Labels = name, labels
	return kept
}

// Events of deleted subscriptions are signed in the name of the operator, so only the operator records them.
func TestEventsOfDeletedSubscriptionsAreNotForged(t *testing.T) {
	const forbidden = "events of deleted subscriptions are recorded by Seatplane alone"
	departed := map[string]string{v1alpha1.LabelDeparted: v1alpha1.DepartedTrue}
	plain := map[string]string{"app": "web"}
	for title, r := range map[string]request{
		"created by an owner":         {reason: "a receiver would believe it", by: owner, do: create(revision("a", departed)), refused: forbidden},
		"with another value":          {reason: "the label alone is the operator's", by: owner, do: create(revision("a", map[string]string{v1alpha1.LabelDeparted: ""})), refused: forbidden},
		"made of another":             {reason: "the same in two requests", given: revision("a", plain), by: owner, do: patch(`{"metadata": {"labels": {"billing.seatplane.dev/departed": "true"}}}`), refused: forbidden},
		"taken from the operator":     {reason: "the events would never be delivered", given: revision("a", departed), by: owner, do: patch(`{"metadata": {"labels": {"billing.seatplane.dev/departed": null}}}`), refused: forbidden},
		"created by the operator":     {reason: "it is the operator's", by: operator, do: create(revision("a", departed))},
		"deleted by the operator":     {reason: "everything was delivered", given: revision("a", departed), by: operator, do: remove},
		"of another controller":       {reason: "revisions of StatefulSets are none of our business", by: owner, do: create(revision("a", plain))},
		"of another, without a label": {reason: "the same", by: owner, do: create(revision("a", nil))},
		"another, changed":            {reason: "the same", given: revision("a", plain), by: owner, do: patch(labelled)},
	} {
		t.Run(title, func(t *testing.T) { t.Parallel(); r.try(t) })
	}
}
