// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/databases"
)

// The canary is a part of every secret of this file, as user, password, host, file or token.
const (
	canary         = "cnry"
	canaryUser     = "cnryuser"
	canaryPassword = "p&cnry%/ü"
	canaryToken    = "Tk.cnry-0123456789"
)

// failing is a product whose loader fails in one way.
type failing struct {
	reason string
	// loader stands under dataLoader, where SECRET is the name of the Secret.
	loader string
	// secret is the Secret's entries; one without the label allows nobody to read it.
	secret    map[string]string
	unlabeled bool
	want      string
}

// Whatever goes wrong with a source, nothing of its secrets stands in any log, event, status or metric.
func TestSecretsStaySecret(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	cases := map[string]failing{}
	for _, each := range []map[string]failing{
		failingPostgres(o), failingMariaDB(o), failingSQLite(o), failingHTTP(o), failingPrometheus(o), failingSecrets(o),
	} {
		maps.Copy(cases, each)
	}
	secrets := []string{canary}
	for name, each := range cases {
		secrets = append(secrets, each.spellings()...)
		o.fails(name, each)
	}
	o.eventually("every refresh has failed as it should", func(ctx context.Context) (bool, string, error) {
		var list v1alpha1.SeatProductList
		if err := cluster.List(ctx, &list, client.InNamespace(o.namespace)); err != nil {
			return false, "", err
		}
		var others []string
		for n := range list.Items {
			product := &list.Items[n]
			loaded := meta.FindStatusCondition(product.Status.Conditions, v1alpha1.ConditionLoaded)
			if want := cases[product.Name].want; loaded == nil || loaded.Reason != want {
				others = append(others, fmt.Sprintf("%s (%s) is not %s but %v", product.Name, cases[product.Name].reason, want, loaded))
			}
		}
		return len(list.Items) == len(cases) && len(others) == 0, strings.Join(others, "\n"), nil
	})
	for name := range cases {
		if held := o.subscription(name).Status.Seats; held != nil && *held != 0 {
			t.Errorf("%s: a refresh that failed counted %d seats", name, *held)
		}
	}
	o.neverShown(secrets...)
}

// spellings are the secrets as they might be written elsewhere.
func (f failing) spellings() []string {
	var all []string
	for _, value := range f.secret {
		if value == "" {
			continue
		}
		all = append(all, base64.StdEncoding.EncodeToString([]byte(value)), url.QueryEscape(value))
	}
	return all
}

func (o *office) fails(name string, f failing) {
	o.Helper()
	label := "{billing.seatplane.dev/allow: loader-token}"
	if strings.Contains(f.loader, "dsnSecretRef") {
		label = "{billing.seatplane.dev/allow: loader-dsn}"
	}
	if f.unlabeled {
		label = "{}"
	}
	var entries []string
	for key, value := range f.secret {
		entries = append(entries, fmt.Sprintf("%s: %q", key, value))
	}
	o.apply(fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata: {name: %[1]s, labels: %[2]s, annotations: {billing.seatplane.dev/allow-hosts: %[5]q}}
stringData: {%[3]s}
---
kind: SeatProduct
metadata: {name: %[1]s}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "10"}}
  dataLoader: %[4]s
---
kind: Subscription
metadata: {name: %[1]s}
spec:
  customer: {id: acme}
  items:
  - {name: editors, productRef: {name: %[1]s}, plan: monthly}
`, name, label, strings.Join(entries, ", "), strings.ReplaceAll(f.loader, "SECRET", name), f.host()))
}

var (
	hostOfDSN = regexp.MustCompile(`@(?:tcp\()?([^/)]+)`)
	hostOfURL = regexp.MustCompile(`url: "https://([^/"]+)`)
)

// host is the server that a failing source names, as its Secret releases it.
func (f failing) host() string {
	port, found := ":5432", hostOfDSN.FindStringSubmatch(f.secret["dsn"])
	if found == nil {
		port, found = ":443", hostOfURL.FindStringSubmatch(f.loader)
	}
	switch {
	case found == nil:
		return ""
	case strings.Contains(found[1], ":"):
		return found[1]
	default:
		return found[1] + port
	}
}

const (
	unreachable = v1alpha1.ReasonSourceUnreachable
	sourceError = v1alpha1.ReasonSourceError
	badCounts   = v1alpha1.ReasonBadCounts
)

func failingSQL(driver v1alpha1.SQLDriver, query, dsn, want, reason string) failing {
	return failing{
		reason: reason, want: want, secret: map[string]string{"dsn": dsn},
		loader: fmt.Sprintf("{sql: {driver: %s, dsnSecretRef: {name: SECRET, key: dsn}, query: %q, timeoutSeconds: 5}}", driver, query),
	}
}

func failingPostgres(o *office) map[string]failing {
	server := databases.StartPostgres(o)
	quoted := strings.ReplaceAll(canaryPassword, "'", "''")
	if err := server.Exec("", "CREATE DATABASE crm", "CREATE ROLE "+canaryUser+" LOGIN PASSWORD '"+quoted+"'"); err != nil {
		o.Fatal(err)
	}
	const count = "SELECT 'acme', 7"
	right := server.DSN(canaryUser, canaryPassword, "crm", "sslmode=disable")
	sql := func(query, dsn, want, reason string) failing {
		return failingSQL(v1alpha1.DriverPostgres, query, dsn, want, reason)
	}
	all := map[string]failing{
		"pg-quotes-user":    sql("SELECT current_user::int, 1", right, sourceError, "the server's error quotes the user"),
		"pg-counts-user":    sql("SELECT 'acme', current_user", right, badCounts, "the count is the user's name"),
		"pg-no-table":       sql("SELECT a, b FROM nothing", right, sourceError, "no such table"),
		"pg-slow":           sql("SELECT 'acme', 1 FROM pg_sleep(20)", right, sourceError, "a time-out"),
		"pg-password":       sql(count, server.DSN(canaryUser, "another "+canaryPassword, "crm", "sslmode=disable"), sourceError, "a wrong password"),
		"pg-user":           sql(count, server.DSN("another"+canaryUser, canaryPassword, "crm", "sslmode=disable"), sourceError, "a wrong user"),
		"pg-database":       sql(count, server.DSN(canaryUser, canaryPassword, "erp", "sslmode=disable"), sourceError, "no such database"),
		"pg-host":           sql(count, "postgres://cnryuser:cnry@cnry-host.invalid/crm", unreachable, "no such host"),
		"pg-port":           sql(count, "postgres://cnryuser:cnry@127.0.0.1:1/crm", unreachable, "nobody listens"),
		"pg-other-protocol": sql(count, "postgres://cnryuser:cnry@"+talker(o)+"/crm?sslmode=disable", unreachable, "something else answers"),
		"pg-certificate":    sql(count, strings.Replace(right, "sslmode=disable", "sslmode=verify-full", 1), unreachable, "a certificate that nobody trusts"),
		"pg-parameter":      sql(count, right+"&options=-c%20cnry", sourceError, "a parameter that is not accepted"),
		"pg-unreadable":     sql(count, "postgres://cnryuser:p%cnry@127.0.0.1/crm", sourceError, "no URL"),
		"pg-key-value":      sql(count, "host=127.0.0.1 user=cnryuser password=cnry", sourceError, "the form that is not understood"),
	}
	noPEM := sql(count, server.DSN(canaryUser, canaryPassword, "crm"), sourceError, "what is no certificate")
	noPEM.secret["ca"] = "-----BEGIN cnry-----"
	noPEM.loader = strings.Replace(noPEM.loader, "dsnSecretRef", "caSecretRef: {name: SECRET, key: ca}, dsnSecretRef", 1)
	all["pg-no-pem"] = noPEM
	return all
}

func failingMariaDB(o *office) map[string]failing {
	server := databases.StartMariaDB(o)
	if err := server.Exec("", "CREATE DATABASE crm", "CREATE USER "+canaryUser+" IDENTIFIED BY '"+canaryPassword+"'",
		"GRANT SELECT ON crm.* TO "+canaryUser); err != nil {
		o.Fatal(err)
	}
	const count = "SELECT 'acme', 7"
	right := server.DSN(canaryUser, canaryPassword, "crm", "tls=false")
	sql := func(query, dsn, want, reason string) failing {
		return failingSQL(v1alpha1.DriverMySQL, query, dsn, want, reason)
	}
	return map[string]failing{
		"my-quotes-user": sql("SELECT 'acme', extractvalue(1, concat('~', current_user()))", right, sourceError, "the server's error quotes the user"),
		"my-counts-user": sql("SELECT 'acme', current_user()", right, badCounts, "the count is the user's name"),
		"my-denied":      sql("SELECT user, 1 FROM mysql.user", right, sourceError, "the server's error names whom it denies"),
		"my-password":    sql(count, server.DSN(canaryUser, "another "+canaryPassword, "crm", "tls=false"), sourceError, "a wrong password"),
		"my-database":    sql(count, server.DSN(canaryUser, canaryPassword, "erp", "tls=false"), sourceError, "no such database"),
		"my-host":        sql(count, "cnryuser:cnry@tcp(cnry-host.invalid:3306)/crm", unreachable, "no such host"),
		"my-port":        sql(count, "cnryuser:cnry@tcp(127.0.0.1:1)/crm", unreachable, "nobody listens"),
		"my-parameter":   sql(count, right+"&allowAllFiles=cnry", sourceError, "a parameter that is not accepted"),
		"my-certificate": sql(count, strings.Replace(right, "tls=false", "tls=true", 1), unreachable, "a certificate that nobody trusts"),
		"my-unreadable":  sql(count, "cnryuser:cnry@somewhere", sourceError, "no connection string"),
	}
}

func failingSQLite(o *office) map[string]failing {
	file := filepath.Join(filepath.Dir(o.databaseFile()), "cnry-text.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("no database at all ", 100)), 0o600); err != nil {
		o.Fatal(err)
	}
	sql := func(dsn, want, reason string) failing {
		return failingSQL(v1alpha1.DriverSQLite, "SELECT 'acme', 1 FROM t", dsn, want, reason)
	}
	return map[string]failing{
		"lite-absent":     sql("cnry-absent.db", unreachable, "no such file"),
		"lite-outside":    sql("/etc/cnry.db", unreachable, "outside of the folder"),
		"lite-parameters": sql("cnry.db?_pragma=cnry", sourceError, "parameters"),
		"lite-no-file":    sql("cnry%.db", sourceError, "no path"),
		"lite-no-tables":  sql(filepath.Base(file), sourceError, "no database"),
	}
}

// talker returns the address of a server that says something, whoever asks.
func talker(o *office) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = connection.Write([]byte("HTTP/1.1 400 cnry-reason\r\n\r\ncnry-body"))
			_ = connection.Close()
		}
	}()
	return listener.Addr().String()
}

// hostile answers by its path, and repeats wherever it can what it was asked with.
func hostile(w http.ResponseWriter, r *http.Request) {
	asked := r.Header.Get("Authorization") + " " + canaryToken
	path, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	w.Header().Set("X-Echo", asked)
	answers := map[string]string{
		"count":   fmt.Sprintf(`{"data": [{"tenant": "acme", "active": %q}]}`, asked),
		"long":    fmt.Sprintf(`{"data": [{"tenant": "acme", "active": %q}]}`, strings.Repeat("x", 50)+canaryToken),
		"text":    asked,
		"missing": fmt.Sprintf(`{"other": %q}`, asked),
		"nolist":  fmt.Sprintf(`{"data": %q}`, asked),
		"keys":    fmt.Sprintf(`{"data": [{"tenant": [%q], "active": 1}]}`, asked),
		"pbad":    fmt.Sprintf(`{"status": "error", "errorType": "bad_data", "error": %q}`, asked),
		"pexec":   fmt.Sprintf(`{"status": "error", "errorType": %q, "error": %q}`, asked, asked),
		"pwarn":   fmt.Sprintf(`{"status": "success", "warnings": [%q], "data": {"resultType": "vector", "result": []}}`, asked),
		"ptype":   fmt.Sprintf(`{"status": "success", "data": {"resultType": %q, "result": []}}`, asked),
		"pvalue":  fmt.Sprintf(`{"status": "success", "data": {"resultType": "vector", "result": [{"metric": {"tenant": "acme"}, "value": [1, %q]}]}}`, asked),
	}
	switch path {
	case "refuses":
		http.Error(w, asked, http.StatusUnauthorized)
	case "breaks":
		http.Error(w, asked, http.StatusInternalServerError)
	case "leads":
		http.Redirect(w, r, "https://cnry:cnry@cnry.invalid/?token="+url.QueryEscape(asked), http.StatusFound)
	case "circles":
		http.Redirect(w, r, "/circles/"+canary, http.StatusFound)
	case "sleeps":
		select {
		case <-time.After(5 * time.Second):
		case <-r.Context().Done():
		}
	case "stops":
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(asked))
	case "floods":
		for range 9 << 10 {
			_, _ = w.Write([]byte(strings.Repeat(canary, 256)))
		}
	default:
		_, _ = w.Write([]byte(answers[path]))
	}
}

func hostileServer(o *office) (server *httptest.Server, authority string) {
	server = httptest.NewUnstartedServer(http.HandlerFunc(hostile))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	o.Cleanup(server.Close)
	return server, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func failingHTTP(o *office) map[string]failing {
	server, authority := hostileServer(o)
	ask := func(url, count, want, reason string) failing {
		return failing{
			reason: reason, want: want, secret: map[string]string{"token": canaryToken, "ca": authority},
			loader: fmt.Sprintf(`{http: {url: %q, rows: response.data, rowKey: row.tenant, rowCount: %q, timeoutSeconds: 1,
    bearerTokenSecretRef: {name: SECRET, key: token}, caSecretRef: {name: SECRET, key: ca}}}`, url, count),
		}
	}
	all := map[string]failing{
		"http-count":   ask(server.URL+"/count", "row.active", badCounts, "the count is the token"),
		"http-long":    ask(server.URL+"/long", "row.active", badCounts, "the token lies where the sentence is cut"),
		"http-convert": ask(server.URL+"/count", "int(row.active)", badCounts, "the token is no number"),
		"http-host":    ask("https://nobody.invalid/", "row.active", unreachable, "no such host"),
		"http-port":    ask("https://127.0.0.1:1/", "row.active", unreachable, "nobody listens"),
		"http-denied":  ask("https://10.0.0.1/", "row.active", unreachable, "a network that is not allowed"),
	}
	for path, want := range map[string]string{
		"text": sourceError, "missing": sourceError, "nolist": sourceError, "keys": sourceError, "refuses": sourceError,
		"breaks": sourceError, "leads": sourceError, "circles": sourceError, "sleeps": sourceError, "stops": sourceError, "floods": sourceError,
	} {
		all["http-"+path] = ask(server.URL+"/"+path, "row.active", want, "the server "+path)
	}
	untrusted := ask(server.URL+"/count", "row.active", sourceError, "a certificate that nobody trusts")
	untrusted.loader = strings.Replace(untrusted.loader, ", caSecretRef: {name: SECRET, key: ca}", "", 1)
	all["http-certificate"] = untrusted
	noPEM := ask(server.URL+"/count", "row.active", sourceError, "what is no certificate")
	noPEM.secret["ca"] = "cnry is no PEM"
	all["http-no-pem"] = noPEM
	lines := ask(server.URL+"/count", "row.active", sourceError, "a token of two lines")
	lines.secret["token"] = canaryToken + "\nX-Other: " + canaryToken
	all["http-lines"] = lines
	return all
}

func failingPrometheus(o *office) map[string]failing {
	server, authority := hostileServer(o)
	all := map[string]failing{}
	for path, want := range map[string]string{
		"pbad": v1alpha1.ReasonInvalidExpression, "pexec": sourceError, "pwarn": sourceError, "ptype": v1alpha1.ReasonInvalidExpression,
		"pvalue": badCounts, "text": sourceError, "refuses": sourceError, "breaks": sourceError, "leads": sourceError,
		"sleeps": sourceError, "stops": sourceError, "floods": sourceError,
	} {
		all["prom-"+path] = failing{
			reason: "the server " + path, want: want, secret: map[string]string{"token": canaryToken, "ca": authority},
			loader: fmt.Sprintf(`{prometheus: {url: %q, query: up, keyLabel: tenant, timeoutSeconds: 1,
    bearerTokenSecretRef: {name: SECRET, key: token}, caSecretRef: {name: SECRET, key: ca}}}`, server.URL+"/"+path),
		}
	}
	return all
}

func failingSecrets(*office) map[string]failing {
	const loader = "{sql: {driver: Postgres, dsnSecretRef: {name: SECRET, key: dsn}, query: SELECT 1}}"
	return map[string]failing{
		"secret-unlabeled": {
			"the Secret allows nobody", loader, map[string]string{"dsn": "postgres://cnryuser:cnry@db/crm"}, true, v1alpha1.ReasonSecretNotAllowed,
		},
		"secret-no-entry": {
			"it has no such entry", loader, map[string]string{"cnry": "postgres://cnryuser:cnry@db/crm"}, false, v1alpha1.ReasonSecretNotFound,
		},
		"secret-empty": {"its entry is empty", loader, map[string]string{"dsn": "", "other": "cnry"}, false, v1alpha1.ReasonSecretNotFound},
	}
}
