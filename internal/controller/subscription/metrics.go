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

// The labels are namespaces, and states, types and reasons of the API. They contain no text of a person
// or a source. docs/reference/metrics.md is generated from these help texts.
var (
	subscriptions = prometheus.NewDesc("seatplane_subscriptions",
		"Subscriptions, by the state in their status. New means that the operator has not processed the subscription yet.",
		[]string{"namespace", "state"}, nil)

	unmetConditions = prometheus.NewDesc("seatplane_subscription_unmet_conditions",
		"Subscriptions with a condition that is not True, by that condition and its reason. Ready shows what blocks a "+
			"subscription, and SeatsCurrent that its key failed.",
		[]string{"namespace", "condition", "reason"}, nil)

	renewalOverdue = prometheus.NewDesc("seatplane_renewal_overdue_seconds",
		"How long the most overdue renewal that only waits for the operator has been due; 0 if there is none. "+
			"Subscriptions on a TestClock are not included.",
		[]string{"namespace"}, nil)

	recurringRevenue = prometheus.NewDesc("seatplane_monthly_recurring_revenue",
		"Monthly recurring revenue before taxes and without usage, in major units of the currency: a twelfth "+
			"of the price of a year, or of 365 days if the billing period is in days or weeks. state is "+
			"Active, Ending (an end is set), Trialing (not paid yet) or Suspended; interval is the unit of the billing "+
			"period. Subscriptions on a TestClock are not included.",
		[]string{"namespace", "currency", "interval", "state"}, nil)

	updatesHeld = prometheus.NewDesc("seatplane_updates_held",
		"SubscriptionUpdates that are waiting for approval.",
		[]string{"namespace"}, nil)

	updateHeldSince = prometheus.NewDesc("seatplane_updates_held_oldest_timestamp_seconds",
		"Time at which the oldest SubscriptionUpdate that is waiting for approval was created. Absent if there is none.",
		[]string{"namespace"}, nil)
)

// stateNew is the state of a subscription without a status.
const stateNew = "New"

// patience is how long a scrape waits for the caches to sync.
const patience = 2 * time.Second

// Metrics describes the subscriptions of the cluster at each scrape, from the cache alone. A standby
// manager reports them too, so that late renewals are reported even if no manager leads.
type Metrics struct {
	// Cache is read without copying, by the indexes of internal/index.
	Cache client.Reader
	// Clock is the wall clock, which decides whether renewals are late.
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

// Collect implements prometheus.Collector. It leaves out what cannot be read yet, because zero would be
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
	// Only updates of refreshes are ever held.
	if err := m.Cache.List(ctx, &updates, client.MatchingFields{index.FieldOpenRefresh: index.OpenRefresh}, readOnly); err == nil {
		collectHeld(to, updates.Items)
	}
}

// tally contains the counts for each namespace.
type tally map[string]*count

type count struct {
	states  map[string]int
	unmet   map[unmet]int
	revenue map[record.RevenueKind]money.Fraction
	overdue time.Duration
}

// unmet is a type of condition, and the reason why it is not True.
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

// isUnmet reports whether a condition is worth counting. Reconciling and Stalled are absent if all is
// well, and otherwise repeat what Ready reports.
func isUnmet(c metav1.Condition) bool {
	return c.Status != metav1.ConditionTrue && c.Type != v1alpha1.ConditionReconciling && c.Type != v1alpha1.ConditionStalled
}

// dueTime is when a subscription renews or, if it does not, ends. It is nil if neither is ahead.
func dueTime(s *v1alpha1.Subscription) *metav1.Time {
	if s.Status.RenewalTime == nil && s.Status.CancelTime == nil {
		return s.Status.EndTime
	}
	return s.Status.RenewalTime
}

// overdue is for how long a subscription's renewal has been late because of the operator: the
// subscription is not suspended, and no fault of its own or of an object that it names blocks it. A
// subscription on a TestClock is never late.
func overdue(s *v1alpha1.Subscription, now time.Time) time.Duration {
	if facts.IsByHand(s) || s.Spec.Suspend || dueTime(s) == nil || waits(s.Status.Conditions) {
		return 0
	}
	return max(now.Sub(dueTime(s).Time), 0)
}

// waits reports whether a subscription waits for something other than the operator.
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

// collectHeld reports how many of the open updates wait for approval in each namespace, and since
// when.
func collectHeld(to chan<- prometheus.Metric, open []v1alpha1.SubscriptionUpdate) {
	held, oldest := map[string]int{}, map[string]time.Time{}
	for i := range open {
		update := &open[i]
		if update.Status.State != v1alpha1.UpdateHeld {
			continue
		}
		created := facts.Created(update)
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

// shown is the number that a gauge shows for an exact amount. It is for people and graphs. No amount is computed
// from it.
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
