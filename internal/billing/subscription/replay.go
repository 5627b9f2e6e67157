// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"slices"
	"time"

	"github.com/seatplane/seatplane/internal/billing/calendar"
)

const (
	// MaxEventsPerDay is how many events may have the same local date before a subscription is
	// parked. More than that is a loop somewhere, and money is involved (billing.md#13-time).
	MaxEventsPerDay = 200
	// MaxBoundaries is how many boundaries are replayed at once on the wall clock. More than that
	// is a typing error, such as a start in 1970 with daily periods. It keeps a subscription from
	// starting, and parks one that has started (billing.md#14-start-and-end).
	MaxBoundaries = 400
	// maxEventsPerPlan bounds one plan. The next plan replays the rest.
	maxEventsPerPlan = 4096
)

// Replay replays every due event in the order of event times, and returns the result. It does not
// modify its arguments.
func Replay(state State, in Input) Outcome {
	r := newReplay(state, in)
	for !r.stopped() {
		e, found := r.next()
		if !found {
			break
		}
		if e.at.After(in.Now) {
			r.out.Next = e.at
			break
		}
		if r.full(e) {
			r.out.More = true
			break
		}
		r.step(e)
	}
	out := r.finish()
	if wrong := auditPlan(state, out); wrong != "" {
		return park(state, wrong)
	}
	return out
}

// view is what a replay reads. Its methods answer questions, and none of them changes anything.
type view struct {
	in    *Input
	state *State
	// updates are the open ones, ordered by creation and name.
	updates []*pending
	// zone is the location of the current period's time zone.
	zone *time.Location
	// ended means that the subscription had ended before this plan.
	ended bool
}

// replay is one run of Replay. Only its own methods change something.
type replay struct {
	view
	out Outcome
	// refused are the readings that cannot be recorded.
	refused []Reading
	// maxEvents bounds how many events are replayed.
	maxEvents int
	// owned says that the lists of the state are not those of the state that was handed in, and may change.
	owned bool
}

// pending is an open update, with what this plan found out about it.
type pending struct {
	Update
	// fault is why the update could not apply when it was due. It is nil if that was not tried
	// since the last event.
	fault *Fault
	// tried means that the update was due, could not apply, and waits for another event.
	tried bool
	// waited is what the update had waited for when a change of items took its item away. It is nil for any other update.
	waited []Wait
}

// newReplay begins with the lists of the state that is handed in. Whatever changes an element copies the list first.
func newReplay(state State, in Input) *replay {
	r := &replay{
		view:      view{in: &in, state: &state, zone: zoneOrUTC(state.Period.Zone), ended: state.Phase == Canceled},
		maxEvents: maxEventsPerPlan,
	}
	for i := range in.Updates {
		r.updates = append(r.updates, &pending{Update: in.Updates[i]})
	}
	slices.SortFunc(r.updates, (*pending).compare)
	if in.Unpark && r.state.Parked != "" {
		r.state.Parked = ""
		r.state.Day = DayCount{}
		r.state.CatchUpTo = in.Now
		r.count()
	}
	return r
}

// zoneOrUTC loads a zone that was valid when it was committed.
func zoneOrUTC(name string) *time.Location {
	zone, err := calendar.LoadZone(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// stopped reports whether this plan may not replay another event.
func (r *replay) stopped() bool {
	switch {
	case r.in.Terms.OnHold():
		return true
	case r.out.Blocked != nil:
		return true
	case r.state.Parked != "":
		r.out.Blocked = &Fault{ReasonParked, r.state.Parked}
		return true
	}
	return false
}

// full reports whether a bound leaves no room for an event. There is always room for the first one.
func (r *replay) full(e event) bool {
	if r.out.Events >= r.maxEvents {
		return true
	}
	return r.in.MaxEffects > 0 && r.out.Events > 0 && len(r.out.Effects)+r.room(e) > r.in.MaxEffects
}

func (r *replay) count() {
	r.state.Sequence++
	r.out.Events++
}

const (
	// effectsOfOneEvent is what most events owe at most: one or two effects.
	effectsOfOneEvent = 2
	// maxFirstCounts bounds how many first counts one event decides, so that one event always fits into an outbox. The
	// counts of further items are used too. The next pass closes their updates, because they are not newer than the
	// counts in force.
	maxFirstCounts = 60
)

// room is how many effects an event owes at most. A start, and an edit that adds items, also decide the first counts of the
// items.
func (r *replay) room(e event) int {
	items := 0
	switch {
	case e.kind == starts:
		items = len(r.in.Terms.Items)
	case e.kind == changeDue && e.update.Origin == OriginSpec:
		items = len(e.update.Items)
	}
	return effectsOfOneEvent + min(items, maxFirstCounts)
}

// step replays one event, or finds that the event has to wait.
func (r *replay) step(e event) {
	if e.kind == readingTaken {
		// A reading does not count as a billing event, no matter how often a source is read.
		refused := len(r.refused)
		_ = r.attempt(e)
		if len(r.refused) == refused {
			r.out.Readings++
			r.outdateRefused(e.reading.Item)
		}
		return
	}
	day := calendar.LocalDate(e.at, r.zone)
	if r.state.Day.Date == day && r.state.Day.Count >= MaxEventsPerDay {
		r.state.Parked = fmt.Sprintf("More than %d events fall on one day, which looks like a loop. "+
			"Find out what keeps changing this subscription, then set the annotation "+
			"billing.seatplane.dev/unpark to a new value to resume it.", MaxEventsPerDay)
		r.count()
		return
	}
	if n := r.boundariesFrom(e); n > MaxBoundaries {
		r.state.Parked = fmt.Sprintf("%d billing periods would be charged at once, more than %d, which looks like a wrong "+
			"date. To charge them all, set the annotation billing.seatplane.dev/unpark to a new value. To end the subscription "+
			"without charging them, delete it with the annotation billing.seatplane.dev/delete: Abandon.", n, MaxBoundaries)
		r.count()
		return
	}
	waits, waiting := r.waitedFor(e), r.waitingWhen(e)
	if fault := r.attempt(e); fault != nil {
		r.hold(e, *fault)
		return
	}
	r.recordWaits(e, waits)
	r.rememberWaits(waiting)
	r.count()
	r.mark(e)
	// Readings that were refused before may fit now.
	r.refused, r.out.Refused = nil, nil
	if e.at.After(r.state.LastEvent) && !r.notStarted() { // a start can still be moved to an earlier time
		r.state.LastEvent = e.at
	}
	if r.state.Day.Date != day {
		r.state.Day = DayCount{Date: day}
	}
	r.state.Day.Count++
	for _, p := range r.updates {
		p.tried = false
	}
}

// attempt carries out an event. If the event meets a fault, or leads to a state that cannot be
// recorded, all of its changes are undone: a fault changes nothing, no matter how late it is found.
// Then either the update or reading that the event is about is refused, or the event waits and
// attempt returns why.
func (r *replay) attempt(e event) *Fault {
	before := r.copied()
	fault := r.handle(e)
	waits := fault != nil && !e.refusedFor(*fault)
	if fault == nil {
		fault = r.outOfBounds(len(before.out.Effects))
	}
	if fault == nil {
		fault = r.sumOutOfBounds(e, before.view)
	}
	if fault == nil {
		return nil
	}
	*r = before
	switch {
	case waits:
		return fault
	case e.kind == readingTaken:
		r.refuseReading(e.reading, *fault)
		return nil
	case e.update != nil:
		return r.refuse(e.update, e.at, *fault)
	default:
		return fault
	}
}

// copied returns a copy of the replay to return to. The copy shares no list of the state with the replay that continues.
// The first copy keeps the state that was handed in. From then on, the replay keeps its own lists, which have room to grow,
// and the copy gets clones of them.
func (r *replay) copied() replay {
	before, state := *r, r.state.clone()
	if r.owned {
		before.state = &state
	} else {
		r.state, r.owned = &state, true
	}
	return before
}

// refusedFor reports whether a fault that an event met is about its update alone, which is then
// refused. A preview waits instead, because its copy may lack something.
func (e event) refusedFor(fault Fault) bool {
	return e.update != nil && !e.update.Preview && fault.Reason.WaitsByItself()
}

// boundariesFrom is how many boundaries are due from this one on, up to now or the end. It is 0 for
// any other event, on a test clock, and if a person let the boundaries be replayed.
func (v view) boundariesFrom(e event) int {
	boundary := e.kind == trialEnds || e.kind == periodEnds
	if !boundary || v.in.Terms.ByHand || !e.at.After(v.state.CatchUpTo) {
		return 0
	}
	last := v.in.Now
	if end, ends := v.endTime(); ends {
		last = earlier(last, end)
	}
	c := calendar.Calendar{Anchor: v.state.Anchor, Interval: v.state.Interval, Zone: v.zone}
	return c.IndexOf(last) - c.IndexOf(e.at) + 1
}

// hold records that an event cannot take place yet. An edit of the spec waits alone; anything else
// blocks all later events.
func (r *replay) hold(e event, fault Fault) {
	if e.update != nil && e.update.blocksNothing(fault) {
		e.update.fault, e.update.tried = &fault, true
		return
	}
	if at, ok := r.endTime(); ok && e.kind == starts {
		if !at.After(r.in.Now) {
			// The subscription never started, and ends without a document
			// (billing.md#14-start-and-end).
			r.step(event{kind: cancels, at: at})
			return
		}
		r.out.Next = at
	}
	r.out.Blocked = &fault
}

// blocksNothing reports whether a fault keeps only this update waiting. A preview never blocks
// anything. Neither does an edit of the spec that names a missing object, because the current items
// continue to be billed.
func (p *pending) blocksNothing(fault Fault) bool {
	missing := fault.Reason == ProductNotFound || fault.Reason == PlanNotFound
	return fault.Reason.WaitsByItself() || p.Preview || (missing && p.Origin == OriginSpec && p.Items != nil)
}

// decide closes an update.
func (r *replay) decide(p *pending, d Decision) {
	d.Name, d.UID = p.Name, p.UID
	r.out.Effects = append(r.out.Effects, Effect{Decision: &d})
	r.updates = without(r.updates, p)
}

// without is the list without one of its elements. The original list is not changed, because the event may be undone.
// Mostly the oldest update is decided, and nothing has to be copied.
func without(updates []*pending, decided *pending) []*pending {
	switch at := slices.Index(updates, decided); at {
	case -1:
		return updates
	case 0:
		return updates[1:]
	default:
		return slices.Delete(slices.Clone(updates), at, at+1)
	}
}

// finish records which documents billed the applied updates, and what each open update waits for.
func (r *replay) finish() Outcome {
	documents := map[string]int64{}
	for _, effect := range r.out.Effects {
		if effect.Document == nil {
			continue
		}
		for _, line := range effect.Document.Lines {
			documents[line.Key] = effect.Document.Number
		}
	}
	for _, effect := range r.out.Effects {
		if effect.Decision == nil {
			continue
		}
		for _, line := range effect.Decision.Lines {
			effect.Decision.Document = documents[line.Key]
		}
	}
	for _, p := range r.updates {
		waiting := r.waiting(p)
		waiting.Estimate, waiting.Waited = r.estimate(p, waiting), p.waited
		r.out.Waiting = append(r.out.Waiting, waiting)
	}
	if r.out.Events > 0 {
		r.nameSources()
	}
	r.out.State = *r.state
	return r.out
}

// nameSources records who currently decides the quantity of each item.
func (r *replay) nameSources() {
	r.state.Items = slices.Clone(r.state.Items)
	for i := range r.state.Items {
		item := &r.state.Items[i]
		declared, _ := r.in.Terms.item(item.Name)
		switch {
		case declared.Quantity != nil:
			item.Source = FromSpec
		case r.in.Products[item.Product].Loader:
			item.Source = FromLoader
		default:
			item.Source = FromUpdate
		}
	}
}
