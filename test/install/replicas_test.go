// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

const (
	customers   = 30
	perCustomer = 3

	// crowd is what is sold, and the clock that all customers use.
	crowd = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: TestClock
metadata: {name: clock}
spec: {now: 2026-04-16T00:00:00Z}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "10"}, seats: {minimum: 1, maximum: 9}}
`
	customer = `---
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: c%[1]d}
spec:
  customer: {id: c%[1]d}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly}
  testClockRef: {name: clock}
`
	onemore = `---
apiVersion: billing.seatplane.dev/v1alpha1
kind: SubscriptionUpdate
metadata: {name: c%[1]d-%[2]d}
spec: {subscriptionRef: {name: c%[1]d}, seats: {item: editors, increment: 1}}
`
)

// Two replicas: the leader is killed while it applies updates, and the next one while it renews. Whoever is
// left carries on, and in the end every customer has paid for every change once.
func TestLeaderIsKilled(t *testing.T) {
	rendered := kustomized(t, "default").args(t)
	flags := func() []string { return append(rendered, elsewhere("0", "0")...) }
	s := install(t, playground.Options{Args: flags()})
	s.leads("")
	s.apply("default", crowd+forEach(func(i int) string { return fmt.Sprintf(customer, i) }))
	s.eventually("all have started", func(ctx context.Context) (bool, string, error) {
		return s.counts(ctx, &v1alpha1.SubscriptionList{}, customers, isActive)
	})

	first, second := s.ground.Manager, s.standby("second", flags())
	former := s.leader()
	s.apply("default", forEach(func(i int) string { return fmt.Sprintf(onemore, i, 0) }))
	s.eventually("some updates are applied", func(ctx context.Context) (bool, string, error) {
		return s.counts(ctx, &v1alpha1.SubscriptionUpdateList{}, 1, isApplied)
	})
	kill(t, first)
	s.ground.Manager = second
	// What is asked for while nobody leads is not lost either.
	for round := 1; round < perCustomer; round++ {
		s.apply("default", forEach(func(i int) string { return fmt.Sprintf(onemore, i, round) }))
	}
	s.leads(former)
	s.eventually("all updates are applied", func(ctx context.Context) (bool, string, error) {
		return s.counts(ctx, &v1alpha1.SubscriptionUpdateList{}, customers*perCustomer, isApplied)
	})

	s.ground.Manager = s.standby("third", flags())
	former = s.leader()
	s.moveClock("2026-05-01T00:00:00Z")
	s.eventually("some are renewed", func(ctx context.Context) (bool, string, error) {
		return s.counts(ctx, &v1alpha1.InvoiceList{}, customers+1, isInvoice)
	})
	kill(t, second)
	s.leads(former)
	s.eventually("all are renewed", func(ctx context.Context) (bool, string, error) {
		return s.counts(ctx, &v1alpha1.InvoiceList{}, 2*customers, isInvoice)
	})
	s.eventually("the clock is Ready", s.clockIsReady)
	s.paidOnce()
}

// paidOnce checks each customer to the cent: 1 seat for April, 3 more for its second half, 4 for May.
func (s *system) paidOnce() {
	s.Helper()
	var invoices v1alpha1.InvoiceList
	if err := s.List(s.Context(), &invoices); err != nil {
		s.Fatal(err)
	}
	due := map[v1alpha1.ObjectName][]v1alpha1.Amount{}
	for _, invoice := range invoices.Items {
		of := invoice.Spec.SubscriptionRef.Name
		due[of] = append(due[of], invoice.Spec.AmountDue)
	}
	for of, amounts := range due {
		if got := fmt.Sprint(amounts); got != "[10.00 55.00]" && got != "[55.00 10.00]" {
			s.Errorf("%s paid %s, want 10.00 and 55.00", of, got)
		}
	}
	if len(due) != customers {
		s.Errorf("%d customers have invoices, want %d", len(due), customers)
	}
}

// standby starts one more manager, with a log of its own.
func (s *system) standby(name string, flags []string) *playground.Manager {
	s.Helper()
	replica, err := s.ground.StartManager(manager, filepath.Join(s.ground.Plane.Dir, name+".log"), flags...)
	if err != nil {
		s.Fatal(err)
	}
	return replica
}

func kill(t *testing.T, replica *playground.Manager) {
	t.Helper()
	if err := replica.Kill(); err != nil {
		t.Fatal(err)
	}
}

// leader returns who holds the lease.
func (s *system) leader() string {
	s.Helper()
	var lease coordinationv1.Lease
	key := client.ObjectKey{Namespace: playground.Namespace, Name: "manager.billing.seatplane.dev"}
	if err := client.IgnoreNotFound(s.Get(s.Context(), key, &lease)); err != nil {
		s.Fatal(err)
	}
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

// leads waits until somebody else leads than before.
func (s *system) leads(before string) {
	s.Helper()
	s.eventually("another manager leads", func(context.Context) (bool, string, error) {
		now := s.leader()
		return now != "" && now != before, now, nil
	})
}

func (s *system) moveClock(now string) {
	s.Helper()
	if _, err := s.ground.Kubectl.Run(s.Context(), "patch", "testclock", "clock", "--type=merge",
		"-p", fmt.Sprintf(`{"spec": {"now": %q}}`, now)); err != nil {
		s.Fatal(err)
	}
}

func (s *system) clockIsReady(ctx context.Context) (bool, string, error) {
	var clock v1alpha1.TestClock
	err := s.Get(ctx, client.ObjectKey{Namespace: "default", Name: "clock"}, &clock)
	ready := meta.FindStatusCondition(clock.Status.Conditions, v1alpha1.ConditionReady)
	if err != nil || ready == nil {
		return false, "no condition", err
	}
	return ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == clock.Generation, ready.Message, nil
}

// counts reports whether as many objects of a list as wanted, or more, are as wanted.
func (s *system) counts(ctx context.Context, list client.ObjectList, want int, is func(any) bool) (bool, string, error) {
	if err := s.List(ctx, list); err != nil {
		return false, "", err
	}
	found := 0
	err := meta.EachListItem(list, func(object runtime.Object) error {
		if is(object) {
			found++
		}
		return nil
	})
	return found >= want, fmt.Sprintf("%d of %d", found, want), err
}

func isActive(object any) bool {
	return object.(*v1alpha1.Subscription).Status.State == v1alpha1.SubscriptionActive
}

func isApplied(object any) bool {
	return object.(*v1alpha1.SubscriptionUpdate).Status.State == v1alpha1.UpdateApplied
}

func isInvoice(any) bool { return true }

func forEach(manifest func(customer int) string) string {
	var all strings.Builder
	for i := range customers {
		all.WriteString(manifest(i))
	}
	return all.String()
}
