// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	billing "github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// This file decides, and does nothing else: which items a loader counts, what is due on which clock,
// and what an answer means for each item. It reads no clock and no cluster.

const (
	// tokenFirst is what a load runs for that only brings first counts.
	tokenFirst = "first"
	// tokenRetry is what a load runs for of which only the failure before is left.
	tokenRetry = "retry"
)

// firstAgain is how long an item whose first count was loaded without effect is left alone.
const firstAgain = 10 * time.Minute

// itemID names an item of a subscription, whatever becomes of the subscription's name.
type itemID struct {
	subscription types.UID
	item         string
}

// item is an item whose seats a loader counts: a connected one.
type item struct {
	subscription *v1alpha1.Subscription
	name         string
	// key is what the item is called in the answer.
	key string
	// clock is the TestClock that it lives by; "" is the wall clock.
	clock  string
	limits limits
	// metered: what is loaded is a reading of a total, and no count of seats (billing.md 11).
	metered bool
}

func (i item) id() itemID { return itemID{i.subscription.UID, i.name} }

// state returns the item as it is in force, nil before the subscription knows it.
func (i item) state() *v1alpha1.SubscriptionItemStatus { return stateOf(i.subscription, i.name) }

func stateOf(subscription *v1alpha1.Subscription, name string) *v1alpha1.SubscriptionItemStatus {
	for n := range subscription.Status.Items {
		if state := &subscription.Status.Items[n]; state.Name == name {
			return state
		}
	}
	return nil
}

// hasCount says whether a count of the item was acted on before, or a reading of it loaded.
func (i item) hasCount() bool {
	if i.metered {
		return readingOf(i.subscription, i.name) != nil
	}
	state := i.state()
	return state != nil && state.LoadedQuantity != nil
}

// limits bound a loaded count.
type limits struct{ minimum, maximum, assigned int64 }

// clamp brings a count within the plan's limits, and never below the seats that somebody holds
// (billing.md 10, 12.1). A maximum of 0 is none.
func (l limits) clamp(count int64) int64 {
	return billing.Clamp(count, l.minimum, l.maximum, l.assigned)
}

// target is what a count is compared with.
type target struct {
	// count is the count of the newest open update of a refresh, else the quantity held.
	count int64
	// known is false for an item that never had a count: whatever is loaded differs.
	known bool
}

// pending is the newest open update that a refresh made for an item.
type pending struct {
	count    int64
	observed time.Time
	loaded   time.Time
	held     bool
}

// newerThan orders the updates of one item. On a TestClock that stands still only the wall clock
// tells which answer came later.
func (p pending) newerThan(other pending) bool {
	return cmp.Or(p.observed.Compare(other.observed), p.loaded.Compare(other.loaded)) > 0
}

// targetOf returns what a count of the item is compared with (billing.md 12.1).
func targetOf(i item, open map[itemID]pending) target {
	if update, ok := open[i.id()]; ok {
		return target{count: i.limits.clamp(update.count), known: true}
	}
	if !i.hasCount() {
		return target{}
	}
	return target{count: i.state().Quantity, known: true}
}

// differs says whether a count has to be recorded.
func (t target) differs(count int64) bool { return !t.known || t.count != count }

// connection is which items the loader of a product counts.
type connection struct {
	items []item
	// duplicates are the subscriptions with an item whose key another item took, by their UID, with
	// the sentence that says so.
	duplicates map[types.UID]string
}

// connect finds the items whose seats the product's loader counts, of subscriptions sorted by age. A
// key belongs to one item: that of the older subscription, then the earlier in its list (billing.md 12.3).
func connect(product *v1alpha1.SeatProduct, subscriptions []*v1alpha1.Subscription) connection {
	result := connection{duplicates: map[types.UID]string{}}
	takenBy := map[string]string{}
	for _, subscription := range subscriptions {
		for _, name := range candidates(subscription) {
			found, ok := connectItem(product, subscription, name)
			if !ok {
				continue
			}
			if owner, taken := takenBy[found.key]; taken && found.key != "" {
				result.duplicates[subscription.UID] = "item \"" + found.name + "\" is not loaded: its key \"" + found.key +
					"\" belongs to item " + owner
				continue
			}
			takenBy[found.key] = "\"" + found.name + "\" of Subscription \"" + subscription.Name + "\""
			result.items = append(result.items, found)
		}
	}
	return result
}

// candidates returns the names of the items that a subscription has or is to have: those of the spec in
// its order, then those that an update added.
func candidates(subscription *v1alpha1.Subscription) []string {
	var names []string
	for n := range subscription.Spec.Items {
		names = append(names, subscription.Spec.Items[n].Name)
	}
	for n := range subscription.Status.Items {
		if name := subscription.Status.Items[n].Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// connectItem says whether the product's loader counts an item, and under which key. What is in force
// decides; an item that is still to come is as the spec declares it. One that an update removed is not
// counted.
func connectItem(product *v1alpha1.SeatProduct, subscription *v1alpha1.Subscription, name string) (item, bool) {
	if product.Spec.DataLoader == nil || !subscription.DeletionTimestamp.IsZero() ||
		subscription.Status.State == v1alpha1.SubscriptionCanceled {
		return item{}, false
	}
	declared, state := declaredOf(subscription, name), stateOf(subscription, name)
	found := item{
		subscription: subscription,
		name:         name,
		key:          keyOf(product.Spec.DataLoader, subscription, name),
		clock:        clockOf(subscription),
	}
	switch {
	case state != nil:
		found.metered = state.Usage == v1alpha1.UsageMetered
		found.limits = limitsInForce(product, state)
		if state.Product != product.Name {
			return item{}, false
		}
	case declared != nil && !removed(subscription, name):
		plan := planOf(product, declared.Plan)
		if declared.ProductRef.Name != product.Name || plan == nil {
			return item{}, false
		}
		found.metered = plan.Usage == v1alpha1.UsageMetered && ptr.Deref(declared.Recurring, true)
		found.limits = limitsOf(plan)
	default:
		return item{}, false
	}
	isDeclared := declared != nil && declared.Quantity != nil
	return found, found.metered || !isDeclared
}

func declaredOf(subscription *v1alpha1.Subscription, name string) *v1alpha1.SubscriptionItem {
	for n := range subscription.Spec.Items {
		if declared := &subscription.Spec.Items[n]; declared.Name == name {
			return declared
		}
	}
	return nil
}

// removed says of an item that is not in force whether an update removed it: the spec's was acted on.
func removed(subscription *v1alpha1.Subscription, name string) bool {
	acted := subscription.Status.ActedOn
	return acted != nil && slices.ContainsFunc(acted.Items, func(i v1alpha1.ActedOnItem) bool { return i.Name == name })
}

// keyOf returns what an item is called in an answer. SeatAssignments name the item themselves.
func keyOf(loader *v1alpha1.DataLoader, subscription *v1alpha1.Subscription, item string) string {
	if loader.SeatAssignments != nil {
		return dataloader.ItemKey(subscription.Name, item)
	}
	switch loader.Key {
	case v1alpha1.KeySubscriptionName:
		return subscription.Name
	case v1alpha1.KeyExternalRef:
		return subscription.Spec.ExternalRef
	default:
		return subscription.Spec.Customer.ID
	}
}

func clockOf(subscription *v1alpha1.Subscription) string {
	if subscription.Spec.TestClockRef == nil {
		return ""
	}
	return subscription.Spec.TestClockRef.Name
}

func planOf(product *v1alpha1.SeatProduct, name string) *v1alpha1.Plan {
	for n := range product.Spec.Plans {
		if product.Spec.Plans[n].Name == name {
			return &product.Spec.Plans[n]
		}
	}
	return nil
}

// limitsInForce returns the limits of the plan that an item is on, as the product has them now.
func limitsInForce(product *v1alpha1.SeatProduct, state *v1alpha1.SubscriptionItemStatus) limits {
	found := limits{minimum: ptr.Deref(state.Minimum, 0), maximum: ptr.Deref(state.Maximum, 0)}
	if plan := planOf(product, state.Plan); plan != nil {
		found = limitsOf(plan)
	}
	found.assigned = ptr.Deref(state.Assigned, 0)
	return found
}

func limitsOf(plan *v1alpha1.Plan) limits {
	if plan.Seats == nil {
		return limits{}
	}
	return limits{minimum: ptr.Deref(plan.Seats.Minimum, 0), maximum: ptr.Deref(plan.Seats.Maximum, 0)}
}

// scheduleOf returns when refreshes of the product are due. One that cannot be read is an error, and
// the product is then refreshed on demand only. A suspended one never ticks.
func scheduleOf(product *v1alpha1.SeatProduct) (dataloader.Schedule, error) {
	refresh := product.Spec.Refresh
	if product.Spec.DataLoader == nil || refresh == nil {
		return dataloader.OnDemand{}, nil
	}
	schedule, err := readSchedule(refresh, string(product.UID))
	if err != nil || refresh.Suspend {
		return dataloader.OnDemand{}, err
	}
	return schedule, nil
}

func readSchedule(refresh *v1alpha1.Refresh, seed string) (dataloader.Schedule, error) {
	switch {
	case refresh.Schedule != "":
		return dataloader.ParseCron(refresh.Schedule, refresh.TimeZone)
	case refresh.Every != "":
		interval, err := time.ParseDuration(refresh.Every)
		if err != nil {
			return nil, err
		}
		return dataloader.Every(interval, seed)
	}
	return dataloader.OnDemand{}, nil
}

// nextTick returns when the next refresh on a clock is due; zero when never. It stays what it was until
// a refresh moves it, so that a missed tick is owed until it was made up. An edit of the product moves
// one that is still to come.
func nextTick(entry v1alpha1.RefreshStatus, schedule dataloader.Schedule, now time.Time, edited bool) time.Time {
	fresh := schedule.Next(now)
	switch {
	case fresh.IsZero() || entry.NextRefreshTime == nil:
		return fresh
	case edited && entry.NextRefreshTime.After(now):
		return fresh
	default:
		return entry.NextRefreshTime.UTC()
	}
}

// situation is what is known when a pass begins.
type situation struct {
	product *v1alpha1.SeatProduct
	// subscriptions with an item of the product, by age.
	subscriptions []*v1alpha1.Subscription
	connection    connection
	// open are the newest open updates of refreshes.
	open map[itemID]pending
	// clocks is the time on each clock that connected items live by and that exists.
	clocks map[string]time.Time
	// firstTried are the items whose first count this process loaded a moment ago.
	firstTried map[itemID]bool
	schedule   dataloader.Schedule
	// scheduleError says why the schedule cannot be read.
	scheduleError error
}

// edited says whether the product's spec changed since its status was written.
func (s *situation) edited() bool {
	return s.product.Status.ObservedGeneration != s.product.Generation
}

// suspended says whether refreshes that nobody asked for are stopped.
func (s *situation) suspended() bool {
	return s.product.Spec.Refresh != nil && s.product.Spec.Refresh.Suspend
}

// entry returns what the product's status says about refreshes on a clock.
func (s *situation) entry(clock string) v1alpha1.RefreshStatus {
	for _, entry := range s.product.Status.Refreshes {
		if entry.Clock == clock {
			return entry
		}
	}
	return v1alpha1.RefreshStatus{Clock: clock}
}

// byClock returns the connected items of each clock that exists.
func (s *situation) byClock() map[string][]item {
	groups := map[string][]item{}
	for _, found := range s.connection.items {
		if _, exists := s.clocks[found.clock]; exists {
			groups[found.clock] = append(groups[found.clock], found)
		}
	}
	return groups
}

// maxRequest bounds the value of a request, which is repeated in statuses and updates.
const maxRequest = 1024

// requestOn returns the refresh that an object asks for, "" for none.
func requestOn(object metav1.Object) string {
	asked := object.GetAnnotations()[v1alpha1.AnnotationRefreshRequestedAt]
	return strings.ToValidUTF8(asked[:min(len(asked), maxRequest)], "")
}

// productRequest returns the refresh that was asked for on the product and is not answered.
func (s *situation) productRequest() string {
	asked := requestOn(s.product)
	if asked == s.product.Status.LastHandledRefreshRequest {
		return ""
	}
	return asked
}

// subscriptionRequest returns the refresh that was asked for on a subscription and that the product has
// not answered.
func subscriptionRequest(subscription *v1alpha1.Subscription, product string) string {
	asked := requestOn(subscription)
	if asked == subscription.Status.LastHandledRefreshRequest || asked == loadOf(subscription, product).LastHandledRefreshRequest {
		return ""
	}
	return asked
}

// loadOf returns what the loader of a product last had to say about a subscription.
func loadOf(subscription *v1alpha1.Subscription, product string) v1alpha1.LoadStatus {
	for _, load := range subscription.Status.Loads {
		if load.Product == product {
			return load
		}
	}
	return v1alpha1.LoadStatus{Product: product}
}

// order is an item to be counted, and what for.
type order struct {
	item  item
	token string
}

// load is one question to the source: the items of one clock whose counts are wanted.
type load struct {
	clock  string
	orders []order
	// whole is true when every connected item of the clock is counted: then it is a refresh, which
	// the product's status tells about.
	whole bool
	// token is what the whole runs for.
	token string
	// request is the product's request that this load answers.
	request string
	// requests are all requests that it answers, by who asks.
	requests map[types.UID]string
}

// planLoads returns the loads that are due, the wall clock's first.
func planLoads(s *situation) []load {
	var due []load
	groups := s.byClock()
	for _, clock := range slices.Sorted(maps.Keys(groups)) {
		if planned := planLoad(s, clock, groups[clock]); len(planned.orders) > 0 {
			due = append(due, planned)
		}
	}
	return due
}

func planLoad(s *situation, clock string, items []item) load {
	now, entry := s.clocks[clock], s.entry(clock)
	planned := load{clock: clock, requests: map[types.UID]string{}}
	if asked := s.productRequest(); asked != "" && asked != entry.LastHandledRefreshRequest {
		planned.request, planned.token = asked, asked
		planned.requests[s.product.UID] = asked
	}
	if tick := nextTick(entry, s.schedule, now, s.edited()); !tick.IsZero() && !tick.After(now) {
		planned.token = tick.Format(time.RFC3339)
	}
	for _, each := range items {
		asked := subscriptionRequest(each.subscription, s.product.Name)
		if asked != "" {
			planned.requests[each.subscription.UID] = asked
		}
		if token := cmp.Or(planned.token, asked, s.firstToken(each)); token != "" {
			planned.orders = append(planned.orders, order{item: each, token: token})
		}
	}
	if len(planned.orders) == 0 && entry.ConsecutiveFailures > 0 && !s.suspended() {
		// Who was to be counted is gone, but that the source answers again has still to be seen.
		for _, each := range items {
			planned.orders = append(planned.orders, order{item: each, token: tokenRetry})
		}
	}
	planned.whole = len(planned.orders) == len(items)
	if planned.whole && planned.token == "" && len(planned.orders) > 0 {
		planned.token = planned.orders[0].token
	}
	return planned
}

// firstToken returns a token for an item that has no count yet and of which none is on its way.
func (s *situation) firstToken(each item) string {
	_, open := s.open[each.id()]
	failed := loadOf(each.subscription, s.product.Name).Reason
	hasFailed := failed == v1alpha1.ReasonBadCounts || failed == v1alpha1.ReasonKeyMissing
	if each.hasCount() || open || s.suspended() || hasFailed || s.firstTried[each.id()] {
		return ""
	}
	return tokenFirst
}

// keys returns the keys that a load asks for, sorted, each once.
func (l load) keys() []string {
	keys := make([]string, 0, len(l.orders))
	for _, each := range l.orders {
		if each.item.key != "" {
			keys = append(keys, each.item.key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// seatsHeld returns how many seats the items of a load hold.
func (l load) seatsHeld() int64 {
	var held int64
	for _, each := range l.orders {
		if state := each.item.state(); state != nil && !each.item.metered {
			held += state.Quantity
		}
	}
	return held
}

// change is a count that has to be recorded.
type change struct {
	order
	// count is the count as it was loaded: limits are applied by whoever applies it, at that time.
	count int64
}

// problem is why an item got no count.
type problem struct{ reason, message string }

// findings is what an answer means.
type findings struct {
	changes []change
	// readings are those of metered items that have to be recorded.
	readings []change
	// problems are by subscription, of which a loader counts one item.
	problems map[types.UID]problem
	counted  int64
	// held are the items whose pending change waits for approval, and still is the right one.
	held int64
}

// judge says what an answer means for every item of a load. An error is a *dataloader.Failure: no item
// may change.
func judge(l load, rows []dataloader.Row, rules dataloader.Rules, open map[itemID]pending) (findings, error) {
	rules.Totals = l.totals()
	verdicts, err := dataloader.Judge(rows, l.keys(), rules, l.seatsHeld())
	if err != nil {
		return findings{}, err
	}
	found := findings{problems: map[types.UID]problem{}}
	for _, each := range l.orders {
		found.add(each, verdicts[each.item.key], open)
	}
	return found, nil
}

func (f *findings) add(each order, verdict dataloader.Verdict, open map[itemID]pending) {
	if each.item.metered {
		f.addReading(each, verdict)
		return
	}
	current := targetOf(each.item, open)
	switch {
	case each.item.key == "":
		f.problems[each.item.subscription.UID] = problem{
			v1alpha1.ReasonKeyMissing,
			"the subscription has no externalRef, which is its key in the data loader",
		}
	case verdict.Outcome == dataloader.Failed, verdict.Outcome == dataloader.Kept && !current.known:
		f.problems[each.item.subscription.UID] = problem{string(verdict.Reason), verdict.Message}
	case verdict.Outcome == dataloader.Kept:
		// It keeps what it has, which is what the product asks for.
	case current.differs(each.item.limits.clamp(verdict.Count)):
		f.counted++
		f.changes = append(f.changes, change{order: each, count: verdict.Count})
	default:
		f.counted++
		if open[each.item.id()].held {
			f.held++
		}
	}
}

// rulesOf returns the product's rules for judging answers.
func rulesOf(product *v1alpha1.SeatProduct) dataloader.Rules {
	if product.Spec.Refresh == nil {
		return dataloader.Rules{}
	}
	return dataloader.Rules{
		OnMissing:  dataloader.Missing(product.Spec.Refresh.OnMissing),
		AllowEmpty: product.Spec.Refresh.AllowEmpty,
	}
}

// stillDiffers says of a subscription that was just read whether a change has still to be recorded: it
// is the same one, still connected, and its count still differs.
func stillDiffers(product *v1alpha1.SeatProduct, planned change, live *v1alpha1.Subscription, open map[itemID]pending) bool {
	if live.UID != planned.item.subscription.UID {
		return false
	}
	again, ok := connectItem(product, live, planned.item.name)
	return ok && !again.metered && again.key == planned.item.key && targetOf(again, open).differs(again.limits.clamp(planned.count))
}
