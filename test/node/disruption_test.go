// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package node

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// survivesKill kills the leader's process. Its container is started again, another process leads, and what was asked
// for when nobody led is billed once. Which replica leads is open: the container may be back before the lease expires.
func (i *installation) survivesKill() {
	i.staysAvailable()
	killed := i.leader()
	before, holder := i.restarts(), i.holder()
	for _, each := range processesOf(killed) {
		if each.isManager {
			if err := syscall.Kill(each.pid, syscall.SIGKILL); err != nil {
				i.Fatal(err)
			}
		}
	}
	i.bills("hooli", 5, "62.50")
	if now := i.holder(); now == holder {
		i.Errorf("%s still leads", now)
	}
	i.eventually("the container is started again", func() (bool, string) {
		after := i.restarts()
		return after[killed.Name] == before[killed.Name]+1, fmt.Sprint(after)
	})
	i.rolledOut(former)
	i.billedOnce()
}

// survivesDrain drains the leader's node, and then the other one, to which all pods have moved. The disruption budget
// refuses to evict the last pod, so a manager is available at every moment.
func (i *installation) survivesDrain() {
	i.staysAvailable()
	first := i.leader().Spec.NodeName
	i.Cleanup(func() {
		ctx, cancel := cleanupContext()
		defer cancel()
		for name := range nodes {
			if _, err := site.kubectl(ctx, "uncordon", name); err != nil {
				i.Error(err)
			}
		}
	})
	i.kubectl("drain", first, "--timeout="+patience.String())
	i.rolledOut(former)
	for _, pod := range i.pods() {
		if pod.Spec.NodeName == first {
			i.Errorf("%s is on %s, which is drained", pod.Name, first)
		}
	}
	second := i.leader().Spec.NodeName
	out, err := site.kubectl(i.Context(), "drain", second, "--timeout=20s")
	if err == nil || !strings.Contains(err.Error(), "violate the pod's disruption budget") {
		i.Errorf("draining the last node: %v\n%s", err, out)
	}
	i.kubectl("uncordon", first)
	i.kubectl("drain", second, "--timeout="+patience.String())
	i.rolledOut(former)
	i.bills("stark", 2, "25.00")
	i.billedOnce()
}

// survivesUpgrade installs the next version over the present one. While pods are replaced, a manager is available at
// every moment, months pass on a clock, and new customers come.
func (i *installation) survivesUpgrade() {
	i.staysAvailable()
	i.kubectl("label", "namespace", "default", "--overwrite", "billing.seatplane.dev/test-clocks=allowed")
	passed := 0
	i.pass(passed)
	i.kustomize(present)
	for !i.runs(present) {
		passed++
		i.pass(passed)
		i.bills(fmt.Sprintf("during-%d", passed), 2, "25.00")
	}
	if passed == 0 {
		i.Error("the upgrade was over before a customer came")
	}
	i.rolledOut(present)
	i.pass(passed + 1)
	i.bills("tyrell", 3, "37.50")
	i.billedOnce()
	i.confined()
	i.Logf("%d months passed during the upgrade", passed)
}

// months are a subscription on a clock, at a time.
const months = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: months}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "12.50"}}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: TestClock
metadata: {name: months}
spec: {now: %s}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: months}
spec:
  customer: {id: months}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: months}, plan: monthly, quantity: 3}
  testClockRef: {name: months}
`

// pass has so many months be over on the clock, and requires one invoice of each and of the one that begins.
func (i *installation) pass(passed int) {
	i.Helper()
	begin := time.Date(2026, time.April, 1, 0, 0, 0, 0, time.UTC)
	now := begin.AddDate(0, passed, 0).Format(time.RFC3339)
	if err := site.apply(i.Context(), "default", fmt.Sprintf(months, now)); err != nil {
		i.Fatal(err)
	}
	var want []string
	for n := range passed + 1 {
		want = append(want, fmt.Sprintf("%d: 37.50 from %s", n+1, begin.AddDate(0, n, 0).Format(time.DateOnly)))
	}
	var got []string
	i.eventually("the months are billed", func() (bool, string) {
		got = i.monthsBilled()
		return len(got) >= len(want), fmt.Sprint(got)
	})
	if diff := gocmp.Diff(want, got); diff != "" {
		i.Errorf("after %d months (-want +got):\n%s", passed, diff)
	}
}

// monthsBilled describes the invoices of the subscription on a clock, in their order; none when the API server does
// not answer.
func (i *installation) monthsBilled() []string {
	var list v1alpha1.InvoiceList
	if err := site.List(i.Context(), &list); err != nil {
		return nil
	}
	slices.SortFunc(list.Items, func(a, b v1alpha1.Invoice) int { return cmp.Compare(a.Spec.Sequence, b.Spec.Sequence) })
	var all []string
	for _, each := range list.Items {
		if each.Spec.SubscriptionRef.Name == "months" && each.Spec.PeriodStart != nil {
			all = append(all, fmt.Sprintf("%d: %v from %s", each.Spec.Sequence, each.Spec.AmountDue, each.Spec.PeriodStart.UTC().Format(time.DateOnly)))
		}
	}
	return all
}

// billedOnce requires one invoice of each customer that was billed so far.
func (i *installation) billedOnce() {
	i.Helper()
	for _, each := range site.customers {
		if found := i.invoices(each); len(found) != 1 {
			i.Errorf("%s has invoices of %v, want one", each, found)
		}
	}
}
