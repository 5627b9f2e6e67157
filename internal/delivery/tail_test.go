// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
)

var noon = metav1.NewTime(time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC))

func sinkOf(name string, kinds ...v1alpha1.EventType) delivery.Sink {
	return delivery.Sink{Name: name, UID: types.UID("uid-" + name), Spec: &v1alpha1.EventSinkSpec{Types: kinds}}
}

func happened(kind string) v1alpha1.Notification {
	n := v1alpha1.Notification{Type: kind, Time: noon}
	if delivery.HasRecord(&n) {
		n.Ref = &v1alpha1.NotificationReference{Kind: delivery.KindUpdate, Name: "u"}
	}
	return n
}

// commit does what a commit does with events.
func commit(s *v1alpha1.SubscriptionStatus, sinks []delivery.Sink, reached map[types.UID]v1alpha1.EventCursor, kinds ...string) {
	var events []v1alpha1.Notification
	for _, kind := range kinds {
		events = append(events, happened(kind))
	}
	source := delivery.FromSubscription(&v1alpha1.Subscription{Status: *s})
	delivery.Keep(source, sinks, delivery.Number(source, sinks, events), reached).InSubscription(s)
}

func at(sink delivery.Sink, sequence int64) map[types.UID]v1alpha1.EventCursor {
	return map[types.UID]v1alpha1.EventCursor{sink.UID: {Sink: sink.Name, UID: sink.UID, Sequence: sequence}}
}

// After a restore from a backup, a cursor or a process can be ahead of the events. What happens then must be delivered all
// the same.
func TestKeepWithACursorThatIsAhead(t *testing.T) {
	books := sinkOf("books")
	cases := map[string]struct {
		reason  string
		written int64
		reached map[types.UID]v1alpha1.EventCursor
	}{
		"Written": {reason: "the status says more than happened", written: 9},
		"Reached": {reason: "the process remembers more than happened", written: 2, reached: at(books, 9)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := v1alpha1.SubscriptionStatus{EventSequence: 2, EventCursors: []v1alpha1.EventCursor{at(books, tc.written)[books.UID]}}
			commit(&s, []delivery.Sink{books}, tc.reached, "invoice.issued")
			if len(s.Notifications) != 1 || s.EventCursors[0].Sequence != 2 {
				t.Errorf("%s: kept are %v, and the cursor is %+v", tc.reason, s.Notifications, s.EventCursors[0])
			}
		})
	}
}

// A selector with many requirements takes long to read. A commit reads the one of each sink a fixed number of times,
// however many events wait, so that nobody can slow billing down with it.
func TestSelectorsAreReadOnceForAllEvents(t *testing.T) {
	sink := sinkOf("books")
	sink.Spec.SubscriptionSelector = &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"tier": "paid"}}
	labels, sinks := map[string]string{"tier": "paid"}, []delivery.Sink{sink}
	allocated := func(events int) float64 {
		sub := &v1alpha1.Subscription{}
		sub.Labels = labels
		sub.Status.EventCursors = []v1alpha1.EventCursor{at(sink, 0)[sink.UID]}
		sub.Status.EventSequence = int64(events)
		for n := range events {
			sub.Status.Notifications = append(sub.Status.Notifications, v1alpha1.Notification{Sequence: int64(n + 1), Type: "subscription.renewed", Time: noon})
		}
		return testing.AllocsPerRun(10, func() {
			source := delivery.FromSubscription(sub)
			delivery.Keep(source, sinks, nil, nil)
			delivery.Next(sink, source, 0, nil)
			delivery.Waiting(sink, source, sub.Status.EventCursors[0])
		})
	}
	// The list itself grows: by doubling, a few times.
	if few, many := allocated(1), allocated(200); many > few+50 {
		t.Errorf("200 events take %.0f allocations, and one takes %.0f", many, few)
	}
}

func TestKeep(t *testing.T) {
	books, invoices := sinkOf("books"), sinkOf("invoices", "invoice.*")
	repeat := func(kind string, times int) []string {
		kinds := make([]string, times)
		for n := range kinds {
			kinds[n] = kind
		}
		return kinds
	}
	cases := map[string]struct {
		reason  string
		sinks   []delivery.Sink
		events  []string
		then    []string
		reached map[types.UID]v1alpha1.EventCursor
		left    []int64
		cursors []v1alpha1.EventCursor
	}{
		"NobodyAsked": {reason: "an event that no sink wants has no number and takes no room", sinks: []delivery.Sink{invoices}, events: []string{"subscription.started"}},
		"New": {
			reason: "a sink begins with the first event that is recorded for it", sinks: []delivery.Sink{books},
			events: []string{"subscription.started", "invoice.issued"}, left: []int64{1, 2},
			cursors: []v1alpha1.EventCursor{{Sink: "books", UID: "uid-books"}},
		},
		"Delivered": {
			reason: "what a record says is not kept once it is delivered; what no record says is kept a while", sinks: []delivery.Sink{books},
			events: []string{"subscription.started", "invoice.issued"}, then: []string{"invoice.issued"}, reached: at(books, 2), left: []int64{1, 3},
			cursors: []v1alpha1.EventCursor{{Sink: "books", UID: "uid-books", Sequence: 2}},
		},
		"Unwanted": {
			reason: "a sink is not behind for events that it does not want", sinks: []delivery.Sink{books, invoices},
			events: []string{"invoice.issued"}, then: []string{"subscription.renewed"}, reached: at(invoices, 1), left: []int64{1, 2},
			cursors: []v1alpha1.EventCursor{{Sink: "books", UID: "uid-books"}, {Sink: "invoices", UID: "uid-invoices", Sequence: 2}},
		},
		"Back": {
			reason: "a cursor never goes back", sinks: []delivery.Sink{books},
			events: []string{"subscription.started"}, then: []string{"invoice.issued"}, reached: at(books, -1), left: []int64{1, 2},
			cursors: []v1alpha1.EventCursor{{Sink: "books", UID: "uid-books"}},
		},
		"Rebuilt": {
			reason: "records can rebuild the oldest", sinks: []delivery.Sink{invoices},
			events: repeat("invoice.issued", 60), then: repeat("invoice.issued", 10), left: numbers(7, 70),
			cursors: []v1alpha1.EventCursor{{Sink: "invoices", UID: "uid-invoices", RebuildUntil: 6, Rebuilt: 6}},
		},
		"Dropped": {
			reason: "billing never waits for a sink, and what is lost is counted", sinks: []delivery.Sink{books},
			events: repeat("subscription.renewed", 200), then: repeat("subscription.renewed", 60), left: numbers(5, 260),
			cursors: []v1alpha1.EventCursor{{Sink: "books", UID: "uid-books", Dropped: 4}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var s v1alpha1.SubscriptionStatus
			commit(&s, tc.sinks, nil, tc.events...)
			commit(&s, tc.sinks, tc.reached, tc.then...)
			var left []int64
			for _, n := range s.Notifications {
				left = append(left, n.Sequence)
			}
			if diff := cmp.Diff(tc.left, left); diff != "" {
				t.Errorf("%s: events (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.cursors, s.EventCursors); diff != "" {
				t.Errorf("%s: cursors (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func numbers(from, to int64) []int64 {
	var all []int64
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}

func TestASinkThatIsGoneKeepsNothing(t *testing.T) {
	var s v1alpha1.SubscriptionStatus
	commit(&s, []delivery.Sink{sinkOf("books")}, nil, "subscription.started")
	commit(&s, nil, nil)
	if s.EventCursors != nil || s.Notifications != nil || s.EventSequence != 1 {
		t.Errorf("it keeps %+v", s)
	}
}

// Whatever happens in whatever order, a sink gets every event that it wants exactly once and in order, except for those that
// are counted as dropped.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sinks := []delivery.Sink{sinkOf("a"), sinkOf("b", "invoice.*", "product.*"), sinkOf("c", "seats.*", "*.renewed", "*-recovered")}
		all := []string{"subscription.started", "subscription.renewed", "invoice.issued", "subscription-update.applied", "seats.limit-reached"}
		source := delivery.FromSubscription(&v1alpha1.Subscription{})
		if rapid.Bool().Draw(t, "product") {
			source, all = delivery.FromProduct(&v1alpha1.SeatProduct{}), []string{"product.refresh-failed", "product.refresh-recovered"}
		}
		records, want := map[int64]v1alpha1.Notification{}, map[types.UID][]int64{}
		got, memory := map[types.UID][]int64{}, map[types.UID]v1alpha1.EventCursor{}
		deliver := func(sink delivery.Sink, most int) {
			cursor, known := source.Cursor(sink.UID)
			if known {
				cursor = delivery.Farther(cursor, memory[sink.UID])
			}
			for range most {
				var rebuilt []v1alpha1.Notification
				for n := cursor.Sequence + 1; n <= cursor.RebuildUntil; n++ {
					if record, is := records[n]; is {
						rebuilt = append(rebuilt, record)
					}
				}
				next := delivery.Next(sink, source, cursor.Sequence, rebuilt)
				if next == nil {
					break
				}
				got[sink.UID] = append(got[sink.UID], next.Sequence)
				cursor.Sequence = next.Sequence
				memory[sink.UID] = cursor
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "commits") {
				kinds := rapid.SliceOfN(rapid.SampledFrom(all), 0, 30).Draw(t, "kinds")
				var events []v1alpha1.Notification
				for _, kind := range kinds {
					events = append(events, happened(kind))
				}
				numbered := delivery.Number(source, sinks, events)
				for _, n := range numbered {
					if delivery.HasRecord(&n) {
						records[n.Sequence] = n
					}
					for _, sink := range sinks {
						if sink.Wants(source, n.Type) {
							want[sink.UID] = append(want[sink.UID], n.Sequence)
						}
					}
				}
				source = delivery.Keep(source, sinks, numbered, memory)
				if len(source.Notifications) > delivery.MaxKept {
					t.Fatalf("%d events are kept", len(source.Notifications))
				}
				continue
			}
			deliver(rapid.SampledFrom(sinks).Draw(t, "sink"), rapid.IntRange(1, 40).Draw(t, "events"))
		}
		for _, sink := range sinks {
			deliver(sink, 10000)
			cursor, _ := source.Cursor(sink.UID)
			missing := int64(len(want[sink.UID]) - len(got[sink.UID]))
			if missing != cursor.Dropped {
				t.Fatalf("sink %s misses %d events, and %d are counted", sink.Name, missing, cursor.Dropped)
			}
			for n := 1; n < len(got[sink.UID]); n++ {
				if got[sink.UID][n] <= got[sink.UID][n-1] {
					t.Fatalf("sink %s gets them in the order %v", sink.Name, got[sink.UID])
				}
			}
		}
	})
}

// A sink selects subscriptions by their labels, and does not select products: its types decide alone.
func TestWhoReceivesWhat(t *testing.T) {
	paid := func(s *v1alpha1.EventSinkSpec) {
		s.SubscriptionSelector = &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"tier": "paid"}}
	}
	unreadable := func(s *v1alpha1.EventSinkSpec) {
		s.SubscriptionSelector = &v1alpha1.LabelSelector{MatchExpressions: []v1alpha1.LabelSelectorRequirement{{Key: "tier", Operator: "Near"}}}
	}
	sub, product := &v1alpha1.Subscription{}, &v1alpha1.SeatProduct{}
	sub.Labels = map[string]string{"tier": "trial"}
	cases := map[string]struct {
		reason               string
		types                []v1alpha1.EventType
		change               func(*v1alpha1.EventSinkSpec)
		subscription, failed bool
		recovered, selected  bool
	}{
		"Everything":     {reason: "no types and no selector", subscription: true, failed: true, recovered: true, selected: true},
		"Others":         {reason: "the subscription is not selected", change: paid, failed: true, recovered: true, selected: true},
		"Unreadable":     {reason: "no subscription is selected, and products are not selected by it", change: unreadable, failed: true, recovered: true, selected: true},
		"Failures":       {reason: "one of the two types", types: []v1alpha1.EventType{"product.refresh-failed"}, failed: true, selected: true},
		"Other types":    {reason: "a product has no cursor for a sink that never receives its events", types: []v1alpha1.EventType{"invoice.*", "subscription.*"}, subscription: true},
		"Types and more": {reason: "types and selector are two conditions for subscriptions", types: []v1alpha1.EventType{"*"}, change: paid, failed: true, recovered: true, selected: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			sink := sinkOf("books", tc.types...)
			if tc.change != nil {
				tc.change(sink.Spec)
			}
			of, about := delivery.FromSubscription(sub), delivery.FromProduct(product)
			got := []bool{
				sink.Wants(of, "subscription.renewed"), sink.Wants(about, "product.refresh-failed"), sink.Wants(about, "product.refresh-recovered"),
				len(about.SelectedBy([]delivery.Sink{sink})) == 1,
			}
			if diff := cmp.Diff([]bool{tc.subscription, tc.failed, tc.recovered, tc.selected}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestUsed(t *testing.T) {
	var list []v1alpha1.EventSink
	for n := range 20 {
		sink := v1alpha1.EventSink{}
		sink.Name = fmt.Sprintf("sink-%02d", n)
		sink.CreationTimestamp = metav1.NewTime(noon.Add(-time.Duration(n) * time.Hour))
		if n == 19 {
			sink.DeletionTimestamp = &noon
		}
		list = append(list, sink)
	}
	used := delivery.Used(list)
	if len(used) != delivery.MaxSinks || used[0].Name != "sink-18" || used[15].Name != "sink-03" {
		t.Errorf("the oldest 16 that are not being deleted are used, and not %v", used)
	}
}

// What a sink has received is its own, and its cursor never goes back.
func TestFarther(t *testing.T) {
	committed := v1alpha1.EventCursor{Sink: "books", UID: "uid-books", Sequence: 3, Failures: 2}
	cases := map[string]struct {
		reason  string
		reached v1alpha1.EventCursor
		want    v1alpha1.EventCursor
	}{
		"Nothing": {reason: "this process has delivered nothing yet", want: committed},
		"Another": {reason: "another sink is farther", reached: v1alpha1.EventCursor{UID: "uid-copy", Sequence: 9}, want: committed},
		"Older":   {reason: "another process was farther", reached: v1alpha1.EventCursor{UID: "uid-books", Sequence: 2}, want: committed},
		"Farther": {
			reason: "the failures were those of an event that the sink has now", reached: v1alpha1.EventCursor{UID: "uid-books", Sequence: 4},
			want: v1alpha1.EventCursor{Sink: "books", UID: "uid-books", Sequence: 4},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, delivery.Farther(committed, tc.reached)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
