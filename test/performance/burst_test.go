// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// burstEnv names the environment variable with the numbers of subscriptions that renew at one instant; make bench-burst
// sets it.
const burstEnv = "SEATPLANE_BENCH_BURST"

// Very many subscriptions renew at one instant, and people go on: how long an update that somebody makes in the midst of
// that waits until it is applied, and how long a refresh that somebody asks for takes.
func TestBurst(t *testing.T) {
	binary, err := playground.Build(t.TempDir())
	must(t, err)
	var table strings.Builder
	table.WriteString("| renewals | all made in | updates of others | applied after, median | longest | refreshes | done after, median | longest |\n" +
		"|---|---|---|---|---|---|---|---|\n")
	for _, many := range numbers(t, burstEnv, 20) {
		t.Run(fmt.Sprint(many), func(t *testing.T) { table.WriteString(playBurst(t, binary, many)) })
	}
	if asks(burstEnv) {
		fmt.Printf("\n%s\n", table.String())
	}
}

// playBurst plants subscriptions that renew at one instant, and changes another one until they have.
func playBurst(t *testing.T, binary string, many int) string {
	t.Helper()
	b := &changesBench{yard: newYard(t, binary), counts: map[string]string{}}
	b.furnish()
	b.startManager()
	at := time.Now().Add(20*time.Second + time.Duration(many)*8*time.Millisecond).UTC().Truncate(time.Second)
	people := b.next(populace)
	b.makeAll(ours, "subscriptions", people, b.subscribes)
	renewing := b.made(3, at.AddDate(0, -1, 0))
	var names []string
	for n := range many {
		names = append(names, fmt.Sprintf("planted-%08d", n))
	}
	b.sow(renewing, planted, names)
	b.await("the manager knows them", func() bool { return b.figures()["seatplane_subscriptions"] >= float64(many) })
	if late := time.Since(at); late > 0 {
		t.Fatalf("the subscriptions that are to renew were planted %s too late", late)
	}
	time.Sleep(time.Until(at.Add(time.Second)))

	var updates, refreshes []time.Duration
	for n := 0; b.many(planted, "InvoiceList") < 2*many; n++ {
		updates = append(updates, b.timeUpdate(fmt.Sprintf("%s-%d", people[n%populace], n), people[n%populace]))
		time.Sleep(updatePause)
		if time.Since(b.asked) > refreshPause {
			refreshes = append(refreshes, b.timeRefresh())
		}
	}
	took := time.Since(at)
	if got := b.many(planted, "InvoiceList"); got != 2*many {
		t.Errorf("%d invoices, want a first one and a renewal for each of %d subscriptions", got, many)
	}
	return fmt.Sprintf("| %d | %.0f s | %s | %s |\n", many, took.Seconds(), spread(updates), spread(refreshes))
}

const (
	// populace is how many subscriptions people change meanwhile. One alone would soon have all the lines that it may have.
	populace = 40
	// updatePause and refreshPause are how long the benchmark waits after one update or refresh before the next one.
	updatePause, refreshPause = time.Second, 10 * time.Second
)

// subscribes is the subscription of somebody who changes it meanwhile.
func (b *changesBench) subscribes(name string) client.Object {
	return builders.MakeSubscription(name, ours).Customer(name).LoadedItem("editors", "editor", "monthly").Obj()
}

// timeUpdate makes an update, and returns how long it took to be applied.
func (b *changesBench) timeUpdate(name, subscription string) time.Duration {
	b.Helper()
	update := builders.MakeSubscriptionUpdate(name, ours, subscription).Increment("editors", 1).Obj()
	began := time.Now()
	b.create(update)
	for update.Status.State != v1alpha1.UpdateApplied {
		b.pause(began, name)
		must(b.T, b.admin.Get(b.Context(), client.ObjectKeyFromObject(update), update))
		if facts.Finished(update.Status.State) && update.Status.State != v1alpha1.UpdateApplied {
			b.Fatalf("%s is %s: %s", name, update.Status.State, update.Status.Summary)
		}
	}
	return time.Since(began)
}

// timeRefresh asks for a refresh of another product, and returns how long it took to be done.
func (b *changesBench) timeRefresh() time.Duration {
	b.Helper()
	var product v1alpha1.SeatProduct
	key := client.ObjectKey{Namespace: ours, Name: loadedProduct}
	must(b.T, b.admin.Get(b.Context(), key, &product))
	before := product.Status.LastHandledRefreshRequest
	began := time.Now()
	b.refresh().begin()
	b.asked = began
	for product.Status.LastHandledRefreshRequest == before {
		b.pause(began, "a refresh")
		must(b.T, b.admin.Get(b.Context(), key, &product))
	}
	return time.Since(began)
}

// pause waits a little for what began at a time, but not for ever.
func (b *changesBench) pause(began time.Time, what string) {
	b.Helper()
	if time.Since(began) > 5*time.Minute {
		b.Fatalf("never done: %s\n%s", what, b.ground.Manager.LastWords())
	}
	time.Sleep(20 * time.Millisecond)
}

// spread writes how many durations there are, their median and the longest.
func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "0 | |"
	}
	slices.Sort(all)
	return fmt.Sprintf("%d | %.2f s | %.2f s", len(all), all[len(all)/2].Seconds(), all[len(all)-1].Seconds())
}
