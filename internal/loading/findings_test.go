// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package loading_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/loading"
)

// due returns the items of the one load that is due.
func due(t *testing.T, s scene) []loading.Counted {
	t.Helper()
	facts := s.facts()
	loads := facts.Due()
	if len(loads) != 1 {
		t.Fatalf("%d loads are due", len(loads))
	}
	return loading.Resolve(loads[0], facts.Connection)
}

func TestJudge(t *testing.T) {
	row := func(key, count string) []dataloader.Row { return []dataloader.Row{{Key: key, Count: count}} }
	acme := loading.ItemID{Subscription: "uid-acme", Item: "editors"}
	pending := func(count int64) map[loading.ItemID]loading.Pending {
		return map[loading.ItemID]loading.Pending{acme: {Count: count}}
	}
	const missing = `key "acme" is not in the answer`
	cases := map[string]struct {
		reason   string
		rows     []dataloader.Row
		rules    dataloader.Rules
		open     map[loading.ItemID]loading.Pending
		assigned int64
		change   *int64
		problem  *loading.Problem
		counted  int64
		held     int64
		failed   int64
		kept     int64
	}{
		"Equal":         {reason: "the current quantity again: nothing is written", rows: row("acme", "5"), counted: 1},
		"Rise":          {reason: "another count is a change", rows: row("acme", "7"), change: new(int64(7)), counted: 1},
		"Fall":          {reason: "in both directions", rows: row("acme", "2"), change: new(int64(2)), counted: 1},
		"PendingFall":   {reason: "a fall that waits for the renewal is found again: nothing is written", rows: row("acme", "2"), open: pending(2), counted: 1},
		"HeldRise":      {reason: "a rise that waits for approval keeps its place", rows: row("acme", "90"), open: map[loading.ItemID]loading.Pending{acme: {Count: 90, Held: true}}, counted: 1, held: 1},
		"TakenBack":     {reason: "the current quantity again, while a fall waits, takes the fall back", rows: row("acme", "5"), open: pending(2), change: new(int64(5)), counted: 1},
		"AboveMaximum":  {reason: "a count is clamped, then compared; it is recorded as loaded", rows: row("acme", "700"), change: new(int64(700)), counted: 1},
		"StillAbove":    {reason: "another count above the maximum is the same", rows: row("acme", "800"), open: pending(700), counted: 1},
		"BelowAssigned": {reason: "never below the seats that somebody holds", rows: row("acme", "2"), assigned: 5, counted: 1},
		"Zero":          {reason: "a count below the minimum", rows: row("acme", "0"), change: new(int64(0)), counted: 1},
		"MissingKept": {
			reason: "a missing key keeps its count, and says so", rows: row("other", "0"), kept: 1,
			problem: &loading.Problem{Reason: "KeyMissing", Message: missing, Missing: true, Kept: true},
		},
		"MissingFails": {
			reason: "or fails", rows: row("other", "0"), rules: dataloader.Rules{OnMissing: dataloader.MissingFail}, failed: 1,
			problem: &loading.Problem{Reason: "KeyMissing", Message: missing, Missing: true},
		},
		"MissingZero": {reason: "or goes to zero", rows: row("other", "0"), rules: dataloader.Rules{OnMissing: dataloader.MissingZero}, change: new(int64(0)), counted: 1},
		"Bad": {
			reason: "a bad count changes nothing", rows: row("acme", "-3"), failed: 1,
			problem: &loading.Problem{Reason: "BadCounts", Message: `key "acme" has a negative count: "-3"`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			subscription := makeSubscription("acme", 1, 5)
			subscription.Status.Items[0].Assigned = &tc.assigned
			s := scene{product: makeProduct(hourly), subscriptions: []*v1alpha1.Subscription{subscription}}
			s.product.Status.Refreshes = []v1alpha1.RefreshStatus{{NextRefreshTime: at(noon)}}
			found, err := loading.Judge(due(t, s), dataloader.Answer{Rows: tc.rows}, tc.rules, tc.open)
			if err != nil {
				t.Fatal(err)
			}
			var change *int64
			for _, each := range found.Changes {
				change = &each.Count
			}
			if diff := cmp.Diff(tc.change, change); diff != "" {
				t.Errorf("%s: change (-want +got):\n%s", tc.reason, diff)
			}
			want := [4]int64{tc.counted, tc.held, tc.failed, tc.kept}
			if got := [4]int64{found.Counted, found.Held, found.Failed, found.Kept}; got != want {
				t.Errorf("%s: counted, held, failed, kept: %v, want %v", tc.reason, got, want)
			}
			problems := map[string]loading.Problem{}
			if tc.problem != nil {
				problems["uid-acme"] = *tc.problem
			}
			if diff := cmp.Diff(problems, found.Problems); diff != "" {
				t.Errorf("%s: problems (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestJudgeFirstCounts(t *testing.T) {
	s := scene{product: makeProduct(hourly), subscriptions: []*v1alpha1.Subscription{makeSubscription("acme", 2, -1), makeSubscription("bolt", 1, -1)}}
	found, err := loading.Judge(due(t, s), dataloader.Answer{Rows: []dataloader.Row{{Key: "acme", Count: "0"}}}, dataloader.Rules{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Changes) != 1 || found.Changes[0].Count != 0 {
		t.Errorf("a first count is recorded, also one of zero: got %+v", found.Changes)
	}
	if got := found.Problems["uid-bolt"]; got.Reason != v1alpha1.ReasonKeyMissing || got.Kept {
		t.Errorf("an item with no count to keep has failed: got %+v", got)
	}
	if _, err := loading.Judge(due(t, s), dataloader.Answer{}, dataloader.Rules{}, nil); err != nil {
		t.Errorf("nobody holds a seat yet, so no rows are an answer: %v", err)
	}
}

// The answer is judged against the items as they are when it comes.
func TestResolve(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*v1alpha1.Subscription)
		want   []string
	}{
		"Same":     {reason: "nothing changed", change: func(*v1alpha1.Subscription) {}, want: []string{"acme 5"}},
		"Quantity": {reason: "the quantity is the one of now", change: func(s *v1alpha1.Subscription) { s.Status.Items[0].Quantity = 9 }, want: []string{"acme 9"}},
		"Canceled": {reason: "what has ended since is dropped", change: func(s *v1alpha1.Subscription) { s.Status.State = v1alpha1.SubscriptionCanceled }},
		"Replaced": {reason: "another subscription of the name was not asked for", change: func(s *v1alpha1.Subscription) { s.UID = "another" }},
		"OtherKey": {reason: "the answer says nothing about another key", change: func(s *v1alpha1.Subscription) { s.Spec.Customer.ID = "another" }},
		"Declared": {reason: "the spec sets the quantity since", change: func(s *v1alpha1.Subscription) { s.Spec.Items[0].Quantity = new(int64(3)) }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			subscription := makeSubscription("acme", 1, 5)
			s := scene{product: makeProduct(hourly), subscriptions: []*v1alpha1.Subscription{subscription}}
			ask(s.product, "now")
			facts := s.facts()
			planned := facts.Due()[0]
			tc.change(subscription)
			var got []string
			for _, each := range loading.Resolve(planned, s.connect()) {
				got = append(got, each.Item.Subscription+" "+string(rune('0'+each.Item.Quantity)))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// What is wrong with one item of a subscription hides nothing that is wrong with another.
func TestJudgeSeveralItems(t *testing.T) {
	kept := func(item string) string { return `key "acme/` + item + `" is not in the answer` }
	bad := func(item string) string { return `key "acme/` + item + `" has a negative count: "-3"` }
	row := func(item, count string) dataloader.Row { return dataloader.Row{Key: "acme/" + item, Count: count} }
	cases := map[string]struct {
		reason string
		rows   []dataloader.Row
		want   loading.Problem
	}{
		"BadCounts": {
			reason: "each bad count is named",
			rows:   []dataloader.Row{row("a", "-3"), row("b", "-3"), row("c", "5"), row("d", "5")},
			want:   loading.Problem{Reason: "BadCounts", Message: bad("a") + "; " + bad("b")},
		},
		"KeptBeforeFailed": {
			reason: "an item that failed decides the reason, also after one with a count that is kept",
			rows:   []dataloader.Row{row("b", "-3"), row("c", "5"), row("d", "5")},
			want:   loading.Problem{Reason: "BadCounts", Message: kept("a") + "; " + bad("b")},
		},
		"FailedBeforeKept": {
			reason: "and before one",
			rows:   []dataloader.Row{row("a", "-3"), row("c", "5"), row("d", "5")},
			want:   loading.Problem{Reason: "BadCounts", Message: bad("a") + "; " + kept("b")},
		},
		"AllKept": {
			reason: "counts that are kept fail nothing",
			rows:   []dataloader.Row{row("c", "5"), row("d", "5")},
			want:   loading.Problem{Reason: "KeyMissing", Message: kept("a") + "; " + kept("b"), Missing: true, Kept: true},
		},
		"Many": {
			reason: "the first few are named",
			rows:   []dataloader.Row{row("a", "-3"), row("b", "-3"), row("c", "-3"), row("d", "-3")},
			want:   loading.Problem{Reason: "BadCounts", Message: bad("a") + "; " + bad("b") + "; " + bad("c") + "; and 1 more"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			subscription := makeSubscription("acme", 1, 5)
			var declared []v1alpha1.SubscriptionItem
			var inForce []v1alpha1.SubscriptionItemStatus
			for _, item := range []string{"a", "b", "c", "d"} {
				d, f := subscription.Spec.Items[0], subscription.Status.Items[0]
				d.Name, f.Name = item, item
				declared, inForce = append(declared, d), append(inForce, f)
			}
			subscription.Spec.Items, subscription.Status.Items = declared, inForce
			s := scene{product: makeProduct(hourly), subscriptions: []*v1alpha1.Subscription{subscription}}
			s.product.Spec.DataLoader = &v1alpha1.DataLoader{SeatAssignments: &v1alpha1.SeatAssignmentsSource{}}
			s.product.Status.Refreshes = []v1alpha1.RefreshStatus{{NextRefreshTime: at(noon)}}
			found, err := loading.Judge(due(t, s), dataloader.Answer{Rows: tc.rows}, dataloader.Rules{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]loading.Problem{"uid-acme": tc.want}, found.Problems); diff != "" {
				t.Errorf("%s: problems (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
