// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
)

// The labels are namespaces, and states, types and reasons of the API: nothing that a person or a source
// names. docs/reference/metrics.md is made of these sentences.
var (
	subscriptions = prometheus.NewDesc("seatplane_subscriptions",
		"Subscriptions by the state that their status gives; New before the operator has looked at one.",
		[]string{"namespace", "state"}, nil)

	unmetConditions = prometheus.NewDesc("seatplane_subscription_unmet_conditions",
		"Subscriptions of which a condition is not True, by that condition and its reason: Ready says what holds one up, "+
			"SeatsCurrent that its key failed.",
		[]string{"namespace", "condition", "reason"}, nil)

	renewalOverdue = prometheus.NewDesc("seatplane_renewal_overdue_seconds",
		"By how long the latest renewal is overdue that nothing but the operator keeps waiting; 0 when none is. "+
			"Those on a TestClock are left out.",
		[]string{"namespace"}, nil)

	recurringRevenue = prometheus.NewDesc("seatplane_monthly_recurring_revenue",
		"What subscriptions bring in a month before taxes and without usage, in major units of the currency: a twelfth "+
			"of what a year costs, and a twelfth of what 365 days cost where the period is in days or weeks. state is "+
			"Active, Ending (an end is set), Trialing (not paid yet) or Suspended; interval is the unit of the billing "+
			"period. Those on a TestClock are left out.",
		[]string{"namespace", "currency", "interval", "state"}, nil)

	updatesHeld = prometheus.NewDesc("seatplane_updates_held",
		"SubscriptionUpdates that wait for approval.",
		[]string{"namespace"}, nil)

	updateHeldSince = prometheus.NewDesc("seatplane_updates_held_oldest_timestamp_seconds",
		"When the oldest of the SubscriptionUpdates that wait for approval was created; absent when none waits.",
		[]string{"namespace"}, nil)
)

// stateNew is the state of a subscription whose status says nothing yet.
const stateNew = "New"

// patience is how long a scrape waits for caches that fill.
const patience = 2 * time.Second

// Metrics says what the subscriptions of the cluster are like at each scrape, from the cache alone. A
// manager that stands by says it too: when nobody leads, it is the one to tell that renewals are late.
type Metrics struct {
	// Cache is read without copying, by the indexes of internal/index.
	Cache client.Reader
	// Clock is the wall clock that renewals are late by.
	Clock clock.PassiveClock
}

// Describe implements prometheus.Collector.
func (Metrics) Describe(to chan<- *prometheus.Desc) {
	for _, each := range []*prometheus.Desc{
		subscriptions, unmetConditions, renewalOverdue, recurringRevenue, updatesHeld, updateHeldSince,
	} {
		to <- each
	}
}

// Collect implements prometheus.Collector. Of what cannot be read yet it says nothing, for zero would be
// wrong.
func (m Metrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var subs v1alpha1.SubscriptionList
	if err := m.Cache.List(ctx, &subs, readOnly); err == nil {
		t := tally{}
		now := m.Clock.Now()
		for i := range subs.Items {
			t.add(&subs.Items[i], now)
		}
		t.collect(to)
	}
	var updates v1alpha1.SubscriptionUpdateList
	// Only a refresh's updates are ever held.
	if err := m.Cache.List(ctx, &updates, client.MatchingFields{index.FieldOpenRefresh: index.OpenRefresh}, readOnly); err == nil {
		collectHeld(to, updates.Items)
	}
}

// tally is what there is to say of the subscriptions of each namespace.
type tally map[string]*count

type count struct {
	states  map[string]int
	unmet   map[unmet]int
	revenue map[record.RevenueKind]money.Fraction
	overdue time.Duration
}

// unmet is a type of condition and the reason why it is not True.
type unmet struct{ condition, reason string }

func (t tally) add(s *v1alpha1.Subscription, now time.Time) {
	of := t[s.Namespace]
	if of == nil {
		of = &count{states: map[string]int{}, unmet: map[unmet]int{}, revenue: map[record.RevenueKind]money.Fraction{}}
		t[s.Namespace] = of
	}
	state := string(s.Status.State)
	if state == "" {
		state = stateNew
	}
	of.states[state]++
	for _, condition := range s.Status.Conditions {
		if isUnmet(condition) {
			of.unmet[unmet{condition.Type, condition.Reason}]++
		}
	}
	if revenue, earns := record.RevenueOf(s); earns {
		of.revenue[revenue.Kind] = of.revenue[revenue.Kind].Add(revenue.Monthly)
	}
	of.overdue = max(of.overdue, overdue(s, now))
}

// isUnmet reports whether a condition is worth counting. Reconciling and Stalled are absent when all is
// well, and say with other words what Ready says.
func isUnmet(c metav1.Condition) bool {
	return c.Status != metav1.ConditionTrue && c.Type != v1alpha1.ConditionReconciling && c.Type != v1alpha1.ConditionStalled
}

// dueTime is when a subscription renews or, where it does not, ends; nil when neither is ahead.
func dueTime(s *v1alpha1.Subscription) *metav1.Time {
	if s.Status.RenewalTime == nil && s.Status.CancelTime == nil {
		return s.Status.EndTime
	}
	return s.Status.RenewalTime
}

// overdue is by how long a subscription's renewal is late because of the operator: nobody suspended it,
// and no fault of its own or of what it names holds it up. Who lives by a TestClock is never late.
func overdue(s *v1alpha1.Subscription, now time.Time) time.Duration {
	if facts.IsByHand(s) || s.Spec.Suspend || dueTime(s) == nil || waits(s.Status.Conditions) {
		return 0
	}
	return max(now.Sub(dueTime(s).Time), 0)
}

// waits reports whether something else than the operator keeps a subscription waiting.
func waits(conditions []metav1.Condition) bool {
	for _, c := range conditions {
		if c.Type != v1alpha1.ConditionReady || c.Status == metav1.ConditionTrue {
			continue
		}
		return c.Reason != v1alpha1.ReasonProgressing && c.Reason != v1alpha1.ReasonEffectsOwed
	}
	return false
}

func (t tally) collect(to chan<- prometheus.Metric) {
	for namespace, of := range t {
		for state, n := range of.states {
			to <- gauge(subscriptions, float64(n), namespace, state)
		}
		for what, n := range of.unmet {
			to <- gauge(unmetConditions, float64(n), namespace, what.condition, what.reason)
		}
		for kind, monthly := range of.revenue {
			to <- gauge(recurringRevenue, shown(monthly), namespace, kind.Currency, kind.Interval, string(kind.State))
		}
		to <- gauge(renewalOverdue, of.overdue.Seconds(), namespace)
	}
}

// collectHeld says how many of the open updates wait for approval in each namespace, and since when.
func collectHeld(to chan<- prometheus.Metric, open []v1alpha1.SubscriptionUpdate) {
	held, oldest := map[string]int{}, map[string]time.Time{}
	for i := range open {
		update := &open[i]
		if update.Status.State != v1alpha1.UpdateHeld {
			continue
		}
		created := update.CreationTimestamp.Time
		if held[update.Namespace] == 0 || created.Before(oldest[update.Namespace]) {
			oldest[update.Namespace] = created
		}
		held[update.Namespace]++
	}
	for namespace, n := range held {
		to <- gauge(updatesHeld, float64(n), namespace)
		to <- gauge(updateHeldSince, float64(oldest[namespace].Unix()), namespace)
	}
}

// shown is the number that a gauge shows for an exact amount. It is for people and graphs; no amount is made of it.
func shown(amount money.Fraction) float64 {
	number, err := strconv.ParseFloat(amount.Decimal().String(), 64)
	if err != nil { // a Decimal is always a number
		return math.NaN()
	}
	return number
}

func gauge(what *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(what, prometheus.GaugeValue, value, labels...)
}
