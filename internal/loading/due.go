// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package loading

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
)

const (
	// TokenFirst is the token of a load that brings first counts only.
	TokenFirst = "first"
	// TokenRetry is the token of a load that only repeats one that failed.
	TokenRetry = "retry"
)

// Unanswered returns the requested refresh, or "" if it equals one of those that were answered.
func Unanswered(asked string, answered ...string) string {
	if slices.Contains(answered, asked) {
		return ""
	}
	return asked
}

// Facts decide which loads are due.
type Facts struct {
	Product    Product
	Connection Connection
	// Schedule is the product's schedule, as returned by NewSchedule.
	Schedule dataloader.Schedule
	// Clocks is the time on each clock that exists. Items on other clocks wait.
	Clocks map[string]time.Time
	// Open contains the newest open update of a refresh for each item.
	Open map[ItemID]Pending
	// Tried are the items whose first count was loaded recently.
	Tried map[ItemID]bool
}

// Pending is the newest open update that a refresh created for an item.
type Pending struct {
	// Count is the loaded count.
	Count int64
	// Observed is the time of the answer on the item's clock, and Loaded that on the wall clock.
	Observed, Loaded time.Time
	// Held means that the update waits for approval.
	Held bool
}

// NewerThan orders the updates of one item. On a TestClock that stands still, only the wall clock shows
// which answer came later.
func (p Pending) NewerThan(other Pending) bool {
	return cmp.Or(p.Observed.Compare(other.Observed), p.Loaded.Compare(other.Loaded)) > 0
}

// Order is an item to be counted.
type Order struct {
	ID  ItemID
	Key string
	// Token is the reason for counting the item: a tick, a request, TokenFirst or TokenRetry.
	Token string
}

// Load is one question to the source: the items of one clock to be counted.
type Load struct {
	// Clock is the name of a TestClock, or "" for the wall clock. At is the time on it when the load
	// was planned.
	Clock  string
	At     time.Time
	Orders []Order
	// Whole means that every connected item of the clock is counted. Only then does the product's status
	// show the load as its last refresh.
	Whole bool
	// Token is the reason for a whole load.
	Token string
	// OnDemand means that the load is due only because of requests.
	OnDemand bool
	// Request is the product's request that the load answers, or "".
	Request string
	// Requests are all requests that the load answers, by the UID of the object that asks.
	Requests map[string]string
}

// Keys returns the keys that the load asks for, sorted and without duplicates.
func (l Load) Keys() []string {
	keys := make([]string, 0, len(l.Orders))
	for n := range l.Orders {
		if key := l.Orders[n].Key; key != "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Groups returns the connected items of each clock that exists.
func (f *Facts) Groups() map[string][]*Connected {
	groups := map[string][]*Connected{}
	for n := range f.Connection.Items {
		found := &f.Connection.Items[n]
		if _, exists := f.Clocks[found.Clock]; exists {
			groups[found.Clock] = append(groups[found.Clock], found)
		}
	}
	return groups
}

// Due returns the loads that are due: that of the wall clock first, and then by the name of the
// clock.
func (f *Facts) Due() []Load {
	var due []Load
	groups := f.Groups()
	for _, clock := range slices.Sorted(maps.Keys(groups)) {
		if planned := f.load(clock, groups[clock]); len(planned.Orders) > 0 {
			due = append(due, planned)
		}
	}
	return due
}

func (f *Facts) load(clock string, items []*Connected) Load {
	entry := f.Product.Entry(clock)
	planned := Load{Clock: clock, At: f.Clocks[clock], OnDemand: true, Requests: map[string]string{}}
	if asked := Unanswered(f.Product.Request, entry.HandledRequest); asked != "" {
		planned.Request, planned.Token = asked, asked
		planned.Requests[f.Product.UID] = asked
	}
	if tick := f.NextTick(clock); !tick.IsZero() && !tick.After(planned.At) {
		planned.Token, planned.OnDemand = tick.Format(time.RFC3339), false
	}
	for _, each := range items {
		if each.Request != "" {
			planned.Requests[each.ID.Subscription] = each.Request
		}
		token := cmp.Or(planned.Token, each.Request)
		if token == "" && f.FirstDue(each) {
			token, planned.OnDemand = TokenFirst, false
		}
		if token != "" {
			planned.Orders = append(planned.Orders, Order{each.ID, each.Key, token})
		}
	}
	if len(planned.Orders) == 0 && f.OwesRetry(entry) {
		planned.retry(items)
	}
	planned.Whole = len(planned.Orders) == len(items)
	if planned.Whole && planned.Token == "" && len(planned.Orders) > 0 {
		planned.Token = planned.Orders[0].Token
	}
	return planned
}

// retry makes a load repeat a failed one, because it is not known yet whether the source answers
// again.
func (l *Load) retry(items []*Connected) {
	l.OnDemand = false
	for _, each := range items {
		l.Orders = append(l.Orders, Order{each.ID, each.Key, TokenRetry})
	}
}

// OwesRetry reports whether the last load on a clock failed and has to be repeated. Suspending the
// product ends that. A request that fails during the suspension is repeated like any other.
func (f *Facts) OwesRetry(entry Entry) bool {
	wasSuspended := f.Product.Refresh.Suspended && f.Product.Edited
	return entry.Failures > 0 && !wasSuspended
}

// FirstDue reports whether to count an item because it has no count yet. That is so if no count is on its
// way, its key did not fail, and it was not tried recently.
func (f *Facts) FirstDue(item *Connected) bool {
	if item.HasCount || item.KeyFailed || f.Product.Refresh.Suspended || f.Tried[item.ID] {
		return false
	}
	_, open := f.Open[item.ID]
	return !open
}
