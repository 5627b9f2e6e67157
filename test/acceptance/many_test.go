// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// Subscriptions are refreshed with one query, however many they are; here on demand and by the wall
// clock. The suite of the reconciler does the same with 1,000. This test runs beside no other, for the
// metric counts the queries of all.
func TestOneQueryForManySubscriptions(t *testing.T) {
	const many = 200
	o := openAlone(t, "2026-04-01T00:00:00Z")
	db := o.database(fmt.Sprintf(`
CREATE TABLE seats (tenant TEXT, seats INTEGER);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
INSERT INTO seats SELECT 'customer-' || i, 2 FROM n;`, many))
	subscribeAll(o, many)
	o.apply(`
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "10"}
  dataLoader:
    sql: {driver: SQLite, dsnSecretRef: {name: db, key: dsn}, query: "SELECT tenant, seats FROM seats"}
`)
	startAll(o, many)

	o.exec(db, `UPDATE seats SET seats = 3 WHERE tenant IN ('customer-1', 'customer-100', 'customer-200')`)
	before := queries(o)
	o.run("annotate", "seatproduct", "seat", v1alpha1.AnnotationRefreshRequestedAt+"=now")
	o.run("wait", "seatproduct/seat", "--for=jsonpath={.status.lastHandledRefreshRequest}=now", "--timeout=90s")
	took := queries(o) - before
	for deadline := time.Now().Add(10 * time.Second); took == 0 && time.Now().Before(deadline); took = queries(o) - before {
		time.Sleep(50 * time.Millisecond) // the manager counts a refresh once its status is written
	}
	if took != 1 {
		t.Errorf("the refresh took %d queries, want 1", took)
	}
	for _, name := range []string{"customer-1", "customer-100", "customer-200"} {
		o.run("wait", "subscription/"+name, "--for=jsonpath={.status.seats}=3", "--timeout=90s")
	}
	o.holds("customer-199", 2)
	refresh := o.run("get", "seatproduct", "seat", "-o", "jsonpath={.status.refreshes[0].counted} {.status.refreshes[0].changed}")
	if refresh != fmt.Sprintf("%d 3", many) {
		t.Errorf("counted and changed: %s, want %d and 3", refresh, many)
	}
}

// subscribeAll creates subscriptions, several at a time.
func subscribeAll(o *office, many int) {
	o.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	for i := 1; i <= many; i++ {
		name := fmt.Sprintf("customer-%d", i)
		group.Go(func() error {
			return cluster.Create(o.Context(), builders.MakeSubscription(name, o.namespace).LoadedItem("editors", "seat", "monthly").Obj())
		})
	}
	if err := group.Wait(); err != nil {
		o.Fatal(err)
	}
}

// startAll waits until so many subscriptions have started, one after the other: to list all of them
// again and again is work for the server.
func startAll(o *office, many int) {
	o.Helper()
	for i := 1; i <= many; i++ {
		name := fmt.Sprintf("customer-%d", i)
		o.eventually(name+" starts", func(ctx context.Context) (bool, string, error) {
			s, err := o.readSubscription(ctx, name)
			return s.Status.State == v1alpha1.SubscriptionActive, describe(s.Status.Conditions), err
		})
	}
}

// queries returns how often the sources of this office were asked so far, by the manager's metrics.
func queries(o *office) int {
	o.Helper()
	request, err := http.NewRequestWithContext(o.Context(), http.MethodGet, metricsURL, http.NoBody)
	if err != nil {
		o.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		o.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		o.Fatal(err)
	}
	sum := 0
	for line := range strings.Lines(string(body)) {
		if !strings.HasPrefix(line, `seatplane_refreshes_total{`) || !strings.Contains(line, `namespace="`+o.namespace+`"`) {
			continue
		}
		fields := strings.Fields(line)
		count, err := strconv.Atoi(fields[len(fields)-1])
		if err != nil {
			o.Fatal(err)
		}
		sum += count
	}
	return sum
}
