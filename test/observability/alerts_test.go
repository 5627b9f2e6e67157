// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package observability

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/prometheus"
)

// runbooks is the page that tells what to do about each alert.
const runbooks = "https://github.com/seatplane/seatplane/blob/main/docs/operations/alerts.md#"

// rule is an alert, as far as these tests look at it.
type rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// group is a group of rules.
type group struct {
	Name  string `json:"name"`
	Rules []rule `json:"rules"`
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func parse(t *testing.T, content []byte, into any) {
	t.Helper()
	if err := yaml.Unmarshal(content, into); err != nil {
		t.Fatal(err)
	}
}

// bareGroups writes the groups of the PrometheusRule to a file as Prometheus and promtool want them, and
// returns the alerts.
func bareGroups(t *testing.T, file string) []rule {
	t.Helper()
	content := read(t, controlplane.FromRoot(t, "alerts", "seatplane.yaml"))
	var typed struct{ Spec struct{ Groups []group } }
	var whole struct{ Spec map[string]any }
	parse(t, content, &typed)
	parse(t, content, &whole)
	bare, err := yaml.Marshal(whole.Spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bare, 0o600); err != nil {
		t.Fatal(err)
	}
	var alerts []rule
	for _, group := range typed.Spec.Groups {
		alerts = append(alerts, group.Rules...)
	}
	if len(alerts) == 0 {
		t.Fatal("there are no alerts")
	}
	return alerts
}

// TestAlerts runs alerts/tests with promtool.
func TestAlerts(t *testing.T) {
	promtool := prometheus.Promtool(t)
	folder := t.TempDir()
	bareGroups(t, filepath.Join(folder, "seatplane.yaml"))
	if err := os.CopyFS(filepath.Join(folder, "tests"), os.DirFS(controlplane.FromRoot(t, "alerts", "tests"))); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "tests", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no tests: %v", err)
	}
	for _, args := range [][]string{{"check", "rules", filepath.Join(folder, "seatplane.yaml")}, append([]string{"test", "rules"}, files...)} {
		out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput()
		if err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// TestAlertsAreTestedBothWays requires of each alert a test in which it fires and one in which it does not.
func TestAlertsAreTestedBothWays(t *testing.T) {
	fires, quiet, want := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, alert := range bareGroups(t, filepath.Join(t.TempDir(), "seatplane.yaml")) {
		want[alert.Alert] = true
	}
	files, err := filepath.Glob(controlplane.FromRoot(t, "alerts", "tests", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		var suite struct {
			Tests []struct {
				Rules []struct {
					Alert string `json:"alertname"`
					Want  []any  `json:"exp_alerts"`
				} `json:"alert_rule_test"`
			}
		}
		parse(t, read(t, file), &suite)
		for _, test := range suite.Tests {
			for _, each := range test.Rules {
				if len(each.Want) > 0 {
					fires[each.Alert] = true
				} else {
					quiet[each.Alert] = true
				}
			}
		}
	}
	for what, have := range map[string]map[string]bool{"fires": fires, "does not fire": quiet} {
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(have))); diff != "" {
			t.Errorf("alerts with a test in which one %s: -want +got:\n%s", what, diff)
		}
	}
}

var heading = regexp.MustCompile(`(?m)^## (Seatplane\w+)$`)

// TestAlertsHaveRunbooks requires of each alert what whoever is woken by it needs.
func TestAlertsHaveRunbooks(t *testing.T) {
	var want, documented []string
	for _, alert := range bareGroups(t, filepath.Join(t.TempDir(), "seatplane.yaml")) {
		want = append(want, alert.Alert)
		if severity := alert.Labels["severity"]; severity != "warning" && severity != "critical" {
			t.Errorf("%s: severity %q is neither warning nor critical", alert.Alert, severity)
		}
		if alert.Annotations["summary"] == "" || alert.Annotations["description"] == "" {
			t.Errorf("%s does not say what is wrong: %v", alert.Alert, alert.Annotations)
		}
		if got, want := alert.Annotations["runbook_url"], runbooks+strings.ToLower(alert.Alert); got != want {
			t.Errorf("%s: the runbook is %s, want %s", alert.Alert, got, want)
		}
	}
	for _, found := range heading.FindAllSubmatch(read(t, controlplane.FromRoot(t, "docs", "operations", "alerts.md")), -1) {
		documented = append(documented, string(found[1]))
	}
	if diff := cmp.Diff(want, documented); diff != "" {
		t.Errorf("docs/operations/alerts.md: -alerts +headings:\n%s", diff)
	}
}
