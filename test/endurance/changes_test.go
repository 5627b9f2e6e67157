// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package endurance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// changing is the namespace of the changes, and customers how many make each of them.
const (
	changing  = "changing"
	customers = 10
)

// What a change writes is what docs/exactly-once.md says, to the last request, with the real manager: a start three
// times, an update twice, a refreshed count three times, a renewal twice. How often it reads, and how often it looks
// and finds nothing to do, has bounds.
func TestChangesWriteWhatTheyOwe(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.namespaced(changing)
	s.create(
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: changing, Name: "counts"}, Data: countsOf("5")},
		builders.MakeSeatProduct("seat", changing).Plan("monthly", "EUR", "10").Seats(1, 100).Obj(),
		builders.MakeSeatProduct("counted", changing).Plan("monthly", "EUR", "10").ConfigMapLoader("counts").
			Refresh(v1alpha1.Refresh{Schedule: "0 0 1 1 *"}).Obj(),
		builders.MakeTestClock("clock", changing, april).Obj(),
	)
	s.forEach(func(name string) client.Object {
		return builders.MakeSubscription(name+"-counted", changing).Customer(name).LoadedItem("editors", "counted", "monthly").Obj()
	})
	s.forEach(func(name string) client.Object {
		return builders.MakeSubscription(name+"-clock", changing).Start(april).TestClock("clock").LoadedItem("editors", "seat", "monthly").Obj()
	})
	s.settles("those who change later have started", &v1alpha1.InvoiceList{}, 2*customers)

	// Each object that a user makes is a POST too.
	for _, c := range []struct {
		name  string
		begin func()
		list  client.ObjectList
		want  map[string]int
		// reads and passes are the most for one change: of any kind, and of any controller.
		reads, passes int
	}{
		{
			name: "start", list: &v1alpha1.InvoiceList{}, passes: 3,
			begin: func() {
				s.forEach(func(name string) client.Object {
					return builders.MakeSubscription(name, changing).Customer("only-"+name).LoadedItem("editors", "seat", "monthly").Obj()
				})
			},
			want: map[string]int{
				"POST subscriptions/": 1, "PATCH subscriptions/": 1, "PUT subscriptions/status": 1, "POST invoices/": 1,
			},
		},
		{
			name: "a user's update", list: &v1alpha1.SubscriptionUpdateList{}, reads: 2, passes: 4,
			begin: func() {
				s.forEach(func(name string) client.Object {
					return builders.MakeSubscriptionUpdate(name+"-more", changing, name).Increment("editors", 1).Obj()
				})
			},
			want: map[string]int{
				"POST subscriptionupdates/": 1, "PUT subscriptions/status": 1, "PUT subscriptionupdates/status": 1,
			},
		},
		{
			name: "a refreshed count", list: &v1alpha1.SubscriptionUpdateList{}, reads: 3, passes: 4,
			begin: s.refreshesAll,
			want: map[string]int{
				"POST subscriptionupdates/": 1, "PUT subscriptions/status": 1, "PUT subscriptionupdates/status": 1,
			},
		},
		{
			name: "a renewal on a TestClock", list: &v1alpha1.InvoiceList{}, passes: 3,
			begin: func() {
				s.patches(&v1alpha1.TestClock{}, "clock", `{"spec":{"now":%q}}`, april.AddDate(0, 1, 0).Format(time.RFC3339))
			},
			want: map[string]int{"PUT subscriptions/status": 1, "POST invoices/": 1},
		},
	} {
		there, writes, reads, passes := s.number(c.list), s.writes(), s.requests("GET"), s.passes()
		c.begin()
		s.settles(c.name, c.list, there+customers)

		want := map[string]int{}
		for request, each := range c.want {
			want[request] = each * customers
		}
		if diff := cmp.Diff(want, ofBilling(since(writes, s.writes()))); diff != "" {
			t.Errorf("%s: %d of them (-want +got):\n%s", c.name, customers, diff)
		}
		if got := total(ofEvents(since(writes, s.writes()))); got != 0 {
			t.Errorf("%s: %d Kubernetes events for %d of them: nothing of it needs anybody's attention", c.name, got, customers)
		}
		if got := total(ofBilling(since(reads, s.requests("GET")))); got > c.reads*customers {
			t.Errorf("%s: %d live reads for %d of them, want at most %d each", c.name, got, customers, c.reads)
		}
		for _, controller := range []string{"subscription", "retention"} {
			if got := since(passes, s.passes())[controller]; got > c.passes*customers {
				t.Errorf("%s: %d passes of %s for %d of them, want at most %d each", c.name, got, controller, customers, c.passes)
			}
		}
	}
}

// ofBilling are the requests about what is billed: a product, a clock and Kubernetes events have their own.
func ofBilling(requests map[string]int) map[string]int {
	return about(requests, "subscriptions", "subscriptionupdates", "invoices")
}

// ofEvents are the requests about Kubernetes events.
func ofEvents(requests map[string]int) map[string]int { return about(requests, "events") }

// about are the requests about some resources.
func about(requests map[string]int, resources ...string) map[string]int {
	found := map[string]int{}
	for request, times := range requests {
		_, resource, _ := strings.Cut(request, " ")
		resource, _, _ = strings.Cut(resource, "/")
		if slices.Contains(resources, resource) {
			found[request] = times
		}
	}
	return found
}

func (s *system) forEach(object func(name string) client.Object) {
	s.Helper()
	for n := range customers {
		s.create(object(fmt.Sprint("customer-", n)))
	}
}

func countsOf(count string) map[string]string {
	counts := map[string]string{}
	for n := range customers {
		counts[fmt.Sprint("customer-", n)] = count
	}
	return counts
}

// refreshesAll has the source say something else for everybody, and asks for a refresh.
func (s *system) refreshesAll() {
	s.Helper()
	counts := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: changing, Name: "counts"}, Data: countsOf("6")}
	if err := s.Update(s.Context(), counts); err != nil {
		s.Fatal(err)
	}
	s.patches(&v1alpha1.SeatProduct{}, "counted", `{"metadata":{"annotations":{%q:"now"}}}`, v1alpha1.AnnotationRefreshRequestedAt)
}

func (s *system) patches(object client.Object, name, format string, args ...any) {
	s.Helper()
	object.SetNamespace(changing)
	object.SetName(name)
	if err := s.Patch(s.Context(), object, client.RawPatch(types.MergePatchType, fmt.Appendf(nil, format, args...))); err != nil {
		s.Fatal(err)
	}
}

// number counts the objects of a kind.
func (s *system) number(list client.ObjectList) int {
	s.Helper()
	if err := s.List(s.Context(), list, client.InNamespace(changing)); err != nil {
		s.Fatal(err)
	}
	switch typed := list.(type) {
	case *v1alpha1.InvoiceList:
		return len(typed.Items)
	case *v1alpha1.SubscriptionUpdateList:
		return len(typed.Items)
	default:
		s.Fatalf("%T is not counted", list)
		return 0
	}
}

// settles waits until there are so many objects of a kind and nobody writes any more.
func (s *system) settles(what string, list client.ObjectList, want int) {
	s.Helper()
	last, quiet := -1, 0
	s.eventually(what, func(context.Context) (bool, string) {
		now, there := total(s.writes()), s.number(list)
		quiet++
		if now != last {
			last, quiet = now, 0
		}
		return there == want && quiet >= settledFor, fmt.Sprintf("%d of %d are there, %d writes", there, want, now)
	})
}
