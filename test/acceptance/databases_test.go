// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/databases"
)

// The password of the tests' databases, which nothing but its Secret may show.
const databasePassword = "hunter2 & canary"

func TestPostgresCustomers(t *testing.T) {
	countedBy(t, v1alpha1.DriverPostgres, databases.StartPostgres, "sslmode=verify-full", "GRANT SELECT ON users TO seatplane")
}

func TestMariaDBCustomers(t *testing.T) {
	countedBy(t, v1alpha1.DriverMySQL, databases.StartMariaDB, "tls=true", "GRANT SELECT ON crm.users TO seatplane")
}

// A month of a customer whose seats live in a database server, which is down for a while, and whose
// password is changed: the schedule, the update, the amounts and the invoices are right.
func countedBy(t *testing.T, driver v1alpha1.SQLDriver, start func(testing.TB) *databases.Server, encrypted, grant string) {
	o := open(t, "2026-04-01T00:00:00Z")
	server := start(t)
	do := func(database string, statements ...string) {
		t.Helper()
		if err := server.Exec(database, statements...); err != nil {
			t.Fatal(err)
		}
	}
	user := fmt.Sprintf("CREATE USER seatplane PASSWORD '%s'", databasePassword)
	if driver == v1alpha1.DriverMySQL {
		user = fmt.Sprintf("CREATE USER seatplane IDENTIFIED BY '%s'", databasePassword)
	}
	do("", "CREATE DATABASE crm", user)
	do("crm", "CREATE TABLE users (tenant VARCHAR(256), active BOOLEAN)", grant,
		"INSERT INTO users VALUES ('acme', true), ('acme', true), ('acme', true), ('acme', true), ('acme', false), ('other', true)")
	secret := func(password string) {
		t.Helper()
		dsn := strings.Replace(server.DSN("seatplane", password, "crm", encrypted), "127.0.0.1", "localhost", 1)
		o.apply(fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata:
  name: db
  labels: {billing.seatplane.dev/allow: loader-dsn}
  annotations: {billing.seatplane.dev/allow-hosts: "localhost:%d"}
stringData:
  dsn: %q
  ca.crt: %q
`, server.Port, dsn, server.CA()))
	}
	secret(databasePassword)
	o.sellsEditors("10", fmt.Sprintf(`
    sql:
      driver: %s
      dsnSecretRef: {name: db, key: dsn}
      caSecretRef: {name: db, key: ca.crt}
      query: SELECT tenant, count(*) FROM users WHERE active GROUP BY tenant`, driver))
	o.started("acme")
	o.holds("acme", 4)

	do("crm", "INSERT INTO users VALUES ('acme', true), ('acme', true), ('acme', true)")
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	o.moveClock("2026-04-11T00:00:00Z")
	o.loaded("False", v1alpha1.ReasonSourceUnreachable)
	o.holds("acme", 4)

	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	secret("another " + databasePassword)
	o.moveClock("2026-04-13T00:00:00Z")
	o.loaded("False", v1alpha1.ReasonSourceError)
	o.holds("acme", 4)

	secret(databasePassword)
	o.moveClock("2026-04-16T00:00:00Z")
	o.loaded("True", v1alpha1.ReasonRefreshed)
	o.adjusted("acme", "editors 4 → 7", "15.00")
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("acme", "40.00", "85.00")
	o.neverShown("hunter2", url.PathEscape(databasePassword), url.QueryEscape(databasePassword), server.Address())
}

// neverShown checks that none of the texts is in anything that the operator writes: objects, events,
// its log, its metrics.
func (o *office) neverShown(secrets ...string) {
	o.Helper()
	log, err := os.ReadFile(ground.Manager.Log)
	if err != nil {
		o.Fatal(err)
	}
	metrics, err := get(metricsURL)
	if err != nil {
		o.Fatal(err)
	}
	objects := o.run("get", "seatproducts,subscriptions,subscriptionupdates,invoices,testclocks,events", "-o", "yaml")
	for where, text := range map[string]string{"log": string(log), "metrics": metrics, "objects and events": objects} {
		if !strings.Contains(text, "seat") {
			o.Errorf("the %s say nothing at all", where)
		}
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				o.Errorf("the %s show %q", where, secret)
			}
		}
	}
}
