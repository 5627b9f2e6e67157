// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

var (
	noon     = time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC)
	at       = func(t time.Time) *metav1.Time { return &metav1.Time{Time: t} }
	hourly   = v1alpha1.Refresh{Schedule: "0 * * * *"}
	everyone = map[string]time.Time{"": noon, "clock": noon.AddDate(1, 0, 0)}
)

func makeProduct(refresh v1alpha1.Refresh) *v1alpha1.SeatProduct {
	product := builders.MakeSeatProduct("editor", "shop").Plan("monthly", "EUR", "10").Seats(1, 500).
		ConfigMapLoader("counts").Refresh(refresh).Obj()
	product.UID, product.Generation = "product", 1
	product.Status.ObservedGeneration = 1
	return product
}

// makeSubscription makes one of the given age in days, with a loaded item that holds a quantity.
func makeSubscription(name string, age int, quantity int64) *v1alpha1.Subscription {
	s := builders.MakeSubscription(name, "shop").LoadedItem("editors", "editor", "monthly").Obj()
	s.UID = types.UID("uid-" + name)
	s.CreationTimestamp = metav1.NewTime(noon.AddDate(0, 0, -age))
	if quantity >= 0 {
		s.Status.State = v1alpha1.SubscriptionActive
		s.Status.Items = []v1alpha1.SubscriptionItemStatus{{
			Name: "editors", Product: "editor", Plan: "monthly", Quantity: quantity,
			LoadedQuantity: &quantity, ObservedTime: at(noon.Add(-24 * time.Hour)),
		}}
	}
	return s
}

func makeSituation(product *v1alpha1.SeatProduct, subscriptions ...*v1alpha1.Subscription) *situation {
	s := &situation{product: product, subscriptions: subscriptions, clocks: everyone, open: map[itemID]pending{}}
	s.schedule, s.scheduleError = scheduleOf(product)
	s.connection = connect(product, subscriptions)
	return s
}

func TestConnect(t *testing.T) {
	edit := func(s *v1alpha1.Subscription, change func(*v1alpha1.Subscription)) *v1alpha1.Subscription {
		change(s)
		return s
	}
	five := int64(5)
	cases := map[string]struct {
		reason     string
		product    func(*v1alpha1.SeatProduct)
		given      []*v1alpha1.Subscription
		want       []string
		duplicates []string
	}{
		"Loaded": {"an item without a quantity is counted", nil, []*v1alpha1.Subscription{makeSubscription("acme", 1, 5)}, []string{"acme/editors=acme"}, nil},
		"Declared": {"one with a quantity is not", nil, []*v1alpha1.Subscription{edit(makeSubscription("acme", 1, 5), func(s *v1alpha1.Subscription) {
			s.Spec.Items[0].Quantity = &five
		})}, nil, nil},
		"OtherProduct": {"nor one of another product", nil, []*v1alpha1.Subscription{edit(makeSubscription("acme", 1, -1), func(s *v1alpha1.Subscription) {
			s.Spec.Items[0].ProductRef.Name = "other"
		})}, nil, nil},
		"MovesAway": {"what is held is counted until an edit takes hold", nil, []*v1alpha1.Subscription{edit(makeSubscription("acme", 1, 5), func(s *v1alpha1.Subscription) {
			s.Spec.Items[0].ProductRef.Name = "other"
		})}, []string{"acme/editors=acme"}, nil},
		"MovesHere": {"and not before it does", nil, []*v1alpha1.Subscription{edit(makeSubscription("acme", 1, 5), func(s *v1alpha1.Subscription) {
			s.Status.Items[0].Product = "other"
		})}, nil, nil},
		"UnknownPlan": {"nor one of a plan that is not there", nil, []*v1alpha1.Subscription{edit(makeSubscription("acme", 1, -1), func(s *v1alpha1.Subscription) {
			s.Spec.Items[0].Plan = "yearly"
		})}, nil, nil},
		"PlanGone": {"one that is held is counted although its plan is gone", nil, []*v1alpha1.Subscription{edit(makeSubscription("acme", 1, 5), func(s *v1alpha1.Subscription) {
			s.Status.Items[0].Plan = "yearly"
		})}, []string{"acme/editors=acme"}, nil},
		"AddedByUpdate": {"one that the spec does not have is counted too", nil, []*v1alpha1.Subscription{edit(makeSubscription("acme", 1, 5), func(s *v1alpha1.Subscription) {
			s.Spec.Items[0].Name, s.Spec.Items[0].ProductRef.Name = "viewers", "other"
		})}, []string{"acme/editors=acme"}, nil},
		"RemovedByUpdate": {"one that an update removed is not", nil, []*v1alpha1.Subscription{edit(makeSubscription("acme", 1, 5), func(s *v1alpha1.Subscription) {
			s.Status.Items = nil
			s.Status.ActedOn = &v1alpha1.ActedOn{Items: []v1alpha1.ActedOnItem{{Name: "editors"}}}
		})}, nil, nil},
		"Metered": {
			"a metered one is read, also with a quantity of its own", func(p *v1alpha1.SeatProduct) { p.Spec.Plans[0].Usage = v1alpha1.UsageMetered },
			[]*v1alpha1.Subscription{edit(makeSubscription("acme", 1, -1), func(s *v1alpha1.Subscription) { s.Spec.Items[0].Quantity = &five })},
			[]string{"acme/editors=acme"},
			nil,
		},
		"NoLoader": {
			"without a loader nothing is counted", func(p *v1alpha1.SeatProduct) { p.Spec.DataLoader, p.Spec.Refresh = nil, nil },
			[]*v1alpha1.Subscription{makeSubscription("acme", 1, 5)},
			nil, nil,
		},
		"Canceled": {"what has ended is not counted, and gives its key free", nil, []*v1alpha1.Subscription{
			edit(makeSubscription("old", 2, 5), func(s *v1alpha1.Subscription) {
				s.Spec.Customer.ID, s.Status.State = "acme", v1alpha1.SubscriptionCanceled
			}),
			makeSubscription("acme", 1, 5),
		}, []string{"acme/editors=acme"}, nil},
		"Deleted": {"nor what is being deleted", nil, []*v1alpha1.Subscription{edit(makeSubscription("acme", 1, 5), func(s *v1alpha1.Subscription) {
			s.DeletionTimestamp = at(noon)
		})}, nil, nil},
		"DuplicateKey": {"of two with one key the older is counted", nil, []*v1alpha1.Subscription{
			makeSubscription("acme", 2, 5),
			edit(makeSubscription("copy", 1, 5), func(s *v1alpha1.Subscription) { s.Spec.Customer.ID = "acme" }),
		}, []string{"acme/editors=acme"}, []string{`uid-copy: item "editors" is not loaded: its key "acme" belongs to item "editors" of Subscription "acme"`}},
		"TwoItems": {"within one, the earlier in the list", nil, []*v1alpha1.Subscription{
			edit(makeSubscription("acme", 2, 5), func(s *v1alpha1.Subscription) {
				s.Spec.Items = append(s.Spec.Items, v1alpha1.SubscriptionItem{Name: "more", ProductRef: v1alpha1.LocalReference{Name: "editor"}, Plan: "monthly"})
			}),
		}, []string{"acme/editors=acme"}, []string{`uid-acme: item "more" is not loaded: its key "acme" belongs to item "editors" of Subscription "acme"`}},
		"ByName": {"the key may be the name", func(p *v1alpha1.SeatProduct) { p.Spec.DataLoader.Key = v1alpha1.KeySubscriptionName }, []*v1alpha1.Subscription{
			edit(makeSubscription("acme", 2, 5), func(s *v1alpha1.Subscription) { s.Spec.Customer.ID = "c-17" }),
		}, []string{"acme/editors=acme"}, nil},
		"SeatAssignments": {"they name items, so that a subscription may have two", func(p *v1alpha1.SeatProduct) {
			p.Spec.DataLoader = &v1alpha1.DataLoader{Key: v1alpha1.KeyExternalRef, SeatAssignments: &v1alpha1.SeatAssignmentsSource{}}
		}, []*v1alpha1.Subscription{
			edit(makeSubscription("acme", 2, 5), func(s *v1alpha1.Subscription) {
				s.Spec.Items = append(s.Spec.Items, v1alpha1.SubscriptionItem{Name: "more", ProductRef: s.Spec.Items[0].ProductRef, Plan: "monthly"})
			}),
		}, []string{"acme/editors=acme/editors", "acme/more=acme/more"}, nil},
		"NoReference": {"two without an external reference do not share a key", func(p *v1alpha1.SeatProduct) { p.Spec.DataLoader.Key = v1alpha1.KeyExternalRef }, []*v1alpha1.Subscription{
			makeSubscription("acme", 2, 5), makeSubscription("bolt", 1, 5),
		}, []string{"acme/editors=", "bolt/editors="}, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			product := makeProduct(hourly)
			if tc.product != nil {
				tc.product(product)
			}
			got := connect(product, tc.given)
			var items, duplicates []string
			for _, each := range got.items {
				items = append(items, each.subscription.Name+"/"+each.name+"="+each.key)
			}
			for uid, sentence := range got.duplicates {
				duplicates = append(duplicates, string(uid)+": "+sentence)
			}
			if diff := cmp.Diff(tc.want, items); diff != "" {
				t.Errorf("%s: items (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.duplicates, duplicates); diff != "" {
				t.Errorf("%s: duplicates (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestPlanLoads(t *testing.T) {
	ask := func(object metav1.Object, value string) {
		object.SetAnnotations(map[string]string{v1alpha1.AnnotationRefreshRequestedAt: value})
	}
	refreshed := func(clock string, next time.Time) v1alpha1.RefreshStatus {
		return v1alpha1.RefreshStatus{Clock: clock, LastRefreshTime: at(noon.Add(-time.Hour)), NextRefreshTime: at(next)}
	}
	cases := map[string]struct {
		reason string
		change func(*situation)
		want   []string
	}{
		"NotDue":  {"nothing is due before the tick", func(s *situation) { s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(time.Hour)) }, nil},
		"Tick":    {"all are counted at the tick", nil, []string{":2026-04-16T12:00:00Z whole acme=2026-04-16T12:00:00Z bolt=2026-04-16T12:00:00Z"}},
		"Missed":  {"several missed ticks are one refresh, named by the first", func(s *situation) { s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(-72 * time.Hour)) }, []string{":2026-04-13T12:00:00Z whole acme=2026-04-13T12:00:00Z bolt=2026-04-13T12:00:00Z"}},
		"NewHere": {"a clock that is new to the product waits for its first tick", func(s *situation) { s.product.Status.Refreshes = nil }, nil},
		"Edited": {"an edit of the schedule moves a tick that is to come", func(s *situation) {
			s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(72 * time.Hour))
			s.product.Generation = 2
		}, nil},
		"EditedOwed": {"but takes back none that is owed", func(s *situation) { s.product.Generation = 2 }, []string{":2026-04-16T12:00:00Z whole acme=2026-04-16T12:00:00Z bolt=2026-04-16T12:00:00Z"}},
		"Suspended": {"nothing is due while suspended", func(s *situation) {
			s.product.Spec.Refresh.Suspend = true
			s.schedule, _ = scheduleOf(s.product)
		}, nil},
		"SuspendedAsked": {"but what is asked for", func(s *situation) {
			s.product.Spec.Refresh.Suspend = true
			s.schedule, _ = scheduleOf(s.product)
			ask(s.product, "now")
		}, []string{":now whole acme=now bolt=now"}},
		"Asked": {"the product is asked for: every clock", func(s *situation) {
			s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(time.Hour))
			s.subscriptions[1].Spec.TestClockRef = &v1alpha1.LocalReference{Name: "clock"}
			s.connection = connect(s.product, s.subscriptions)
			ask(s.product, "now")
		}, []string{":now whole acme=now", "clock:now whole bolt=now"}},
		"AskedOnOneClock": {"a clock that has answered is not asked again", func(s *situation) {
			s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(time.Hour))
			s.product.Status.Refreshes[0].LastHandledRefreshRequest = "now"
			s.subscriptions[1].Spec.TestClockRef = &v1alpha1.LocalReference{Name: "clock"}
			s.connection = connect(s.product, s.subscriptions)
			ask(s.product, "now")
		}, []string{"clock:now whole bolt=now"}},
		"Answered": {"an answered request is no request", func(s *situation) {
			s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(time.Hour))
			ask(s.product, "now")
			s.product.Status.LastHandledRefreshRequest = "now"
		}, nil},
		"AskedOnSubscription": {"a subscription asks for itself alone", func(s *situation) {
			s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(time.Hour))
			ask(s.subscriptions[1], "x")
		}, []string{": bolt=x"}},
		"AnsweredHere": {"which this product has answered, though another has not", func(s *situation) {
			s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(time.Hour))
			ask(s.subscriptions[1], "x")
			s.subscriptions[1].Status.Loads = []v1alpha1.LoadStatus{{Product: "editor", LastHandledRefreshRequest: "x"}}
		}, nil},
		"First": {"an item without a count is counted at once", func(s *situation) {
			s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(time.Hour))
			s.subscriptions[1].Status.Items = nil
		}, []string{": bolt=first"}},
		"FirstOnItsWay": {"unless a count is on its way", func(s *situation) {
			s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(time.Hour))
			s.subscriptions[1].Status.Items = nil
			s.open[itemID{"uid-bolt", "editors"}] = pending{count: 3}
		}, nil},
		"FirstFailed": {"or its key has failed", func(s *situation) {
			s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(time.Hour))
			s.subscriptions[1].Status.Items = nil
			s.subscriptions[1].Status.Loads = []v1alpha1.LoadStatus{{Product: "editor", Reason: v1alpha1.ReasonBadCounts}}
		}, nil},
		"FirstTried": {"or it was just loaded without effect", func(s *situation) {
			s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(time.Hour))
			s.subscriptions[1].Status.Items = nil
			s.firstTried = map[itemID]bool{{"uid-bolt", "editors"}: true}
		}, nil},
		"NoSuchClock": {"who lives by a clock that does not exist waits", func(s *situation) {
			s.subscriptions[1].Spec.TestClockRef = &v1alpha1.LocalReference{Name: "gone"}
			s.connection = connect(s.product, s.subscriptions)
		}, []string{":2026-04-16T12:00:00Z whole acme=2026-04-16T12:00:00Z"}},
		"FailedAndForgotten": {"a failure whose cause is gone is made good", func(s *situation) {
			s.product.Status.Refreshes[0].NextRefreshTime = at(noon.Add(time.Hour))
			s.product.Status.Refreshes[0].ConsecutiveFailures = 2
		}, []string{":retry whole acme=retry bolt=retry"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := makeSituation(makeProduct(hourly), makeSubscription("acme", 2, 5), makeSubscription("bolt", 1, 3))
			s.product.Status.Refreshes = []v1alpha1.RefreshStatus{refreshed("", noon)}
			if tc.change != nil {
				tc.change(s)
			}
			var got []string
			for _, each := range planLoads(s) {
				text := each.clock + ":" + each.token
				if each.whole {
					text += " whole"
				}
				for _, order := range each.orders {
					text += " " + order.item.subscription.Name + "=" + order.token
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestJudgeLoad(t *testing.T) {
	row := func(key, count string) dataloader.Row { return dataloader.Row{Key: key, Count: count} }
	acme := itemID{"uid-acme", "editors"}
	cases := map[string]struct {
		reason   string
		rows     []dataloader.Row
		rules    dataloader.Rules
		open     map[itemID]pending
		assigned int64
		changes  map[string]int64
		problems map[types.UID]problem
		held     int64
	}{
		"Equal":         {"the quantity held again: nothing is written", []dataloader.Row{row("acme", "5")}, dataloader.Rules{}, nil, 0, nil, nil, 0},
		"Rise":          {"another count is a change", []dataloader.Row{row("acme", "7")}, dataloader.Rules{}, nil, 0, map[string]int64{"acme": 7}, nil, 0},
		"Fall":          {"in both directions", []dataloader.Row{row("acme", "2")}, dataloader.Rules{}, nil, 0, map[string]int64{"acme": 2}, nil, 0},
		"PendingFall":   {"a fall that waits for the renewal is found again: nothing is written", []dataloader.Row{row("acme", "2")}, dataloader.Rules{}, map[itemID]pending{acme: {count: 2}}, 0, nil, nil, 0},
		"HeldRise":      {"a rise that waits for approval keeps its place", []dataloader.Row{row("acme", "90")}, dataloader.Rules{}, map[itemID]pending{acme: {count: 90, held: true}}, 0, nil, nil, 1},
		"TakenBack":     {"the quantity held again, while a fall waits, takes it back", []dataloader.Row{row("acme", "5")}, dataloader.Rules{}, map[itemID]pending{acme: {count: 2}}, 0, map[string]int64{"acme": 5}, nil, 0},
		"AboveMaximum":  {"clamped first, then compared; recorded as loaded", []dataloader.Row{row("acme", "700")}, dataloader.Rules{}, nil, 0, map[string]int64{"acme": 700}, nil, 0},
		"StillAbove":    {"another count above the maximum is the same", []dataloader.Row{row("acme", "800")}, dataloader.Rules{}, map[itemID]pending{acme: {count: 700}}, 0, nil, nil, 0},
		"BelowAssigned": {"never below the seats that somebody holds", []dataloader.Row{row("acme", "2")}, dataloader.Rules{}, nil, 5, nil, nil, 0},
		"Zero":          {"a count below the minimum", []dataloader.Row{row("acme", "0")}, dataloader.Rules{}, nil, 0, map[string]int64{"acme": 0}, nil, 0},
		"MissingKept":   {"a missing key keeps its count", []dataloader.Row{row("other", "0")}, dataloader.Rules{}, nil, 0, nil, nil, 0},
		"MissingFails": {
			"or fails",
			[]dataloader.Row{row("other", "0")},
			dataloader.Rules{OnMissing: dataloader.MissingFail},
			nil, 0, nil,
			map[types.UID]problem{"uid-acme": {"KeyMissing", `key "acme" is not in the answer`}},
			0,
		},
		"MissingZero": {"or goes to zero", []dataloader.Row{row("other", "0")}, dataloader.Rules{OnMissing: dataloader.MissingZero}, nil, 0, map[string]int64{"acme": 0}, nil, 0},
		"Bad": {
			"a bad count changes nothing",
			[]dataloader.Row{row("acme", "-3")},
			dataloader.Rules{},
			nil, 0, nil,
			map[types.UID]problem{"uid-acme": {"BadCounts", `key "acme" has a negative count: "-3"`}},
			0,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			subscription := makeSubscription("acme", 1, 5)
			subscription.Status.Items[0].Assigned = &tc.assigned
			s := makeSituation(makeProduct(hourly), subscription)
			s.product.Status.Refreshes = []v1alpha1.RefreshStatus{{NextRefreshTime: at(noon)}}
			found, err := judge(planLoads(s)[0], tc.rows, tc.rules, tc.open)
			if err != nil {
				t.Fatal(err)
			}
			var changes map[string]int64
			for _, each := range found.changes {
				if changes == nil {
					changes = map[string]int64{}
				}
				changes[each.item.subscription.Name] = each.count
			}
			if diff := cmp.Diff(tc.changes, changes); diff != "" || found.held != tc.held {
				t.Errorf("%s: held %d, changes (-want +got):\n%s", tc.reason, found.held, diff)
			}
			if tc.problems == nil {
				tc.problems = map[types.UID]problem{}
			}
			if diff := cmp.Diff(tc.problems, found.problems, cmp.AllowUnexported(problem{})); diff != "" {
				t.Errorf("%s: problems (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestJudgeFirstCounts(t *testing.T) {
	s := makeSituation(makeProduct(hourly), makeSubscription("acme", 2, -1), makeSubscription("bolt", 1, -1))
	found, err := judge(planLoads(s)[0], []dataloader.Row{{Key: "acme", Count: "0"}}, dataloader.Rules{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.changes) != 1 || found.changes[0].count != 0 {
		t.Errorf("a first count is recorded, also one of zero: got %+v", found.changes)
	}
	if got := found.problems["uid-bolt"].reason; got != v1alpha1.ReasonKeyMissing {
		t.Errorf("what has no count to keep says that its key is missing: got %q", got)
	}
	if _, err := judge(planLoads(s)[0], nil, dataloader.Rules{}, nil); err != nil {
		t.Errorf("nobody holds a seat yet, so no rows are an answer: %v", err)
	}
}

func TestBackoff(t *testing.T) {
	want := []time.Duration{30 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 10 * time.Minute, 10 * time.Minute}
	for failures, expected := range want {
		if got := backoff(int64(failures)); got != expected {
			t.Errorf("after %d failures: %s, want %s", failures, got, expected)
		}
	}
	if got := backoff(1 << 40); got != maxBackoff {
		t.Errorf("after very many: %s", got)
	}
}

func TestWaitFor(t *testing.T) {
	asked := load{clock: "", requests: map[types.UID]string{"product": "now"}}
	failing := v1alpha1.RefreshStatus{ConsecutiveFailures: 2, LastAttemptTime: at(noon)}
	cases := map[string]struct {
		reason string
		memory memory
		load   load
		entry  v1alpha1.RefreshStatus
		now    time.Time
		want   time.Time
	}{
		"Fine":         {"nothing failed", memory{}, load{}, v1alpha1.RefreshStatus{}, noon, time.Time{}},
		"AfterRestart": {"the status knows when the wall clock's load failed", memory{}, load{}, failing, noon, noon.Add(time.Minute)},
		"Remembered":   {"the process knows better", memory{retryAt: map[string]time.Time{"": noon.Add(7)}}, load{}, failing, noon, noon.Add(7)},
		"AsksAnew":     {"who asks does not wait", memory{}, asked, failing, noon, time.Time{}},
		"AskedBefore": {
			"but for the same request twice",
			memory{failed: map[request]bool{{"product", "now"}: true}},
			asked, failing, noon,
			noon.Add(time.Minute),
		},
		"Unanswered": {"nobody goes before a create that may still arrive", memory{unansweredUntil: noon.Add(time.Hour)}, asked, failing, noon, noon.Add(time.Hour)},
		"ClockMoved": {
			"a TestClock that moved is attempted at once",
			memory{retryAt: map[string]time.Time{"clock": noon.Add(time.Hour)}},
			load{clock: "clock"},
			v1alpha1.RefreshStatus{Clock: "clock", ConsecutiveFailures: 2, LastAttemptTime: at(noon)},
			noon.Add(1e9),
			time.Time{},
		},
		"ClockStands": {
			"one that stands still waits",
			memory{retryAt: map[string]time.Time{"clock": noon.Add(time.Hour)}},
			load{clock: "clock"},
			v1alpha1.RefreshStatus{Clock: "clock", ConsecutiveFailures: 2, LastAttemptTime: at(noon)},
			noon, noon.Add(time.Hour),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := tc.memory.waitFor(tc.load, tc.entry, tc.now); !got.Equal(tc.want) {
				t.Errorf("%s: until %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

func TestStandsFor(t *testing.T) {
	make := func(uid types.UID, count int64, loaded time.Time, state v1alpha1.UpdateState) *v1alpha1.SubscriptionUpdate {
		update := builders.MakeSubscriptionUpdate("x", "shop", "acme").SubscriptionUID(uid).Count("editors", count).FromRefresh("editors", "t", noon).Obj()
		update.Spec.Cause.LoadedTime = at(loaded)
		update.Status.State = state
		return update
	}
	wanted := make("uid", 7, noon, "")
	for reason, tc := range map[string]struct {
		existing *v1alpha1.SubscriptionUpdate
		want     bool
	}{
		"our own, of which the reply was lost":     {make("uid", 7, noon, ""), true},
		"a newer answer's":                         {make("uid", 9, noon.Add(time.Second), ""), true},
		"an earlier try's of the same tick":        {make("uid", 7, noon.Add(-time.Minute), v1alpha1.UpdatePending), true},
		"one that was applied":                     {make("uid", 9, noon.Add(-time.Minute), v1alpha1.UpdateApplied), true},
		"an older answer that says something else": {make("uid", 9, noon.Add(-time.Minute), v1alpha1.UpdateScheduled), false},
		"one that came too late and was given up":  {make("uid", 7, noon.Add(-time.Hour), v1alpha1.UpdateSuperseded), false},
		"another subscription's":                   {make("other", 7, noon, ""), false},
		"no refresh's":                             {builders.MakeSubscriptionUpdate("x", "shop", "acme").SubscriptionUID("uid").Count("editors", 7).Obj(), false},
	} {
		if got := standsFor(tc.existing, wanted); got != tc.want {
			t.Errorf("%s: got %v", reason, got)
		}
	}
	existing := make("uid", 9, noon, "")
	existing.UID = "1234"
	if got := nextToken(strings.Repeat("x", 2000), existing); len(got) != maxRequest || !strings.HasSuffix(got, "/1234") {
		t.Errorf("a long token is cut, and stays different: %d bytes", len(got))
	}
}

func TestNotes(t *testing.T) {
	other := makeProduct(hourly)
	other.Name = "viewer"
	products := map[string]*v1alpha1.SeatProduct{"viewer": other}
	both := func() *v1alpha1.Subscription {
		s := makeSubscription("acme", 1, 5)
		s.Spec.Items = append(s.Spec.Items, v1alpha1.SubscriptionItem{Name: "viewers", ProductRef: v1alpha1.LocalReference{Name: "viewer"}, Plan: "monthly"})
		s.Annotations = map[string]string{v1alpha1.AnnotationRefreshRequestedAt: "x"}
		return s
	}
	pass := func(subscription *v1alpha1.Subscription, loaded bool) *v1alpha1.Subscription {
		s := makeSituation(makeProduct(hourly), subscription)
		s.product.Status.Refreshes = []v1alpha1.RefreshStatus{{NextRefreshTime: at(noon)}}
		var results []result
		if loaded {
			results = append(results, result{load: planLoads(s)[0], findings: findings{problems: map[types.UID]problem{}}})
		}
		notes := planNotes(s, results, products)
		if notes[0].changes() {
			notes[0].write(subscription, noon)
		}
		return subscription
	}
	if got := pass(both(), false).Status; len(got.Loads) > 0 || got.LastHandledRefreshRequest != "" {
		t.Errorf("a request is answered before anything was loaded: %+v", got)
	}
	first := pass(both(), true)
	if diff := cmp.Diff([]v1alpha1.LoadStatus{{Product: "editor", LastHandledRefreshRequest: "x"}}, first.Status.Loads); diff != "" || first.Status.LastHandledRefreshRequest != "" {
		t.Errorf("the first of two products answers for itself: %q\n%s", first.Status.LastHandledRefreshRequest, diff)
	}
	second := both()
	second.Status.Loads = []v1alpha1.LoadStatus{{Product: "viewer", LastHandledRefreshRequest: "x"}}
	if got := pass(second, true).Status; got.LastHandledRefreshRequest != "x" || len(got.Loads) > 0 {
		t.Errorf("the second answers for both: %+v", got)
	}
	declared := both()
	five := int64(5)
	declared.Spec.Items[0].Quantity, declared.Spec.Items[1].Quantity = &five, &five
	if got := pass(declared, false).Status; got.LastHandledRefreshRequest != "x" {
		t.Errorf("where nothing is loaded, the request is answered at once: %+v", got)
	}
	stale := makeSubscription("acme", 1, 5)
	stale.Status.Loads = []v1alpha1.LoadStatus{{Product: "gone", Reason: v1alpha1.ReasonBadCounts}}
	stale.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionSeatsCurrent, Status: metav1.ConditionFalse}}
	if got := pass(stale, false).Status; len(got.Loads) > 0 || got.Conditions[0].Status != metav1.ConditionTrue {
		t.Errorf("a product that is not the subscription's any more has nothing to say: %+v", got)
	}
}
