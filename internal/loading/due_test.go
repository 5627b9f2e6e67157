// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package loading_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/loading"
)

// notDue moves the next tick of the wall clock into the future.
func notDue(s *scene) { s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(time.Hour)) }

func TestDue(t *testing.T) {
	const bothAtNoon = ":2026-04-16T12:00:00Z whole acme=2026-04-16T12:00:00Z bolt=2026-04-16T12:00:00Z"
	onClock := func(s *scene, clock string) {
		s.subscriptions[1].Spec.TestClockRef = &v1alpha1.LocalReference{Name: clock}
	}
	suspend := func(s *scene) { s.product.Spec.Refresh.Suspend = true }
	cases := map[string]struct {
		reason string
		change func(*scene)
		want   []string
	}{
		"NotDue": {reason: "nothing is due before the tick", change: notDue},
		"Tick":   {reason: "all items are counted at the tick", change: func(*scene) {}, want: []string{bothAtNoon}},
		"Missed": {
			reason: "several missed ticks are one refresh, named by the first",
			change: func(s *scene) { s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(-72 * time.Hour)) },
			want:   []string{":2026-04-13T12:00:00Z whole acme=2026-04-13T12:00:00Z bolt=2026-04-13T12:00:00Z"},
		},
		"NewHere": {
			reason: "a clock that is new to the product waits for its first tick",
			change: func(s *scene) { s.product.Status.Refreshes = nil },
		},
		"Edited": {reason: "an edit of the schedule moves a tick that is to come", change: func(s *scene) {
			s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(72 * time.Hour))
			s.product.Generation = 2
		}},
		"EditedOwed": {
			reason: "an edit takes back no tick that is owed",
			change: func(s *scene) { s.product.Generation = 2 }, want: []string{bothAtNoon},
		},
		"Suspended": {reason: "nothing is due while suspended", change: suspend},
		"SuspendedAsked": {
			reason: "what is asked for is due even while suspended",
			change: func(s *scene) { suspend(s); ask(s.product, "now") }, want: []string{":now whole on demand acme=now bolt=now"},
		},
		"Asked": {
			reason: "a request on the product is due on every clock",
			change: func(s *scene) { notDue(s); onClock(s, "clock"); ask(s.product, "now") },
			want:   []string{":now whole on demand acme=now", "clock:now whole on demand bolt=now"},
		},
		"AskedAtTick": {
			reason: "a tick that is due makes it more than a load on demand",
			change: func(s *scene) { ask(s.product, "now") }, want: []string{bothAtNoon},
		},
		"AskedOnOneClock": {
			reason: "a clock that has answered is not asked again",
			change: func(s *scene) {
				notDue(s)
				s.product.Status.Refreshes[0].LastHandledRefreshRequest = "now"
				onClock(s, "clock")
				ask(s.product, "now")
			},
			want: []string{"clock:now whole on demand bolt=now"},
		},
		"Answered": {reason: "an answered request is no request", change: func(s *scene) {
			notDue(s)
			ask(s.product, "now")
			s.product.Status.LastHandledRefreshRequest = "now"
		}},
		"AskedOnSubscription": {
			reason: "a subscription asks for itself alone",
			change: func(s *scene) { notDue(s); ask(s.subscriptions[1], "x") }, want: []string{": on demand bolt=x"},
		},
		"AnsweredHere": {reason: "this product has answered, though another has not", change: func(s *scene) {
			notDue(s)
			ask(s.subscriptions[1], "x")
			s.subscriptions[1].Status.Loads = []v1alpha1.LoadStatus{{Product: "editor", LastHandledRefreshRequest: "x"}}
		}},
		"First": {
			reason: "an item without a count is counted at once",
			change: func(s *scene) { notDue(s); s.subscriptions[1].Status.Items = nil }, want: []string{": bolt=first"},
		},
		"FirstAdded": {
			reason: "so is an item that an update added, although the spec does not name the product",
			change: func(s *scene) {
				notDue(s)
				bolt := s.subscriptions[1]
				bolt.Spec.Items[0].Name, bolt.Spec.Items[0].ProductRef.Name = "viewers", "viewer"
				bolt.Status.Items[0].LoadedQuantity = nil
			},
			want: []string{": bolt=first"},
		},
		"FirstOnItsWay": {reason: "an item whose count is on its way is not counted again", change: func(s *scene) {
			notDue(s)
			s.subscriptions[1].Status.Items = nil
			s.open = map[loading.ItemID]loading.Pending{{Subscription: "uid-bolt", Item: "editors"}: {Count: 3}}
		}},
		"FirstFailed": {reason: "an item whose key failed waits for the next refresh", change: func(s *scene) {
			notDue(s)
			s.subscriptions[1].Status.Items = nil
			s.subscriptions[1].Status.Loads = []v1alpha1.LoadStatus{{Product: "editor", Reason: v1alpha1.ReasonBadCounts}}
		}},
		"FirstTried": {reason: "an item that was just loaded without effect is left alone", change: func(s *scene) {
			notDue(s)
			s.subscriptions[1].Status.Items = nil
			s.tried = map[loading.ItemID]bool{{Subscription: "uid-bolt", Item: "editors"}: true}
		}},
		"NoSuchClock": {
			reason: "who uses a clock that does not exist waits",
			change: func(s *scene) { onClock(s, "gone") }, want: []string{":2026-04-16T12:00:00Z whole acme=2026-04-16T12:00:00Z"},
		},
		"Failed": {
			reason: "a load that failed is repeated, though its request is acknowledged",
			change: func(s *scene) { notDue(s); s.product.Status.Refreshes[0].ConsecutiveFailures = 2 },
			want:   []string{":retry whole acme=retry bolt=retry"},
		},
		"FailedWhileSuspended": {
			reason: "so is one that was asked for while suspended",
			change: func(s *scene) { notDue(s); suspend(s); s.product.Status.Refreshes[0].ConsecutiveFailures = 2 },
			want:   []string{":retry whole acme=retry bolt=retry"},
		},
		"FailedThenSuspended": {reason: "an edit that suspends the product ends the repeating", change: func(s *scene) {
			notDue(s)
			suspend(s)
			s.product.Status.Refreshes[0].ConsecutiveFailures = 2
			s.product.Generation = 2
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := &scene{
				product:       makeProduct(hourly),
				subscriptions: []*v1alpha1.Subscription{makeSubscription("acme", 2, 5), makeSubscription("bolt", 1, 3)},
			}
			s.product.Status.Refreshes = []v1alpha1.RefreshStatus{{
				LastRefreshTime: at(noon.Add(-time.Hour)), NextRefreshTime: at(noon),
			}}
			tc.change(s)
			facts := s.facts()
			var got []string
			for _, each := range facts.Due() {
				text := each.Clock + ":" + each.Token
				if each.Whole {
					text += " whole"
				}
				if each.OnDemand {
					text += " on demand"
				}
				for _, order := range each.Orders {
					text += " " + order.Key + "=" + order.Token
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestOwes(t *testing.T) {
	cases := map[string]struct {
		reason string
		entry  loading.Entry
		want   bool
	}{
		"Never":          {reason: "a product on demand only owes nothing", entry: loading.Entry{LastAttempt: noon.Add(-time.Hour)}},
		"ToCome":         {reason: "the tick has not come", entry: loading.Entry{NextTick: noon.Add(time.Hour)}},
		"Due":            {reason: "the tick has come", entry: loading.Entry{NextTick: noon}, want: true},
		"AttemptedNow":   {reason: "an attempt counts, successful or not", entry: loading.Entry{NextTick: noon, LastAttempt: noon, Failures: 1}},
		"AttemptedFirst": {reason: "an attempt at an earlier time does not", entry: loading.Entry{NextTick: noon, LastAttempt: noon.Add(-time.Second), Failures: 1}, want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := tc.entry.Owes(noon); got != tc.want {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}
