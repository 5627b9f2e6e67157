// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package observability

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/prometheus"
)

// some is enough for most series to exist: a product that is counted, one of which the source is
// missing, and subscriptions that are fine, held up and new.
const some = `
apiVersion: v1
kind: ConfigMap
metadata: {name: counts}
data: {acme: "7"}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: editor}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "12.50"}}
  dataLoader: {configMap: {name: counts}}
  refresh: {every: 1h}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  items:
  - {name: editors, productRef: {name: editor}, plan: monthly}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: globex}
spec:
  customer: {id: globex}
  items:
  - {name: editors, productRef: {name: missing}, plan: monthly, quantity: 3}
`

// watched is a manager at work and a Prometheus that scrapes it as our ServiceMonitor says, with our
// alerts.
type watched struct {
	metrics string
	token   string
	server  prometheusv1.API
	alerts  []rule
}

func watch(t *testing.T) watched {
	t.Helper()
	manager, err := playground.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	address, err := playground.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	ground, err := playground.Start(ctx, playground.Options{Manager: manager, Args: []string{
		"--leader-elect", "--leader-election-namespace=" + playground.Namespace, "--metrics-bind-address=" + address,
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ground.Stop(); err != nil {
			t.Error(err)
		}
	})
	w := watched{metrics: "https://" + address + "/metrics", token: prepare(ctx, t, ground.Kubectl)}
	rules, token := filepath.Join(t.TempDir(), "rules.yaml"), filepath.Join(t.TempDir(), "token")
	w.alerts = bareGroups(t, rules)
	if err := os.WriteFile(token, []byte(w.token), 0o600); err != nil {
		t.Fatal(err)
	}
	endpoint := endpointOfMonitor(t)
	url := prometheus.Start(t, fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
- job_name: seatplane-metrics
  scheme: %s
  honor_labels: %t
  authorization: {credentials_file: %q}
  tls_config: {insecure_skip_verify: %t}
  static_configs:
  - targets: [%q]
`, rules, endpoint.Scheme, endpoint.HonorLabels, token, endpoint.TLSConfig.InsecureSkipVerify, address))
	client, err := api.NewClient(api.Config{Address: url})
	if err != nil {
		t.Fatal(err)
	}
	w.server = prometheusv1.NewAPI(client)
	return w
}

// prepare does what they do who install Prometheus, and returns the token of
// Prometheus's account.
func prepare(ctx context.Context, t *testing.T, kubectl playground.Kubectl) (token string) {
	t.Helper()
	own := kubectl.In(playground.Namespace)
	for _, args := range [][]string{
		{"create", "serviceaccount", "prometheus"},
		{"create", "clusterrolebinding", "prometheus", "--clusterrole=seatplane-metrics-reader", "--serviceaccount=" + playground.Namespace + ":prometheus"},
	} {
		if _, err := own.Run(ctx, args...); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := kubectl.Apply(ctx, some); err != nil {
		t.Fatal(err)
	}
	token, err := own.Run(ctx, "create", "token", "prometheus")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(token)
}

// endpoint is how a ServiceMonitor has a target scraped.
type endpoint struct {
	Scheme      string `json:"scheme"`
	HonorLabels bool   `json:"honorLabels"`
	TokenFile   string `json:"bearerTokenFile"`
	TLSConfig   struct {
		InsecureSkipVerify bool `json:"insecureSkipVerify"`
	} `json:"tlsConfig"`
}

// endpointOfMonitor returns the one endpoint of our ServiceMonitor.
func endpointOfMonitor(t *testing.T) endpoint {
	t.Helper()
	var monitor struct {
		Spec struct{ Endpoints []endpoint }
	}
	parse(t, read(t, controlplane.FromRoot(t, "config", "prometheus", "service_monitor.yaml")), &monitor)
	if len(monitor.Spec.Endpoints) != 1 || monitor.Spec.Endpoints[0].TokenFile == "" {
		t.Fatalf("the ServiceMonitor has the endpoints %+v, want one with a token", monitor.Spec.Endpoints)
	}
	return monitor.Spec.Endpoints[0]
}

// query asks Prometheus about now.
func (w watched) query(ctx context.Context, expression string) (model.Vector, error) {
	value, _, err := w.server.Query(ctx, expression, time.Now())
	if err != nil {
		return nil, err
	}
	vector, ok := value.(model.Vector)
	if !ok {
		return nil, fmt.Errorf("the answer is a %T", value)
	}
	return vector, nil
}

// TestOnRealPrometheus asks a Prometheus that scrapes a manager at work everything that the alerts and
// the dashboard ask.
func TestOnRealPrometheus(t *testing.T) {
	w := watch(t)
	for _, expression := range []string{
		`leader_election_master_status == 1`,
		`seatplane_subscriptions{namespace="default",state="Active"} == 1`,
		`seatplane_subscription_unmet_conditions{namespace="default",condition="Ready",reason="ProductNotFound"} == 1`,
		`seatplane_renewal_overdue_seconds{namespace="default"} == 0`,
		// 7 seats at 12.50.
		`seatplane_monthly_recurring_revenue{namespace="default",currency="EUR",interval="Month",state="Active"} == 87.5`,
		`seatplane_refresh_next_timestamp_seconds{namespace="default",product="editor"} > 0`,
		// Rates need two scrapes.
		`rate(seatplane_refreshes_total[1m])`,
	} {
		w.soon(t, expression)
	}
	d := loadDashboard(t)
	t.Run("every metric exists", func(t *testing.T) { w.testNames(t, d) })
	t.Run("the dashboard's queries are answered", func(t *testing.T) { w.testDashboard(t, d) })
	t.Run("no alert is raised about what is well", w.testAlerts)
}

func (w watched) soon(t *testing.T, expression string) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		var answer model.Vector
		answer, last = w.query(ctx, expression)
		return last == nil && len(answer) > 0, nil
	})
	if err != nil {
		t.Fatalf("%s does not come: %v %v", expression, err, last)
	}
}

// mayBeEmpty are the queries of the dashboard that have no answer while all is well.
var mayBeEmpty = regexp.MustCompile(`panics_total|updates_held|refresh_next_timestamp_seconds`)

func (w watched) testDashboard(t *testing.T, d dashboard) {
	for where, expression := range d.expressions() {
		answer, err := w.query(t.Context(), expression)
		if err != nil {
			t.Errorf("%s: %s: %v", where, expression, err)
		}
		if len(answer) == 0 && !mayBeEmpty.MatchString(expression) {
			t.Errorf("%s: %s has no answer", where, expression)
		}
	}
}

// testAlerts asks for each alert as it is. One subscription is held up on purpose. A conflict that is tried
// again is an error too, which is why that alert waits for half an hour of them.
func (w watched) testAlerts(t *testing.T) {
	for _, alert := range w.alerts {
		if alert.Alert == "SeatplaneReconcileErrors" {
			continue
		}
		answer, err := w.query(t.Context(), alert.Expr)
		if err != nil {
			t.Errorf("%s: %v", alert.Alert, err)
		}
		if raised := len(answer) > 0; raised != (alert.Alert == "SeatplaneSubscriptionsNotReady") {
			t.Errorf("%s: %v", alert.Alert, answer)
		}
	}
	loaded, err := w.server.Rules(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, group := range loaded.Groups {
		count += len(group.Rules)
	}
	if count != len(w.alerts) {
		t.Errorf("Prometheus loaded %d of %d alerts", count, len(w.alerts))
	}
}

var ours = regexp.MustCompile("(?m)^\\| `(seatplane_\\w+)` \\|")

// testNames requires that every metric that is asked for is one of ours, which a test in cmd/manager
// compares with what is registered, or is in what the manager serves.
func (w watched) testNames(t *testing.T, d dashboard) {
	exist := w.scrape(t)
	for _, found := range ours.FindAllSubmatch(read(t, controlplane.FromRoot(t, "docs", "reference", "metrics.md")), -1) {
		name := string(found[1])
		exist[name] = true
		if strings.HasSuffix(name, "_duration_seconds") {
			exist[name+"_bucket"] = true
		}
	}
	asked := d.expressions()
	for _, alert := range w.alerts {
		asked["alert "+alert.Alert] = alert.Expr
	}
	for _, where := range slices.Sorted(maps.Keys(asked)) {
		names := metricsIn(asked[where])
		if len(names) == 0 {
			t.Errorf("%s asks for no metric: %s", where, asked[where])
		}
		for _, name := range names {
			if !exist[name] {
				t.Errorf("%s asks for %s, which does not exist", where, name)
			}
		}
	}
}

// scrape returns the names of what the manager serves.
func (w watched) scrape(t *testing.T) map[string]bool {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.metrics, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+w.token)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for name, family := range families {
		names[name] = true
		if len(family.GetMetric()) > 0 && family.GetMetric()[0].GetHistogram() != nil {
			names[name+"_bucket"] = true
		}
	}
	return names
}

var (
	quoted   = regexp.MustCompile(`"[^"]*"`)
	braces   = regexp.MustCompile(`\{[^}]*\}|\[[^\]]*\]`)
	labels   = regexp.MustCompile(`\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)`)
	word     = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*(\s*\()?`)
	operator = map[string]bool{"and": true, "or": true, "unless": true, "bool": true, "offset": true}
)

// metricsIn returns the metrics that an expression names: its words that are no function, operator or
// label.
func metricsIn(expression string) []string {
	for _, each := range []*regexp.Regexp{quoted, braces, labels} {
		expression = each.ReplaceAllString(expression, " ")
	}
	// An aggregation may have had its labels between its name and its argument.
	expression = regexp.MustCompile(`\s+\(`).ReplaceAllString(expression, "(")
	var names []string
	for _, found := range word.FindAllString(expression, -1) {
		if !strings.HasSuffix(found, "(") && !operator[found] {
			names = append(names, found)
		}
	}
	return names
}

func TestMetricsIn(t *testing.T) {
	cases := map[string]struct {
		reason, expression string
		want               []string
	}{
		"Selector":    {"neither labels nor their values count", `up_total{job="a(b", x=~"c"}[5m]`, []string{"up_total"}},
		"Aggregation": {"neither functions nor the labels they keep count", `sum by (a, b) (rate(x_total[1m])) / max(y)`, []string{"x_total", "y"}},
		"Join":        {"both sides count", "a and on (job) b{c=\"d\"} unless e > 3600", []string{"a", "b", "e"}},
		"Function":    {"a function of nothing is none", `time() - min(x) or vector(0)`, []string{"x"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := metricsIn(c.expression); !slices.Equal(got, c.want) {
				t.Errorf("%s: metricsIn(%s) = %v, want %v", c.reason, c.expression, got, c.want)
			}
		})
	}
}
