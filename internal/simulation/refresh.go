// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
)

// tokenSimulated is the refresh token of counts that no schedule finds, as if somebody requested a refresh.
const tokenSimulated = "simulated"

// set changes the counts of the data sources. For an item that no data loader counts, it changes the quantity itself, in
// the spec or by an update. Both take effect after the events that are due at the same instant.
func (m *machine) set(counts map[string]int64) {
	for _, item := range slices.Sorted(maps.Keys(counts)) {
		switch {
		case m.of.Subscription == nil || m.isLoaded(item):
			m.source[item] = counts[item]
			m.news = true
		case m.isDeclared(item):
			m.later = append(m.later, func() { m.declare(item, counts[item]) })
		default:
			u := m.quantityUpdate(item, counts[item])
			m.later = append(m.later, func() { m.of.Updates = append(slices.Clone(m.of.Updates), u) })
		}
	}
}

// isDeclared reports whether the spec has the quantity of an item.
func (m *machine) isDeclared(item string) bool {
	return slices.ContainsFunc(m.of.Subscription.Spec.Items, func(i v1alpha1.SubscriptionItem) bool {
		return i.Name == item && i.Quantity != nil
	})
}

// declare edits the quantity of an item in the spec.
func (m *machine) declare(item string, quantity int64) {
	sub := m.of.Subscription.DeepCopy()
	for i := range sub.Spec.Items {
		if declared := &sub.Spec.Items[i]; declared.Name == item && *declared.Quantity != quantity {
			declared.Quantity = ptr.To(quantity)
			sub.Generation++
		}
	}
	m.of.Subscription = sub
}

// quantityUpdate is a user's update that sets a quantity.
func (m *machine) quantityUpdate(item string, count int64) v1alpha1.SubscriptionUpdate {
	name := fmt.Sprintf("%s-simulated-%d", m.name.Name, len(m.finished)+len(m.of.Updates)+len(m.later)+1)
	return v1alpha1.SubscriptionUpdate{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: m.name.Namespace, Name: name, UID: types.UID("script:" + name), Generation: 1,
			CreationTimestamp: metav1.NewTime(m.wall()),
		},
		Spec: v1alpha1.SubscriptionUpdateSpec{
			SubscriptionRef: v1alpha1.SubscriptionReference{Name: m.name.Name},
			Seats:           &v1alpha1.SeatsChange{Item: item, Count: ptr.To(count)},
		},
	}
}

// loader is a product of the subscription with a data loader or assignments.
type loader struct {
	key      types.NamespacedName
	product  loading.Product
	schedule dataloader.Schedule
}

// loaders are the loaders of the subscription's products, in the order of their names.
func (m *machine) loaders() []loader {
	var found []loader
	if m.of.Subscription == nil {
		return nil
	}
	for _, name := range facts.ProductsOf(m.of.Subscription) {
		key := types.NamespacedName{Namespace: m.name.Namespace, Name: name}
		object := m.catalogue.Products[key]
		if object == nil || object.Spec.DataLoader == nil {
			continue
		}
		product := record.LoadingProduct(object)
		schedule, err := product.NewSchedule()
		if err != nil {
			m.warn(fmt.Sprintf("SeatProduct %q is refreshed only on demand, because its schedule is invalid: %v.", name, err))
		}
		found = append(found, loader{key, product, schedule})
	}
	return found
}

// tick is when a product refreshes next; zero for a product without a schedule.
func (m *machine) tick(l *loader) time.Time {
	known := loading.Facts{Product: l.product, Schedule: l.schedule, Clocks: map[string]time.Time{m.clock(): m.now}}
	known.Product.Edited = false
	return known.NextTick(m.clock())
}

// refresh runs the refreshes that are due, and at once counts the items that have no count yet.
func (m *machine) refresh() {
	for _, l := range m.loaders() {
		tick := m.tick(&l)
		switch {
		case !tick.IsZero() && !tick.After(m.now):
			last := lastTick(l.schedule, tick, m.now)
			m.refreshed(&l, last)
			m.count(&l, last.Format(time.RFC3339), foundBy(last, m.now))
		case tick.IsZero() && m.news:
			m.refreshed(&l, m.now)
			m.count(&l, tokenSimulated, everything)
		default:
			m.ensureEntry(&l, tick)
			m.count(&l, loading.TokenFirst, uncounted)
		}
	}
	m.news = m.news && m.anyToFind()
}

// anyToFind reports whether a source has a count that no refresh has found yet.
func (m *machine) anyToFind() bool {
	for _, l := range m.loaders() {
		if len(m.changes(&l, everything)) > 0 {
			return true
		}
	}
	return m.of.Subscription == nil
}

// lastTick is the last tick up to an instant. first is a tick.
func lastTick(schedule dataloader.Schedule, first, until time.Time) time.Time {
	const day = 24 * time.Hour
	last := first
	for back := time.Minute; back < 400*day; back *= 8 {
		if from := until.Add(-back); from.After(first) {
			if tick := schedule.Next(from); !tick.IsZero() && !tick.After(until) {
				last = tick
				break
			}
		}
	}
	for next := schedule.Next(last); !next.IsZero() && !next.After(until); next = schedule.Next(next) {
		last = next
	}
	return last
}

// refreshed records that a product refreshed on the subscription's clock.
func (m *machine) refreshed(l *loader, at time.Time) {
	m.writeEntry(l, func(entry *v1alpha1.RefreshStatus) {
		entry.LastRefreshTime, entry.LastAttemptTime = record.Time(at), record.Time(at)
		entry.NextRefreshTime = record.Time(l.schedule.Next(m.now))
	})
}

// ensureEntry records when a product refreshes next.
func (m *machine) ensureEntry(l *loader, tick time.Time) {
	if l.product.Entry(m.clock()).NextTick.Equal(tick) {
		return
	}
	m.writeEntry(l, func(entry *v1alpha1.RefreshStatus) { entry.NextRefreshTime = record.Time(tick) })
}

// writeEntry changes a product's status for the subscription's clock, in the machine's own catalogue.
func (m *machine) writeEntry(l *loader, change func(*v1alpha1.RefreshStatus)) {
	m.catalogue = m.catalogue.Clone()
	product := m.catalogue.Products[l.key].DeepCopy()
	at := slices.IndexFunc(product.Status.Refreshes, func(r v1alpha1.RefreshStatus) bool { return r.Clock == m.clock() })
	if at < 0 {
		at = len(product.Status.Refreshes)
		product.Status.Refreshes = append(product.Status.Refreshes, v1alpha1.RefreshStatus{Clock: m.clock()})
	}
	change(&product.Status.Refreshes[at])
	m.catalogue.Products[l.key] = product
}

// foundBy selects the items that a tick counts. The present counts did not exist at an earlier tick. Items without any
// count are the exception: they are counted at once.
func foundBy(tick, now time.Time) func(loading.Connected) bool {
	if tick.Equal(now) {
		return everything
	}
	return uncounted
}

// everything and uncounted select the items that a load counts.
func everything(loading.Connected) bool { return true }

func uncounted(item loading.Connected) bool { return !item.HasCount }

// isLoaded reports whether a data loader counts an item.
func (m *machine) isLoaded(item string) bool {
	for _, l := range m.loaders() {
		for _, connected := range m.connected(&l) {
			if connected.ID.Item == item {
				return true
			}
		}
	}
	return false
}

// connected are the items of the subscription that a loader counts.
func (m *machine) connected(l *loader) []loading.Connected {
	var all []loading.Connected
	subscription := record.LoadingSubscription(m.of.Subscription, l.product.Name)
	for n := range subscription.Items {
		if item, ok := loading.ConnectItem(l.product, &subscription, n); ok {
			all = append(all, item)
		}
	}
	return all
}

// changes are the items whose counts a load must record.
func (m *machine) changes(l *loader, chosen func(loading.Connected) bool) []loading.Change {
	open := m.open()
	var changes []loading.Change
	for _, item := range m.connected(l) {
		count, said := m.source[item.ID.Item]
		if !said || !chosen(item) || !loading.Differs(&item, count, open) {
			continue
		}
		changes = append(changes, loading.Change{Counted: loading.Counted{Item: &item}, Count: count})
	}
	return changes
}

// open are the newest open updates of refreshes.
func (m *machine) open() map[loading.ItemID]loading.Pending {
	open := map[loading.ItemID]loading.Pending{}
	for i := range m.of.Updates {
		id, pending, ok := record.LoadingPending(&m.of.Updates[i])
		if known, found := open[id]; ok && (!found || pending.NewerThan(known)) {
			open[id] = pending
		}
	}
	return open
}

// count records the result of a load: counts in updates, and readings on the subscription.
func (m *machine) count(l *loader, token string, chosen func(loading.Connected) bool) {
	times := loading.AnswerTimes{Observed: m.now, Loaded: m.wall()}
	for _, change := range m.changes(l, chosen) {
		item := change.Item.ID.Item
		if change.Item.Metered {
			sub := m.of.Subscription.DeepCopy()
			record.AddReading(sub, v1alpha1.LoadedReading{
				Item: item, Product: l.product.Name, Reading: change.Count,
				ObservedTime: *record.Time(times.Observed), LoadedTime: *record.Time(times.Loaded),
			})
			m.of.Subscription = sub
			continue
		}
		u := assembly.RefreshUpdate(m.of.Subscription, item, change.Count, token, times)
		u.UID, u.Generation = types.UID("refresh:"+u.Name), 1
		u.CreationTimestamp = metav1.NewTime(m.wall())
		m.of.Updates = append(slices.Clone(m.of.Updates), *u)
	}
}

// clock is the name of the TestClock of the subscription; "" for the wall clock.
func (m *machine) clock() string {
	if m.of.Subscription == nil {
		return ""
	}
	return facts.Clock(m.of.Subscription)
}
