// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package assembly_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/event"
	"github.com/seatplane/seatplane/internal/record"
)

// Every kind of event but those of products is told of a pass, once, with what no record says.
func TestEvents(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 4, n, 0, 0, 0, 0, time.UTC) }
	period := calendar.Span{Start: day(1), End: day(30)}
	trial := subscription.State{Phase: subscription.Trialing, Period: subscription.Period{Span: period, Trial: true}}
	euro, err := money.ParseCurrency("EUR")
	if err != nil {
		t.Fatal(err)
	}
	decided := func(verdict subscription.Verdict) subscription.Outcome {
		return subscription.Outcome{Effects: []subscription.Effect{{Decision: &subscription.Decision{Name: "u", UID: "u-1", Verdict: verdict}}}}
	}
	noticed := func(kind metering.LimitKind) subscription.Outcome {
		return subscription.Outcome{Notices: []subscription.Notice{{Item: "editors", Limit: kind, Threshold: 90, Reached: 9, At: day(2)}}}
	}
	waiting := func(verdict subscription.Verdict) subscription.Outcome {
		return subscription.Outcome{Waiting: []subscription.Waiting{{
			Name: "u", UID: "u-1", Verdict: verdict, Summary: "editors 2 → 7", InForce: subscription.InForce{ApplyAt: day(20)},
			Postponed: verdict == subscription.IsScheduled,
		}}}
	}
	unseen, behind, turn := decided(subscription.IsApplied), waiting(subscription.IsScheduled), waiting(subscription.IsScheduled)
	unseen.Effects[0].Decision.Waited = []subscription.Wait{{Verdict: subscription.IsHeld, Since: day(1)}, {Verdict: subscription.IsScheduled, Since: day(2)}}
	behind.More, turn.Waiting[0].Postponed = true, false
	heldBehind := waiting(subscription.IsHeld)
	heldBehind.More = true
	turned := func(turn subscription.Turn) subscription.Outcome {
		return subscription.Outcome{Milestones: []subscription.Milestone{{Turn: turn, At: day(1), Period: period}}}
	}
	parked, open := subscription.Outcome{}, &v1alpha1.SubscriptionUpdate{}
	parked.State.Parked, open.UID = "It looks wrong.", "u-1"
	scheduled, resumed := open.DeepCopy(), open.DeepCopy()
	scheduled.Status.State, resumed.Status.Waited = v1alpha1.UpdateScheduled, []v1alpha1.UpdateState{v1alpha1.UpdateScheduled}
	cases := map[string]struct {
		reason  string
		outcome subscription.Outcome
		before  subscription.State
		now     time.Time
		update  *v1alpha1.SubscriptionUpdate
		status  v1alpha1.SubscriptionStatus
		want    []event.Type
	}{
		"Started":    {reason: "it began", outcome: turned(subscription.HasStarted), want: []event.Type{event.SubscriptionStarted}},
		"Renewed":    {reason: "a period began", outcome: turned(subscription.HasRenewed), want: []event.Type{event.SubscriptionRenewed}},
		"Canceled":   {reason: "it ended", outcome: turned(subscription.HasEnded), want: []event.Type{event.SubscriptionCanceled}},
		"Parked":     {reason: "a person is needed", outcome: parked, want: []event.Type{event.SubscriptionParked}},
		"StillSo":    {reason: "it was parked before", outcome: parked, before: parked.State},
		"Applied":    {reason: "a change took effect", outcome: decided(subscription.IsApplied), want: []event.Type{event.UpdateApplied}},
		"Rejected":   {reason: "a change never will", outcome: decided(subscription.IsRejected), want: []event.Type{event.UpdateRejected}},
		"Superseded": {reason: "another took its place", outcome: decided(subscription.IsSuperseded), want: []event.Type{event.UpdateSuperseded}},
		"Previewed":  {reason: "a preview changes nothing", outcome: decided(subscription.IsPreviewed)},
		"Scheduled":  {reason: "a change waits", outcome: waiting(subscription.IsScheduled), update: open, want: []event.Type{event.UpdateScheduled}},
		"Held":       {reason: "a change waits for a person", outcome: waiting(subscription.IsHeld), update: open, want: []event.Type{event.UpdateHeld}},
		"Pending":    {reason: "it waits for a moment", outcome: waiting(subscription.IsPending), update: open},
		"Known":      {reason: "it was scheduled before", outcome: waiting(subscription.IsScheduled), update: scheduled},
		"Resumed":    {reason: "it was scheduled before it was suspended", outcome: waiting(subscription.IsScheduled), update: resumed},
		"Turn":       {reason: "it is due, and only waits for its turn", outcome: turn, update: open},
		"Behind":     {reason: "whether it has to wait is known once everything before it is replayed", outcome: behind, update: open},
		"HeldBehind": {reason: "the guard may not stop it any more by then", outcome: heldBehind, update: open},
		"Unseen": {
			reason: "nobody was there while it waited", outcome: unseen, update: open,
			want: []event.Type{event.UpdateHeld, event.UpdateScheduled, event.UpdateApplied},
		},
		"Seen": {
			reason: "it was scheduled before, and held while nobody was there", outcome: unseen, update: scheduled,
			want: []event.Type{event.UpdateHeld, event.UpdateApplied},
		},
		"Recorded": {
			reason: "the manager ended between the commit and the status of the update", outcome: waiting(subscription.IsScheduled), update: open,
			status: v1alpha1.SubscriptionStatus{Notifications: []v1alpha1.Notification{{
				Type: string(event.UpdateScheduled), Ref: &v1alpha1.NotificationReference{Kind: delivery.KindUpdate, Name: "u", UID: "u-1"},
			}}},
		},
		"Seats":      {reason: "seats fill up", outcome: noticed(subscription.SeatsLimit), want: []event.Type{event.SeatsLimitReached}},
		"Soft":       {reason: "usage grows", outcome: noticed(metering.SoftLimit), want: []event.Type{event.UsageSoftLimitReached}},
		"TrialLimit": {reason: "a trial is used up", outcome: noticed(metering.TrialLimit), want: []event.Type{event.UsageTrialLimitReached}},
		"Hard":       {reason: "usage is not billed any more", outcome: noticed(metering.HardLimit), want: []event.Type{event.UsageHardLimitReached}},
		"Invoice": {
			reason:  "a document was issued",
			outcome: subscription.Outcome{State: subscription.State{Currency: euro}, Effects: []subscription.Effect{{Document: &subscription.Document{Number: 1, Issued: day(1)}}}},
			want:    []event.Type{event.InvoiceIssued},
		},
		"TrialEnding": {reason: "three days are left", outcome: subscription.Outcome{State: trial}, now: day(27), want: []event.Type{event.SubscriptionTrialEnding}},
		"TrialLong":   {reason: "four days are left", outcome: subscription.Outcome{State: trial}, now: day(26)},
		"TrialTold": {
			reason: "it was told", outcome: subscription.Outcome{State: trial}, now: day(28),
			status: v1alpha1.SubscriptionStatus{TrialEndingTime: record.Time(day(30))},
		},
	}
	reached := map[event.Type]bool{event.ProductRefreshFailed: true, event.ProductRefreshRecovered: true}
	for name, tc := range cases {
		for _, kind := range tc.want {
			reached[kind] = true
		}
		t.Run(name, func(t *testing.T) {
			p := assembly.Passed{Subscription: &v1alpha1.Subscription{Status: tc.status}, Before: tc.before, Outcome: tc.outcome}
			if p.Input.Now = tc.now; tc.now.IsZero() {
				p.Input.Now = day(10)
			}
			if tc.update != nil {
				p.Updates = map[string]*v1alpha1.SubscriptionUpdate{"u-1": tc.update}
			}
			var got []event.Type
			for _, n := range assembly.Events(p) {
				got = append(got, event.Type(n.Type))
				n.Sequence = 1
				if n.Ref == nil {
					sub := &v1alpha1.Subscription{}
					sub.UID = "s-1"
					if _, err := event.Body(n, "s-1", event.Record{Subscription: sub}); err != nil {
						t.Errorf("%s: the event lacks something: %v", tc.reason, err)
					}
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
	for _, kind := range event.Types() {
		if !reached[kind] {
			t.Errorf("no row reaches %s", kind)
		}
	}
}

// Events are in the order of their times. At one instant, a period begins before what it charges, and the end is last.
func TestEventsAreInOrder(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 4, n, 0, 0, 0, 0, time.UTC) }
	outcome := subscription.Outcome{
		Milestones: []subscription.Milestone{{Turn: subscription.HasStarted, At: day(1)}, {Turn: subscription.HasRenewed, At: day(2)}, {Turn: subscription.HasEnded, At: day(3)}},
		Effects: []subscription.Effect{
			{Decision: &subscription.Decision{Name: "a", UID: "a", Verdict: subscription.IsApplied, AppliedAt: day(2)}},
			{Decision: &subscription.Decision{Name: "b", UID: "b", Verdict: subscription.IsApplied, AppliedAt: day(3)}},
		},
		Notices: []subscription.Notice{{Item: "editors", Limit: subscription.SeatsLimit, Threshold: 75, At: day(2)}},
	}
	var got []string
	for _, n := range assembly.Events(assembly.Passed{Subscription: &v1alpha1.Subscription{}, Outcome: outcome}) {
		got = append(got, n.Type)
	}
	want := []string{
		"subscription.started", "subscription.renewed", "subscription-update.applied", "seats.limit-reached",
		"subscription-update.applied", "subscription.canceled",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestEventsNameTheIdentity: an event about an imported update names the UID by which the update is known, whatever UID it
// has at present. After another move it still has its record, and it is not told twice.
func TestEventsNameTheIdentity(t *testing.T) {
	u := &v1alpha1.SubscriptionUpdate{}
	u.Name, u.UID = "u", "present"
	u.Status.Imported = &v1alpha1.Imported{Export: "0123456789abcdef", UID: "first"}
	of := map[string]*v1alpha1.SubscriptionUpdate{"present": u}
	sub := &v1alpha1.Subscription{}
	for name, outcome := range map[string]subscription.Outcome{
		"decided": {Effects: []subscription.Effect{{Decision: &subscription.Decision{Name: "u", UID: "present", Verdict: subscription.IsApplied}}}},
		"waiting": {Waiting: []subscription.Waiting{{Name: "u", UID: "present", Verdict: subscription.IsScheduled, Postponed: true}}},
	} {
		got := assembly.Events(assembly.Passed{Subscription: sub, Outcome: outcome, Updates: of})
		if len(got) != 1 || got[0].Ref == nil || got[0].Ref.UID != "first" {
			t.Fatalf("%s: got %+v, want one event about the update with the UID first", name, got)
		}
		if name == "waiting" {
			sub.Status.Notifications = got
			if again := assembly.Events(assembly.Passed{Subscription: sub, Outcome: outcome, Updates: of}); len(again) != 0 {
				t.Errorf("%s: it is told again: %+v", name, again)
			}
		}
	}
}
