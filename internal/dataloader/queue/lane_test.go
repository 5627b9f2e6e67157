// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/dataloader"
)

func of(namespace string) *load { return &load{scope: dataloader.Scope{Namespace: namespace}} }

// taken lets every load go whose turn it is, and returns their namespaces.
func taken(l *lane) []string {
	var namespaces []string
	for each := l.next(); each != nil; each = l.next() {
		namespaces = append(namespaces, each.scope.Namespace)
	}
	return namespaces
}

func TestLane(t *testing.T) {
	cases := map[string]struct {
		reason  string
		places  int
		waiting []string
		want    []string
	}{
		"nobody":        {reason: "an empty line", places: 8},
		"one namespace": {reason: "half of the places stay free", places: 8, waiting: slices.Repeat([]string{"a"}, 9), want: []string{"a", "a", "a", "a"}},
		"two":           {reason: "they take turns, each up to half of what the other leaves", places: 8, waiting: append(slices.Repeat([]string{"a"}, 9), "b", "b", "b", "b"), want: []string{"a", "b", "a", "b", "a"}},
		"one place":     {reason: "a single place is not halved", places: 1, waiting: []string{"a", "b"}, want: []string{"a"}},
		"many":          {reason: "every namespace gets one", places: 4, waiting: []string{"a", "b", "c", "d", "e"}, want: []string{"a", "b", "c", "d"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			l := newLane(tc.places)
			for _, namespace := range tc.waiting {
				l.add(of(namespace))
			}
			if diff := cmp.Diff(tc.want, taken(l)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// Whoever comes late finds a place although a crowd of one namespace waits.
func TestLaneKeepsPlaces(t *testing.T) {
	l := newLane(8)
	for _, namespace := range []string{"a", "b", "c"} {
		for range 32 {
			l.add(of(namespace))
		}
		taken(l)
	}
	l.add(of("victim"))
	if got := taken(l); !slices.Equal(got, []string{"victim"}) {
		t.Errorf("got %v", got)
	}
}

// For any history: never more than the places run, a namespace that starts a load holds at most half of
// what the others leave (or one), nobody is passed over while there is a place, and counts are right.
func TestLaneInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLane(rapid.IntRange(1, 9).Draw(t, "places"))
		var waiting, running []*load
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			switch action := rapid.IntRange(0, 3).Draw(t, "action"); {
			case action <= 1:
				each := of(fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "namespace")))
				l.add(each)
				waiting = append(waiting, each)
			case action == 2 && len(running) > 0:
				n := rapid.IntRange(0, len(running)-1).Draw(t, "ends")
				l.leave(running[n])
				running = slices.Delete(running, n, n+1)
			case len(waiting) > 0:
				n := rapid.IntRange(0, len(waiting)-1).Draw(t, "removed")
				l.remove(waiting[n])
				waiting = slices.Delete(waiting, n, n+1)
			}
			for each := l.next(); each != nil; each = l.next() {
				namespace := each.scope.Namespace
				others := l.total - l.running[namespace]
				if l.running[namespace] > max(1, (l.places-others)/2) {
					t.Fatalf("%s runs %d beside %d of %d", namespace, l.running[namespace], others, l.places)
				}
				n := slices.Index(waiting, each)
				waiting = slices.Delete(waiting, n, n+1)
				running = append(running, each)
			}
			if l.total != len(running) || l.total > l.places || l.count() != len(waiting) {
				t.Fatalf("%d run of %d, want %d; %d wait, want %d", l.total, l.places, len(running), l.count(), len(waiting))
			}
			for _, each := range waiting {
				if l.total < l.places && l.running[each.scope.Namespace] == 0 {
					t.Fatalf("%s waits although there is a place", each.scope.Namespace)
				}
			}
		}
	})
}

// Namespaces that wait take turns: between two loads of one, every other one that waits gets a place.
func TestLaneTakesTurns(t *testing.T) {
	l := newLane(1)
	for range 3 {
		for _, namespace := range []string{"a", "b", "c"} {
			l.add(of(namespace))
		}
	}
	var order []string
	for each := l.next(); each != nil; each = l.next() {
		order = append(order, each.scope.Namespace)
		l.leave(each)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "a", "b", "c", "a", "b", "c"}, order); diff != "" {
		t.Error(diff)
	}
}
