// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// wallAt moves the wall clock to noon of a day of 2050, counted from 1: later than any object of a run was created.
func wallAt(day int) Step {
	return Step{Name: "move the wall clock", Do: func(_ context.Context, s *stage) error {
		s.wall.SetTime(noonOf(day))
		return nil
	}}
}

func noonOf(day int) time.Time { return time.Date(2050, 1, day, 12, 0, 0, 0, time.UTC) }

// parkedThenUnparked: the operator was down for more than 400 daily periods. It waits for a person, who lets it go on;
// then it makes up for all periods, and continues day by day. Seats change at boundaries only, so that no amount
// depends on the second. In between there are none: each period that was charged would be a document.
var parkedThenUnparked = Scenario{
	Name: "many periods that a person lets it make up for",
	Setup: func(ns string) []client.Object {
		daily := builders.MakeSeatProduct(productName, ns).Plan(planName, "EUR", "10").With(func(p *v1alpha1.SeatProduct) {
			p.Spec.Plans[0].Interval.Unit = v1alpha1.IntervalDay
		})
		acme := builders.MakeSubscription("acme", ns).Start(noonOf(1).Add(-12*time.Hour)).
			Item("editors", productName, planName, 5).With(func(s *v1alpha1.Subscription) {
			s.Spec.ChangePolicy = &v1alpha1.ChangePolicy{ApplicationSchedule: v1alpha1.ApplyNextPeriod}
		})
		return []client.Object{daily.Obj(), acme.Obj()}
	},
	Prelude: []Step{wallAt(1), setQuantities("none from tomorrow on", 0)},
	Steps: []Step{
		wallAt(420),
		together("let it go on", wallAt(421), edit("unpark", "acme", func(s *v1alpha1.Subscription) {
			s.Annotations = map[string]string{v1alpha1.AnnotationUnpark: "go on"}
		})),
		together("two from tomorrow on", wallAt(422), setQuantities("two", 2)),
		wallAt(423),
	},
}

// The undisturbed story is what every run is compared with: it was parked, and everything was made up for.
func TestParkedThenUnparked(t *testing.T) {
	t.Parallel()
	undisturbed := undisturbedRun(t, parkedThenUnparked)
	parked, due := false, map[string]v1alpha1.Amount{}
	for _, s := range undisturbed.history {
		switch o := s.object.(type) {
		case *v1alpha1.Subscription:
			parked = parked || o.Status.Parked != ""
		case *v1alpha1.Invoice:
			due[o.Spec.PeriodStart.UTC().Format(time.DateOnly)] = o.Spec.AmountDue
		}
	}
	if !parked {
		t.Error("it was never parked")
	}
	want := map[string]v1alpha1.Amount{"2050-01-01": "50.00", noonOf(423).Format(time.DateOnly): "20.00"}
	for day, amount := range want {
		if due[day] != amount {
			t.Errorf("the period of %s came to %q, want %q; all: %v", day, due[day], amount, due)
		}
	}
	if len(due) != len(want) {
		t.Errorf("documents for %v, want those of %v", due, want)
	}
}

// notParked shows subscriptions as if they did not wait for a person.
func notParked(object client.Object) {
	if s, ok := object.(*v1alpha1.Subscription); ok {
		s.Status.Parked = ""
	}
}
