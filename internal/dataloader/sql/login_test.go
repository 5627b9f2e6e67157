// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	databasesql "database/sql"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

func host(name string) func(*url.URL) { return func(u *url.URL) { u.Host = name + ":" + u.Port() } }

func port(number string) func(*url.URL) {
	return func(u *url.URL) { u.Host = u.Hostname() + ":" + number }
}

func parameter(text string) func(*url.URL) { return func(u *url.URL) { u.RawQuery = text } }

// Every way in which a connection string can be wrong, and none of them is told with a word of it.
func TestServerLoginFails(t *testing.T) {
	closed := closedPort(t)
	withCA := func(l *v1alpha1.DataLoader) {
		l.SQL.CASecretRef = &v1alpha1.SecretKeyReference{Name: "crm-db", Key: "ca"}
	}
	const plain = "sslmode=disable|tls=false"
	cases := map[string]struct {
		reason string
		dsn    func(*url.URL)
		// parameters for PostgreSQL, then for MySQL.
		parameters string
		edit       func(*v1alpha1.DataLoader)
		want       dataloader.Reason
		says       string
	}{
		"WrongPassword":  {"its password was changed", func(u *url.URL) { u.User = url.UserPassword(roleName, "hunter2-old") }, "", nil, dataloader.ReasonSourceError, "refuses the user, the password"},
		"NoPassword":     {"its password was forgotten", func(u *url.URL) { u.User = url.User(roleName) }, "", nil, dataloader.ReasonSourceError, "refuses the user, the password"},
		"WrongUser":      {"a role that is gone", func(u *url.URL) { u.User = url.UserPassword("hunter2-role", password) }, "", nil, dataloader.ReasonSourceError, "refuses the user, the password"},
		"WrongDatabase":  {"a database that is gone", func(u *url.URL) { u.Path = "/hunter2" }, "", nil, dataloader.ReasonSourceError, "no database of that name"},
		"WrongHost":      {"a host that is gone", host("hunter2.invalid"), "", nil, dataloader.ReasonSourceUnreachable, "host"},
		"Refused":        {"a server that is down", port(closed), "", nil, dataloader.ReasonSourceUnreachable, "refuses the connection"},
		"RefusedPlain":   {"the same without TLS", port(closed), plain, nil, dataloader.ReasonSourceUnreachable, "refuses the connection"},
		"OtherServer":    {"something else listens there", port(talker(t)), plain, nil, "", ""},
		"ClosingServer":  {"something that hangs up", port(closer(t)), plain, nil, dataloader.ReasonSourceUnreachable, "the connection broke off"},
		"NoHost":         {"a socket of the operator's own host", func(u *url.URL) { u.Host = "" }, "", nil, dataloader.ReasonSourceError, "cannot be read"},
		"SocketHost":     {"the same, escaped", func(u *url.URL) { u.Host = "%2Fvar%2Frun" }, "", nil, dataloader.ReasonSourceError, "cannot be read"},
		"TwoHosts":       {"one source is one server", func(u *url.URL) { u.Host = "one,two" }, "", nil, dataloader.ReasonSourceError, "cannot be read"},
		"NoUser":         {"the operator's own name is nobody's", func(u *url.URL) { u.User = nil }, "", nil, dataloader.ReasonSourceError, "cannot be read"},
		"NoDatabase":     {"so is the database of that name", func(u *url.URL) { u.Path = "" }, "", nil, dataloader.ReasonSourceError, "cannot be read"},
		"OtherScheme":    {"another product's", func(u *url.URL) { u.Scheme = "oracle" }, "", nil, dataloader.ReasonSourceError, "cannot be read"},
		"PortZero":       {"no port", port("0"), "", nil, dataloader.ReasonSourceError, "cannot be read"},
		"PortTooLarge":   {"no port", port("70000"), "", nil, dataloader.ReasonSourceError, "cannot be read"},
		"ZeroByte":       {"a byte that ends the name and begins a setting", func(u *url.URL) { u.User = url.UserPassword(roleName+"\x00options\x00-cx=y", password) }, "", nil, dataloader.ReasonSourceError, "cannot be read"},
		"Files":          {"files of the operator's", nil, "sslrootcert=/etc/passwd|allowAllFiles=true", nil, dataloader.ReasonSourceError, "a parameter that is not accepted"},
		"Settings":       {"what the server is told", nil, "options=-c%20statement_timeout%3D0|max_statement_time=0", nil, dataloader.ReasonSourceError, "a parameter that is not accepted"},
		"Service":        {"a file of services", nil, "service=other|multiStatements=true", nil, dataloader.ReasonSourceError, "a parameter that is not accepted"},
		"PasswordFile":   {"a file of passwords", nil, "passfile=/root/.pgpass|allowCleartextPasswords=true", nil, dataloader.ReasonSourceError, "a parameter that is not accepted"},
		"HostAgain":      {"another host than it seems", nil, "host=/var/run|serverPubKey=hunter2", nil, dataloader.ReasonSourceError, "a parameter that is not accepted"},
		"Twice":          {"which of them is meant", nil, "sslmode=require&sslmode=disable|tls=true&tls=false", nil, dataloader.ReasonSourceError, "each once"},
		"UnknownTLS":     {"a word that is none", nil, "sslmode=hunter2|tls=hunter2", nil, dataloader.ReasonSourceError, "not accepted: it may be"},
		"AllowTLS":       {"TLS only where the server insists", nil, "sslmode=allow|tls=custom", nil, dataloader.ReasonSourceError, "not accepted: it may be"},
		"NotTrusted":     {"nobody known signed it", host("localhost"), "sslmode=verify-full|tls=true", nil, dataloader.ReasonSourceUnreachable, "an authority that is not trusted"},
		"OtherName":      {"the certificate is for localhost", nil, "", withCA, dataloader.ReasonSourceUnreachable, "its certificate is for another host name"},
		"NoCertificate":  {"what should be PEM", nil, "", func(l *v1alpha1.DataLoader) { l.SQL.CASecretRef = &l.SQL.DSNSecretRef }, dataloader.ReasonSourceError, "no certificate in PEM"},
		"CAWithoutTLS":   {"a contradiction", nil, plain, withCA, dataloader.ReasonSourceError, "does not insist on TLS"},
		"CAWithFallback": {"a certificate that nobody would look at", nil, "sslmode=prefer|tls=preferred", withCA, dataloader.ReasonSourceError, "does not insist on TLS"},
		"CANotThere": {"another entry", nil, "", func(l *v1alpha1.DataLoader) {
			l.SQL.CASecretRef = &v1alpha1.SecretKeyReference{Name: "crm-db", Key: "root"}
		}, dataloader.ReasonSecretNotFound, `no value under the key "root"`},
	}
	onServers(t, func(t *testing.T, s *stage) {
		for name, tc := range cases {
			t.Run(name, func(t *testing.T) {
				var edits []func(*url.URL)
				if tc.dsn != nil {
					edits = append(edits, tc.dsn)
				}
				if tc.parameters != "" {
					edits = append(edits, parameter(strings.Split(tc.parameters, "|")[place(s.driver)]))
				}
				s.use(s.dsn(edits...))
				loader := s.spec(counting)
				if tc.edit != nil {
					tc.edit(loader)
				}
				_, err := s.loadSpec(loader, "acme")
				failure, ok := errors.AsType[*dataloader.Failure](err)
				if !ok || (tc.want != "" && failure.Reason != tc.want) || !strings.Contains(failure.Message, tc.says) {
					t.Fatalf("%s: got %v, want %s with %q", tc.reason, err, tc.want, tc.says)
				}
				s.mustBeSilent(err)
				if _, again := s.loadSpec(loader, "acme"); again == nil || again.Error() != err.Error() {
					t.Errorf("%s: the same failure reads differently: %v, then %v", tc.reason, err, again)
				}
			})
		}
	})
}

// place returns which of two belongs to the driver.
func place(driver v1alpha1.SQLDriver) int {
	if driver == v1alpha1.DriverMySQL {
		return 1
	}
	return 0
}

func TestServerSecretNotAllowed(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		s.secret.Labels = nil
		s.update()
		_, err := s.load(counting)
		if failure, ok := errors.AsType[*dataloader.Failure](err); !ok || failure.Reason != dataloader.ReasonSecretNotAllowed {
			t.Errorf("got %v", err)
		}
	})
}

// TLS as the connection string says, seen from the server.
func TestServerTLS(t *testing.T) {
	encrypted := [2]string{
		"SELECT 'tls', ssl::int FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
		"SELECT 'tls', IF(VARIABLE_VALUE = '', 0, 1) FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_cipher'",
	}
	cases := map[string]struct {
		reason     string
		host       string
		parameters string
		ca         bool
		want       string
	}{
		"Unsaid":         {"what the drivers do by themselves: PostgreSQL's prefers TLS, MySQL's does not", "127.0.0.1", "|", false, "1|0"},
		"Off":            {"without", "127.0.0.1", "sslmode=disable|tls=false", false, "0|0"},
		"Preferred":      {"where there is TLS", "127.0.0.1", "sslmode=prefer|tls=preferred", false, "1|1"},
		"Anyone":         {"whoever answers", "127.0.0.1", "sslmode=require|tls=skip-verify", false, "1|1"},
		"Verified":       {"the right name, the right authority", "localhost", "sslmode=verify-full|tls=true", true, "1|1"},
		"VerifiedUnsaid": {"caSecretRef alone asks for it", "localhost", "|", true, "1|1"},
		"Chained":        {"another name, the right authority", "127.0.0.1", "sslmode=verify-ca|tls=skip-verify", true, "1|1"},
		"ChainedRequire": {"as PostgreSQL's own client reads it", "127.0.0.1", "sslmode=require|tls=skip-verify", true, "1|1"},
	}
	onServers(t, func(t *testing.T, s *stage) {
		at := place(s.driver)
		for name, tc := range cases {
			t.Run(name, func(t *testing.T) {
				s.use(s.dsn(host(tc.host), parameter(strings.Split(tc.parameters, "|")[at])))
				loader := s.spec(encrypted[at])
				if tc.ca {
					loader.SQL.CASecretRef = &v1alpha1.SecretKeyReference{Name: "crm-db", Key: "ca"}
				}
				answer, err := s.loadSpec(loader)
				if err != nil {
					t.Fatalf("%s: %v", tc.reason, err)
				}
				if got, want := answer.Rows[0].Count, strings.Split(tc.want, "|")[at]; got != want {
					t.Errorf("%s: got TLS %s, want %s", tc.reason, got, want)
				}
			})
		}
	})
}

// A chain that leads to another authority is refused, whatever the name.
func TestServerChainOfOthers(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		s.secret.Data["ca"] = backends[1-place(s.driver)].server(t).CA()
		s.use(s.dsn(parameter([]string{"sslmode=verify-ca", "tls=skip-verify"}[place(s.driver)])))
		loader := s.spec(counting)
		loader.SQL.CASecretRef = &v1alpha1.SecretKeyReference{Name: "crm-db", Key: "ca"}
		_, err := s.loadSpec(loader)
		if err == nil || !strings.Contains(err.Error(), "an authority that is not trusted") {
			t.Errorf("got %v", err)
		}
	})
}

func TestPostgresWithoutTLS(t *testing.T) {
	s := newStage(t, backends[0])
	if err := s.server.Exec("", "ALTER SYSTEM SET ssl = off", "SELECT pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.server.Exec("", "ALTER SYSTEM RESET ssl", "SELECT pg_reload_conf()") }()
	for range 100 {
		var ssl string
		if err := s.admin.QueryRow("SHOW ssl").Scan(&ssl); err != nil || ssl == "off" {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if answer, err := s.load(counting); err != nil || len(answer.Rows) != 3 {
		t.Errorf("prefer does without: got %v, %v", answer, err)
	}
	s.use(s.dsn(parameter("sslmode=require")))
	_, err := s.load(counting)
	if err == nil || !strings.Contains(err.Error(), "it has no TLS") {
		t.Errorf("require does not: got %v", err)
	}
}

// The forms of connection strings that are understood.
func TestMySQLForms(t *testing.T) {
	s := newStage(t, backends[1])
	at := "@tcp(" + s.server.Address() + ")/" + s.database
	for _, dsn := range []string{
		roleName + ":" + password + at,
		roleName + ":" + password + at + "?charset=utf8mb4&parseTime=True&loc=Europe%2FParis",
		roleName + ":" + password + at + "?tls=skip-verify",
		strings.Replace(s.dsn(), "mysql://", "mariadb://", 1),
		" " + s.dsn() + "\n",
	} {
		s.use(dsn)
		if answer, err := s.load(counting); err != nil || len(answer.Rows) != 3 {
			t.Errorf("got %v, %v", answer, err)
		}
	}
	for _, dsn := range []string{
		roleName + ":" + password + "@unix(/run/mysqld/mysqld.sock)/" + s.database,
		roleName + ":" + password + at + "?allowAllFiles=true",
		roleName + ":" + password + at + "?multiStatements=true",
		roleName + ":" + password + at + "?tls=true&allowCleartextPasswords=1",
		roleName + ":" + password + at + "?sql_mode=%27%27",
		"nothing", "/", "hunter2:hunter2", password,
	} {
		s.use(dsn)
		_, err := s.load(counting)
		if failure, ok := errors.AsType[*dataloader.Failure](err); !ok || failure.Reason != dataloader.ReasonSourceError {
			t.Errorf("got %v", err)
			continue
		}
		s.mustBeSilent(err)
	}
}

// The operator's own environment says nothing about a customer's database.
func TestPostgresEnvironment(t *testing.T) {
	s := newStage(t, backends[0])
	for name, value := range map[string]string{
		"PGHOST": "/tmp", "PGPORT": "1", "PGUSER": "other", "PGPASSWORD": "other", "PGDATABASE": "other", "PGSSLMODE": "verify-full",
		"PGOPTIONS": "-c statement_timeout=1", "PGAPPNAME": "other", "PGTARGETSESSIONATTRS": "standby", "PGCONNECT_TIMEOUT": "1",
	} {
		t.Setenv(name, value)
	}
	answer, err := s.load("SELECT application_name, 1 FROM pg_stat_activity WHERE pid = pg_backend_pid()")
	if err != nil || answer.Rows[0].Key != "seatplane" {
		t.Errorf("got %v, %v", answer, err)
	}
}

func TestHosts(t *testing.T) {
	for written, accepted := range map[string]bool{
		"db": true, "db-1.example.com": true, "db_1": true, "10.0.0.7": true, "[::1]": true, "[fd00::7]": true,
		"": false, "one,two": false, "%2Ftmp": false, "[::1%25eth0]": false, "a b": false, "db%00x": false, "-x": false,
	} {
		_, err := postgresForm.parseURL("postgres://u:p@" + written + "/crm")
		if (err == nil) != accepted {
			t.Errorf("host %q: got %v", written, err)
		}
	}
}

// A server that says nothing is given up.
func TestServerIsSilent(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		chosen := s.provider.dialects[s.driver]
		dsn := s.dsn(port(silent(t)))
		target, err := chosen.resolve(login{dsn: dataloader.NewSecret(dsn)})
		if err != nil {
			t.Fatal(err)
		}
		db := databasesql.OpenDB(impatient{Connector: target.connector, patience: 50 * time.Millisecond})
		defer func() { _ = db.Close() }()
		if _, err = db.Conn(context.Background()); err == nil {
			t.Fatal("nothing answers")
		}
		err = (&source{dialect: chosen, secrets: target.secrets, spec: s.spec(counting).SQL}).failure(err)
		if want := "SourceUnreachable: the database cannot be reached: it gives no answer within 10 seconds"; err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	})
}

// A connection takes so many bytes and no more, whoever sends them.
func TestMetered(t *testing.T) {
	near, far := net.Pipe()
	go func() {
		for {
			if _, err := far.Write(make([]byte, 100)); err != nil {
				return
			}
		}
	}()
	limited := &metered{Conn: near, left: 250}
	total := 0
	for {
		n, err := limited.Read(make([]byte, 64))
		total += n
		if err != nil {
			if !errors.Is(err, errTooMuch) || networkProblem(err) == "" {
				t.Errorf("got %v", err)
			}
			break
		}
	}
	_ = limited.Close()
	if total != 250 {
		t.Errorf("%d bytes were read", total)
	}
}

// silent returns the port of a server that never says a word.
func silent(t *testing.T) string {
	return listening(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 1)); <-t.Context().Done() })
}

// talker returns the port of a server that speaks another protocol.
func talker(t *testing.T) string {
	return listening(t, func(c net.Conn) {
		_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, _ = c.Read(make([]byte, 1))
		_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\nhunter2"))
	})
}

// closer returns the port of a server that hangs up.
func closer(t *testing.T) string { return listening(t, func(net.Conn) {}) }

func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, number, _ := net.SplitHostPort(listener.Addr().String())
	return number
}

func listening(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = connection.Close() }()
				serve(connection)
			}()
		}
	}()
	_, number, _ := net.SplitHostPort(listener.Addr().String())
	return number
}
