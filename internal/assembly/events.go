// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package assembly

import (
	"cmp"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/event"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
)

// TrialNotice is how long before the end of a trial the event subscription.trial-ending happens. A trial that is shorter
// has it at its start.
const TrialNotice = 3 * 24 * time.Hour

const (
	maxEventSummary = 256
	maxEventMessage = 1024
)

// Passed is one pass over a subscription, for [Events].
type Passed struct {
	// Subscription is as it was read, and Before its committed state.
	Subscription *v1alpha1.Subscription
	Before       subscription.State
	Input        subscription.Input
	Outcome      subscription.Outcome
	// Updates are the open updates as they were read, by UID.
	Updates map[string]*v1alpha1.SubscriptionUpdate
}

// Events returns the events of a pass for EventSinks, in order and without numbers. An event that is in the subscription's
// status already is left out.
func Events(p Passed) []v1alpha1.Notification {
	var t told
	for _, m := range p.Outcome.Milestones {
		t.milestone(m)
	}
	for _, e := range p.Outcome.Effects {
		t.effect(p, e)
	}
	for _, n := range p.Outcome.Notices {
		t.notice(n)
	}
	for _, w := range p.Outcome.Waiting {
		t.waiting(p, w)
	}
	if end, at, ends := trialEnding(p); ends {
		t.add(at, rankLater, v1alpha1.Notification{
			Type: string(event.SubscriptionTrialEnding), PeriodStart: record.Time(p.Outcome.State.Period.Span.Start), PeriodEnd: record.Time(end),
		})
	}
	if p.Before.Parked == "" && p.Outcome.State.Parked != "" {
		t.add(p.Input.Now, rankLast, v1alpha1.Notification{
			Type: string(event.SubscriptionParked), Message: cut(p.Outcome.State.Parked, maxEventMessage),
		})
	}
	return t.sorted()
}

// TrialEndingTime is the end of the trial that the events of a pass announce, or nil if they announce none.
func TrialEndingTime(events []v1alpha1.Notification) *metav1.Time {
	for n := range events {
		if events[n].Type == string(event.SubscriptionTrialEnding) {
			return events[n].PeriodEnd
		}
	}
	return nil
}

// NextTrialEnding is when the event subscription.trial-ending is due. It is zero if it is not due, or
// was already recorded.
func NextTrialEnding(sub *v1alpha1.Subscription, state subscription.State) time.Time {
	end := state.Period.Span.End
	if state.Phase != subscription.Trialing || !state.Period.Trial || record.Instant(sub.Status.TrialEndingTime).Equal(end) {
		return time.Time{}
	}
	at := end.Add(-TrialNotice)
	if at.Before(state.Period.Span.Start) {
		at = state.Period.Span.Start
	}
	return at
}

// trialEnding returns the end of the trial that an event has to announce, and when that event
// became due.
func trialEnding(p Passed) (end, at time.Time, ends bool) {
	at = NextTrialEnding(p.Subscription, p.Outcome.State)
	if at.IsZero() || at.After(p.Input.Now) || p.Input.Terms.OnHold() {
		return time.Time{}, time.Time{}, false
	}
	return p.Outcome.State.Period.Span.End, at, true
}

// The ranks order events at the same instant.
const (
	rankBegins = iota
	rankEffect
	rankLater
	rankLast
)

// told collects events. They are ordered by their times, then by rank, then as they were added.
type told struct {
	events []v1alpha1.Notification
	ranks  []int
}

func (t *told) add(at time.Time, rank int, n v1alpha1.Notification) {
	if at.IsZero() { // a commit never fails for its events
		at = time.Unix(0, 0)
	}
	n.Time = *record.Time(at)
	t.events, t.ranks = append(t.events, n), append(t.ranks, rank)
}

func (t *told) sorted() []v1alpha1.Notification {
	order := make([]int, len(t.events))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(t.events[a].Time.Compare(t.events[b].Time.Time), cmp.Compare(t.ranks[a], t.ranks[b]))
	})
	var sorted []v1alpha1.Notification
	for _, i := range order {
		sorted = append(sorted, t.events[i])
	}
	return sorted
}

func (t *told) milestone(m subscription.Milestone) {
	switch m.Turn {
	case subscription.HasStarted:
		t.add(m.At, rankBegins, ofPeriod(event.SubscriptionStarted, m))
	case subscription.HasRenewed:
		t.add(m.At, rankBegins, ofPeriod(event.SubscriptionRenewed, m))
	default:
		t.add(m.At, rankLast, v1alpha1.Notification{Type: string(event.SubscriptionCanceled)})
	}
}

func ofPeriod(kind event.Type, m subscription.Milestone) v1alpha1.Notification {
	return v1alpha1.Notification{Type: string(kind), PeriodStart: record.Time(m.Period.Start), PeriodEnd: record.Time(m.Period.End)}
}

// effect adds the event about an update that is decided, or about a document. The same event follows from the record that the commit
// writes; see [delivery.Rebuild].
func (t *told) effect(p Passed, e subscription.Effect) {
	if d := e.Document; d != nil {
		name, spec := IssuedInvoice(p.Subscription, p.Outcome, *d)
		t.add(d.Issued, rankEffect, delivery.OfInvoice(name, &spec))
		return
	}
	d := e.Decision
	u := v1alpha1.SubscriptionUpdate{ObjectMeta: metav1.ObjectMeta{Name: d.Name, UID: types.UID(d.UID)}}
	if read := p.Updates[d.UID]; read != nil {
		u.UID = facts.Identity(read) // the event outlives the present UID of an update that is exported and imported
	}
	u.Status.State = v1alpha1.UpdateState(d.Verdict)
	n, ends := delivery.OfUpdate(&u)
	if !ends {
		return
	}
	t.unseenWaits(p, p.Updates[d.UID], d.Waited)
	at := d.AppliedAt
	if at.IsZero() {
		at = p.Input.Now
	}
	t.add(at, rankEffect, n)
}

// limits are the events about limits, by the kind of the limit.
var limits = map[metering.LimitKind]event.Type{
	metering.SoftLimit:      event.UsageSoftLimitReached,
	metering.TrialLimit:     event.UsageTrialLimitReached,
	metering.HardLimit:      event.UsageHardLimitReached,
	subscription.SeatsLimit: event.SeatsLimitReached,
}

func (t *told) notice(n subscription.Notice) {
	t.add(n.At, rankLater, v1alpha1.Notification{
		Type: string(limits[n.Limit]), Item: n.Item,
		Threshold: ptr.To(int32(n.Threshold)), Quantity: ptr.To(n.Reached), //nolint:gosec // 75 to 100
	})
}

// Reported returns what a pass reports about an update that waits. While there is more to replay, nobody knows yet whether
// the update has to wait once its turn comes. One that was not scheduled or held before is reported as pending.
func Reported(outcome subscription.Outcome, u *v1alpha1.SubscriptionUpdate, w subscription.Waiting) subscription.Waiting {
	if outcome.More && w.Verdict != subscription.IsPending && u.Status.State != v1alpha1.UpdateState(w.Verdict) {
		w.Verdict = subscription.IsPending
		w.Fault = subscription.Fault{Reason: v1alpha1.ReasonProgressing, Message: "Events of an earlier time come first. Seatplane is catching up on them."}
	}
	return w
}

// waiting adds the event about an update that was scheduled or held in this pass. Its own status says so only after the commit. An update
// that only waits for its turn has no such event: whether a pass sees it wait depends on when that pass is.
func (t *told) waiting(p Passed, w subscription.Waiting) {
	u := p.Updates[w.UID]
	if u == nil {
		return
	}
	t.unseenWaits(p, u, w.Waited)
	w = Reported(p.Outcome, u, w)
	if n, isNews := ofWait(p, u, w.Verdict); isNews && w.Waits() {
		n.ApplyAt, n.Summary = record.Time(w.InForce.ApplyAt), cut(w.Summary, maxEventSummary)
		t.add(p.Input.Now, rankLater, n)
	}
}

// unseenWaits adds the events about an update that waited while no pass saw it. Whether the operator was running at that time
// makes no difference to the events.
func (t *told) unseenWaits(p Passed, u *v1alpha1.SubscriptionUpdate, waited []subscription.Wait) {
	if u == nil {
		return
	}
	for _, w := range waited {
		if n, isNews := ofWait(p, u, w.Verdict); isNews {
			n.ApplyAt, n.Summary = record.Time(w.ApplyAt), cut(w.Summary, maxEventSummary)
			t.add(w.Since, rankEffect, n)
		}
	}
}

// ofWait returns the event that an update is scheduled or held. The event is not news if it was recorded before. If the manager ended
// before the status of the update said so, the event is in the status of the subscription.
func ofWait(p Passed, u *v1alpha1.SubscriptionUpdate, verdict subscription.Verdict) (n v1alpha1.Notification, isNews bool) {
	kind, state := event.UpdateScheduled, v1alpha1.UpdateState(verdict)
	if verdict == subscription.IsHeld {
		kind = event.UpdateHeld
	}
	recorded := slices.ContainsFunc(p.Subscription.Status.Notifications, func(n v1alpha1.Notification) bool {
		return n.Type == string(kind) && n.Ref != nil && facts.HasUID(u, n.Ref.UID)
	})
	if recorded || u.Status.State == state || slices.Contains(u.Status.Waited, state) {
		return v1alpha1.Notification{}, false
	}
	ref := &v1alpha1.NotificationReference{Kind: delivery.KindUpdate, Name: u.Name, UID: facts.Identity(u)}
	return v1alpha1.Notification{Type: string(kind), Ref: ref}, true
}

// cut shortens a text to a number of characters.
func cut(text string, most int) string {
	runes := []rune(strings.ToValidUTF8(text, ""))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-1]) + "…"
}
