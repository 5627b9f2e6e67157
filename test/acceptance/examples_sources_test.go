// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/databases"
	"github.com/seatplane/seatplane/internal/testing/prometheus"
)

// example is a folder of examples that a test works with.
type example struct {
	*office
	folder string
}

// Every set-up of examples/ works as it is, but for the names of servers: Acme's two seats are counted and
// invoiced. The demo and GitOps have tests of their own.
func TestExamplesOfSources(t *testing.T) {
	setUps := map[string]func(example) map[string]string{
		"postgresql": func(e example) map[string]string {
			return e.onServer(databases.StartPostgres(e), "db.example.com:5432")
		},
		"mysql":            func(e example) map[string]string { return e.onServer(databases.StartMariaDB(e), "db.example.com:3306") },
		"sqlite":           exampleSQLite,
		"http":             exampleHTTP,
		"prometheus":       examplePrometheus,
		"kubernetes":       exampleKubernetes,
		"configmap":        func(example) map[string]string { return nil },
		"seat-assignments": func(example) map[string]string { return nil },
		"demo":             nil, // TestExamplesOfTheDemo
		"gitops":           nil, // test/gitops
		"egress":           nil, // TestExampleOfEgress
		"ci":               nil, // is a test
		"simulate":         nil, // TestManual of internal/simulation
		"webhook-receiver": nil, // has tests
		"chat-message":     nil, // has tests
		"envtest":          nil, // make test runs its tests
	}
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob(filepath.Join(root, "examples", "*", ""))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		name := filepath.Base(folder)
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			continue
		}
		setUp, known := setUps[name]
		if !known {
			t.Errorf("no test runs examples/%s", name)
		}
		if setUp == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			e := example{open(t, "2026-04-01T00:00:00Z"), folder}
			e.applyWith(setUp(e))
			e.started("acme")
			e.holds("acme", 2)
			// No TestClock says when everything that is due is done.
			e.eventually("Acme is invoiced", func(context.Context) (bool, string, error) {
				return e.subscription("acme").Status.InitialInvoice != nil && e.run("get", "invoices", "-o", "name") != "", "", nil
			})
			e.invoiced("acme", "25.00")
		})
	}
}

// No network plug-in enforces the NetworkPolicy here, but the API server takes it as it is.
func TestExampleOfEgress(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.kubectl.In("").Run(t.Context(), "apply", "--dry-run=server", "-f", filepath.Join(root, "examples", "egress")); err != nil {
		t.Error(err)
	}
}

// applyWith applies the folder's manifests, with other words in the place of some.
func (e example) applyWith(replaced map[string]string) {
	e.Helper()
	copied := e.TempDir()
	files, err := filepath.Glob(filepath.Join(e.folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		e.Fatalf("no manifests: %v", err)
	}
	for _, file := range files {
		text := e.file(filepath.Base(file))
		for from, to := range replaced {
			text = strings.ReplaceAll(text, from, to)
		}
		if err := os.WriteFile(filepath.Join(copied, filepath.Base(file)), []byte(text), 0o600); err != nil {
			e.Fatal(err)
		}
	}
	e.run("apply", "-f", copied)
}

// file returns a file of the folder.
func (e example) file(name string) string {
	e.Helper()
	text, err := os.ReadFile(filepath.Join(e.folder, name))
	if err != nil {
		e.Fatal(err)
	}
	return string(text)
}

// statements returns those of a file of SQL.
func (e example) statements(name string) []string {
	e.Helper()
	var code []string
	for line := range strings.Lines(e.file(name)) {
		if !strings.HasPrefix(line, "--") {
			code = append(code, line)
		}
	}
	return strings.Split(strings.TrimSuffix(strings.Join(code, ""), ";\n"), ";\n")
}

// The manifests say whose certificate a server has.
const authority = "write-the-certificate-of-your-authority"

func (e example) onServer(server *databases.Server, address string) map[string]string {
	e.Helper()
	if err := server.Exec("", "CREATE DATABASE crm"); err != nil {
		e.Fatal(err)
	}
	if err := server.Exec("crm", append(e.statements("database.sql"), e.statements("role.sql")...)...); err != nil {
		e.Fatal(err)
	}
	return map[string]string{
		address:   fmt.Sprintf("localhost:%d", server.Port),
		authority: fmt.Sprintf("%q", server.CA()),
	}
}

func exampleSQLite(e example) map[string]string {
	e.database(strings.Join(e.statements("database.sql"), ";\n"))
	return map[string]string{"crm.db": filepath.Base(e.databaseFile())}
}

func exampleHTTP(e example) map[string]string {
	answer := e.file("answer.json")
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/seats" || r.Header.Get("Authorization") != "Bearer write-the-token" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte(answer))
	}))
	e.Cleanup(server.Close)
	return map[string]string{
		"https://crm.example.com": server.URL,
		"crm.example.com:443":     server.Listener.Addr().String(),
		authority:                 fmt.Sprintf("%q", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})),
	}
}

func examplePrometheus(e example) map[string]string {
	metrics := e.file("metrics.txt")
	application := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(metrics)) }))
	e.Cleanup(application.Close)
	server := prometheus.Start(e, scrape(application.URL))
	e.eventually("Prometheus knows the application", func(context.Context) (bool, string, error) {
		body, err := get(server + "/api/v1/query?query=" + url.QueryEscape("app_active_users"))
		return strings.Contains(body, `"acme"`), body, err
	})
	return map[string]string{"https://prometheus.example.com": server}
}

// exampleKubernetes needs nothing: the example's own role comes to the manager by its label.
func exampleKubernetes(e example) map[string]string {
	if !strings.Contains(e.file("loader-role.yaml"), v1alpha1.LabelAggregateToLoader) {
		e.Error("the role has no label that gives it to data loaders")
	}
	return nil
}
