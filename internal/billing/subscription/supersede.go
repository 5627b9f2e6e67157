// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import "time"

// MaxAnswerAge is how long after the loader's answer the update with its count may be created. A
// later create could bring back an older count (consistency.md#3-creating-updates).
const MaxAnswerAge = 2 * time.Minute

// Late reports whether a refresh update was created too long after the loader answered. It never
// takes effect, and supersedes nothing.
func (u *Update) Late() bool {
	return u.Origin == OriginRefresh && !u.Cause.Loaded.IsZero() && u.Created.Sub(u.Cause.Loaded) > MaxAnswerAge
}

// supersededAt is when something else replaced an update, if anything did.
func (v view) supersededAt(p *pending) (time.Time, bool) {
	switch {
	case v.state.Phase == Canceled:
		return v.state.LastEvent, true
	case !v.state.Started():
		return time.Time{}, false
	case p.Origin == OriginRefresh:
		return v.refreshSupersededAt(p)
	case p.Origin == OriginSpec:
		return v.editSupersededAt(p)
	default:
		return time.Time{}, false
	}
}

// refreshSupersededAt is when a count is superseded by a newer one of its item, regardless of the
// schedule of the newer one, or by a quantity that the spec declares. Events that were due earlier
// took place earlier.
func (v view) refreshSupersededAt(p *pending) (time.Time, bool) {
	observed := p.Cause.Observed
	item := v.itemOf(p)
	switch {
	case p.Late():
		return observed, true
	case !v.counted(p.Change.Item):
		return v.editSeen(observed), true
	case item != nil && !item.Observed.IsZero() && !p.Cause.after(item.Observed, item.LoadedAt):
		return observed, true
	}
	var at time.Time
	for _, o := range v.updates {
		newer := o.Origin == OriginRefresh && o.Change.Item == p.Change.Item && !o.Late() &&
			o.Cause.after(observed, p.Cause.Loaded)
		if newer && (at.IsZero() || o.Cause.Observed.Before(at)) {
			at = o.Cause.Observed
		}
	}
	return at, !at.IsZero()
}

// after reports whether a count was observed after another one. On a test clock both may be
// observed at the same instant; then the later answer counts.
func (c Cause) after(observed, loaded time.Time) bool {
	if !c.Observed.Equal(observed) {
		return c.Observed.After(observed)
	}
	return c.Loaded.After(loaded)
}

// editSeen is when the newest generation of the spec was first seen, if that was in this pass. If
// it was seen in an earlier pass, it is the given earlier time, and an older edit can no longer
// apply.
func (v view) editSeen(earlier time.Time) time.Time {
	if v.in.Terms.SpecSeen {
		return earlier
	}
	return v.in.seenNow()
}

// counted reports whether loaded counts decide an item's quantity.
func (v view) counted(name string) bool {
	return CountingOf(v.state, v.in, name).SetsQuantity()
}

// editSupersededAt is when an edit is superseded. Every newer generation of the spec supersedes it,
// and an edit that was acted on already is not applied again. An edit whose date came before the
// newer generation was seen has taken effect by then.
func (v view) editSupersededAt(p *pending) (time.Time, bool) {
	acted, found := v.actedGeneration(p.Cause.Item)
	switch {
	case !found, p.Cause.Generation <= acted:
		return p.Cause.Observed, true
	case p.Cause.Generation >= v.in.Terms.Generation:
		return time.Time{}, false
	case v.inForce(p).Application == ApplyImmediately:
		return p.Cause.Observed, true
	default:
		return v.editSeen(p.Cause.Observed), true
	}
}

// actedGeneration is the last generation of the spec that was acted on for an item's quantity, or
// for everything else if no item is named.
func (v view) actedGeneration(item string) (int64, bool) {
	if item == "" {
		return v.state.ActedOn.Generation, true
	}
	acted, found := v.state.ActedOn.item(item)
	return acted.Generation, found
}

// supersede closes a superseded update.
func (r *replay) supersede(e event) *Fault {
	p := e.update
	verdict, fault := IsSuperseded, Fault{SupersededBySpec, "A newer edit of the subscription replaced it."}
	switch {
	case r.state.Phase == Canceled && p.Origin == OriginUser && r.madeAfterEnd(p):
		verdict, fault = IsRejected, Fault{SubscriptionCanceled, "The subscription is canceled and cannot be changed any more."}
	case r.state.Phase == Canceled:
		fault = Fault{SubscriptionCanceled, "The subscription was canceled before this took effect."}
	case p.Late():
		fault = Fault{SupersededByRefresh, "The update was created too long after its count was loaded to be trusted. The next " +
			"refresh counts again."}
	case p.Origin == OriginRefresh && r.counted(p.Change.Item):
		fault = Fault{SupersededByRefresh, "A newer count of the item replaced it."}
	}
	if p.Origin == OriginSpec {
		r.actedUpTo(p)
	}
	f := r.inForce(p)
	r.decide(p, Decision{Verdict: verdict, Fault: fault, InForce: f, Summary: r.summary(p)})
	return nil
}

// madeAfterEnd reports whether a person created an update after the subscription had ended: later,
// or at the same instant and not seen before the end was committed.
func (v view) madeAfterEnd(p *pending) bool {
	base := v.base(p)
	return base.After(v.state.LastEvent) || (v.ended && p.SeenAt.IsZero() && base.Equal(v.state.LastEvent))
}

// actedUpTo records the generation of a superseded edit, so that a late copy of its update is not
// applied. It does not record what the edit asked for.
func (r *replay) actedUpTo(p *pending) {
	if p.Items != nil {
		r.state.ActedOn.Generation = max(r.state.ActedOn.Generation, p.Cause.Generation)
		return
	}
	for i := range r.state.ActedOn.Items {
		if a := &r.state.ActedOn.Items[i]; a.Name == p.Cause.Item {
			a.Generation = max(a.Generation, p.Cause.Generation)
		}
	}
}
