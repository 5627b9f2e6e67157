// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// paged answers with three pages of one row, numbered from 1 by the parameter page. mark is called with the
// number of the next page, 0 for none, and returns the members of the answer besides data.
func paged(mark func(w http.ResponseWriter, next int) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		page = max(page, 1)
		next := page + 1
		if page == 3 {
			next = 0
		}
		members := mark(w, next)
		_, _ = fmt.Fprintf(w, `{"data": [{"tenant": "customer-%d", "active": %d}]%s}`, page, page, members)
	}
}

func TestPages(t *testing.T) {
	inBody := func(_ http.ResponseWriter, next int) string {
		if next == 0 {
			return `, "next": null`
		}
		return fmt.Sprintf(`, "next": "/seats?page=%d"`, next)
	}
	absent := func(_ http.ResponseWriter, next int) string {
		if next == 0 {
			return ""
		}
		return fmt.Sprintf(`, "next": "?page=%d"`, next)
	}
	cursor := func(_ http.ResponseWriter, next int) string {
		return fmt.Sprintf(`, "has_more": %t, "cursor": "%d"`, next > 0, next)
	}
	header := func(w http.ResponseWriter, next int) string {
		w.Header().Add("Link", `</seats>; rel="first"; title="a, <b>; rel=next"`)
		if next > 0 {
			w.Header().Add("Link", fmt.Sprintf(`</seats?page=9>; rel=last, </seats?page=%d>; rel="next"`, next))
		}
		return ""
	}
	own := func(w http.ResponseWriter, next int) string {
		w.Header().Set("X-Next-Page", strconv.Itoa(next))
		return ""
	}
	cases := map[string]struct {
		reason string
		mark   func(http.ResponseWriter, int) string
		next   string
	}{
		"Body":        {"null on the last page", inBody, "response.next"},
		"Absent":      {"no member on the last page", absent, "response.?next"},
		"AbsentText":  {"an empty text ends too", absent, "response.?next.orValue('')"},
		"Cursor":      {"an URL that is put together", cursor, "response.has_more ? '/seats?page=' + response.cursor : ''"},
		"CursorNull":  {"with null at the end", cursor, "response.has_more ? dyn('/seats?page=' + response.cursor) : null"},
		"Links":       {"the Link header", header, "links.?next"},
		"LinksGuard":  {"the Link header", header, "'next' in links ? links.next : ''"},
		"OwnHeader":   {"a header of the API", own, "headers['x-next-page'] != '0' ? '?page=' + headers['x-next-page'] : ''"},
		"HeaderField": {"a header is there or not", own, "headers.?missing"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, paged(tc.mark))
			b.spec.HTTP.Next = tc.next
			got, err := b.load(t)
			want := dataloader.Answer{Rows: rows("customer-1", "1", "customer-2", "2", "customer-3", "3"), Queries: 3}
			if name == "HeaderField" {
				want = dataloader.Answer{Rows: rows("customer-1", "1"), Queries: 1}
			}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", tc.reason, err, diff)
			}
		})
	}
}

// TestPagesOfBatches follows the pages of each batch of keys with the same method and body.
func TestPagesOfBatches(t *testing.T) {
	var asked []string
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, fmt.Sprintf("%s %s %s %d", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), len(body)))
		if r.URL.RawQuery == "" {
			_, _ = io.WriteString(w, `{"data": [], "next": "?page=2"}`)
			return
		}
		_, _ = io.WriteString(w, `{"data": [], "next": null}`)
	})
	b.spec.HTTP.Method, b.spec.HTTP.Next, b.spec.HTTP.MaxPages = v1alpha1.MethodPost, "response.next", ptr.To(int32(2))
	keys := make([]string, maxBatch+1)
	for n := range keys {
		keys[n] = fmt.Sprintf("%05d", n)
	}
	got, err := b.load(t, keys...)
	if err != nil || got.Queries != 4 {
		t.Errorf("got %d queries, %v", got.Queries, err)
	}
	const first, second = "POST /seats application/json 80010", "POST /seats application/json 18"
	want := []string{
		first, strings.Replace(first, "seats", "seats?page=2", 1),
		second, strings.Replace(second, "seats", "seats?page=2", 1),
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

func TestWrongPages(t *testing.T) {
	endless := func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		_, _ = fmt.Fprintf(w, `{"data": [], "next": "?page=%d"}`, page+1)
	}
	linked := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", `</seats?page=2>; rel="next"`)
		_, _ = io.WriteString(w, `{"data": []}`)
	}
	second := func(answer http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "" {
				_, _ = io.WriteString(w, `{"data": [], "next": "?page=2"}`)
				return
			}
			answer(w, r)
		}
	}
	failed := dataloader.ReasonSourceError
	cases := map[string]struct {
		reason string
		answer http.HandlerFunc
		next   string
		want   dataloader.Reason
		says   string
	}{
		"TooMany":     {"pages without end", endless, "response.next", failed, "more than 3 pages"},
		"Loop":        {"a page names itself", says(`{"data": [], "next": "/seats"}`), "response.next", failed, "form a loop: after page 1"},
		"LoopOfTwo":   {"two pages name each other", second(says(`{"data": [], "next": "/seats"}`)), "response.next", failed, "form a loop: after page 2"},
		"Elsewhere":   {"another host", says(`{"data": [], "next": "https://evil.example.net/?hunter2"}`), "response.next", failed, "the next page is not on the server"},
		"Inside":      {"another server on the host", says(`{"data": [], "next": "https://127.0.0.1:1/"}`), "response.next", failed, "the next page is not on the server"},
		"Number":      {"not a URL", says(`{"data": [], "next": 2}`), "response.next", failed, "the expression next yields a int: it must yield the URL of the next page, or null"},
		"NoMember":    {"the expression does not fit", says(`{"data": []}`), "response.next", failed, "not what the expression next expects: no such key: next"},
		"NotSet":      {"a page that is taken for the whole", linked, "", failed, "set next to links.?next"},
		"WrongNext":   {"the expression looks elsewhere", linked, "response.?next", failed, "set next to links.?next"},
		"SecondFails": {"one page is not the whole", second(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }), "response.next", failed, "page 2: the server"},
		"SecondRow":   {"a row without a key on a later page", second(says(`{"data": [{"active": 1}], "next": null}`)), "response.next", failed, "page 2: the answer is not what the expression rowKey on row 1 expects"},
		"Syntax":      {"no expression", says("{}"), "response.", dataloader.ReasonInvalidExpression, "the expression next cannot be compiled"},
		"Row":         {"next sees no row", says("{}"), "row.next", dataloader.ReasonInvalidExpression, "undeclared reference to 'row'"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, tc.answer)
			b.spec.HTTP.Next, b.spec.HTTP.MaxPages = tc.next, ptr.To(int32(3))
			got, err := b.load(t)
			mustFail(t, err, tc.want, tc.says)
			if len(got.Rows) > 0 {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}

// TestTimeoutIsOfTheWholeLoad has a server that answers each page at once and never ends.
func TestTimeoutIsOfTheWholeLoad(t *testing.T) {
	var asked atomic.Int64
	b := newBench(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"data": [], "next": "?page=%d"}`, asked.Add(1))
	})
	b.spec.HTTP.Next, b.spec.HTTP.MaxPages, b.spec.HTTP.TimeoutSeconds = "response.next", ptr.To(int32(1_000_000)), ptr.To(int32(1))
	_, err := b.load(t)
	mustFail(t, err, dataloader.ReasonSourceError, "took longer than 1 seconds")
	if asked.Load() < 2 {
		t.Errorf("%d pages were asked for", asked.Load())
	}
}

func TestLinks(t *testing.T) {
	cases := map[string]struct {
		reason string
		header []string
		want   map[string]string
	}{
		"None":       {"no header", nil, map[string]string{}},
		"One":        {"one link", []string{`</a?page=2>; rel="next"`}, map[string]string{"next": "/a?page=2"}},
		"GitHub":     {"two links in one header", []string{`<https://api.example.com/a?page=3>; rel="next", <https://api.example.com/a?page=50>; rel="last"`}, map[string]string{"next": "https://api.example.com/a?page=3", "last": "https://api.example.com/a?page=50"}},
		"TwoHeaders": {"two headers", []string{`</a>; rel=prev`, `</b>; rel=next`}, map[string]string{"prev": "/a", "next": "/b"}},
		"Case":       {"relations have no case", []string{`</a>; REL="Next"`}, map[string]string{"next": "/a"}},
		"Several":    {"several relations of one link", []string{`</a>; rel="next last"`}, map[string]string{"next": "/a", "last": "/a"}},
		"First":      {"the first of two", []string{`</a>; rel=next, </b>; rel=next`}, map[string]string{"next": "/a"}},
		"Comma":      {"a comma in a URL", []string{`</a?ids=1,2>; rel=next`}, map[string]string{"next": "/a?ids=1,2"}},
		"Quoted":     {"a title that looks like a link", []string{`</a>; title="x, </b>; rel=next"; rel=prev`}, map[string]string{"prev": "/a"}},
		"NoRelation": {"a link of no relation", []string{`</a>`}, map[string]string{}},
		"Odd":        {"no link", []string{`next`, `<;>`, `>;rel=next`, `</a>; rel`}, map[string]string{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, links(http.Header{"Link": tc.header})); diff != "" {
				t.Errorf("%s: %s", tc.reason, diff)
			}
		})
	}
}
