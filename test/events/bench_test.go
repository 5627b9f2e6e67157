// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/event"
	"github.com/seatplane/seatplane/internal/testing/harness"
	"github.com/seatplane/seatplane/internal/testing/settings"
)

// TestLatency measures how long an event takes from the request that causes it, with a receiver that is up, and again next
// to one that is down. It judges only that everything arrives.
func TestLatency(t *testing.T) {
	rate, seconds := settings.Number(t, "SEATPLANE_BENCH_SINK_RATE", 20), settings.Number(t, "SEATPLANE_BENCH_SINK_SECONDS", 3)
	subscriptions := enough(50, 2*rate*seconds)
	s, books := newShop(t, subscriptions), newReceiver(t)
	s.sink("books", books.URL)
	running := s.manage()
	defer func() { s.stop(running) }()
	s.Eventually("every subscription starts", s.started)
	alone := s.measure(books, subscriptions, rate, seconds)
	t.Logf("a sink alone, %d events/s: %s", rate, alone)

	// Nobody answers here, although the connection is made.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	harness.Must(t, err)
	defer silent.Close()
	s.sink("silent", "http://"+silent.Addr().String())
	beside := s.measure(books, subscriptions, rate, seconds)
	t.Logf("next to a sink that does not answer: %s", beside)
}

// latency is how long events took.
type latency struct {
	took    []time.Duration
	elapsed time.Duration
}

func (l latency) at(percent int) time.Duration { return l.took[(len(l.took)-1)*percent/100] }

func (l latency) String() string {
	return fmt.Sprintf("%d events in %s; request to POST p50 %s, p90 %s, p99 %s", len(l.took), l.elapsed.Round(time.Millisecond),
		l.at(50).Round(time.Millisecond), l.at(90).Round(time.Millisecond), l.at(99).Round(time.Millisecond))
}

// measure makes changes at a rate, and waits until all of them have arrived.
func (s *shop) measure(at *receiver, subscriptions, rate, seconds int) latency {
	s.Helper()
	asked := map[string]time.Time{}
	began := time.Now()
	for n := range rate * seconds {
		due := began.Add(time.Duration(n) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		now := time.Now()
		asked[s.change(subscriptions)] = now
	}
	var l latency
	s.Eventually("every event arrives", func(ctx context.Context) (string, error) {
		l.took = nil
		var list v1alpha1.SubscriptionUpdateList
		if err := s.List(ctx, &list, client.InNamespace(namespace)); err != nil {
			return "", err
		}
		for i := range list.Items {
			update := &list.Items[i]
			since, ours := asked[update.Name]
			if !ours {
				continue
			}
			got, known := at.look(event.ID(update.Status.SubscriptionUID, update.Status.EventSequence))
			if !known {
				return update.Name, nil
			}
			l.took = append(l.took, got.at.Sub(since))
		}
		return "", nil
	})
	l.elapsed = time.Since(began)
	slices.Sort(l.took)
	return l
}
