// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
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
		"WrongPassword":  {reason: "its password was changed", dsn: func(u *url.URL) { u.User = url.UserPassword(roleName, "hunter2-old") }, want: dataloader.ReasonSourceError, says: "refused the user, the password"},
		"NoPassword":     {reason: "its password was forgotten", dsn: func(u *url.URL) { u.User = url.User(roleName) }, want: dataloader.ReasonSourceError, says: "refused the user, the password"},
		"WrongUser":      {reason: "a role that is gone", dsn: func(u *url.URL) { u.User = url.UserPassword("hunter2-role", password) }, want: dataloader.ReasonSourceError, says: "refused the user, the password"},
		"WrongDatabase":  {reason: "a database that is gone", dsn: func(u *url.URL) { u.Path = "/hunter2" }, want: dataloader.ReasonSourceError, says: "the server has no such database"},
		"WrongHost":      {reason: "a host that is gone", dsn: host("hunter2.invalid"), want: dataloader.ReasonSourceUnreachable, says: cannotConnect},
		"Refused":        {reason: "a server that is down", dsn: port(closed), want: dataloader.ReasonSourceUnreachable, says: cannotConnect},
		"RefusedPlain":   {reason: "the same without TLS", dsn: port(closed), parameters: plain, want: dataloader.ReasonSourceUnreachable, says: cannotConnect},
		"OtherServer":    {reason: "something else listens there", dsn: port(talker(t)), parameters: plain, want: dataloader.ReasonSourceUnreachable, says: cannotConnect},
		"ClosingServer":  {reason: "something that hangs up", dsn: port(closer(t)), parameters: plain, want: dataloader.ReasonSourceUnreachable, says: cannotConnect},
		"NoHost":         {reason: "a socket of the operator's own host", dsn: func(u *url.URL) { u.Host = "" }, want: dataloader.ReasonSourceError, says: "cannot be read"},
		"SocketHost":     {reason: "the same, escaped", dsn: func(u *url.URL) { u.Host = "%2Fvar%2Frun" }, want: dataloader.ReasonSourceError, says: "cannot be read"},
		"TwoHosts":       {reason: "one source is one server", dsn: func(u *url.URL) { u.Host = "one,two" }, want: dataloader.ReasonSourceError, says: "cannot be read"},
		"NoUser":         {reason: "the operator's own name is nobody's", dsn: func(u *url.URL) { u.User = nil }, want: dataloader.ReasonSourceError, says: "cannot be read"},
		"NoDatabase":     {reason: "so is the database of that name", dsn: func(u *url.URL) { u.Path = "" }, want: dataloader.ReasonSourceError, says: "cannot be read"},
		"OtherScheme":    {reason: "another product's", dsn: func(u *url.URL) { u.Scheme = "oracle" }, want: dataloader.ReasonSourceError, says: "cannot be read"},
		"PortZero":       {reason: "no port", dsn: port("0"), want: dataloader.ReasonSourceError, says: "cannot be read"},
		"PortTooLarge":   {reason: "no port", dsn: port("70000"), want: dataloader.ReasonSourceError, says: "cannot be read"},
		"ZeroByte":       {reason: "a byte that ends the name and begins a setting", dsn: func(u *url.URL) { u.User = url.UserPassword(roleName+"\x00options\x00-cx=y", password) }, want: dataloader.ReasonSourceError, says: "cannot be read"},
		"Files":          {reason: "files of the operator's", parameters: "sslrootcert=/etc/passwd|allowAllFiles=true", want: dataloader.ReasonSourceError, says: "a parameter that is not accepted"},
		"Settings":       {reason: "what the server is told", parameters: "options=-c%20statement_timeout%3D0|max_statement_time=0", want: dataloader.ReasonSourceError, says: "a parameter that is not accepted"},
		"Service":        {reason: "a file of services", parameters: "service=other|multiStatements=true", want: dataloader.ReasonSourceError, says: "a parameter that is not accepted"},
		"PasswordFile":   {reason: "a file of passwords", parameters: "passfile=/root/.pgpass|allowCleartextPasswords=true", want: dataloader.ReasonSourceError, says: "a parameter that is not accepted"},
		"HostAgain":      {reason: "another host than it seems", parameters: "host=/var/run|serverPubKey=hunter2", want: dataloader.ReasonSourceError, says: "a parameter that is not accepted"},
		"Twice":          {reason: "which of them is meant", parameters: "sslmode=require&sslmode=disable|tls=true&tls=false", want: dataloader.ReasonSourceError, says: "each once"},
		"UnknownTLS":     {reason: "a word that is not a level", parameters: "sslmode=hunter2|tls=hunter2", want: dataloader.ReasonSourceError, says: "that is not accepted: write"},
		"AllowTLS":       {reason: "TLS only where the server insists", parameters: "sslmode=allow|tls=custom", want: dataloader.ReasonSourceError, says: "that is not accepted: write"},
		"NotTrusted":     {reason: "nobody known signed it", dsn: host("localhost"), parameters: "sslmode=verify-full|tls=true", want: dataloader.ReasonSourceUnreachable, says: "signed by an authority that is not trusted"},
		"OtherName":      {parameters: "|", reason: "the certificate is for localhost", edit: withCA, want: dataloader.ReasonSourceUnreachable, says: "is for another host name"},
		"NoCertificate":  {parameters: "|", reason: "what should be PEM", edit: func(l *v1alpha1.DataLoader) { l.SQL.CASecretRef = &l.SQL.DSNSecretRef }, want: dataloader.ReasonSourceError, says: "holds no certificate in PEM"},
		"CAWithoutTLS":   {reason: "a contradiction", parameters: plain, edit: withCA, want: dataloader.ReasonSourceError, says: "allows connections without TLS"},
		"CAWithFallback": {reason: "a certificate that nobody would look at", parameters: "sslmode=prefer|tls=preferred", edit: withCA, want: dataloader.ReasonSourceError, says: "allows connections without TLS"},
		"CANotThere": {reason: "another entry", edit: func(l *v1alpha1.DataLoader) {
			l.SQL.CASecretRef = &v1alpha1.SecretKeyReference{Name: "crm-db", Key: "root"}
		}, want: dataloader.ReasonSecretNotFound, says: `no value under the key "root"`},
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
		reason string
		host   string
		// parameters for PostgreSQL, then for MySQL.
		parameters string
		ca         bool
		want       string
	}{
		"Off":            {reason: "without", host: "127.0.0.1", parameters: "sslmode=disable|tls=false", want: "0"},
		"Verified":       {reason: "the right name, the right authority", host: "localhost", parameters: "sslmode=verify-full|tls=true", ca: true, want: "1"},
		"VerifiedUnsaid": {reason: "what is done by default", host: "localhost", parameters: "|", ca: true, want: "1"},
		"Chained":        {reason: "another name, the right authority", host: "127.0.0.1", parameters: "sslmode=verify-ca|tls=skip-verify", ca: true, want: "1"},
		"ChainedRequire": {reason: "as PostgreSQL's own client reads it", host: "127.0.0.1", parameters: "sslmode=require|tls=skip-verify", ca: true, want: "1"},
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
				if got := answer.Rows[0].Count; got != tc.want {
					t.Errorf("%s: got TLS %s, want %s", tc.reason, got, tc.want)
				}
			})
		}
	})
}

// A chain that leads to another authority is refused, regardless of the name.
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
	s.use(s.dsn(parameter("sslmode=prefer")))
	if answer, err := s.load(counting); err != nil || len(answer.Rows) != 3 {
		t.Errorf("prefer does without: got %v, %v", answer, err)
	}
	s.use(s.dsn(parameter("sslmode=require")))
	_, err := s.load(counting)
	if failure := dataloader.AsFailure(err); failure.Message != cannotConnect || !strings.Contains(failure.Detail, "refused TLS connection") {
		t.Errorf("require does not: got %v, %q", err, failure.Detail)
	}
}

// MySQL's driver answers whoever asks for the password through TLS, so TLS that is not verified is refused
// even where connections without TLS are allowed.
func TestMySQLUnverifiedTLS(t *testing.T) {
	s := newStage(t, backends[1])
	for _, value := range []string{"skip-verify", "preferred"} {
		s.use(s.dsn(parameter("tls=" + value)))
		if _, err := s.load(counting); err == nil || !strings.Contains(err.Error(), "whoever answers could ask for the password") {
			t.Errorf("tls=%s: got %v", value, err)
		}
	}
}

// The forms of connection strings that are understood.
func TestMySQLForms(t *testing.T) {
	s := newStage(t, backends[1])
	at := "@tcp(" + s.server.Address() + ")/" + s.database
	for _, dsn := range []string{
		roleName + ":" + password + at + "?tls=false",
		roleName + ":" + password + at + "?tls=false&charset=utf8mb4&parseTime=True&loc=Europe%2FParis",
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

// Whatever is wrong with the way to a server, a SeatProduct reads one sentence: with two of them it would be
// a port scanner. The cause is for the operator's log.
func TestServerCannotBeReached(t *testing.T) {
	cases := map[string]struct {
		reason string
		edit   func(*url.URL)
		policy *egress.Policy
		detail string
	}{
		"Closed":   {reason: "nobody listens", edit: port(closedPort(t)), detail: "connection refused"},
		"Silent":   {reason: "somebody listens and says nothing", edit: port(silent(t)), detail: "deadline"},
		"Other":    {reason: "something else listens", edit: port(talker(t))},
		"HangsUp":  {reason: "somebody listens and hangs up", edit: port(closer(t))},
		"NoHost":   {reason: "no such host", edit: host("hunter2.invalid"), detail: "lookup"},
		"Denied":   {reason: "a name whose address is not public", edit: host("localhost"), policy: &egress.Policy{PlainSQL: true}, detail: "may not reach"},
		"NoTLS":    {reason: "a server without TLS", edit: func(u *url.URL) { port(talker(t))(u); u.RawQuery = "" }},
		"Greeting": {reason: "a greeting of another protocol", edit: port(greeter(t, "220 mail.example.com ESMTP\r\n"))},
	}
	onServers(t, func(t *testing.T, s *stage) {
		for name, tc := range cases {
			t.Run(name, func(t *testing.T) {
				s.use(s.dsn(tc.edit))
				provider := s.provider
				if tc.policy != nil {
					provider = New(s.provider.live, inProcess, Options{Egress: *tc.policy})
				}
				loader := s.spec(counting)
				loader.SQL.TimeoutSeconds = new(int32(1))
				_, err := dataloader.NewRegistry(provider).Load(t.Context(), scope, loader, dataloader.Request{})
				failure := dataloader.AsFailure(err)
				if failure.Reason != dataloader.ReasonSourceUnreachable || failure.Message != cannotConnect || !strings.Contains(failure.Detail, tc.detail) {
					t.Errorf("%s: got %v, for the log %q", tc.reason, err, failure.Detail)
				}
			})
		}
	})
}

// An address that the connection string itself shows not to be public is refused before anything is dialed.
func TestServerDeniesAddresses(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		for _, address := range []string{"127.0.0.1", "10.0.0.7", "169.254.169.254", "[::1]", "[fd00::7]", "[::ffff:10.0.0.7]", "0.0.0.0"} {
			s.use(s.dsn(host(address)))
			strict := New(s.provider.live, nil, Options{Egress: egress.Policy{PlainSQL: true}})
			_, err := dataloader.NewRegistry(strict).Load(t.Context(), scope, s.spec(counting), dataloader.Request{})
			if err == nil || !strings.Contains(err.Error(), "SourceUnreachable: the host of the connection string is not a public address") {
				t.Errorf("%s: got %v", address, err)
			}
		}
	})
}

// A Secret is released for the servers that its annotation names, and for no other.
func TestServerNotReleased(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		for _, hosts := range []string{"", "db.example.com:5432", "127.0.0.1", "127.0.0.1:1", "127.0.0.2:" + strconv.Itoa(s.server.Port)} {
			s.secret.Annotations[v1alpha1.AnnotationAllowHosts] = hosts
			s.update()
			_, err := s.load(counting)
			if failure := dataloader.AsFailure(err); failure.Reason != dataloader.ReasonSecretNotAllowed || !strings.Contains(failure.Message, v1alpha1.AnnotationAllowHosts) {
				t.Errorf("%q: got %v", hosts, err)
			}
			s.mustBeSilent(err)
		}
	})
}

// Without the operator's flag, a server is verified.
func TestServerMustBeVerified(t *testing.T) {
	cases := map[string]struct {
		reason string
		// parameters for PostgreSQL, then for MySQL.
		parameters string
		ca         bool
		accepted   bool
	}{
		"Unsaid":     {reason: "the default", parameters: "|", ca: true, accepted: true},
		"Verified":   {reason: "as it should be", parameters: "sslmode=verify-full|tls=true", ca: true, accepted: true},
		"OwnCA":      {reason: "the chain of the named authority", parameters: "sslmode=verify-ca|tls=skip-verify", ca: true, accepted: true},
		"RequireCA":  {reason: "the same", parameters: "sslmode=require|tls=skip-verify", ca: true, accepted: true},
		"Anyone":     {reason: "TLS with whoever answers", parameters: "sslmode=require|tls=skip-verify"},
		"Preferred":  {reason: "TLS where it is offered", parameters: "sslmode=prefer|tls=preferred"},
		"Plain":      {reason: "no TLS", parameters: "sslmode=disable|tls=false"},
		"PlainAndCA": {reason: "no TLS with an authority", parameters: "sslmode=disable|tls=false", ca: true},
	}
	onServers(t, func(t *testing.T, s *stage) {
		strict := New(s.provider.live, inProcess, Options{Egress: egress.Policy{Networks: lenient.Networks}})
		for name, tc := range cases {
			t.Run(name, func(t *testing.T) {
				s.use(s.dsn(host("localhost"), parameter(strings.Split(tc.parameters, "|")[place(s.driver)])))
				loader := s.spec(counting)
				if tc.ca {
					loader.SQL.CASecretRef = &v1alpha1.SecretKeyReference{Name: "crm-db", Key: "ca"}
				}
				_, err := dataloader.NewRegistry(strict).Load(t.Context(), scope, loader, dataloader.Request{})
				if (err == nil) != tc.accepted {
					t.Fatalf("%s: got %v", tc.reason, err)
				}
				if says := "--loader-allow-plain-sql: write"; err != nil && !tc.ca && !strings.Contains(err.Error(), says) {
					t.Errorf("%s: got %v, want %q", tc.reason, err, says)
				}
			})
		}
	})
}

// Every public authority signs for everyone, so that a chain to one of them says nothing without the name.
func TestChainNeedsAnAuthority(t *testing.T) {
	if got, err := chained.withAuthority(false); got != verified || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := chained.withAuthority(true); got != chained || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

// Control characters of a parameter would be lines of their own to a server that reads lines.
func TestParametersArePrintable(t *testing.T) {
	cases := map[string]struct {
		reason, query string
		accepted      bool
	}{
		"Name":      {reason: "a name", query: "application_name=seat%20counter-1.0", accepted: true},
		"Longest":   {reason: "as long as a name of PostgreSQL", query: "application_name=" + strings.Repeat("x", 63), accepted: true},
		"TooLong":   {reason: "longer", query: "application_name=" + strings.Repeat("x", 64)},
		"LineBreak": {reason: "commands to a server that reads lines", query: "application_name=x%0d%0aCONFIG%20SET%20dir%20/tmp%0d%0a"},
		"Zero":      {reason: "a byte that begins a setting", query: "application_name=x%00options%00-cx=y"},
		"Delete":    {reason: "another control character", query: "application_name=%7f"},
		"Accent":    {reason: "not ASCII", query: "application_name=%C3%BC"},
		"Ignored":   {reason: "also where the value is ignored", query: "connect_timeout=1%0a"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := postgresForm.parseURL("postgres://u:p@db/crm?" + tc.query)
			if (err == nil) != tc.accepted {
				t.Errorf("%s: got %v", tc.reason, err)
			}
		})
	}
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
			if !errors.Is(err, errTooMuch) {
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

// greeter returns the port of a server that says something first.
func greeter(t *testing.T, words string) string {
	return listening(t, func(c net.Conn) {
		_, _ = c.Write([]byte(words))
		_, _ = c.Read(make([]byte, 1024))
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
