// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/databases"
)

// A month's documents and changes are in the database, to the cent, and the invoices say so.
func TestArchive(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	server := databases.StartPostgres(t)
	if err := server.Exec("", fmt.Sprintf("CREATE USER seatplane PASSWORD '%s'", databasePassword), "CREATE DATABASE books OWNER seatplane"); err != nil {
		t.Fatal(err)
	}
	dsn := strings.Replace(server.DSN("seatplane", databasePassword, "books", "sslmode=verify-full"), "127.0.0.1", "localhost", 1)
	o.apply(fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata:
  name: books
  labels: {billing.seatplane.dev/allow: archive}
  annotations: {billing.seatplane.dev/allow-hosts: "localhost:%d"}
stringData:
  dsn: %q
  ca.crt: %q
`, server.Port, dsn, server.CA()))
	o.apply(`
kind: Archive
metadata: {name: books}
spec:
  cell: eu-1
  postgres: {dsnSecretRef: {name: books, key: dsn}, caSecretRef: {name: books, key: ca.crt}}
`)
	o.run("wait", "archive/books", "--for=condition=Ready", "--timeout=90s")
	o.apply(limited)
	o.started("acme")
	o.moveClock("2026-04-16T00:00:00Z")
	o.apply(`
kind: SubscriptionUpdate
metadata: {name: one-more}
spec: {subscriptionRef: {name: acme}, seats: {item: editors, increment: 1}}
`)
	o.decided("one-more", v1alpha1.UpdateApplied)
	o.moveClock("2026-05-01T00:00:00Z")
	o.eventually("all is archived", func(context.Context) (bool, string, error) {
		out := o.run("get", "archive", "books", "-o", "jsonpath={.status.archived} {.status.pending}")
		return out == "3 0", out, nil
	})
	o.run("wait", "invoices", "--all", "--for=condition=Archived", "--timeout=90s")
	db, err := server.Open("books")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var sum, lines, adjustment string
	if err := db.QueryRow("SELECT (SELECT sum(subtotal) FROM seatplane.invoices)::text, (SELECT sum(amount) FROM seatplane.invoice_lines)::text, (SELECT adjustment FROM seatplane.updates)::text").Scan(&sum, &lines, &adjustment); err != nil {
		t.Fatal(err)
	}
	if sum != lines || sum == "" || adjustment != "5.00" {
		t.Errorf("documents come to %s, their lines to %s, and the update to %s", sum, lines, adjustment)
	}
}
