// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// countingReader counts the lists of updates, and may fail them.
type countingReader struct {
	client.Reader
	lists atomic.Int64
	fails error
}

func (c *countingReader) List(ctx context.Context, out client.ObjectList, opts ...client.ListOption) error {
	if _, ofUpdates := out.(*v1alpha1.SubscriptionUpdateList); ofUpdates {
		c.lists.Add(1)
	}
	if c.fails != nil {
		return c.fails
	}
	return c.Reader.List(ctx, out, opts...)
}

func clockAt(uid types.UID, generation int64) *v1alpha1.TestClock {
	clock := builders.MakeTestClock("clock", "shop", time.Time{}).Obj()
	clock.UID, clock.Generation = uid, generation
	return clock
}

// One list serves everybody who takes up a move, and none serves a later move.
func TestMovesShareAList(t *testing.T) {
	open := builders.MakeSubscriptionUpdate("open", "shop", "acme").Obj()
	finished := builders.MakeSubscriptionUpdate("finished", "shop", "acme").
		With(func(u *v1alpha1.SubscriptionUpdate) { u.Status.State = v1alpha1.UpdateApplied }).Obj()
	c, _ := counting(t, []client.Object{open, finished})
	cases := map[string]struct {
		reason string
		clocks []*v1alpha1.TestClock
		want   int64
	}{
		"One move":      {"a thousand subscriptions take it up", []*v1alpha1.TestClock{clockAt("a", 2), clockAt("a", 2), clockAt("a", 2)}, 1},
		"Two moves":     {"the list of the first lacks what was created before the second", []*v1alpha1.TestClock{clockAt("a", 2), clockAt("a", 3)}, 2},
		"A late pass":   {"a cache shows the earlier move still: the list of the later one holds more", []*v1alpha1.TestClock{clockAt("a", 3), clockAt("a", 2)}, 1},
		"Another clock": {"one was created again under the name", []*v1alpha1.TestClock{clockAt("a", 2), clockAt("b", 1)}, 2},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var m moves
			reader := &countingReader{Reader: c}
			for _, clock := range tc.clocks {
				got, err := m.since(t.Context(), reader, clock)
				if err != nil {
					t.Fatal(err)
				}
				var names []string
				for _, each := range got["acme"] {
					names = append(names, each.name)
				}
				if diff := cmp.Diff([]string{"open"}, names); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
				}
			}
			if got := reader.lists.Load(); got != tc.want {
				t.Errorf("%s: %d lists, want %d", tc.reason, got, tc.want)
			}
		})
	}
}

// A list that fails is made again, and those who wait for it at once are told of the failure.
func TestMovesForgetAFailedList(t *testing.T) {
	c, _ := counting(t, nil)
	var m moves
	reader := &countingReader{Reader: c, fails: errors.New("no answer")}
	if _, err := m.since(t.Context(), reader, clockAt("a", 2)); !errors.Is(err, reader.fails) {
		t.Errorf("got %v", err)
	}
	reader.fails = nil
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, err := m.since(t.Context(), reader, clockAt("a", 2)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := reader.lists.Load(); got != 2 {
		t.Errorf("%d lists, want one that failed and one for all", got)
	}
}

var _ = Describe("Many subscriptions on a TestClock", func() {
	It("take up a new time with one list, and know every update that was created before", func(ctx SpecContext) {
		b := newBench(ctx, april)
		b.create(ctx, product(b.namespace).Seats(5, 100).Obj())
		const many = 5
		for n := range many {
			name := fmt.Sprint("customer-", n)
			b.create(ctx, builders.MakeSubscription(name, b.namespace).TestClock("clock").Start(at(april)).LoadedItem("editors", "seat", "monthly").Obj())
			b.reconcile(ctx, name)
		}
		Expect(b.cache.Freeze(ctx, &v1alpha1.SubscriptionUpdateList{})).To(Succeed())
		for n := range many {
			b.create(ctx, builders.MakeSubscriptionUpdate(fmt.Sprint("more-", n), b.namespace, fmt.Sprint("customer-", n)).Increment("editors", 1).Obj())
		}
		reader := &countingReader{Reader: live}
		b.subject.Live = reader
		for n := range many {
			b.move(ctx, "2026-04-16T00:00:00Z", fmt.Sprint("customer-", n))
		}
		Expect(reader.lists.Load()).To(BeEquivalentTo(1))
		for n := range many {
			u := b.update(ctx, fmt.Sprint("more-", n))
			Expect(u.Status.State).To(Equal(v1alpha1.UpdateApplied))
			Expect(u.Status.AppliedTime.UTC()).To(Equal(at(april)), "it was created before the clock was moved")
		}
	})
})
