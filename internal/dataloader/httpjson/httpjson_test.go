// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
)

const canary = "canary-hunter2-token"

var scope = dataloader.Scope{Namespace: "shop", Product: "editor-seat"}

// bench is an HTTP server with a provider that trusts it.
type bench struct {
	provider *Provider
	spec     *v1alpha1.DataLoader
}

func newBench(t *testing.T, handler http.HandlerFunc) *bench {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "crm", Labels: map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowLoaderToken},
			Annotations: map[string]string{v1alpha1.AnnotationAllowHosts: server.Listener.Addr().String()},
		},
		Data: map[string][]byte{
			"token": []byte(canary),
			"ca":    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
		},
	}
	policy := egress.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	return &bench{
		provider: New(fake.NewClientBuilder().WithObjects(secret).Build(), guest.InProcess{Handlers: guest.Handlers{Kind: Handle}}, policy),
		spec: &v1alpha1.DataLoader{HTTP: &v1alpha1.HTTPSource{
			URL:                  server.URL + "/seats",
			BearerTokenSecretRef: &v1alpha1.SecretKeyReference{Name: "crm", Key: "token"},
			CASecretRef:          &v1alpha1.SecretKeyReference{Name: "crm", Key: "ca"},
			Rows:                 "response.data", RowKey: "row.tenant", RowCount: "int(row.active)",
		}},
	}
}

func (b *bench) load(t *testing.T, keys ...string) (dataloader.Answer, error) {
	t.Helper()
	return dataloader.NewRegistry(b.provider).Load(t.Context(), scope, b.spec, dataloader.Request{Keys: keys})
}

// typed answers every request with a text of a type.
func typed(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, text)
	}
}

// says answers every request with a text.
func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func rows(pairs ...string) []dataloader.Row {
	var all []dataloader.Row
	for pair := range slices.Chunk(pairs, 2) {
		all = append(all, dataloader.Row{Key: pair[0], Count: pair[1]})
	}
	return all
}

func TestLoadGet(t *testing.T) {
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.ContentLength > 0 || r.Header.Get("Authorization") != "Bearer "+canary {
			t.Errorf("got %s with %d bytes and %q", r.Method, r.ContentLength, r.Header.Get("Authorization"))
		}
		_, _ = io.WriteString(w, `{"data": [{"tenant": "acme", "active": 7}, {"tenant": "bolt", "active": 0}]}`)
	})
	got, err := b.load(t, "acme")
	if diff := cmp.Diff(dataloader.Answer{Rows: rows("acme", "7", "bolt", "0"), Queries: 1}, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestLoadPost(t *testing.T) {
	var sizes []int
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Keys []string `json:"keys"`
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v: %s %s", err, r.Method, r.Header.Get("Content-Type"))
		}
		sizes = append(sizes, len(asked.Keys))
		_, _ = fmt.Fprintf(w, `{"data": [{"tenant": %q, "active": 1}]}`, asked.Keys[len(asked.Keys)-1])
	})
	b.spec.HTTP.Method = v1alpha1.MethodPost
	keys := make([]string, 25_000)
	for n := range keys {
		keys[n] = fmt.Sprintf("customer-%05d", n)
	}
	got, err := b.load(t, keys...)
	want := dataloader.Answer{Rows: rows("customer-09999", "1", "customer-19999", "1", "customer-24999", "1"), Queries: 3}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if diff := cmp.Diff([]int{10_000, 10_000, 5_000}, sizes); diff != "" {
		t.Error(diff)
	}
}

// TestOneBatchFails has the second of three requests fail: the first one's answer alone is no answer.
func TestOneBatchFails(t *testing.T) {
	var asked atomic.Int64
	b := newBench(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 2 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, `{"data": []}`)
	})
	b.spec.HTTP.Method = v1alpha1.MethodPost
	keys := make([]string, 25_000)
	for n := range keys {
		keys[n] = fmt.Sprint(n)
	}
	got, err := b.load(t, keys...)
	mustFail(t, err, dataloader.ReasonSourceError, "status 500")
	if len(got.Rows) > 0 || asked.Load() != 2 {
		t.Errorf("got %v after %d requests", got, asked.Load())
	}
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

func TestRows(t *testing.T) {
	null := func(key string) dataloader.Row { return dataloader.Row{Key: key, NullCount: true} }
	cases := map[string]struct {
		reason               string
		rows, rowKey, rowCnt string
		answer               string
		want                 []dataloader.Row
	}{
		"List":        {"the answer itself", "response", "row.id", "row.n", `[{"id": "a", "n": 1}]`, rows("a", "1")},
		"Map":         {"an object of counts", "response.map(k, {'k': k, 'n': response[k]})", "row.k", "row.n", `{"a": 1}`, rows("a", "1")},
		"Filter":      {"only some", "response.filter(r, r.active)", "row.id", "row.n", `[{"id": "a", "n": 1, "active": false}, {"id": "b", "n": 2, "active": true}]`, rows("b", "2")},
		"Nothing":     {"nobody", "response", "row.id", "row.n", `[]`, nil},
		"NumberKey":   {"a number as key, with all of its digits", "response", "row.id", "1", `[{"id": 9007199254740993}, {"id": 18446744073709551615}, {"id": 184467440737095516150}]`, rows("9007199254740993", "1", "18446744073709551615", "1", "184467440737095516150", "1")},
		"FloatKey":    {"a whole number that is written with a point", "response", "row.id", "1", `[{"id": 1234567.0}, {"id": 1e3}, {"id": 9007199254740992.0}]`, rows("1234567", "1", "1000", "1", "9007199254740992", "1")},
		"ByteOrder":   {"a byte order mark is skipped", "response", "row.id", "row.n", "\ufeff" + `[{"id": "a", "n": 1}]`, rows("a", "1")},
		"LongCount":   {"a count of any length is cut", "response", "row.id", "row.n", `[{"id": "a", "n": "` + strings.Repeat("é", 1000) + `"}]`, rows("a", strings.Repeat("é", maxProblem/2)+"…")},
		"NullKey":     {"nobody's row", "response", "row.id", "1", `[{"id": null}]`, []dataloader.Row{{NullKey: true, Count: "1"}}},
		"Twice":       {"two rows of one key, for Judge to refuse", "response", "row.id", "row.n", `[{"id": "a", "n": 1}, {"id": "a", "n": 1}]`, rows("a", "1", "a", "1")},
		"NullCount":   {"no count", "response", "row.id", "row.n", `[{"id": "a", "n": null}]`, []dataloader.Row{null("a")}},
		"Text":        {"a text, for Judge to read", "response", "row.id", "row.n", `[{"id": "a", "n": "7"}]`, rows("a", "7")},
		"Negative":    {"below zero, for Judge to refuse", "response", "row.id", "row.n", `[{"id": "a", "n": -1}]`, rows("a", "-1")},
		"Fraction":    {"not whole, for Judge to refuse", "response", "row.id", "row.n", `[{"id": "a", "n": 7.5}]`, rows("a", "7.5")},
		"WholeFloat":  {"whole", "response", "row.id", "int(row.n)", `[{"id": "a", "n": 7.0}]`, rows("a", "7")},
		"HalfASeat":   {"half a seat does not become none in silence", "response", "row.id", "int(row.n)", `[{"id": "a", "n": 7.5}]`, rows("a", "(error)")},
		"Huge":        {"absurd, for Judge to refuse", "response", "row.id", "row.n", `[{"id": "a", "n": 1e300}]`, rows("a", "1e+300")},
		"Bool":        {"no number", "response", "row.id", "row.n", `[{"id": "a", "n": true}]`, rows("a", "a bool")},
		"List2":       {"no number", "response", "row.id", "row.n", `[{"id": "a", "n": [1]}]`, rows("a", "a list")},
		"NoCount":     {"fails for its key alone", "response", "row.id", "row.n", `[{"id": "a"}, {"id": "b", "n": 2}]`, rows("a", "(error)", "b", "2")},
		"Optional":    {"a count that may lack", "response", "row.id", "row.?n.orValue(0)", `[{"id": "a"}]`, rows("a", "0")},
		"Size":        {"counting in the answer", "response", "row.id", "size(row.users)", `[{"id": "a", "users": ["x", "y"]}]`, rows("a", "2")},
		"OneTwoThree": {"a count as text", "response", "row.id", "int(row.n)", `[{"id": "a", "n": "12"}]`, rows("a", "12")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, says(tc.answer))
			b.spec.HTTP.Rows, b.spec.HTTP.RowKey, b.spec.HTTP.RowCount = tc.rows, tc.rowKey, tc.rowCnt
			got, err := b.load(t)
			if diff := cmp.Diff(tc.want, got.Rows); err != nil || len(tc.want)+len(got.Rows) > 0 && diff != "" {
				t.Errorf("%s: %v\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestWrongAnswers(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, `{"data": [{"tenant": "acme", "active": 7}], "echo": "`+canary+`"}`)
		}
	}
	linked := func(link string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Link", link)
			_, _ = io.WriteString(w, `{"data": [{"tenant": "acme", "active": 7}]}`)
		}
	}
	cases := map[string]struct {
		reason string
		answer http.HandlerFunc
		says   string
	}{
		"Unauthorized":     {"a wrong token", status(401), "check the token"},
		"Forbidden":        {"a token without rights", status(403), "check the token"},
		"TooMany":          {"asked too often", status(429), "too many requests"},
		"ServerError":      {"an error", status(500), "status 500"},
		"BadGateway":       {"an error on the way", status(502), "status 502"},
		"NotFound":         {"another address", status(404), "check the url"},
		"Accepted":         {"not yet an answer", status(202), "status 202"},
		"PartialContent":   {"a part", status(206), "whole"},
		"Redirect":         {"a redirect to nowhere", status(302), "status 302"},
		"NotModified":      {"nothing new", status(304), "status 304"},
		"NextPage":         {"one page of several", linked(`</seats?page=2>; rel="next"`), "one page of several"},
		"NextPageUnquoted": {"one page of several", linked(`</a>; rel=prev, </b>; title=x; rel=next`), "one page of several"},
		"Empty":            {"nothing at all", says(""), "not JSON"},
		"HTML":             {"a page to log in", typed("text/html", "<!doctype html><p>"+canary), `not JSON (Content-Type text/html) and begins with "<!doctype html><p>[r"`},
		"Truncated":        {"the end is missing", says(`{"data": [{"tenant": "acme", "active": 7}`), "ends in the middle"},
		"TruncatedList":    {"the end is missing", says(`{"data": [`), "ends in the middle"},
		"Mismatched":       {"brackets that do not match", says(`{"data": [}`), "not JSON"},
		"More":             {"two answers", says(`{"data": []}{"data": []}`), "text after its JSON value"},
		"NotUTF8":          {"another encoding", typed("application/json; charset=ISO-8859-1", "{\"data\": [{\"tenant\": \"caf\xe9\", \"active\": 7}]}"), "not in UTF-8 (Content-Type application/json; charset=ISO-8859-1)"},
		"HugeNumber":       {"a number beyond all", says(`{"data": [{"tenant": "a", "active": 1e999}]}`), "number that is too large"},
		"Twice":            {"a name twice", says(`{"data": [{"tenant": "acme", "active": 7}], "data": []}`), "the same name twice"},
		"Deep":             {"lists in lists", says(strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)), "more than 100 deep"},
		"Null":             {"nothing", says("null"), "the answer is not what the expression rows expects"},
		"NoRows":           {"an error with status 200", says(`{"error": "` + canary + `"}`), "the answer is not what the expression rows expects: no such key: data"},
		"NullRows":         {"no list", says(`{"data": null}`), "yields null: it must yield a list"},
		"ObjectRows":       {"no list", says(`{"data": {}}`), "yields a map: it must yield a list"},
		"TextRows":         {"no list", says(`{"data": "x"}`), "yields a string: it must yield a list"},
		"NoKey":            {"a row of which nobody knows whose it is", says(`{"data": [{"tenant": "a", "active": 1}, {"active": 7}]}`), "rowKey on row 2 expects: no such key: tenant"},
		"NoObject":         {"a row that is none", says(`{"data": [1]}`), "the answer is not what the expression rowKey on row 1 expects"},
		"BoolKey":          {"a key that is none", says(`{"data": [{"tenant": true}]}`), "yields a bool on row 1"},
		"FractionKey":      {"a key that no customer has", says(`{"data": [{"tenant": 1.5, "active": 7}]}`), "1.5"},
		"LargeFloatKey":    {"two whole numbers are written like this one", says(`{"data": [{"tenant": 9007199254740994.0, "active": 7}]}`), "9.007199254740994e+15"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, tc.answer)
			got, err := b.load(t, "acme")
			mustFail(t, err, dataloader.ReasonSourceError, tc.says)
			if len(got.Rows) > 0 {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
	t.Run("PageBefore", func(t *testing.T) {
		if _, err := newBench(t, linked(`</seats?page=0>; rel="prev"; title="next"`)).load(t); err != nil {
			t.Errorf("the last page may name the one before: %v", err)
		}
	})
}

func TestExpressions(t *testing.T) {
	doubling := "response.map(x, x)" + strings.Repeat(".map(x, x + x)", 40)
	lists := "[response]" + strings.Repeat(".map(x, x + x)", 40) + "[0]"
	nested := "response.map(a, response.map(b, response.map(c, response.map(d, a))))"
	within := "response.filter(a, response.all(b, b in response))"
	cases := map[string]struct {
		reason               string
		rows, rowKey, rowCnt string
		says                 string
	}{
		"Syntax":       {"no expression", "response.", "row", "1", "the expression rows cannot be compiled"},
		"SyntaxKey":    {"no expression", "response", "row..x", "1", "the expression rowKey cannot be compiled"},
		"SyntaxCount":  {"no expression", "response", "row", "1 +", "the expression rowCount cannot be compiled"},
		"Filters":      {"loops in loops that call nothing", "response.filter(a, response.filter(b, response.filter(c, false) != []) != [])", "row", "1", "the expression rows does too much"},
		"Undeclared":   {"another name", "request.data", "row", "1", "undeclared reference to 'request'"},
		"NoResponse":   {"a row is all that it sees", "response", "response.x", "1", "undeclared reference to 'response'"},
		"Function":     {"no such function", "response", "getenv('HOME')", "1", "undeclared reference to 'getenv'"},
		"Doubling":     {"a text of two to the fortieth", doubling, "row", "1", "the expression rows does too much"},
		"DoublingList": {"a list of two to the fortieth", lists, "row", "1", "the expression rows does too much"},
		"Nested":       {"loops in loops", nested, "row", "1", "the expression rows does too much"},
		"Within":       {"searching for everything in everything", within, "row", "1", "the expression rows does too much"},
		"KeyTooMuch":   {"a key that takes long", "response", "[1,2,3,4,5,6,7,8,9].map(a, [1,2,3,4,5,6,7,8,9].map(b, [1,2,3,4,5,6,7,8,9].map(c, [1,2,3,4,5,6,7,8,9].map(d, [1,2,3,4,5,6,7,8,9].map(e, row)))))[0][0][0][0]", "1", "the expression rowKey on row 1 does too much"},
		"CountTooMuch": {"a count that takes long", "response", "row", "size([1,2,3,4,5,6,7,8,9].map(a, [1,2,3,4,5,6,7,8,9].map(b, [1,2,3,4,5,6,7,8,9].map(c, [1,2,3,4,5,6,7,8,9].map(d, [1,2,3,4,5,6,7,8,9].map(e, row))))))", "the expression rowCount on row 1 does too much"},
	}
	many, _ := json.Marshal(strings.Fields(strings.Repeat("abcdefghij ", 1000)))
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, says(string(many)))
			b.spec.HTTP.TimeoutSeconds = ptr.To[int32](300) // the race detector is slow
			b.spec.HTTP.Rows, b.spec.HTTP.RowKey, b.spec.HTTP.RowCount = tc.rows, tc.rowKey, tc.rowCnt
			_, err := b.load(t)
			mustFail(t, err, dataloader.ReasonInvalidExpression, tc.says)
		})
	}
}

// TestLargeAnswer takes an answer of 100,000 rows, in the form that costs the expression rows the most.
func TestLargeAnswer(t *testing.T) {
	counts := map[string]int{}
	for n := range 100_000 {
		counts[fmt.Sprintf("customer-%06d", n)] = n
	}
	answer, err := json.Marshal(counts)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, says(string(answer)))
	b.spec.HTTP.Rows, b.spec.HTTP.RowKey, b.spec.HTTP.RowCount = "response.map(k, {'k': k, 'n': response[k]})", "row.k", "int(row.n)"
	got, err := b.load(t)
	if err != nil || len(got.Rows) != len(counts) {
		t.Fatalf("got %d rows, %v", len(got.Rows), err)
	}
	for _, row := range got.Rows {
		if want := fmt.Sprint(counts[row.Key]); row.Count != want {
			t.Fatalf("%s: got %s, want %s", row.Key, row.Count, want)
		}
	}
}

func TestHangup(t *testing.T) {
	b := newBench(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err := b.load(t)
	mustFail(t, err, dataloader.ReasonSourceUnreachable, "cannot be reached over HTTP")
}

// TestPayload finds the token in nothing that prints what a loader process is given, and in what it is given.
func TestPayload(t *testing.T) {
	b := newBench(t, says("[]"))
	var job guest.Job
	b.provider.runner = runner(func(given guest.Job) { job = given })
	if _, err := b.load(t, "acme"); err != nil {
		t.Fatal(err)
	}
	if printed := fmt.Sprintf("%v %+v %#v", job.Source, job.Source, job.Source); strings.Contains(printed, "hunter2") {
		t.Errorf("the token is printed: %s", printed)
	}
	if diff := cmp.Diff([]string{canary}, job.Secrets); diff != "" || job.Kind != Kind || job.Timeout != defaultTimeout {
		t.Errorf("got %s, %s, %s", job.Kind, job.Timeout, diff)
	}
}

type runner func(guest.Job)

func (r runner) Run(_ context.Context, job guest.Job) (dataloader.Answer, error) {
	r(job)
	return dataloader.Answer{}, nil
}
