// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// binary returns the path of a real Prometheus. Without one the test is skipped, on the machine that
// decides about a change it fails.
func binary(t *testing.T) string {
	t.Helper()
	candidates := []string{os.Getenv("SEATPLANE_PROMETHEUS"), "prometheus"}
	if root, err := controlplane.Root(); err == nil {
		candidates = append(candidates, filepath.Join(root, "bin", "prometheus", "prometheus"))
	}
	for _, candidate := range candidates {
		if path, err := exec.LookPath(candidate); candidate != "" && err == nil {
			return path
		}
	}
	const sentence = "there is no Prometheus to test with: run hack/test-servers-prometheus.sh, or install it so that it is in PATH"
	if os.Getenv("CI") == "true" {
		t.Fatal(sentence)
	}
	t.Skip(sentence)
	return ""
}

// startReal runs a Prometheus on a free port of loopback, with a folder of its own, until the test ends.
func startReal(t *testing.T) string {
	t.Helper()
	path := binary(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()

	folder := t.TempDir()
	config := filepath.Join(folder, "prometheus.yml")
	if err := os.WriteFile(config, []byte("global: {scrape_interval: 1h}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	server := exec.CommandContext(ctx, path, "--config.file="+config,
		"--storage.tsdb.path="+filepath.Join(folder, "data"), "--web.listen-address="+address)
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = server.Wait()
		if t.Failed() {
			t.Logf("Prometheus said:\n%s", log.String())
		}
	})
	waitReady(t, "http://"+address+"/-/ready")
	return "http://" + address
}

func waitReady(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		response, err := http.Get(url)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-ctx.Done():
			t.Fatal("Prometheus does not become ready")
		case <-tick.C:
		}
	}
}

// one is a sample in PromQL.
func one(tenant, value string) string {
	return `label_replace(vector(` + value + `), "tenant", "` + tenant + `", "", "")`
}

func TestRealPrometheus(t *testing.T) {
	server := startReal(t)
	evaluated := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	provider := Provider{
		Live:   fake.NewClientBuilder().Build(),
		Policy: egress.Policy{Networks: loopback, PlainHTTP: true},
		Clock:  clocktesting.NewFakePassiveClock(evaluated),
	}
	cases := map[string]struct {
		reason string
		query  string
		want   []dataloader.Row
		// failure is empty when the query answers.
		failure dataloader.Reason
		says    string
	}{
		"Samples":      {"one row a sample", one("acme", "7") + " or " + one("bolt", "0"), rows("acme", "7", "bolt", "0"), "", ""},
		"Time":         {"evaluated as of the clock", one("acme", "time()"), rows("acme", "1775001600"), "", ""},
		"Million":      {"all digits", one("acme", "10000000"), rows("acme", "10000000"), "", ""},
		"Fraction":     {"for Judge to refuse", one("acme", "7.5"), rows("acme", "7.5"), "", ""},
		"Negative":     {"for Judge to refuse", one("acme", "-1"), rows("acme", "-1"), "", ""},
		"NaN":          {"for Judge to refuse", one("acme", "0") + " / 0", rows("acme", "NaN"), "", ""},
		"Infinity":     {"for Judge to refuse", one("acme", "1") + " / 0", rows("acme", "+Inf"), "", ""},
		"Huge":         {"for Judge to refuse", one("acme", "1e300"), rows("acme", "1e+300"), "", ""},
		"Twice":        {"two samples of one key, for Judge to refuse", one("acme", "1") + ` or label_replace(` + one("acme", "2") + `, "shard", "b", "", "")`, rows("acme", "1", "acme", "2"), "", ""},
		"Nothing":      {"no samples", `absent_metric`, nil, "", ""},
		"Unlabelled":   {"nobody's sample beside others", one("acme", "1") + " or vector(3)", append(rows("acme", "1"), dataloader.Row{NullKey: true, Count: "3"}), "", ""},
		"NoLabel":      {"nobody's samples alone", "vector(3)", nil, dataloader.ReasonSourceError, `has the label "tenant"`},
		"Scalar":       {"no vector", "7", nil, dataloader.ReasonInvalidExpression, "other than a vector (scalar)"},
		"String":       {"no vector", `"seven"`, nil, dataloader.ReasonInvalidExpression, "other than a vector (string)"},
		"Range":        {"no vector", "up[5m]", nil, dataloader.ReasonInvalidExpression, "other than a vector (matrix)"},
		"Syntax":       {"no query", "sum by (", nil, dataloader.ReasonInvalidExpression, "parse error"},
		"UnknownName":  {"no query", "seats(x)", nil, dataloader.ReasonInvalidExpression, "unknown function"},
		"CannotBeDone": {"two on either side", "(" + one("a", "1") + " or " + one("b", "1") + ") / on() group_left() (" + one("a", "1") + " or " + one("b", "1") + ")", nil, dataloader.ReasonSourceError, "many-to-many"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			spec := &v1alpha1.DataLoader{Prometheus: &v1alpha1.PrometheusSource{URL: server, Query: tc.query, KeyLabel: "tenant"}}
			got, err := dataloader.NewRegistry(provider).Load(t.Context(), scope, spec, dataloader.Request{Keys: []string{"acme"}})
			if tc.failure != "" {
				mustFail(t, err, tc.failure, tc.says)
				return
			}
			byText := cmpopts.SortSlices(func(a, b dataloader.Row) bool { return a.Key+a.Count < b.Key+b.Count })
			if diff := cmp.Diff(dataloader.Answer{Rows: tc.want, Queries: 1}, got, byText, cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", tc.reason, err, diff)
			}
		})
	}
}
