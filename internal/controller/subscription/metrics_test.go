// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

var scraped = time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC)

// cacheOf answers as the manager's cache does, indexes and all.
func cacheOf(t testing.TB, objects ...client.Object) client.Reader {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...)
	for _, each := range index.All() {
		builder = builder.WithIndex(each.Object, each.Name, each.Extract)
	}
	return builder.Build()
}

// scrape returns what a scrape says, a line for each series.
func scrape(t *testing.T, cache client.Reader) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(Metrics{Cache: cache, Clock: clocktesting.NewFakePassiveClock(scraped)})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, label := range metric.GetLabel() {
				labels = append(labels, label.GetName()+"="+label.GetValue())
			}
			name := strings.TrimPrefix(family.GetName(), "seatplane_")
			said[name+"{"+strings.Join(labels, ",")+"}"] = metric.GetGauge().GetValue()
		}
	}
	return said
}

// seen makes a subscription whose status says so much.
func seen(name, namespace string, state v1alpha1.SubscriptionState, ready, reason string, renewal time.Time) *builders.Subscription {
	return builders.MakeSubscription(name, namespace).With(func(s *v1alpha1.Subscription) {
		s.Status.State = state
		s.Status.RenewalTime = record.Time(renewal)
		s.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionStatus(ready), Reason: reason}}
	})
}

func TestLifeCycleMetrics(t *testing.T) {
	early, late := scraped.Add(time.Hour), scraped.Add(-90*time.Second)
	active := func(name, namespace string) *builders.Subscription {
		return seen(name, namespace, v1alpha1.SubscriptionActive, "True", v1alpha1.ReasonReconciled, early)
	}
	cases := map[string]struct {
		reason  string
		objects []client.Object
		want    map[string]float64
	}{
		"Empty": {
			reason: "a namespace without subscriptions has no series",
			want:   map[string]float64{},
		},
		"StatesByNamespace": {
			reason: "each namespace counts its own, and one that nobody has looked at is New",
			objects: []client.Object{
				active("a", "x").Obj(), active("b", "x").Obj(), active("a", "y").Obj(),
				builders.MakeSubscription("c", "y").Obj(),
			},
			want: map[string]float64{
				"subscriptions{namespace=x,state=Active}": 2, "renewal_overdue_seconds{namespace=x}": 0,
				"subscriptions{namespace=y,state=Active}": 1, "renewal_overdue_seconds{namespace=y}": 0,
				"subscriptions{namespace=y,state=New}": 1,
			},
		},
		"HeldUp": {
			reason: "what holds one up is counted by its reason, once, and excuses its renewal",
			objects: []client.Object{
				seen("a", "x", v1alpha1.SubscriptionActive, "False", v1alpha1.ReasonParked, late).With(func(s *v1alpha1.Subscription) {
					s.Status.Conditions = append(s.Status.Conditions,
						metav1.Condition{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonParked},
						metav1.Condition{Type: v1alpha1.ConditionSeatsCurrent, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonKeyMissing},
						metav1.Condition{Type: v1alpha1.ConditionUsageWithinLimits, Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonNotMetered})
				}).Obj(),
				seen("b", "x", v1alpha1.SubscriptionPending, "False", v1alpha1.ReasonProductNotFound, late).Obj(),
				seen("c", "x", v1alpha1.SubscriptionPending, "False", v1alpha1.ReasonProductNotFound, late).Obj(),
			},
			want: map[string]float64{
				"subscriptions{namespace=x,state=Active}": 1, "subscriptions{namespace=x,state=Pending}": 2,
				"subscription_unmet_conditions{condition=Ready,namespace=x,reason=Parked}":                 1,
				"subscription_unmet_conditions{condition=Ready,namespace=x,reason=ProductNotFound}":        2,
				"subscription_unmet_conditions{condition=SeatsCurrent,namespace=x,reason=KeyMissing}":      1,
				"subscription_unmet_conditions{condition=UsageWithinLimits,namespace=x,reason=NotMetered}": 1,
				"renewal_overdue_seconds{namespace=x}":                                                     0,
			},
		},
		"Late": {
			reason: "the operator is late where nothing else is in the way; the latest counts",
			objects: []client.Object{
				seen("a", "x", v1alpha1.SubscriptionActive, "True", v1alpha1.ReasonReconciled, late.Add(time.Minute)).Obj(),
				seen("b", "x", v1alpha1.SubscriptionTrialing, "True", v1alpha1.ReasonReconciled, late).Obj(),
			},
			want: map[string]float64{
				"subscriptions{namespace=x,state=Active}": 1, "subscriptions{namespace=x,state=Trialing}": 1,
				"renewal_overdue_seconds{namespace=x}": 90,
			},
		},
		"LateByItself": {
			reason: "being at work, or unable to write what is owed, is no excuse",
			objects: []client.Object{
				seen("a", "x", v1alpha1.SubscriptionActive, "False", v1alpha1.ReasonEffectsOwed, late).Obj(),
				seen("a", "y", v1alpha1.SubscriptionActive, "False", v1alpha1.ReasonProgressing, late).Obj(),
			},
			want: map[string]float64{
				"subscriptions{namespace=x,state=Active}": 1, "renewal_overdue_seconds{namespace=x}": 90,
				"subscriptions{namespace=y,state=Active}": 1, "renewal_overdue_seconds{namespace=y}": 90,
				"subscription_unmet_conditions{condition=Ready,namespace=x,reason=EffectsOwed}": 1,
				"subscription_unmet_conditions{condition=Ready,namespace=y,reason=Progressing}": 1,
			},
		},
		"Excused": {
			reason: "who uses a TestClock, was suspended or has ended is not late",
			objects: []client.Object{
				seen("a", "x", v1alpha1.SubscriptionActive, "True", v1alpha1.ReasonReconciled, late).TestClock("clock").Obj(),
				seen("b", "x", v1alpha1.SubscriptionSuspended, "True", v1alpha1.ReasonSuspended, late).
					With(func(s *v1alpha1.Subscription) { s.Spec.Suspend = true }).Obj(),
				seen("c", "x", v1alpha1.SubscriptionCanceled, "True", v1alpha1.ReasonCanceled, late).
					With(func(s *v1alpha1.Subscription) { s.Status.RenewalTime = nil }).Obj(),
			},
			want: map[string]float64{
				"subscriptions{namespace=x,state=Active}": 1, "subscriptions{namespace=x,state=Suspended}": 1,
				"subscriptions{namespace=x,state=Canceled}": 1, "renewal_overdue_seconds{namespace=x}": 0,
			},
		},
		"Revenue": {
			reason: "amounts of a kind add up exactly, other kinds are apart, and what nobody will pay is left out",
			objects: []client.Object{
				earning("a", "0.10", month, nil).Obj(), earning("b", "0.20", month, nil).Obj(),
				earning("c", "1200.00", year, nil).Obj(), earning("d", "1200.00", twelveMonths, nil).Obj(),
				earning("e", "84.00", week, nil).Obj(),
				earning("f", "30.00", month, func(s *v1alpha1.Subscription) { s.Status.Currency = "USD" }).Obj(),
				earning("g", "50.00", month, func(s *v1alpha1.Subscription) { s.Status.EndTime = record.Time(early) }).Obj(),
				earning("h", "70.00", month, onTrial).Obj(),
				earning("i", "70.00", month, func(s *v1alpha1.Subscription) {
					onTrial(s)
					s.Status.RenewalTime, s.Status.TrialOnly = nil, true
				}).Obj(),
				earning("j", "90.00", month, func(s *v1alpha1.Subscription) { s.Status.State = v1alpha1.SubscriptionCanceled }).Obj(),
				earning("k", "90.00", month, nil).TestClock("clock").Obj(),
			},
			want: map[string]float64{
				"subscriptions{namespace=x,state=Active}": 8, "subscriptions{namespace=x,state=Trialing}": 2,
				"subscriptions{namespace=x,state=Canceled}": 1, "renewal_overdue_seconds{namespace=x}": 0,
				"monthly_recurring_revenue{currency=EUR,interval=Month,namespace=x,state=Active}":   0.3,
				"monthly_recurring_revenue{currency=EUR,interval=Year,namespace=x,state=Active}":    200,
				"monthly_recurring_revenue{currency=EUR,interval=Week,namespace=x,state=Active}":    365,
				"monthly_recurring_revenue{currency=USD,interval=Month,namespace=x,state=Active}":   30,
				"monthly_recurring_revenue{currency=EUR,interval=Month,namespace=x,state=Ending}":   50,
				"monthly_recurring_revenue{currency=EUR,interval=Month,namespace=x,state=Trialing}": 70,
			},
		},
		"Held": {
			reason: "only updates that wait for approval count, and the oldest says since when",
			objects: []client.Object{
				updateOfRefresh("a", v1alpha1.UpdateHeld, scraped.Add(-time.Hour)), updateOfRefresh("b", v1alpha1.UpdateHeld, scraped.Add(-3*time.Hour)),
				updateOfRefresh("c", v1alpha1.UpdateHeld, scraped.Add(-2*time.Hour)), updateOfRefresh("d", v1alpha1.UpdateApplied, scraped.Add(-9*time.Hour)),
				updateOfRefresh("e", v1alpha1.UpdatePending, scraped.Add(-9*time.Hour)),
			},
			want: map[string]float64{
				"updates_held{namespace=x}":                          3,
				"updates_held_oldest_timestamp_seconds{namespace=x}": float64(scraped.Add(-3 * time.Hour).Unix()),
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, scrape(t, cacheOf(t, c.objects...))); diff != "" {
				t.Errorf("%s: -want +got:\n%s", c.reason, diff)
			}
		})
	}
}

var (
	week         = v1alpha1.Interval{Unit: v1alpha1.IntervalWeek, Count: 1}
	month        = v1alpha1.Interval{Unit: v1alpha1.IntervalMonth, Count: 1}
	twelveMonths = v1alpha1.Interval{Unit: v1alpha1.IntervalMonth, Count: 12}
	year         = v1alpha1.Interval{Unit: v1alpha1.IntervalYear, Count: 1}
)

// earning makes an active subscription in EUR that costs so much for each interval, and changes it.
func earning(name string, recurring v1alpha1.Amount, interval v1alpha1.Interval, change func(*v1alpha1.Subscription)) *builders.Subscription {
	sub := seen(name, "x", v1alpha1.SubscriptionActive, "True", v1alpha1.ReasonReconciled, scraped.Add(time.Hour)).
		With(func(s *v1alpha1.Subscription) {
			s.Status.RecurringAmount, s.Status.Interval, s.Status.Currency = recurring, &interval, "EUR"
			s.Status.CurrentPeriod = &v1alpha1.BillingPeriod{}
		})
	if change != nil {
		sub.With(change)
	}
	return sub
}

func onTrial(s *v1alpha1.Subscription) {
	s.Status.State = v1alpha1.SubscriptionTrialing
	s.Status.CurrentPeriod.Trial = true
}

// updateOfRefresh makes an update that a refresh created.
func updateOfRefresh(name string, state v1alpha1.UpdateState, created time.Time) *v1alpha1.SubscriptionUpdate {
	update := builders.MakeSubscriptionUpdate(name, "x", "acme").Count("editors", 7).Obj()
	update.Spec.Cause = &v1alpha1.UpdateCause{Type: v1alpha1.CauseRefresh}
	update.Status.State = state
	update.CreationTimestamp = metav1.NewTime(created)
	return update
}

// unfilled is a cache that has not started.
type unfilled struct{ client.Reader }

func (unfilled) List(context.Context, client.ObjectList, ...client.ListOption) error {
	return errors.New("the cache is not started")
}

func TestLifeCycleMetricsOfUnfilledCache(t *testing.T) {
	if said := scrape(t, unfilled{}); len(said) > 0 {
		t.Errorf("zero would be wrong before the cache has filled: %v", said)
	}
}

// filled is a cache of so many subscriptions, which are not copied.
type filled []v1alpha1.Subscription

func (filled) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return errors.New("nothing is read by its name")
}

func (f filled) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	if subs, ok := list.(*v1alpha1.SubscriptionList); ok {
		// As the real one does, which copies each object's outermost fields.
		subs.Items = append([]v1alpha1.Subscription(nil), f...)
	}
	return nil
}

// BenchmarkScrape says what a scrape of 100,000 subscriptions in 100 namespaces costs.
func BenchmarkScrape(b *testing.B) {
	cache := make(filled, 100_000)
	for i := range cache {
		cache[i] = *earning(fmt.Sprint(i), "12.50", month, func(s *v1alpha1.Subscription) { s.Namespace = fmt.Sprint(i % 100) }).Obj()
	}
	m := Metrics{Cache: cache, Clock: clocktesting.NewFakePassiveClock(scraped)}
	b.ReportAllocs()
	for b.Loop() {
		to := make(chan prometheus.Metric, 1000)
		m.Collect(to)
		if len(to) != 300 {
			b.Fatalf("%d series", len(to))
		}
	}
}
