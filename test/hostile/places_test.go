// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/mysqlwire"
)

const query = "SELECT 'acme', 1"

// Row 7: what stands in a connection string reached the wire as lines that other servers act on.
func TestNoLinesReachOtherServers(t *testing.T) {
	s := start(t, reachable...)
	namespace := s.namespace("hostile")
	const line = "CONFIG SET dir /tmp"
	injected := url.QueryEscape("x\r\n" + line + "\r\n")
	inPath := strings.ReplaceAll(injected, "+", "%20")
	server := listenToLines(t)
	var hostile []product
	for name, dsn := range map[string]string{
		"application-name": "postgres://u:p@" + server.address + "/d?sslmode=disable&application_name=" + injected,
		"database":         "postgres://u:p@" + server.address + "/" + inPath + "?sslmode=disable",
		"user":             "postgres://" + inPath + ":p@" + server.address + "/d?sslmode=disable",
		"ignored":          "postgres://u:p@" + server.address + "/d?sslmode=disable&connect_timeout=" + injected,
	} {
		hostile = append(hostile, s.sells(namespace, name, s.sql(namespace, name, v1alpha1.DriverPostgres, server.address, dsn, query)))
	}
	for _, each := range hostile {
		each.loaded(v1alpha1.ReasonSourceError, v1alpha1.ReasonSourceUnreachable)
	}
	for _, read := range server.lines() {
		if strings.Contains(read, line) {
			t.Errorf("a server read the line %q, which a connection string holds", read)
		}
	}
	s.requireNeighborsServed()
}

// ports are what may be at an address.
type ports map[string]string

func portsOf(t *testing.T) (at ports, open []*listener) {
	silent, other, database := silentPort(t), otherPort(t), listenToMySQL(t, mysqlwire.OK)
	return ports{
		"closed": closedPort(t), "silent": silent.address, "other-protocol": other.address, "database": database.address,
	}, []*listener{silent, other, database}
}

// dsns are connection strings of both drivers to an address, without TLS, so that the first byte of a
// server counts.
func dsns(address string) map[v1alpha1.SQLDriver]string {
	return map[v1alpha1.SQLDriver]string{
		v1alpha1.DriverPostgres: "postgres://u:p@" + address + "/d?sslmode=disable",
		v1alpha1.DriverMySQL:    "mysql://u:p@" + address + "/d?tls=false",
	}
}

// scan has a manager ask every port with every driver, and returns what it says about each.
func scan(s *system, at ports) map[string]string {
	namespace := s.namespace("hostile")
	scanned := map[string]product{}
	for _, what := range slices.Sorted(maps.Keys(at)) {
		for driver, dsn := range dsns(at[what]) {
			name := strings.ToLower(string(driver)) + "-" + what
			scanned[name] = s.sells(namespace, name, s.sql(namespace, name, driver, at[what], dsn, query))
		}
	}
	said := map[string]string{}
	for name, each := range scanned {
		said[name] = each.loaded(v1alpha1.ReasonSourceUnreachable, v1alpha1.ReasonSourceError)
	}
	return said
}

// requireOneSentence requires that all ports but those of a real database read the same.
func requireOneSentence(t *testing.T, said map[string]string) {
	t.Helper()
	sentences := map[string][]string{}
	for name, sentence := range said {
		sentences[sentence] = append(sentences[sentence], name)
	}
	if len(sentences) > 1 {
		t.Errorf("what is at a port can be told by the messages: %q", sentences)
	}
}

// Row 10, by default: nothing that is not public is even connected to.
func TestPrivateAddressesAreNotConnectedTo(t *testing.T) {
	s := start(t, "--loader-allow-plain-sql", "--loader-allow-plain-http")
	at, open := portsOf(t)
	for name, address := range map[string]string{
		"private": "10.255.255.1:5432", "link-local": "169.254.169.254:80", "shared": "100.64.0.1:5432",
		"unique-local": "[fd00::1]:5432", "mapped": "[::ffff:127.0.0.1]:5432", "this-host": "0.0.0.0:5432",
	} {
		at[name] = address
	}
	requireOneSentence(t, scan(s, at))
	for _, each := range open {
		if each.calls() > 0 {
			t.Errorf("the manager connected to a server on the loopback, which no flag allows")
		}
	}
}

// Row 10, where an administrator allows a network: its ports cannot be scanned.
func TestPortsReadTheSame(t *testing.T) {
	s := start(t, reachable...)
	at, open := portsOf(t)
	delete(at, "database")
	requireOneSentence(t, scan(s, at))
	for _, each := range open[:2] {
		if each.calls() == 0 {
			t.Error("the manager did not connect to a server that a flag allows: this test sees nothing")
		}
	}
}

// Row 11: a server in the middle asked for the password, and got it.
func TestNoPasswordGoesToServersInTheMiddle(t *testing.T) {
	const password = "hunter2-canary"
	cases := map[string]struct {
		reason string
		driver v1alpha1.SQLDriver
		server func(testing.TB) *listener
		// parameters stand in the connection string.
		parameters string
	}{
		"postgres-no-tls":   {"TLS is not offered, and sslmode left out", v1alpha1.DriverPostgres, postgresThief(nil), ""},
		"postgres-any-tls":  {"TLS is offered by a stranger, and sslmode left out", v1alpha1.DriverPostgres, postgresThief(strangersCertificate(t)), ""},
		"postgres-disabled": {"TLS is off: the server may not ask for the password in clear", v1alpha1.DriverPostgres, postgresThief(nil), "?sslmode=disable"},
		"mysql-no-tls":      {"TLS is not offered, and tls left out", v1alpha1.DriverMySQL, listenToMySQLPasswords, ""},
		"mysql-disabled":    {"TLS is off: the server may not ask for the password in clear", v1alpha1.DriverMySQL, listenToMySQLPasswords, "?tls=false"},
	}
	s := start(t, reachable...)
	namespace := s.namespace("hostile")
	for name, tc := range cases {
		server := tc.server(t)
		scheme := map[v1alpha1.SQLDriver]string{v1alpha1.DriverPostgres: "postgres", v1alpha1.DriverMySQL: "mysql"}[tc.driver]
		dsn := fmt.Sprintf("%s://editor:%s@%s/crm%s", scheme, password, server.address, tc.parameters)
		sold := s.sells(namespace, name, s.sql(namespace, name, tc.driver, server.address, dsn, query))
		sold.loaded(v1alpha1.ReasonSourceUnreachable, v1alpha1.ReasonSourceError)
		if strings.Contains(server.heard(), password) {
			t.Errorf("%s: %s: the server got the password", name, tc.reason)
		}
	}
	s.requireHidden(namespace, password)
	s.requireUnlogged(password)
}

func postgresThief(certificate *tls.Certificate) func(testing.TB) *listener {
	return func(t testing.TB) *listener { return listenToPostgresPasswords(t, certificate) }
}

// Without the flag, a connection string that turns TLS off is refused before anything is connected.
func TestPlainConnectionsNeedAFlag(t *testing.T) {
	s := start(t, "--loader-allowed-networks=127.0.0.0/8")
	namespace := s.namespace("hostile")
	server := listenToMySQL(t, mysqlwire.OK)
	for driver, dsn := range dsns(server.address) {
		name := strings.ToLower(string(driver))
		sold := s.sells(namespace, name, s.sql(namespace, name, driver, server.address, dsn, query))
		sold.fails(v1alpha1.ReasonSourceError, "--loader-allow-plain-sql")
	}
	if server.calls() > 0 {
		t.Error("the manager connected without TLS although no flag allows it")
	}
}
