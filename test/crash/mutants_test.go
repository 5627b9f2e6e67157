// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

// seeded is a mutant, and where it is looked for.
type seeded struct {
	// rule is what the mutant does against the design, as a sentence about it.
	rule     string
	mutant   mutant
	scenario *Scenario
	planner  planner
}

// mutants each break one rule. One of the runs of the planner must show it.
var mutants = []seeded{
	{"commits without the version", onStatus(withoutVersion), &renewal, pasts},
	{"believes the cache where it has to read an update live", mutant{breakReader: cached[v1alpha1.SubscriptionUpdate]()}, &renewal, pasts},
	{"believes the cache where it has to read a subscription live", mutant{breakReader: cached[v1alpha1.Subscription]()}, &sameCountAgain, pasts},
	{"takes a conflict for success", onStatus(conflictIsSuccess), &renewal, conflicts},
	{"takes an invoice that was refused for issued", onCreate(invoiceErrorsSwallowed), &renewal, serverErrors},
	{"takes a mark that was refused for made", onStatus(markErrorsSwallowed), &invoicedAtOnce, serverErrors},
	{"commits without the outbox", onStatus(withoutOutbox), &renewal, crashes},
	{"marks before it commits", mutant{breakClient: markFirst}, &renewal, crashes},
	{"lets a deleted subscription go before it drains", mutant{breakClient: letGoEarly}, &deletion, crashes},
	{"gives the updates it makes random names", onCreate(randomNames), &twoItemsEdited, crashes},
	{"computes while it drains", onCreate(computedInvoices), &renewal, crashes},
	{"changes a finished update", onStatus(marksTwice), &renewal, crashes},
	{"never sees its own conditions", onRead(withoutConditions), &renewal, crashes},
	{"believes the cache where it has to list assignments live", mutant{breakReader: cachedLists[v1alpha1.SeatAssignmentList]}, &seatsHeld, pastsOf("SeatAssignment")},
	{"believes the cache before it gives a seat", mutant{breakReader: cached[v1alpha1.Subscription]()}, &seatsHeld, pastsOf("Subscription")},
	{"records a reading over whatever version there is", mutant{breakClient: blindReadings, breakReader: cached[v1alpha1.Subscription]()}, &meteredOverBoundary, pastsOf("Subscription")},
	{"drops a reading before it is taken", onRead(withoutReadings), &meteredOverBoundary, crashes},
	{"enters the lines of an update as a plan's own", onStatus(withoutSource), &planResetByEdit, crashes},
	{"drops a charge that fell due early", onStatus(withoutOwnCharges), &meterReplaced, crashes},
	{"abandons what was committed", onRead(withoutOutboxAtTheEnd), &abandoned, crashes},
	{"plans before it drains", onRead(withoutOutboxAtFirst), &effectsOwed, crashes},
	{"deletes a record by its name alone", mutant{breakClient: deletesByName}, &recordsNotKept, pastsOf("SubscriptionUpdate")},
	{"believes the cache before it deletes a record", mutant{breakReader: cached[v1alpha1.Subscription]()}, &recordsNotKept, pastsOf("Subscription")},
	{"names an update for an edit without the generation", onCreate(withoutGenerations), &twoItemsEdited, crashes},
	{"forgets which edits it acted on", onRead(withoutActedOn), &recordsNotKept, crashes},
	{"forgets when it took a count", onRead(withoutObservations), &recordsNotKept, pastsOf("SeatProduct")},
	{"forgets which units are settled", onRead(withoutCoverage), &unitsSettled, crashes},
	{"forgets which requests for an invoice it answered", onRead(withoutInvoiceRequests), &invoiceAhead, crashes},
	{"believes the cache before it starts a subscription", mutant{breakReader: cachedLists[v1alpha1.InvoiceList]}, &comesBackAtOnce, neverShownOf("Invoice")},
	{"believes the cache before it applies an edit", mutant{breakReader: cached[v1alpha1.SubscriptionUpdate]()}, &comesBackAtOnce, neverShownOf("SubscriptionUpdate")},
	{"goes by the list of an earlier move", mutant{breakReader: listedOnce}, &renewal, neverShownOf("SubscriptionUpdate")},
	{"takes a refused invoice for issued", onCreate(refusalsSwallowed), &renewal, lastingRefusals},
	{"takes a refused mark or commit for made", onStatus(refusalsSwallowed), &renewal, lastingRefusals},
	{"says nobody that a write was refused", onStatus(refusalsUnsaid), &renewal, lastingRefusals},
	{"forgets that it waits for a person", onRead(notParked), &parkedThenUnparked, crashes},
	{"makes up for periods over whatever version there is", onStatus(withoutVersion), &parkedThenUnparked, pastsOf("Subscription")},
	{"commits without the events", onStatus(withoutEvents), &renewalTold, crashes},
	{"counts events from one again", onRead(withoutEventSequence), &renewalTold, crashes},
	{"panics on a conflict", onStatus(panicsOnConflict), &renewal, conflicts},
}

// conflicts and serverErrors are the plans of refusals that matter to some of them.
var (
	conflicts    = planner{"conflicts", everyWrite(faults.Conflict)}
	serverErrors = planner{"server errors", everyWrite(faults.InternalError)}
)

// TestMutantsAreCaught breaks one rule of the design after the other: a harness that notices nothing
// would prove nothing.
func TestMutantsAreCaught(t *testing.T) {
	t.Parallel()
	started, plans := time.Now(), atomic.Int64{}
	t.Cleanup(func() {
		report(t, fmt.Sprintf("crash test of itself: %d mutants sought with %d plans in %s",
			len(mutants), plans.Load(), time.Since(started).Round(time.Second)))
	})
	for _, each := range mutants {
		t.Run("one that "+each.rule, func(t *testing.T) {
			t.Parallel()
			undisturbed := undisturbedRun(t, *each.scenario)
			candidates := append([]plan{{name: "undisturbed"}}, each.planner.plans(undisturbed)...)
			caught, tried := firstCaught(t, undisturbed, each, candidates)
			plans.Add(int64(tried))
			if caught == "" {
				t.Errorf("none of %d plans of %s has caught it", len(candidates), each.planner.name)
			}
			t.Logf("caught after %d plans: %s", tried, caught)
		})
	}
}

// firstCaught tries plans until one shows that something is wrong, and says what.
func firstCaught(t *testing.T, undisturbed *evidence, m seeded, plans []plan) (caught string, tried int) {
	t.Helper()
	var mu sync.Mutex
	inParallel(t.Context(), plans, func(ctx context.Context, p plan) {
		mu.Lock()
		done := caught != ""
		if !done {
			tried++
		}
		mu.Unlock()
		if done {
			return
		}
		run, err := perform(ctx, *m.scenario, p, m.mutant)
		if err != nil {
			t.Errorf("plan %s: the harness failed: %v", p.name, err)
			return
		}
		if findings := judge(undisturbed, run); len(findings) > 0 {
			mu.Lock()
			defer mu.Unlock()
			first, _, _ := strings.Cut(findings[0].String(), "\n")
			caught = fmt.Sprintf("plan %s, criterion %s (%d findings)", p.name, first, len(findings))
		}
	})
	return caught, tried
}
