// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	databasesql "database/sql"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/databases"
)

// page is what a page of docs/sources shows.
type page struct {
	// role is the statements that make the user; empty for SQLite.
	role []string
	dsn  string
	// hosts are the servers that the Secret is released for.
	hosts   string
	product v1alpha1.SeatProduct
	// bound is the query for the wanted keys.
	bound string
}

var fenced = regexp.MustCompile("(?s)```(sql|yaml)\n(.*?)```")

func readPage(t *testing.T, name string) page {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "sources", name))
	if err != nil {
		t.Fatal(err)
	}
	var p page
	var statements []string
	for _, found := range fenced.FindAllStringSubmatch(string(content), -1) {
		if found[1] == "sql" {
			statements = append(statements, strings.TrimSpace(found[2]))
			continue
		}
		secret, product, _ := strings.Cut(found[2], "\n---\n")
		var read corev1.Secret
		if err := yaml.UnmarshalStrict([]byte(secret), &read); err != nil {
			t.Fatal(err)
		}
		if read.Labels[v1alpha1.LabelAllow] != v1alpha1.AllowLoaderDSN {
			t.Errorf("%s: the Secret is not released as a connection string", name)
		}
		p.dsn, p.hosts = read.StringData["dsn"], read.Annotations[v1alpha1.AnnotationAllowHosts]
		if err := yaml.UnmarshalStrict([]byte(product), &p.product); err != nil {
			t.Fatal(err)
		}
	}
	p.bound = statements[len(statements)-1]
	if len(statements) > 1 {
		p.role = strings.Split(strings.TrimSuffix(statements[0], ";"), ";\n")
	}
	return p
}

// What the pages on databases tell people to copy works on a server, and the user whom they make can
// do nothing but count, also without the operator's own care.
func TestServerDocs(t *testing.T) {
	for _, each := range backends {
		t.Run(string(each.driver), func(t *testing.T) {
			shown := readPage(t, map[v1alpha1.SQLDriver]string{v1alpha1.DriverPostgres: "postgresql.md", v1alpha1.DriverMySQL: "mysql.md"}[each.driver])
			if at, err := url.Parse(shown.dsn); err != nil || shown.hosts != at.Host {
				t.Errorf("the Secret is released for %q, and its connection string is %q", shown.hosts, shown.dsn)
			}
			s := newStage(t, each)
			crm := s.server
			for _, statement := range []string{"DROP DATABASE IF EXISTS crm", "CREATE DATABASE crm"} {
				if err := crm.Exec("", statement); err != nil {
					t.Fatal(err)
				}
			}
			if err := crm.Exec("crm", append([]string{
				"CREATE TABLE users (tenant VARCHAR(256), active BOOLEAN, email VARCHAR(256))",
				"INSERT INTO users VALUES ('acme', true, 'a'), ('acme', true, 'b'), ('acme', false, 'c'), ('bolt', true, 'd')",
			}, shown.role...)...); err != nil {
				t.Fatal(err)
			}
			s.secret.Data["ca.crt"] = crm.CA()
			at := url.URL{Host: crm.Address()}
			s.use(strings.Replace(shown.dsn, regexp.MustCompile(`@([^/]*)/`).FindStringSubmatch(shown.dsn)[1], "localhost:"+at.Port(), 1))

			loader := &shown.product.Spec.DataLoader
			(*loader).SQL.CASecretRef = &v1alpha1.SecretKeyReference{Name: "crm-db", Key: "ca.crt"}
			answer, err := s.loadSpec(*loader)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, row := range answer.Rows {
				got[row.Key] = row.Count
			}
			if diff := cmp.Diff(map[string]string{"acme": "2", "bolt": "1"}, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			(*loader).SQL.Query, (*loader).SQL.Keys = shown.bound, v1alpha1.QueryBound
			if answer, err = s.loadSpec(*loader, "acme", "coda"); err != nil || !cmp.Equal(rows("acme", "2"), answer.Rows) {
				t.Errorf("bound: got %v, %v", answer, err)
			}
			mayOnlyCount(t, s, crm)
		})
	}
}

func mayOnlyCount(t *testing.T, s *stage, crm *databases.Server) {
	t.Helper()
	s.use(crm.DSN("seatplane", "choose-one", "crm", [2]string{"sslmode=require", "tls=false"}[place(s.driver)]))
	connector, err := dialects[s.driver].connector(s.order(t))
	if err != nil {
		t.Fatal(err)
	}
	db := databasesql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"INSERT INTO users VALUES ('x', true, 'x')", "UPDATE users SET active = false", "DELETE FROM users", "DROP TABLE users",
		"CREATE TABLE mine (x INT)", "SELECT email FROM users", "SELECT * FROM users",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("the user may %s", statement)
		}
	}
}

func TestSQLiteDocs(t *testing.T) {
	shown := readPage(t, "sqlite.md")
	b := newBench(t, "")
	seed(t, filepath.Join(b.dir, "crm.db"), map[string]int{"acme": 3, "bolt": 2})
	b.secret.Data["dsn"] = []byte(shown.dsn)
	b.update()
	loader := shown.product.Spec.DataLoader
	if answer, err := b.loadSpec(loader); err != nil || len(answer.Rows) != 2 {
		t.Errorf("got %v, %v", answer, err)
	}
	loader.SQL.Query, loader.SQL.Keys = shown.bound, v1alpha1.QueryBound
	if answer, err := b.loadSpec(loader, "bolt"); err != nil || !cmp.Equal(rows("bolt", "2"), answer.Rows) {
		t.Errorf("bound: got %v, %v", answer, err)
	}
}
