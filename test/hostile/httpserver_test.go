// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// longest is how long an answer may be that the manager reads at all.
const longest = 8 << 20

// webServer is an HTTP server that counts its requests.
type webServer struct {
	*httptest.Server
	requests atomic.Int64
}

// calls returns how many requests it was sent so far.
func (w *webServer) calls() int { return int(w.requests.Load()) }

// host returns its host and port.
func (w *webServer) host() string { return strings.TrimPrefix(w.URL, "http://") }

// answering is an HTTP server that gives one answer to every request.
func answering(t testing.TB, body []byte) *webServer {
	t.Helper()
	return serveHTTP(t, func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "application/json")
		_, _ = response.Write(body)
	})
}

// dripping is an HTTP server that sends its answer a byte a second, and never ends it.
func dripping(t testing.TB) *webServer {
	t.Helper()
	return serveHTTP(t, func(response http.ResponseWriter, request *http.Request) {
		drip := time.NewTicker(time.Second)
		defer drip.Stop()
		for _, err := response.Write([]byte("[")); err == nil; _, err = response.Write([]byte(" ")) {
			_ = http.NewResponseController(response).Flush()
			select {
			case <-request.Context().Done():
				return
			case <-drip.C:
			}
		}
	})
}

// collector is an HTTP server that keeps the credentials it is sent.
type collector struct {
	*webServer
	credentials chan string
}

// collecting is an HTTP server that answers without rows.
func collecting(t testing.TB) *collector {
	t.Helper()
	c := &collector{credentials: make(chan string, 100)}
	c.webServer = serveHTTP(t, func(response http.ResponseWriter, request *http.Request) {
		if sent := request.Header.Get("Authorization"); sent != "" {
			c.credentials <- sent
		}
		_, _ = response.Write([]byte("[]"))
	})
	return c
}

// collected returns the credentials that nobody has looked at yet.
func (c *collector) collected() []string {
	var all []string
	for len(c.credentials) > 0 {
		all = append(all, <-c.credentials)
	}
	return all
}

// next waits for the next credentials.
func (c *collector) next(t testing.TB) string {
	t.Helper()
	select {
	case sent := <-c.credentials:
		return sent
	case <-time.After(patience):
		t.Fatal("the server was sent no credentials")
		return ""
	}
}

func serveHTTP(t testing.TB, handle http.HandlerFunc) *webServer {
	t.Helper()
	w := &webServer{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		w.requests.Add(1)
		handle(response, request)
	}))
	t.Cleanup(func() {
		w.CloseClientConnections()
		w.Close()
	})
	return w
}

// backtracking is an expression that matches a text with a pattern of so many optional letters: its work is
// the length of the pattern times that of the text.
func backtracking(letters, times, text int) func() (rows string, answer []byte) {
	return func() (string, []byte) {
		return `response.s.matches("` + optional(letters, times) + `") ? [] : [1]`, []byte(`{"s": "` + strings.Repeat("a", text) + `"}`)
	}
}

// smuggled is the same with the pattern in the answer, where nobody sees it before.
func smuggled() (rows string, answer []byte) {
	return "response.s.matches(response.p) ? [] : [1]",
		[]byte(`{"s": "` + strings.Repeat("a", 1_000_000) + `", "p": "` + optional(400, 100) + `"}`)
}

func optional(letters, times int) string {
	return fmt.Sprintf("^(?:%s){%d}$", strings.Repeat("a?", letters), times)
}

// multiplying is an expression that makes a list of 400 out of each of so many numbers.
func multiplying(numbers int) func() (rows string, answer []byte) {
	return func() (string, []byte) {
		return "response.map(x, [" + strings.Repeat("0,", 399) + "0])", []byte("[" + strings.Repeat("0,", numbers-1) + "0]")
	}
}

// nested is the longest answer that is read, of objects in objects: each of its bytes costs a hundred when it
// is decoded.
func nested() []byte {
	const each = `{"":{"":{"":{}}}}`
	var body bytes.Buffer
	body.WriteString("[" + each)
	for body.Len()+len(each)+2 < longest {
		body.WriteString("," + each)
	}
	body.WriteString("]")
	return body.Bytes()
}
