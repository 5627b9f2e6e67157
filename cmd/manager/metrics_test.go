// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// A description prints its name, its sentence and its labels, and has no other way to tell them.
var description = regexp.MustCompile(`^Desc\{fqName: "(seatplane_\w+)", help: "([^"]*)", .*variableLabels: \{([^}]*)\}`)

var row = regexp.MustCompile("(?m)^\\| `(seatplane_\\w+)` \\| (.*?) \\| (.*) \\|$")

// registeredMetrics returns the operator's metrics that the manager would serve, with their labels and sentences.
func registeredMetrics(t *testing.T) map[string][2]string {
	t.Helper()
	registry, ok := metrics.Registry.(prometheus.Collector)
	if !ok {
		t.Fatalf("%T does not describe what is registered", metrics.Registry)
	}
	descriptions := make(chan *prometheus.Desc)
	go func() {
		registry.Describe(descriptions)
		close(descriptions)
	}()
	registered := map[string][2]string{}
	for each := range descriptions {
		if found := description.FindStringSubmatch(each.String()); found != nil {
			registered[found[1]] = [2]string{strings.ReplaceAll(found[3], ",", ", "), found[2]}
		}
	}
	return registered
}

// testMetricsAreDocumented requires, while the manager runs, that docs/reference/metrics.md lists every
// metric of the operator, with its labels and its sentence, and none else.
func testMetricsAreDocumented(t *testing.T) {
	registered := registeredMetrics(t)
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string][2]string{}
	for _, found := range row.FindAllStringSubmatch(string(page), -1) {
		documented[found[1]] = [2]string{strings.ReplaceAll(found[2], "`", ""), found[3]}
	}
	if len(registered) == 0 {
		t.Error("nothing is registered")
	}
	if diff := cmp.Diff(registered, documented); diff != "" {
		t.Errorf("run `make generate`; what hack/metrics-docs does not know yet is to be added there. -registered +documented:\n%s", diff)
	}
}

// No metric of the operator registers itself: a program may import it without running one.
func TestMetricsWithoutOperator(t *testing.T) {
	if registered := registeredMetrics(t); len(registered) > 0 {
		t.Errorf("registered without an operator that runs: %v", registered)
	}
}
