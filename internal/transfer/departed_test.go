// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"os"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/event"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// TestEventsOfDeletedSubscriptions: docs/operations/backup.md says that events of deleted subscriptions which wait for a
// sink are not exported, and how to find them.
func TestEventsOfDeletedSubscriptions(t *testing.T) {
	s := newStage(t)
	s.must(appsv1.AddToScheme(s.Scheme()))
	s.namespace("shop")
	gone := builders.MakeSubscription("gone", "shop").Obj()
	gone.UID, gone.Status.EventSequence = "gone-uid", 1
	gone.Status.Notifications = []v1alpha1.Notification{{Sequence: 1, Type: string(event.SubscriptionCanceled)}}
	gone.Status.EventCursors = []v1alpha1.EventCursor{{Sink: "books", UID: "books-uid"}}
	kept, err := delivery.Depart(gone)
	s.must(err)
	s.must(s.Create(t.Context(), kept))
	if text := s.export("shop"); strings.Contains(text, "gone") {
		t.Errorf("the export has something of the deleted subscription:\n%s", text)
	}
	const label = "billing.seatplane.dev/departed"
	var found appsv1.ControllerRevisionList
	s.must(s.List(t.Context(), &found, client.HasLabels{label}))
	if len(found.Items) != 1 || found.Items[0].Name != kept.Name {
		t.Errorf("the label %s finds %d objects", label, len(found.Items))
	}
	page, err := os.ReadFile("../../docs/operations/backup.md")
	s.must(err)
	says := strings.Join(strings.Fields(string(page)), " ")
	for _, sentence := range []string{
		"Events of deleted subscriptions that an EventSink has not received are left out.",
		"`kubectl get controllerrevisions -A -l " + label + "` lists them.",
	} {
		if !strings.Contains(says, sentence) {
			t.Errorf("the page does not say: %s", sentence)
		}
	}
}
