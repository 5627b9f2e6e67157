// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	databasesql "database/sql"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/testing/databases"
)

// The role of the tests, with a password of the kinds of characters that get lost. No message may
// repeat one of the two.
const (
	roleName = "canary_role"
	password = "hunter2'%/\\:?#@&= \"ü"
)

// backend is a kind of server that the tests run against.
type backend struct {
	driver v1alpha1.SQLDriver
	launch func() (*databases.Server, error)
	// role makes the role of the tests, and grant lets it read what is in a database.
	role, grant string
	// bound is a query for the wanted keys.
	bound string
	// sleep takes a number of seconds; numbers is the numbers from 1 to 100000 as n.
	sleep, numbers string
	// connections counts those of the role, and sleeping its queries that take their time.
	connections, sleeping string
	// running is the server once it is started.
	running *databases.Server
}

var backends = []*backend{
	{
		driver: v1alpha1.DriverPostgres, launch: databases.LaunchPostgres,
		role:        "CREATE ROLE " + roleName + " LOGIN PASSWORD '" + strings.ReplaceAll(password, "'", "''") + "'",
		grant:       "GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + roleName,
		bound:       "SELECT tenant, count(*) FROM users WHERE tenant = ANY($1) GROUP BY tenant ORDER BY tenant",
		sleep:       "pg_sleep(%v)",
		numbers:     "generate_series(1, 100000) AS numbers(n)",
		connections: "SELECT count(*) FROM pg_stat_activity WHERE usename = '" + roleName + "'",
		sleeping:    "SELECT count(*) FROM pg_stat_activity WHERE usename = '" + roleName + "' AND state = 'active' AND query LIKE '%pg_sleep%'",
	},
	{
		driver: v1alpha1.DriverMySQL, launch: databases.LaunchMariaDB,
		role:  "CREATE USER " + roleName + " IDENTIFIED BY '" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(password) + "'",
		grant: "GRANT SELECT ON * TO " + roleName,
		bound: "SELECT tenant, count(*) FROM users WHERE tenant IN (SELECT k FROM" +
			" JSON_TABLE(?, '$[*]' COLUMNS (k VARCHAR(256) PATH '$')) AS wanted) GROUP BY tenant ORDER BY tenant",
		sleep:       "sleep(%v)",
		numbers:     "(SELECT seq AS n FROM seq_1_to_100000) AS numbers",
		connections: "SELECT count(*) FROM information_schema.processlist WHERE user = '" + roleName + "'",
		sleeping:    "SELECT count(*) FROM information_schema.processlist WHERE user = '" + roleName + "' AND state = 'User sleep'",
	},
}

// inProcess carries out jobs here.
var inProcess = guest.InProcess{Handlers: guest.Handlers{Kind: Handle}}

// lenient is the policy of an operator whose databases are on its own host and may be without TLS.
var lenient = egress.Policy{
	Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, PlainSQL: true,
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, each := range backends {
		if each.running != nil {
			_ = each.running.Stop()
		}
	}
	os.Exit(code)
}

// server returns the server that the tests of this package share.
func (b *backend) server(t testing.TB) *databases.Server {
	t.Helper()
	if b.running != nil {
		return b.running
	}
	s, err := b.launch()
	if err != nil {
		t.Fatal(err)
	}
	b.running = s
	if err := s.Exec("", b.role); err != nil {
		t.Fatal(err)
	}
	return s
}

// onServers runs a test once for each kind of server, on a database of its own with three customers.
func onServers(t *testing.T, test func(*testing.T, *stage)) {
	t.Helper()
	for _, each := range backends {
		t.Run(string(each.driver), func(t *testing.T) { test(t, newStage(t, each)) })
	}
}

// stage is a database on a server, and a Secret that names it.
type stage struct {
	*backend
	t        *testing.T
	server   *databases.Server
	database string
	admin    *databasesql.DB
	secret   *corev1.Secret
	provider *Provider
	// update stores what the test changed of the secret.
	update func()
}

var stages atomic.Int64

func newStage(t *testing.T, b *backend) *stage {
	t.Helper()
	s := &stage{backend: b, t: t, server: b.server(t), database: fmt.Sprintf("crm_%d", stages.Add(1))}
	if err := s.server.Exec("", "CREATE DATABASE "+s.database); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.admin, err = s.server.Open(s.database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.admin.Close() })
	s.exec("CREATE TABLE users (tenant VARCHAR(256), active BOOLEAN)",
		"INSERT INTO users VALUES ('acme', true), ('acme', true), ('acme', true), ('bolt', true), ('bolt', true), ('coda', true), ('coda', false)")
	s.secret = &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "crm-db",
			Labels:      map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowLoaderDSN},
			Annotations: map[string]string{},
		},
		Data: map[string][]byte{"ca": s.server.CA()},
	}
	live := fake.NewClientBuilder().WithObjects(s.secret).Build()
	s.provider = New(live, inProcess, Options{Egress: lenient})
	s.update = func() {
		t.Helper()
		if err := live.Update(context.Background(), s.secret); err != nil {
			t.Fatal(err)
		}
	}
	s.use(s.dsn())
	return s
}

// exec has the server's administrator do something in the database, whose tables the role may read then.
func (s *stage) exec(statements ...string) {
	s.t.Helper()
	if err := s.server.Exec(s.database, append(statements, s.grant)...); err != nil {
		s.t.Fatal(err)
	}
}

// asked returns the one number that a query of the administrator's answers with.
func (s *stage) asked(query string) (number int64) {
	s.t.Helper()
	if err := s.admin.QueryRow(query).Scan(&number); err != nil {
		s.t.Fatal(err)
	}
	return number
}

// dsn returns the role's connection string, without TLS; edits change the URL before it is written.
func (s *stage) dsn(edits ...func(*url.URL)) string {
	s.t.Helper()
	dsn, err := url.Parse(s.server.DSN(roleName, password, s.database, [2]string{"sslmode=disable", "tls=false"}[place(s.driver)]))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, edit := range edits {
		edit(dsn)
	}
	return dsn.String()
}

// use makes another connection string that of the Secret, and releases the Secret for its server.
func (s *stage) use(dsn string) {
	s.t.Helper()
	s.secret.Data["dsn"] = []byte(dsn)
	kind := s.provider.kinds[s.driver].(serverKind)
	if to, err := kind.parse(kind.form, strings.TrimSpace(dsn)); err == nil {
		s.secret.Annotations[v1alpha1.AnnotationAllowHosts] = net.JoinHostPort(to.host, strconv.Itoa(int(to.port)))
	}
	s.update()
}

func (s *stage) spec(query string) *v1alpha1.DataLoader {
	loader := spec(query)
	loader.SQL.Driver = s.driver
	return loader
}

func (s *stage) boundSpec() *v1alpha1.DataLoader {
	loader := s.spec(s.bound)
	loader.SQL.Keys = v1alpha1.QueryBound
	return loader
}

func (s *stage) load(query string, keys ...string) (dataloader.Answer, error) {
	return s.loadSpec(s.spec(query), keys...)
}

func (s *stage) loadSpec(spec *v1alpha1.DataLoader, keys ...string) (dataloader.Answer, error) {
	return dataloader.NewRegistry(s.provider).Load(context.Background(), scope, spec, dataloader.Request{Keys: keys})
}

// order returns what a loader process gets for a load with the Secret as it is.
func (s *stage) order(t *testing.T) order {
	t.Helper()
	opened, err := s.provider.Open(t.Context(), scope, s.spec(counting))
	if err != nil {
		t.Fatal(err)
	}
	return opened.(*source).order()
}

// begun returns a connection on which the dialect has begun, for what a query cannot reach.
func (s *stage) begun(t *testing.T, timeout time.Duration) *databasesql.Conn {
	t.Helper()
	connector, err := dialects[s.driver].connector(s.order(t))
	if err != nil {
		t.Fatal(err)
	}
	db := databasesql.OpenDB(connector)
	db.SetMaxIdleConns(-1)
	connection, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = connection.Close(), db.Close() })
	if err := dialects[s.driver].begin(t.Context(), connection, timeout); err != nil {
		t.Fatal(err)
	}
	return connection
}

// mustBeSilent fails the test when an error repeats something of the connection string that is a secret.
func (s *stage) mustBeSilent(err error) {
	s.t.Helper()
	for _, canary := range []string{password, url.QueryEscape(password), url.UserPassword("", password).String()[1:], "hunter2", roleName, "127.0.0.1", "localhost"} {
		if strings.Contains(err.Error(), canary) {
			s.t.Errorf("%q repeats %q", err, canary)
		}
	}
}
