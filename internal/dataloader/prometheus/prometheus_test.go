// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
)

const canary = "canary-hunter2-token"

var (
	scope     = dataloader.Scope{Namespace: "shop", Product: "editor-seat"}
	inProcess = guest.InProcess{Handlers: guest.Handlers{Kind: Handle}}
	loopback  = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
)

func rows(pairs ...string) []dataloader.Row {
	var all []dataloader.Row
	for pair := range slices.Chunk(pairs, 2) {
		all = append(all, dataloader.Row{Key: pair[0], Count: pair[1]})
	}
	return all
}

func mustFail(t *testing.T, err error, reason dataloader.Reason, says string) {
	t.Helper()
	failure, ok := errors.AsType[*dataloader.Failure](err)
	if !ok || failure.Reason != reason || !strings.Contains(failure.Message, says) {
		t.Errorf("got %v, want %s: …%s…", err, reason, says)
	}
	if strings.Contains(fmt.Sprintf("%+v", err), "hunter2") {
		t.Errorf("the message holds a secret: %v", err)
	}
}

// load asks a server of the test's own, which stands for a Prometheus.
func load(t *testing.T, handler http.HandlerFunc) (dataloader.Answer, error) {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "prom", Labels: map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowLoaderToken},
			Annotations: map[string]string{v1alpha1.AnnotationAllowHosts: server.Listener.Addr().String()},
		},
		Data: map[string][]byte{
			"token": []byte(canary),
			"ca":    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
		},
	}
	provider := Provider{
		Live:   fake.NewClientBuilder().WithObjects(secret).Build(),
		Runner: inProcess,
		Policy: egress.Policy{Networks: loopback},
		Clock:  clocktesting.NewFakePassiveClock(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)),
	}
	spec := &v1alpha1.DataLoader{Prometheus: &v1alpha1.PrometheusSource{
		URL: server.URL + "/select/0/prometheus/", Query: "sum by (tenant) (seats)", KeyLabel: "tenant",
		BearerTokenSecretRef: &v1alpha1.SecretKeyReference{Name: "prom", Key: "token"},
		CASecretRef:          &v1alpha1.SecretKeyReference{Name: "prom", Key: "ca"},
	}}
	return dataloader.NewRegistry(provider).Load(t.Context(), scope, spec, dataloader.Request{Keys: []string{"acme"}})
}

func says(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

func TestRequest(t *testing.T) {
	got, err := load(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		asked := fmt.Sprintf("%s %s %s %v", r.Method, r.URL.Path, r.Header.Get("Authorization"), r.PostForm)
		want := "POST /select/0/prometheus/api/v1/query Bearer " + canary +
			" map[query:[sum by (tenant) (seats)] time:[2026-04-01T00:00:00Z] timeout:[30s]]"
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Error(diff)
		}
		_, _ = io.WriteString(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"tenant":"acme"},"value":[1,"7"]}]},"infos":["a remark"]}`)
	})
	if diff := cmp.Diff(dataloader.Answer{Rows: rows("acme", "7"), Queries: 1}, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestValues(t *testing.T) {
	vector := func(elements string) string {
		return `{"status":"success","data":{"resultType":"vector","result":[` + elements + `]}}`
	}
	cases := map[string]struct {
		reason string
		answer string
		want   []dataloader.Row
	}{
		"Histogram": {"no number", vector(`{"metric":{"tenant":"a"},"histogram":[1,{"count":"3"}]}`), rows("a", "a histogram")},
		"NoValue":   {"no number", vector(`{"metric":{"tenant":"a"}}`), rows("a", "no value")},
		"Half":      {"no number", vector(`{"metric":{"tenant":"a"},"value":[1]}`), rows("a", "no value")},
		"Number":    {"a number where Prometheus writes a text", vector(`{"metric":{"tenant":"a"},"value":[1,7]}`), rows("a", "no value")},
		"Null":      {"no number", vector(`{"metric":{"tenant":"a"},"value":[1,null]}`), rows("a", "no value")},
		"Boundless": {"no number", vector(`{"metric":{"tenant":"a"},"value":7}`), rows("a", "no value")},
		"Complete":  {"marked as whole", strings.Replace(vector(`{"metric":{"tenant":"a"},"value":[1,"7"]}`), "{", `{"isPartial":false,"partial":null,"warnings":[],`, 1), rows("a", "7")},
		"Info":      {"remarks about the query, as older versions write them", strings.Replace(vector(`{"metric":{"tenant":"a"},"value":[1,"7"]}`), "{", `{"warnings":["PromQL info: metric might not be a counter"],`, 1), rows("a", "7")},
		"Infos":     {"remarks about the query, as newer versions write them", strings.Replace(vector(`{"metric":{"tenant":"a"},"value":[1,"7"]}`), "{", `{"infos":["PromQL info: metric might not be a counter"],`, 1), rows("a", "7")},
		"TypeLast":  {"the members in another order", `{"data":{"result":[{"value":[1,"7"],"metric":{"tenant":"a"}}],"resultType":"vector"},"status":"success"}`, rows("a", "7")},
		"ByteOrder": {"a byte order mark", "\ufeff" + vector(`{"metric":{"tenant":"a"},"value":[1,"7"]}`), rows("a", "7")},
		"EmptyKey":  {"nobody's, beside another", vector(`{"metric":{"tenant":""},"value":[1,"1"]},{"metric":{"tenant":"a"},"value":[1,"2"]}`), append([]dataloader.Row{{NullKey: true, Count: "1"}}, rows("a", "2")...)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := load(t, says(http.StatusOK, tc.answer))
			if diff := cmp.Diff(tc.want, got.Rows); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestWrongAnswers(t *testing.T) {
	failed, invalid := dataloader.ReasonSourceError, dataloader.ReasonInvalidExpression
	const good = `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"tenant":"acme"},"value":[1,"7"]}]}}`
	cases := map[string]struct {
		reason string
		status int
		answer string
		want   dataloader.Reason
		says   string
	}{
		"Warnings":      {"a part is missing", 200, strings.Replace(good, `{`, `{"warnings":["store gateway-1 timed out: `+canary+`"],`, 1), failed, "may be incomplete: the server warns: store gateway-1 timed out"},
		"IsPartial":     {"VictoriaMetrics lacks a node", 200, strings.Replace(good, `{`, `{"isPartial":true,`, 1), failed, "may be incomplete: it is marked as isPartial"},
		"Partial":       {"another name for it", 200, strings.Replace(good, `{`, `{"partial_response":true,`, 1), failed, "may be incomplete: it is marked as partial_response"},
		"PartialData":   {"marked within data", 200, strings.Replace(good, `"data":{`, `"data":{"partial":true,`, 1), failed, "may be incomplete: it is marked as partial"},
		"PartialText":   {"marked by a text", 200, strings.Replace(good, `{`, `{"partial":"true",`, 1), failed, "may be incomplete: it is marked as partial"},
		"PartialStatus": {"marked by its status", 200, strings.Replace(good, `"success"`, `"partial"`, 1), failed, "may be incomplete: its status is partial"},
		"InfoAndWarned": {"a remark and a warning", 200, strings.Replace(good, `{`, `{"warnings":["PromQL info: remark","No StoreAPIs matched for this query"],`, 1), failed, "the server warns: No StoreAPIs matched"},
		"OddWarnings":   {"warnings of another form", 200, strings.Replace(good, `{`, `{"warnings":{"a":["b"]},`, 1), failed, "may be incomplete: the server warns about it"},
		"Twice":         {"two answers in one", 200, strings.Replace(good, `{`, `{"data":{},`, 1), failed, "the same name twice"},
		"BadQuery":      {"the query's fault", 400, `{"status":"error","errorType":"bad_data","error":"parse error at ` + canary + `"}`, invalid, "Prometheus rejected the query: parse error"},
		"Execution":     {"not the query's fault", 422, `{"status":"error","errorType":"execution","error":"too many samples"}`, failed, "could not evaluate the query (execution)"},
		"Timeout":       {"too slow", 503, `{"status":"error","errorType":"timeout","error":"query timed out"}`, failed, "could not evaluate the query (timeout)"},
		"ErrorWith200":  {"an error all the same", 200, `{"status":"error","errorType":"internal","error":"expanding series"}`, failed, "could not evaluate the query (internal)"},
		"Unauthorized":  {"a wrong token", 401, "no " + canary, failed, "check the token"},
		"Forbidden":     {"no rights", 403, `{"status":"error","error":"` + canary + `"}`, failed, "check the token"},
		"TooMany":       {"asked too often", 429, "", failed, "too many requests"},
		"ServerError":   {"an error", 500, "oops", failed, "status 500"},
		"NotPrometheus": {"something else", 200, "<html>", failed, `not JSON (Content-Type text/html; charset=utf-8) and begins with "<html>"`},
		"OtherJSON":     {"something else", 200, `{"tenant":"acme"}`, failed, "not from the API of Prometheus"},
		"Truncated":     {"the end is missing", 200, good[:len(good)-2], failed, "ends in the middle of a value"},
		"NoResult":      {"no vector", 200, `{"status":"success","data":{"resultType":"vector"}}`, failed, "its vector cannot be read"},
		"NullResult":    {"no vector", 200, `{"status":"success","data":{"resultType":"vector","result":null}}`, failed, "its vector cannot be read"},
		"OddResult":     {"no vector", 200, `{"status":"success","data":{"resultType":"vector","result":{"a":1}}}`, failed, "its vector cannot be read"},
		"OddLabels":     {"labels that are no texts", 200, strings.Replace(good, `"acme"`, `7`, 1), failed, "its vector cannot be read"},
		"NotUTF8":       {"another encoding", 200, strings.Replace(good, "acme", "caf\xe9", 1), failed, "not in UTF-8"},
		"NoLabel":       {"the query lost the label", 200, strings.Replace(good, "tenant", "namespace", 1), failed, `no sample of the answer has the label "tenant"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := load(t, says(tc.status, tc.answer))
			mustFail(t, err, tc.want, tc.says)
			if len(got.Rows) > 0 {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}

// TestManySamples takes more samples than a document may have values at once, since each is read by itself.
func TestManySamples(t *testing.T) {
	const samples = 90_000
	var text strings.Builder
	text.WriteString(`{"status":"success","data":{"resultType":"vector","result":[`)
	for n := range samples {
		if n > 0 {
			text.WriteString(",")
		}
		_, _ = fmt.Fprintf(&text, `{"metric":{"tenant":"customer-%06d"},"value":[1775001600,"%d"]}`, n, n)
	}
	text.WriteString("]}}")
	got, err := load(t, says(http.StatusOK, text.String()))
	if err != nil || len(got.Rows) != samples || got.Rows[samples-1] != (dataloader.Row{Key: "customer-089999", Count: "89999"}) {
		t.Errorf("got %d rows, %v", len(got.Rows), err)
	}
}

// TestLimitedHeader has M3 say by a header that it left out a part.
func TestLimitedHeader(t *testing.T) {
	_, err := load(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("M3-Results-Limited", "max_fetch_series_limit_applied")
		_, _ = io.WriteString(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
	})
	mustFail(t, err, dataloader.ReasonSourceError, "it has the header M3-Results-Limited")
}
