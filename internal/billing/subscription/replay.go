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
	// MaxEventsPerDay is how many events may lie on one local day before a
	// subscription is parked: more than that is a loop somewhere, and money is
	// involved (billing.md#13-time).
	MaxEventsPerDay = 200
	// MaxBoundaries is how many boundaries are replayed in one go on the wall clock.
	// More than that is a typing error, such as a start in 1970 with daily periods: it
	// keeps a subscription from starting, and parks one that has started
	// (billing.md#14-start-and-end).
	MaxBoundaries = 400
	// maxEventsPerPlan bounds one plan; what is left is replayed by the next.
	maxEventsPerPlan = 4096
)

// Replay replays every event that is due, in order of their own times, and
// returns what follows. It changes neither argument.
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
		if r.full() {
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

// view is what a replay looks at. Its methods answer questions: none of them changes
// what it looks at.
type view struct {
	in    *Input
	state *State
	// updates are those that are still open, by creation and name.
	updates []*pending
	// zone is the location of the current period's time zone.
	zone *time.Location
	// ended: the subscription had ended before this plan.
	ended bool
}

// replay is one run of Replay. Its own methods are the ones that change something.
type replay struct {
	view
	out Outcome
	// refused are the readings that cannot be recorded.
	refused []Reading
	// maxEvents bounds how many events are replayed.
	maxEvents int
}

// pending is an open update, and what this plan found out about it.
type pending struct {
	Update
	// fault is why it could not apply when it was due; nil when not tried since
	// the last event.
	fault *Fault
	// tried: it was due, could not apply, and waits for another event.
	tried bool
}

func newReplay(state State, in Input) *replay {
	copied := state.clone()
	r := &replay{
		view:      view{in: &in, state: &copied, zone: zoneOrUTC(state.Period.Zone), ended: state.Phase == Canceled},
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

// stopped reports whether no further event may be replayed by this plan.
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

// full reports whether a bound leaves no room for another event. One always
// fits.
func (r *replay) full() bool {
	if r.out.Events >= r.maxEvents {
		return true
	}
	return r.in.MaxEffects > 0 && r.out.Events > 0 && len(r.out.Effects)+effectsOfOneEvent > r.in.MaxEffects
}

// count counts an event.
func (r *replay) count() {
	r.state.Sequence++
	r.out.Events++
}

// effectsOfOneEvent is room kept for the next event: most owe one or two
// effects; a start owes one for each loaded item and is always the first.
const effectsOfOneEvent = 2

// step replays one event, or finds out that it has to wait.
func (r *replay) step(e event) {
	if e.kind == readingTaken {
		// However often a source is read: it is not an event of billing.
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
	if fault := r.attempt(e); fault != nil {
		r.hold(e, *fault)
		return
	}
	r.count()
	// Readings that did not fit may do so now.
	r.refused, r.out.Refused = nil, nil
	if e.at.After(r.state.LastEvent) && !r.notStarted() { // a start may still be moved to an earlier time
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

// attempt does what an event does. Where that meets a fault, or leads to what cannot be
// recorded, all of it is taken back: a fault changes nothing, however late it is found. What
// the event is about is then refused, or the event waits; attempt returns why it waits.
func (r *replay) attempt(e event) *Fault {
	before, state := *r, r.state.clone()
	before.state, before.updates = &state, slices.Clone(r.updates)
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

// refusedFor reports whether a fault that an event met is about its update alone, which is
// then refused. A preview waits instead: what it copies may lack something.
func (e event) refusedFor(fault Fault) bool {
	return e.update != nil && !e.update.Preview && fault.Reason.WaitsByItself()
}

// boundariesFrom is how many boundaries are due from one on, up to the present or
// the end; 0 for any other event, on a clock that is moved by hand, and where a person
// let them be replayed.
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

// hold records that an event cannot take place yet. An edit of the spec waits
// by itself; anything else holds back all that comes after it.
func (r *replay) hold(e event, fault Fault) {
	if e.update != nil && e.update.blocksNothing(fault) {
		e.update.fault, e.update.tried = &fault, true
		return
	}
	if at, ok := r.endTime(); ok && e.kind == starts {
		if !at.After(r.in.Now) {
			// It never started, and ends without a document (billing.md#14-start-and-end).
			r.step(event{kind: cancels, at: at})
			return
		}
		r.out.Next = at
	}
	r.out.Blocked = &fault
}

// blocksNothing reports whether a fault keeps this update waiting and nothing else.
// A preview holds nothing up; neither does an edit of the spec that names what is
// not there: what is in force goes on being billed.
func (p *pending) blocksNothing(fault Fault) bool {
	missing := fault.Reason == ProductNotFound || fault.Reason == PlanNotFound
	return fault.Reason.WaitsByItself() || p.Preview || (missing && p.Origin == OriginSpec && p.Items != nil)
}

// decide closes an update.
func (r *replay) decide(p *pending, d Decision) {
	d.Name, d.UID = p.Name, p.UID
	r.out.Effects = append(r.out.Effects, Effect{Decision: &d})
	r.updates = slices.DeleteFunc(r.updates, func(o *pending) bool { return o == p })
}

// finish names the documents that billed what this plan applied, and says what
// the updates that are still open wait for.
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
		waiting.Estimate = r.estimate(p, waiting)
		r.out.Waiting = append(r.out.Waiting, waiting)
	}
	if r.out.Events > 0 {
		r.nameSources()
	}
	r.out.State = *r.state
	return r.out
}

// nameSources says of each item who decides its quantity now.
func (r *replay) nameSources() {
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
