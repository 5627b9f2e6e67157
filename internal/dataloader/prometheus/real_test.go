// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	realserver "github.com/seatplane/seatplane/internal/testing/prometheus"
)

// one is a sample in PromQL.
func one(tenant, value string) string {
	return `label_replace(vector(` + value + `), "tenant", "` + tenant + `", "", "")`
}

func TestRealPrometheus(t *testing.T) {
	server := realserver.Start(t, "global: {scrape_interval: 1h}\n")
	evaluated := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	provider := Provider{
		Live:   fake.NewClientBuilder().Build(),
		Runner: inProcess,
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
		"Scalar":       {"no vector", "7", nil, dataloader.ReasonInvalidExpression, `of type "scalar" instead of a vector`},
		"String":       {"no vector", `"seven"`, nil, dataloader.ReasonInvalidExpression, `of type "string" instead of a vector`},
		"Range":        {"no vector", "up[5m]", nil, dataloader.ReasonInvalidExpression, `of type "matrix" instead of a vector`},
		"Syntax":       {"no query", "sum by (", nil, dataloader.ReasonInvalidExpression, "parse error"},
		"UnknownName":  {"no query", "seats(x)", nil, dataloader.ReasonInvalidExpression, "unknown function"},
		"CannotBeDone": {"two on either side", "(" + one("a", "1") + " or " + one("b", "1") + ") / on() group_left() (" + one("a", "1") + " or " + one("b", "1") + ")", nil, dataloader.ReasonSourceError, "could not evaluate the query (execution)"},
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
