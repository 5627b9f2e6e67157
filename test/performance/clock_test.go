// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

const (
	// clockEnv names the environment variable with the numbers of subscriptions on one TestClock; make bench-clock sets
	// it.
	clockEnv = "SEATPLANE_BENCH_CLOCK"
	// clockUpdatesEnv names the one with the numbers of updates that each has.
	clockUpdatesEnv = "SEATPLANE_BENCH_CLOCK_UPDATES"
)

// One TestClock is moved by a day, on which nothing is due, and by a month, with a renewal of each of its subscriptions:
// what that costs API server, etcd and manager, a subscription.
func TestClockMoves(t *testing.T) {
	binary, err := playground.Build(t.TempDir())
	must(t, err)
	var table strings.Builder
	table.WriteString("| subscriptions | updates each | step | API server | etcd | manager | total, ms a subscription | ready after |\n|---|---|---|---|---|---|---|---|\n")
	for _, many := range numbers(t, clockEnv, 10) {
		for _, updates := range numbers(t, clockUpdatesEnv, 0) {
			t.Run(fmt.Sprint(many, " with ", updates), func(t *testing.T) {
				playClock(t, binary, many, updates, &table)
			})
		}
	}
	if asks(clockEnv) {
		fmt.Printf("\n%s\n", table.String())
	}
}

// midApril is when the subscriptions are planted: they started at the beginning of the month.
var midApril = time.Date(2026, 4, 10, 0, 0, 0, 0, time.UTC)

func playClock(t *testing.T, binary string, many, updates int, table *strings.Builder) {
	y := newYard(t, binary)
	y.namespace(ours)
	y.create(builders.MakeTestClock("clock", ours, midApril).Obj(),
		builders.MakeSeatProduct("editor", ours).Plan("monthly", "EUR", "10").Seats(1, 100_000).Obj(),
		builders.MakeSubscription(planting, ours).Customer(planting).Start(midApril.AddDate(0, 0, -9)).TestClock("clock").
			LoadedItem("editors", "editor", "monthly").Obj())
	y.startManager()
	y.await("the start", func() bool { return y.clockReady(1) })
	for n := range updates {
		y.create(builders.MakeSubscriptionUpdate(fmt.Sprint(planting, "-", n), ours, planting).Increment("editors", 1).Obj())
	}
	y.settleUntil("the updates", func() bool { return !y.unfinished(ours) && y.clockReady(1) })
	y.stopManager()
	var names []string
	for n := 1; n < many; n++ {
		names = append(names, fmt.Sprintf("subject-%08d", n))
	}
	y.sow(y.cut(ours, planting, everything...), ours, names)
	y.startManager()
	y.settleUntil("all are known", func() bool { return y.clockReady(many) })

	idle, over := y.idleRate()
	for _, step := range []struct {
		name string
		to   time.Time
	}{
		{"a day, nothing due", midApril.AddDate(0, 0, 1)},
		{"a month, a renewal", midApril.AddDate(0, 1, 1)},
	} {
		before, began := y.meterOf(), time.Now()
		y.moveClock(step.to)
		y.await(step.name, func() bool { return y.clockReady(many) })
		ready := time.Since(began)
		y.settle()
		took := y.meterOf().minus(before).minus(idle.over(over, time.Since(began))).each(many)
		fmt.Fprintf(table, "| %d | %d | %s | %s | %s | %s | **%s** | %.1f s |\n", many, updates, step.name,
			inMS(took.server), inMS(took.store), inMS(took.writer), inMS(took.total()), ready.Seconds())
	}
	if got := y.many(ours, "InvoiceList"); got != 2*many {
		t.Errorf("%d invoices, want a first one and a renewal for each of %d subscriptions", got, many)
	}
}

func (y *yard) moveClock(to time.Time) {
	y.Helper()
	clock := &v1alpha1.TestClock{}
	clock.Namespace, clock.Name = ours, "clock"
	patch := fmt.Appendf(nil, `{"spec":{"now":%q}}`, to.Format(time.RFC3339))
	must(y.T, y.admin.Patch(y.Context(), clock, client.RawPatch(types.MergePatchType, patch)))
}

// clockReady reports whether the clock and so many subscriptions have caught up.
func (y *yard) clockReady(many int) bool {
	y.Helper()
	var clock v1alpha1.TestClock
	must(y.T, y.admin.Get(y.Context(), client.ObjectKey{Namespace: ours, Name: "clock"}, &clock))
	return clock.Status.ObservedGeneration == clock.Generation && meta.IsStatusConditionTrue(clock.Status.Conditions, v1alpha1.ConditionReady) &&
		clock.Status.Subscriptions != nil && int(*clock.Status.Subscriptions) == many
}
