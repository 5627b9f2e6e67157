// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// shard is the label by which namespaces are shared out.
const shard = "billing.seatplane.dev/shard"

const (
	// moving changes managers all the time, and staying does not: both have the same customers, who do the same.
	moving, staying = "moving", "staying"
	customers       = 8
)

// Two managers have namespaces by disjoint selectors. One namespace goes back and forth between them, in the midst of
// a month's changes, counts and renewals, and is without a manager in between. What its customers are billed for is
// what those of a namespace that stays are billed for.
func TestLabelMoves(t *testing.T) {
	c := newCell(t)
	c.component("namespace-selector")
	shared := builders.MakeProrationPolicy("by-day", "", v1alpha1.RoundUp).ClusterObj()
	c.Make(shared)
	c.shop(moving, map[string]string{shard: "a"})
	c.shop(staying, map[string]string{shard: "b"})
	c.manage("a", "--watch-namespace-selector="+shard+"=a")
	c.manage("b", "--watch-namespace-selector="+shard+"=b")
	for _, namespace := range []string{moving, staying} {
		c.customers(namespace)
		c.Eventually("the start", c.caughtUp(namespace))
	}
	for month, shards := range [][]string{1: {"b"}, 2: {"", "a"}, 3: {"b", "a", "b"}} {
		if month == 0 {
			continue
		}
		for _, namespace := range []string{moving, staying} {
			c.month(namespace, month)
		}
		for _, to := range shards {
			c.label(moving, to)
			if to == "" {
				c.nobodyWorks(moving)
			}
		}
		for _, namespace := range []string{moving, staying} {
			c.Eventually(fmt.Sprintf("month %d", month), c.caughtUp(namespace))
		}
	}
	c.requireApplied(moving)
	c.requireNoQuarrel(shared)
	if diff := cmp.Diff(c.documents(staying), c.documents(moving)); diff != "" {
		t.Errorf("those whose manager changed were billed otherwise (-staying +moving):\n%s", diff)
	}
	if got := len(c.documents(moving)); got != customers*4 {
		t.Errorf("%d invoices, want a first one and three renewals for each of %d customers", got, customers)
	}
}

func customer(n int) string { return fmt.Sprint("customer-", n) }

// customers makes the customers of a namespace.
func (c *cell) customers(namespace string) {
	c.Helper()
	c.Make(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "counts"}, Data: counts(0)})
	for n := range customers {
		c.Make(builders.MakeSubscription(customer(n), namespace).Start(april).TestClock("clock").
			LoadedItem("editors", "editor", "monthly").LoadedItem("viewers", "viewer", "monthly").
			Policy(v1alpha1.KindClusterProrationPolicy, "by-day").Obj())
	}
}

// counts are how many viewers the customers have after so many months.
func counts(month int) map[string]string {
	found := map[string]string{}
	for n := range customers {
		found[customer(n)] = strconv.Itoa(3 + month*(n+1))
	}
	return found
}

// month has every customer ask for one more seat and have more viewers, and moves the clock past a renewal.
func (c *cell) month(namespace string, month int) {
	c.Helper()
	c.Must(c.Update(c.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "counts"}, Data: counts(month),
	}))
	for n := range customers {
		c.Make(builders.MakeSubscriptionUpdate(fmt.Sprintf("%s-%d", customer(n), month), namespace, customer(n)).
			Increment("editors", 1).Obj())
	}
	c.MoveClock(namespace, april.AddDate(0, month, 0).Add(3*time.Hour))
}

// label moves a namespace to a shard, or to none.
func (c *cell) label(namespace, to string) {
	c.Helper()
	value := "null"
	if to != "" {
		value = strconv.Quote(to)
	}
	c.Merge(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, `{"metadata":{"labels":{%q:%s}}}`, shard, value)
}

// nobodyWorks requires that nothing changes in a namespace without a manager, once what was under way is over.
func (c *cell) nobodyWorks(namespace string) {
	c.Helper()
	versions := func() map[string]string {
		var list v1alpha1.SubscriptionList
		c.Must(c.List(c.Context(), &list, client.InNamespace(namespace)))
		found := map[string]string{}
		for i := range list.Items {
			found[list.Items[i].Name] = list.Items[i].ResourceVersion
		}
		return found
	}
	const still = 2 * time.Second
	before, since := versions(), time.Now()
	c.Eventually("a namespace without a manager is left alone", func(context.Context) (string, error) {
		if now := versions(); cmp.Diff(before, now) != "" {
			before, since = now, time.Now()
		}
		if quiet := time.Since(since); quiet < still {
			return fmt.Sprintf("quiet for %s", quiet), nil
		}
		return "", nil
	})
	// A manager would say at once that nobody has this name.
	unserved := builders.MakeSubscriptionUpdate("unserved", namespace, "nobody").Increment("editors", 1).Obj()
	c.Make(unserved)
	time.Sleep(still)
	c.Must(c.Get(c.Context(), client.ObjectKeyFromObject(unserved), unserved))
	if len(unserved.Status.Conditions) > 0 {
		c.Errorf("a namespace without a manager has an update with a status: %+v", unserved.Status)
	}
	c.Must(c.Delete(c.Context(), unserved))
}

// requireNoQuarrel requires that two managers agree on the status of what they share.
func (c *cell) requireNoQuarrel(shared client.Object) {
	c.Helper()
	version := func() string {
		c.Must(c.Get(c.Context(), client.ObjectKeyFromObject(shared), shared))
		return shared.GetResourceVersion()
	}
	before := version()
	time.Sleep(time.Second)
	if after := version(); after != before {
		c.Errorf("%s is written again and again: %s, then %s", shared.GetName(), before, after)
	}
}

// requireApplied requires that every update of a namespace is applied.
func (c *cell) requireApplied(namespace string) {
	c.Helper()
	var list v1alpha1.SubscriptionUpdateList
	c.Must(c.List(c.Context(), &list, client.InNamespace(namespace)))
	if len(list.Items) < customers*3 {
		c.Errorf("%d updates, want three months of %d customers at least", len(list.Items), customers)
	}
	for i := range list.Items {
		if update := &list.Items[i]; update.Status.State != v1alpha1.UpdateApplied {
			c.Errorf("%s is %q: %v", update.Name, update.Status.State, update.Status.Conditions)
		}
	}
}
