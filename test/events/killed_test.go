// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/event"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/harness"
	"github.com/seatplane/seatplane/internal/testing/settings"
)

func named(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

// A manager that is killed in the midst of deliveries, again and again, loses no event. What it delivers twice has the same
// ID and the same bytes, and the events of each subscription come in order.
func TestKilledManager(t *testing.T) {
	const batch = 40
	kills := settings.Number(t, "SEATPLANE_SINK_KILLS", 3)
	subscriptions := enough(8, kills*batch)
	s, books := newShop(t, subscriptions), newReceiver(t)
	s.sink("books", books.URL)
	running := s.manage()
	s.Eventually("every subscription starts", s.started)
	for n := range kills {
		before := books.count()
		for range batch {
			s.change(subscriptions)
		}
		// Somewhere among the deliveries of the batch.
		s.Eventually("events arrive", func(context.Context) (string, error) {
			if arrived := books.count() - before; arrived < 1+(n*7)%(batch-5) {
				return fmt.Sprintf("%d of them", arrived), nil
			}
			return "", nil
		})
		harness.Must(t, running.Kill())
		running = s.manage()
	}
	defer func() { s.stop(running) }()
	s.Eventually("every update is finished", func(ctx context.Context) (string, error) {
		var list v1alpha1.SubscriptionUpdateList
		err := s.List(ctx, &list, client.InNamespace(namespace))
		for i := range list.Items {
			if !facts.Finished(list.Items[i].Status.State) {
				return list.Items[i].Name, err
			}
		}
		return "", err
	})
	var subs v1alpha1.SubscriptionList
	harness.Must(t, s.List(t.Context(), &subs, client.InNamespace(namespace)))
	s.Eventually("every event arrives", func(context.Context) (string, error) {
		for i := range subs.Items {
			for n := int64(1); n <= subs.Items[i].Status.EventSequence; n++ {
				if id := event.ID(subs.Items[i].UID, n); !arrived(books, id) {
					return id, nil
				}
			}
		}
		return "", nil
	})
	expected := 0
	for i := range subs.Items {
		expected += int(subs.Items[i].Status.EventSequence)
		last := -1
		for n := int64(1); n <= subs.Items[i].Status.EventSequence; n++ {
			got, _ := books.look(event.ID(subs.Items[i].UID, n))
			if got.order <= last {
				t.Errorf("event %d of %s arrived before the one before it", n, subs.Items[i].Name)
			}
			last = got.order
		}
	}
	if want := subscriptions + kills*batch; expected != want || books.count() != expected {
		t.Errorf("%d events were recorded and %d arrived, of %d", expected, books.count(), want)
	}
	if len(books.changed) > 0 {
		t.Errorf("events came again with other bytes: %v", books.changed)
	}
	t.Logf("%d kills: %d events, 0 lost, %d delivered again", kills, expected, books.again)
}

func arrived(r *receiver, id string) bool {
	_, known := r.look(id)
	return known
}

// While nothing happens, nothing is written: not for a sink that is up, nor for one that is down.
func TestNothingIsWrittenAtRest(t *testing.T) {
	s, books := newShop(t, 2), newReceiver(t)
	s.sink("books", books.URL)
	running := s.manage()
	defer func() { s.stop(running) }()
	s.Eventually("every subscription starts", s.started)
	s.change(2)
	versions := func(ctx context.Context) (string, bool) {
		var subs v1alpha1.SubscriptionList
		var sinks v1alpha1.EventSinkList
		harness.Must(t, s.List(ctx, &subs, client.InNamespace(namespace)))
		harness.Must(t, s.List(ctx, &sinks, client.InNamespace(namespace)))
		text, done := "", true
		for i := range subs.Items {
			text += subs.Items[i].ResourceVersion + " "
			done = done && len(subs.Items[i].Status.EventCursors) > 0 && !facts.AwaitsDelivery(subs.Items[i].Status.EventSequence, subs.Items[i].Status.EventCursors)
		}
		for i := range sinks.Items {
			text += sinks.Items[i].ResourceVersion + " "
			done = done && sinks.Items[i].Status.Delivered != nil && *sinks.Items[i].Status.Delivered == 3
		}
		return text, done
	}
	s.Eventually("the progress is written", func(ctx context.Context) (string, error) {
		text, done := versions(ctx)
		if !done {
			return text, nil
		}
		return "", nil
	})
	before, _ := versions(t.Context())
	time.Sleep(15 * time.Second)
	if after, _ := versions(t.Context()); after != before {
		t.Errorf("at rest the versions went from %s to %s", before, after)
	}
}
