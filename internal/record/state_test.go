// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/calendar"
	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/pricing"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

func on(day int) time.Time { return time.Date(2026, 4, day, 0, 0, 0, 0, time.UTC) }

func ref[T any](v T) *T { return &v }

// fullState has something in every field.
func fullState(t *testing.T) subscription.State {
	t.Helper()
	eur, err := money.ParseCurrency("EUR")
	if err != nil {
		t.Fatal(err)
	}
	limit := metering.Limit{Quantity: ref[int64](100), Amount: ref(money.MustDecimal("12.50"))}
	limits := metering.Limits{Soft: limit, Trial: limit, Hard: limit}
	half := money.NewFraction(1, 600)
	line := proration.Line{
		Key: "4-0", Item: "editors", Product: "seat", Plan: "monthly", Kind: proration.KindDebit, Description: "5 seats added, 15 of 30 days",
		Quantity: 5, Full: money.MustDecimal("50"), From: on(16), To: on(30), Amount: money.MustDecimal("25.00"), Update: "change",
		Share:     &proration.Share{Units: money.NewFraction(15, 1), UnitsInPeriod: money.NewFraction(30, 1), Unit: proration.Day, Rounding: proration.Up},
		Unrounded: money.NewFraction(25, 1), Carried: money.NewFraction(1, 500),
	}
	item := subscription.Item{
		Name: "editors", Product: "seat", Plan: "monthly", Recurring: true, Charge: subscription.InArrears, Source: subscription.FromLoader,
		Price:   pricing.Price{Model: pricing.Package, UnitAmount: money.MustDecimal("10"), PackageSize: 3, IncludedUnits: 2},
		Minimum: 1, Maximum: 9, AtStart: 4, Metered: true, Limits: limits, SeatsNoticed: 75,
		Position: proration.Position{
			Held: 5, Coverage: proration.Coverage{{Units: 4, Charged: true}, {Units: 3}}, Charged: money.MustDecimal("30"), Remainder: half,
			DebitUnits: &half, DebitUnit: proration.Day, CreditUnits: &half, CreditUnit: proration.Hour, CreditTime: on(7),
		},
		Meter: metering.Meter{
			Known: true, Last: metering.Reading{Total: 900, Observed: on(8), Loaded: on(9)}, Used: 70, Soft: 75,
			TrialReached: true, HardReached: true, WentBack: true,
		},
		Loaded: ref[int64](5), Observed: on(10), LoadedAt: on(11), LastEffective: on(12),
	}
	span := calendar.Span{Start: on(5), End: on(25)}
	return subscription.State{
		Phase: subscription.Trialing, Sequence: 12, Start: on(1), Anchor: on(2), Interval: calendar.Interval{Unit: calendar.Month, Count: 2},
		Currency: eur,
		Period:   subscription.Period{Index: 3, Span: span, Natural: calendar.Span{Start: on(3), End: on(28)}, Zone: "Europe/Paris", Trial: true, Renewed: on(4)},
		Items:    []subscription.Item{item},
		Accrued:  []proration.Line{line},
		Deferred: []subscription.Deferred{{BillAt: on(20), Reason: subscription.DocumentCustom, Line: line}},
		Balance:  money.MustDecimal("7.50"), NextNumber: 5, LastEvent: on(13), Day: subscription.DayCount{Date: "2026-04-13", Count: 2},
		Parked: "The books do not add up.", Continues: true, CatchUpTo: on(15),
		ActedOn: subscription.ActedOn{Generation: 4, Items: []subscription.ActedOnItem{{
			TermsItem:  subscription.TermsItem{Name: "editors", Product: "seat", Plan: "monthly", Quantity: ref[int64](5), Recurring: true, Limits: limits},
			Generation: 6,
		}}},
		Leftovers: []subscription.Leftover{{Item: "editors", Product: "seat", Plan: "big", Remainder: half, Left: on(14)}},
	}
}

// What is committed is read again as it was: a field that is forgotten would be
// lost with the next pass.
func TestStateIsKept(t *testing.T) {
	want := fullState(t)
	noZero(t, "State", reflect.ValueOf(want), map[string]bool{
		"State.Items[0].Price.Tiers": true, "State.Items[0].Position.Coverage[1].Charged": true, "State.Accrued[0].UnitAmount": true, "State.Deferred[0].Line.UnitAmount": true,
		"State.Accrued[0].Count": true, "State.Accrued[0].FirstUpdate": true, "State.Accrued[0].LastUpdate": true,
		"State.Deferred[0].Line.Count": true, "State.Deferred[0].Line.FirstUpdate": true, "State.Deferred[0].Line.LastUpdate": true,
	})
	var s v1alpha1.SubscriptionStatus
	WriteState(want, subscription.Upcoming{DueTime: on(25), Lines: want.Accrued}, &s)
	got, err := ReadState(&s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b money.Decimal) bool { return a.Equal(b) }),
		cmp.Comparer(func(a, b money.Fraction) bool { return a.Equal(b) }), cmp.Comparer(func(a, b money.Currency) bool { return a.Code() == b.Code() })); diff != "" {
		t.Errorf("what was read is not what was written (-want +got):\n%s", diff)
	}
}

// An item that came in mid-period has no quantity at the start, which is not zero.
func TestNotAtStartIsKept(t *testing.T) {
	want := fullState(t)
	want.Items[0].AtStart = subscription.NotAtStart
	var s v1alpha1.SubscriptionStatus
	WriteState(want, subscription.Upcoming{}, &s)
	got, err := ReadState(&s)
	if err != nil || got.Items[0].AtStart != subscription.NotAtStart {
		t.Errorf("it reads %d, %v", got.Items[0].AtStart, err)
	}
}

// noZero fails for every field that has its zero value and is not excepted, so that
// a new field cannot be forgotten here.
func noZero(t *testing.T, path string, v reflect.Value, except map[string]bool) {
	t.Helper()
	if except[path] {
		return
	}
	switch v.Interface().(type) {
	case time.Time, money.Decimal, money.Fraction, money.Currency:
		if v.IsZero() {
			t.Errorf("%s is zero: give it a value", path)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			noZero(t, path+"."+v.Type().Field(i).Name, v.Field(i), except)
		}
	case reflect.Slice:
		if v.Len() == 0 {
			t.Errorf("%s is empty: give it a value", path)
		}
		for i := range v.Len() {
			noZero(t, fmt.Sprintf("%s[%d]", path, i), v.Index(i), except)
		}
	case reflect.Pointer:
		if v.IsNil() {
			t.Errorf("%s is nil: give it a value", path)
			return
		}
		noZero(t, path, v.Elem(), except)
	default:
		if v.IsZero() {
			t.Errorf("%s is zero: give it a value", path)
		}
	}
}
