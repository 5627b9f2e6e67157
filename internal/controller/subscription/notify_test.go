// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// What is written about deliveries wakes no subscription. Everything else does, also in the same event.
func TestOnlyDelivered(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*v1alpha1.Subscription)
		want   bool
	}{
		"Progress": {reason: "a sink has received events", want: true, change: func(*v1alpha1.Subscription) {}},
		"Resync":   {reason: "every object gets a pass now and then", change: func(s *v1alpha1.Subscription) { s.ResourceVersion = "1" }},
		"Commit":   {reason: "a commit moved the cursor as well", change: func(s *v1alpha1.Subscription) { s.Status.EventSequence++ }},
		"State":    {reason: "somebody else wrote the status too", change: func(s *v1alpha1.Subscription) { s.Status.Parked = "It looks wrong." }},
		"Label":    {reason: "another sink may select it", change: func(s *v1alpha1.Subscription) { s.Labels = map[string]string{"tier": "paid"} }},
		"Person":   {reason: "a person asks for something", change: func(s *v1alpha1.Subscription) { s.Annotations = map[string]string{v1alpha1.AnnotationUnpark: "1"} }},
		"Deletion": {reason: "it is to go", change: func(s *v1alpha1.Subscription) { s.DeletionTimestamp = &s.CreationTimestamp }},
		"Spec":     {reason: "it was edited", change: func(s *v1alpha1.Subscription) { s.Generation++ }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			before := &v1alpha1.Subscription{}
			before.ResourceVersion = "1"
			before.Status.EventSequence = 2
			before.Status.EventCursors = []v1alpha1.EventCursor{{Sink: "books", UID: "u", Sequence: 1}}
			before.Status.Notifications = []v1alpha1.Notification{{Sequence: 2, Type: "invoice.issued"}}
			after := before.DeepCopy()
			after.ResourceVersion = "2"
			after.Status.EventCursors[0].Sequence, after.Status.Notifications = 2, nil
			tc.change(after)
			if got := onlyDelivered(event.UpdateEvent{ObjectOld: before, ObjectNew: after}); got != tc.want {
				t.Errorf("%s: got %t", tc.reason, got)
			}
		})
	}
}

// After an import, the cache may show the subscription before it shows its sink. The sink keeps its cursor: without it,
// the events that it has not received would be dropped.
func TestSinksOfALateCache(t *testing.T) {
	sinkOf := func(annotation string, imported *v1alpha1.Imported) []client.Object {
		sink := &v1alpha1.EventSink{}
		sink.Namespace, sink.Name, sink.UID = "shop", "books", "present"
		if annotation != "" {
			sink.Annotations = map[string]string{v1alpha1.AnnotationImporting: annotation}
		}
		sink.Status.Imported = imported
		return []client.Object{sink}
	}
	was := &v1alpha1.Imported{Export: "0123456789abcdef", UID: "first"}
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		reason       string
		cached, live []client.Object
		want         string
	}{
		"Late":    {reason: "its status is not in the cache yet", cached: sinkOf("0123456789abcdef", nil), live: sinkOf("", was), want: "first"},
		"Absent":  {reason: "it is not in the cache yet", live: sinkOf("", was), want: "first"},
		"Current": {reason: "the cache shows everything, and nothing is read", cached: sinkOf("", was), want: "first"},
		"Deleted": {reason: "it is gone", want: ""},
		"Another": {reason: "it was deleted and created again", cached: sinkOf("", nil), live: sinkOf("", nil), want: "present"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Reconciler{
				Client: fake.NewClientBuilder().WithScheme(scheme).WithObjects(tc.cached...).Build(),
				Live:   fake.NewClientBuilder().WithScheme(scheme).WithObjects(tc.live...).Build(),
			}
			sub := &v1alpha1.Subscription{}
			sub.Namespace = "shop"
			sub.Status.EventCursors = []v1alpha1.EventCursor{{Sink: "books", UID: "first", Sequence: 1}}
			sinks, err := r.sinksOf(t.Context(), sub)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, sink := range sinks {
				got += string(sink.UID)
			}
			if got != tc.want {
				t.Errorf("%s: the sinks have the identity %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}
