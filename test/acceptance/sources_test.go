// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/prometheus"
)

// bearer is the token that a source asks for. Nothing that the system writes may hold it.
const bearer = "canary-hunter2-token"

// Figure 1 from each source of counts: EUR 12.50 a seat; 2 → 7 on 16 April 00:00: 31.25. Its set-up returns
// what stands under dataLoader, and a function that makes the source count so many for Acme.
func TestFigure1FromEachSource(t *testing.T) {
	sources := map[string]func(*office) (loader string, set func(int)){
		"HTTP":            fromHTTP,
		"Prometheus":      fromPrometheus,
		"Kubernetes":      fromKubernetes,
		"SeatAssignments": fromSeatAssignments,
		"ConfigMap":       fromConfigMap,
		"SQLite":          fromSQLite,
	}
	for name, setUp := range sources {
		t.Run(name, func(t *testing.T) {
			o := open(t, "2026-04-01T00:00:00Z")
			loader, set := setUp(o)
			set(2)
			o.sellsEditors("12.50", loader)
			o.started("acme")
			o.holds("acme", 2)
			o.invoiced("acme", "25.00")

			o.moveClock("2026-04-15T12:00:00Z")
			set(7)
			o.moveClock("2026-04-16T00:00:00Z")
			o.adjusted("acme", "editors 2 → 7", "31.25")
			o.moveClock("2026-05-01T00:00:00Z")
			o.invoiced("acme", "25.00", "118.75")

			o.neverShown("hunter2")
		})
	}
}

// The manifests in docs/sources are accepted as they are.
func TestExamplesOfTheSources(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "sources", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for n, block := range strings.Split(string(text), "```yaml\napiVersion:")[1:] {
			manifest, _, _ := strings.Cut("apiVersion:"+block, "```")
			file := filepath.Join(t.TempDir(), fmt.Sprintf("%s-%d.yaml", filepath.Base(page), n))
			if err := os.WriteFile(file, []byte(manifest), 0o600); err != nil {
				t.Fatal(err)
			}
			o.run("apply", "--dry-run=server", "-f", file)
		}
	}
}

// secret makes a Secret that is released to data loaders for a use and for servers.
func (o *office) secret(name string, use dataloader.Use, servers string, data map[string]string) {
	o.Helper()
	var entries []string
	for key, value := range data {
		entries = append(entries, fmt.Sprintf("%s: %q", key, value))
	}
	o.apply(fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata:
  name: %s
  labels: {billing.seatplane.dev/allow: %s}
  annotations: {billing.seatplane.dev/allow-hosts: %q}
stringData: {%s}
`, name, use, servers, strings.Join(entries, ", ")))
}

func fromHTTP(o *office) (string, func(int)) {
	var count atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer "+bearer {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprintf(w, `{"data": [{"tenant": "acme", "active": %d}, {"tenant": "stranger", "active": 3}]}`, count.Load())
	}))
	o.Cleanup(server.Close)
	o.secret("crm", dataloader.UseToken, server.Listener.Addr().String(), map[string]string{
		"token": bearer,
		"ca":    string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})),
	})
	loader := fmt.Sprintf(`{http: {url: %q, method: POST, rows: response.data, rowKey: row.tenant, rowCount: int(row.active),
    bearerTokenSecretRef: {name: crm, key: token}, caSecretRef: {name: crm, key: ca}}}`, server.URL+"/seats")
	return loader, func(n int) { count.Store(int64(n)) }
}

// fromPrometheus has a real Prometheus scrape an application that the test stands for.
func fromPrometheus(o *office) (string, func(int)) {
	var count atomic.Int64
	application := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "seats{tenant=\"acme\",team=\"red\"} 1\nseats{tenant=\"acme\",team=\"blue\"} %d\n", count.Load()-1)
	}))
	o.Cleanup(application.Close)
	server := prometheus.Start(o, scrape(application.URL))
	const query = "sum by (tenant) (seats)"
	set := func(n int) {
		count.Store(int64(n))
		o.eventually(fmt.Sprintf("Prometheus knows of %d seats", n), func(context.Context) (bool, string, error) {
			body, err := get(server + "/api/v1/query?query=" + url.QueryEscape(fmt.Sprintf("%s == %d", query, n)))
			return strings.Contains(body, `"acme"`), body, err
		})
	}
	return fmt.Sprintf(`{prometheus: {url: %q, query: %s, keyLabel: tenant}}`, server, query), set
}

// scrape returns a configuration that has Prometheus ask an application all the time.
func scrape(application string) string {
	return fmt.Sprintf(`
scrape_configs:
- job_name: application
  scrape_interval: 100ms
  scrape_timeout: 100ms
  static_configs: [{targets: [%q]}]
`, strings.TrimPrefix(application, "http://"))
}

func get(address string) (string, error) {
	response, err := http.Get(address)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// fromKubernetes counts ConfigMaps, which a ClusterRole of the test's own grants. No controller gathers such
// roles into one here, so it is bound to the manager itself.
func fromKubernetes(o *office) (string, func(int)) {
	role := "loader-" + o.namespace
	for _, args := range [][]string{
		{"create", "clusterrole", role, "--verb=list", "--resource=configmaps"},
		{"label", "clusterrole", role, v1alpha1.LabelAggregateToLoader + "=true"},
		{"create", "clusterrolebinding", role, "--clusterrole", role, "--user", "seatplane-manager"},
	} {
		o.run(args...)
	}
	set := func(n int) {
		for i := range n {
			o.apply(fmt.Sprintf(`
apiVersion: v1
kind: ConfigMap
metadata: {name: workspace-%d, labels: {tenant: acme, type: workspace}}
`, i))
		}
	}
	return `{kubernetes: {apiVersion: v1, kind: ConfigMap, keyLabel: tenant, labelSelector: {matchLabels: {type: workspace}}}}`, set
}

func fromSeatAssignments(o *office) (string, func(int)) {
	set := func(n int) {
		for i := range n {
			o.apply(fmt.Sprintf(`
kind: SeatAssignment
metadata: {name: seat-%d}
spec: {subscriptionRef: {name: acme}, item: editors, holder: {id: u-%d}}
`, i, i))
		}
	}
	return `{seatAssignments: {}}`, set
}

func fromConfigMap(o *office) (string, func(int)) {
	set := func(n int) {
		o.apply(fmt.Sprintf(`
apiVersion: v1
kind: ConfigMap
metadata: {name: seat-counts}
data: {acme: "%d"}
`, n))
	}
	return `{configMap: {name: seat-counts}}`, set
}

func fromSQLite(o *office) (string, func(int)) {
	database := o.database("CREATE TABLE users (tenant TEXT)")
	set := func(n int) {
		o.exec(database, fmt.Sprintf("DELETE FROM users; "+
			"INSERT INTO users WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT %d) SELECT 'acme' FROM n", n))
	}
	return "{sql: {driver: SQLite, dsnSecretRef: {name: db, key: dsn}, query: \"SELECT tenant, count(*) FROM users GROUP BY tenant\"}}", set
}
