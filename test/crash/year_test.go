// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// days is how long the subscription of TestYear lives, as SEATPLANE_YEAR says: "all" is a year. Left out it
// is a slice with two busy days, in which lines are folded.
func days(t *testing.T) int {
	t.Helper()
	switch said := os.Getenv("SEATPLANE_YEAR"); said {
	case "":
		return busyEvery + 1
	case "all":
		return 365
	default:
		days, err := strconv.Atoi(said)
		if err != nil {
			t.Fatalf("SEATPLANE_YEAR: %v", err)
		}
		return days
	}
}

const (
	// seed makes the counts; another one makes another year.
	seed = 20260101
	// busyEvery is how many days lie between two on which the seats change every hour.
	busyEvery = 5
	// quietOdds: on all other days, one hour in so many brings another count.
	quietOdds = 12
	// keepsFinished is how many finished updates retention leaves in the cluster.
	keepsFinished = 20
)

// TestYear refreshes one subscription every hour for a year, with all of the operator's reconcilers: seats
// that change at once, seats that fall at the renewal only, and usage that is read. Every version of every
// object is judged: by its size, and by the ledger (consistency.md#5-size-bounds,
// consistency.md#criteria).
//
//	SEATPLANE_YEAR=all go test ./test/crash -run TestYear -v -timeout 60m
func TestYear(t *testing.T) {
	t.Parallel()
	y := beginYear(t)
	days := days(t)
	for day := range days {
		for hour := range 24 {
			y.hour(day, hour)
		}
		y.endOfDay()
		if day%30 == 29 {
			y.Logf("by %s: %s", y.now, y.sizes)
		}
	}
	y.end(days * 24)
}

// year is the run of TestYear.
type year struct {
	*testing.T
	*driver
	random *rand.Rand
	now    time.Time
	counts map[string]int64
	// books judge every version; newest are the last versions that they have read.
	books  *books
	newest map[types.UID]sighting
	sizes  sizes
	// refreshes are the ticks that each product said it has run.
	refreshes map[string]map[time.Time]bool
	// changes counts the counts that differed from the one before.
	changes int
	// unchanged are the hours without another count of seats or a renewal, and what was written in them.
	unchanged, writesUnchanged int
}

// The items, each with a product and a source of its name.
const (
	editors = "editors" // change at once
	viewers = "viewers" // fall at the renewal only
	calls   = "calls"   // are used, and read
)

func beginYear(t *testing.T) *year {
	t.Helper()
	y := &year{
		T: t, random: rand.New(rand.NewPCG(seed, seed)), now: at("01-01"),
		counts: map[string]int64{editors: 40, viewers: 100, calls: 0},
		books:  newBooks(), newest: map[types.UID]sighting{}, refreshes: map[string]map[time.Time]bool{},
	}
	stage, err := newStage(t.Context(), y.setup)
	if err != nil {
		t.Fatal(err)
	}
	y.driver = newDriver(stage)
	y.begin(plan{name: "undisturbed"})
	y.rest()
	return y
}

func (y *year) setup(ns string) []client.Object {
	hourly := v1alpha1.Refresh{Every: "1h"}
	atOnce := v1alpha1.QuantityChangePolicy{ApplicationSchedule: v1alpha1.ApplyImmediately}
	metered := func(p *v1alpha1.SeatProduct) { p.Spec.Plans[0].Usage = v1alpha1.UsageMetered }
	return []client.Object{
		builders.MakeTestClock(clockName, ns, y.now).Obj(),
		builders.MakeProrationPolicy("by-hour", ns, v1alpha1.RoundUp).Unit(v1alpha1.UnitHour).Obj(),
		y.source(ns, editors), y.source(ns, viewers), y.source(ns, calls),
		builders.MakeSeatProduct(editors, ns).Plan(planName, "EUR", "12.50").ConfigMapLoader(editors).Refresh(hourly).
			OnDecrease(atOnce).Obj(),
		builders.MakeSeatProduct(viewers, ns).Plan(planName, "EUR", "0.99").ConfigMapLoader(viewers).Refresh(hourly).Obj(),
		builders.MakeSeatProduct(calls, ns).Plan(planName, "EUR", "0.001").ConfigMapLoader(calls).Refresh(hourly).
			With(metered).Obj(),
		builders.MakeSubscription("acme", ns).TestClock(clockName).Start(y.now).
			Policy(v1alpha1.KindProrationPolicy, "by-hour").
			With(func(s *v1alpha1.Subscription) {
				s.Spec.History = &v1alpha1.History{KeepUpdates: ptr.To[int32](keepsFinished), TTLSecondsAfterFinished: ptr.To[int64](0)}
			}).
			LoadedItem(editors, editors, planName).LoadedItem(viewers, viewers, planName).LoadedItem(calls, calls, planName).Obj(),
	}
}

// source is the ConfigMap that an item is counted from.
func (y *year) source(ns, item string) *corev1.ConfigMap {
	source := countsMap(ns, map[string]string{"acme": fmt.Sprint(y.counts[item])})
	source.Name = item
	return source
}

// hour changes the sources, moves the clock by an hour, and lets the operator come to rest.
func (y *year) hour(day, hour int) {
	y.Helper()
	changed := 0
	for _, item := range []string{editors, viewers} {
		busy := day%busyEvery == 0
		if !busy && y.random.IntN(quietOdds) > 0 {
			continue
		}
		if count := 1 + y.random.Int64N(500); count != y.counts[item] {
			y.answer(item, count)
			changed++
		}
	}
	y.answer(calls, y.counts[calls]+y.random.Int64N(1000))
	before := y.run.Count()
	y.now = at("01-01").Add(time.Duration(day*24+hour+1) * time.Hour)
	if err := change(y.Context(), y.stage, clockName, func(c *v1alpha1.TestClock) { c.Spec.Now.Time = y.now }); err != nil {
		y.Fatal(err)
	}
	y.rest()
	y.changes += changed
	if changed == 0 && !y.renews() {
		y.unchanged++
		y.writesUnchanged += y.run.Count() - before
	}
}

// renews says whether a period has just ended: what its renewal writes is no matter of a refresh.
func (y *year) renews() bool { return y.now.Day() == 1 && y.now.Hour() == 0 }

// answer changes what a source says.
func (y *year) answer(item string, count int64) {
	y.Helper()
	y.counts[item] = count
	if err := y.stage.truth.Update(y.Context(), y.source(y.stage.namespace, item)); err != nil {
		y.Fatal(err)
	}
}

func (y *year) rest() {
	y.Helper()
	if err := y.settle(y.Context()); err != nil || len(y.panics) > 0 {
		y.Fatalf("at %s: %v; panics: %q", y.now, err, y.panics)
	}
}

// endOfDay judges what the watch saw.
func (y *year) endOfDay() {
	y.Helper()
	last := y.stage.truth.every(watched()...)
	seen, err := watcher.historySince(y.Context(), y.stage.namespace, slices.Collect(maps.Values(y.newest)), last)
	if err != nil {
		y.Fatal(err)
	}
	byObject := map[types.UID][]sighting{}
	for _, s := range seen {
		uid := s.object.GetUID()
		if newest, known := y.newest[uid]; known && byObject[uid] == nil {
			byObject[uid] = []sighting{newest}
		}
		byObject[uid] = append(byObject[uid], s)
		y.newest[uid] = s
		y.note(s)
	}
	for _, versions := range byObject {
		for _, wrong := range y.books.read(versions) {
			y.Errorf("by %s: %s", y.now, wrong)
		}
	}
	if y.Failed() {
		y.FailNow()
	}
}

// note takes in what a version says about sizes and refreshes.
func (y *year) note(s sighting) {
	switch object := s.object.(type) {
	case *v1alpha1.Subscription:
		for _, wrong := range y.sizes.measure(object) {
			y.Errorf("by %s: %s", y.now, wrong)
		}
	case *v1alpha1.SeatProduct:
		for _, refresh := range object.Status.Refreshes {
			if refresh.LastRefreshTime == nil {
				continue
			}
			if y.refreshes[object.Name] == nil {
				y.refreshes[object.Name] = map[time.Time]bool{}
			}
			y.refreshes[object.Name][refresh.LastRefreshTime.UTC()] = true
		}
	}
}

// end closes the books, and says what it came to.
func (y *year) end(hours int) {
	y.Helper()
	if writes := y.restless(y.Context()); len(writes) > 0 {
		y.Errorf("written at rest: %v", writes)
	}
	for _, wrong := range y.books.close() {
		y.Error(wrong)
	}
	for _, item := range []string{editors, viewers, calls} {
		// The first count is a refresh too.
		if ran := len(y.refreshes[item]); ran < hours {
			y.Errorf("SeatProduct %s ran %d refreshes in %d hours", item, ran, hours)
		}
	}
	if kept := len(y.stage.truth.every(&v1alpha1.SubscriptionUpdateList{})); kept > keepsFinished+maxEffects {
		y.Errorf("%d updates are left, at most %d were to be kept beside those of the last commit", kept, keepsFinished)
	}
	y.judgeWritten(hours)
	y.Log(y.summary(hours))
}

// judgeWritten: there was something to judge.
func (y *year) judgeWritten(hours int) {
	y.Helper()
	applied := 0
	for _, u := range y.books.updates {
		if u.Status.State == v1alpha1.UpdateApplied {
			applied++
		}
	}
	if y.changes < hours/5 || applied < y.changes/2 {
		y.Errorf("%d counts changed and %d updates were applied: this year was too quiet to show anything", y.changes, applied)
	}
	if y.sizes.folded == 0 {
		y.Error("no line was ever folded: the bound on accrued lines was not reached")
	}
	if y.writesUnchanged > y.unchanged*writesOfAnIdleHour {
		y.Errorf("%d hours without another count of seats, or a renewal, took %d writes, more than %d each",
			y.unchanged, y.writesUnchanged, writesOfAnIdleHour)
	}
}

// writesOfAnIdleHour is what an hour costs in which no count of seats changed and no period ended: one status
// of each of three products, the reading that one of them leaves on the subscription, the commit that takes it
// and the clock's time up, and the clock's own status.
const writesOfAnIdleHour = 3 + 1 + 1 + 1

func (y *year) summary(hours int) string {
	byKind := map[string]int{}
	for _, write := range y.run.Writes() {
		kind, _, _ := strings.Cut(write.String(), " "+y.stage.namespace)
		byKind[kind]++
	}
	text := fmt.Sprintf("%d hours, %d refreshes, %d changed counts (seed %d), %d invoices; %s;\n%d writes in all, %.2f a refresh:",
		hours, 3*hours, y.changes, seed, len(y.books.invoices), y.sizes, y.run.Count(), float64(y.run.Count())/float64(3*hours))
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		text += fmt.Sprintf("\n  %6d %s", byKind[kind], kind)
	}
	return text + fmt.Sprintf("\n%d hours without another count of seats, or a renewal: %d writes", y.unchanged, y.writesUnchanged)
}
