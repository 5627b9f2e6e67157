// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/internal/dataloader"
)

func TestWrongAnswers(t *testing.T) {
	hijack := func(raw string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			connection, buffer, _ := w.(http.Hijacker).Hijack()
			_, _ = buffer.WriteString(raw)
			_ = buffer.Flush()
			_ = connection.Close()
		}
	}
	cases := map[string]struct {
		reason string
		answer http.HandlerFunc
		says   string
	}{
		"TooLong": {"a byte too many", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, MaxAnswer+1)) }, "longer than 8 MiB"},
		"Endless": {"no end", func(w http.ResponseWriter, _ *http.Request) { endless(w) }, "longer than 8 MiB"},
		"Compressed": {"its size is not known before it is read", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte{0x1f, 0x8b})
		}, "compresses"},
		"Truncated":  {"less than announced", hijack("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,2"), "middle of its answer"},
		"HalfAChunk": {"a chunk that breaks off", hijack("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n[1,2"), "middle of its answer"},
		"NoAnswer":   {"it hangs up", hijack(""), "broke the connection off"},
		"NotHTTP":    {"another protocol", hijack("SSH-2.0-OpenSSH_9.9\r\n"), "not HTTP"},
		"LongHeader": {"a header without end", hijack("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n"), "not HTTP"},
		"TwoLengths": {"two lengths", hijack("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\n[]00"), "not HTTP"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ask(t, Policy{Networks: loopback}, http.MethodGet, listen(t, tc.answer))
			mustFail(t, err, dataloader.ReasonSourceError, tc.says)
		})
	}
	t.Run("JustShortEnough", func(t *testing.T) {
		reply, err := ask(t, Policy{Networks: loopback}, http.MethodGet, listen(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, MaxAnswer)) }))
		if err != nil || len(reply.Body) != MaxAnswer {
			t.Errorf("got %d bytes, %v", len(reply.Body), err)
		}
	})
}

func endless(w io.Writer) {
	for {
		if _, err := w.Write(make([]byte, 1<<16)); err != nil {
			return
		}
	}
}

func TestConnections(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	noTLS := httptest.NewServer(http.NotFoundHandler())
	defer noTLS.Close()
	trusted := listen(t, func(http.ResponseWriter, *http.Request) {})
	cases := map[string]struct {
		reason string
		url    string
		want   dataloader.Reason
		says   string
	}{
		"Refused":   {"nobody listens", "https://" + closed.Addr().String(), dataloader.ReasonSourceUnreachable, "refuses connections"},
		"NoName":    {"a name that nobody has", "https://seatplane.invalid/", dataloader.ReasonSourceUnreachable, "cannot be resolved"},
		"NoTLS":     {"plain http at an address of https", strings.Replace(noTLS.URL, "http", "https", 1), dataloader.ReasonSourceError, ""},
		"WrongName": {"a certificate for another name", strings.Replace(trusted, "127.0.0.1", "localhost", 1), dataloader.ReasonSourceError, "certificate is for another name"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ask(t, Policy{Networks: loopback}, http.MethodGet, tc.url)
			mustFail(t, err, tc.want, tc.says)
			if text := err.Error(); strings.Contains(text, "->") || strings.Contains(text, "dial tcp") {
				t.Errorf("%s: what the network says changes from time to time: %s", tc.reason, text)
			}
		})
	}
	t.Run("UnknownAuthority", func(t *testing.T) {
		live := fake.NewClientBuilder().Build()
		endpoint, err := Policy{Networks: loopback}.Open(t.Context(), live, "shop", Address{URL: trusted, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer endpoint.Close()
		_, err = endpoint.Ask(t.Context(), Question{Method: http.MethodGet, URL: endpoint.URL})
		mustFail(t, err, dataloader.ReasonSourceError, "caSecretRef")
	})
}

// TestTimeout has a server that never ends its answer; the limit is short so that the test is.
func TestTimeout(t *testing.T) {
	for name, answer := range map[string]string{
		"NoHeader": "",
		"NoBody":   "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[",
	} {
		t.Run(name, func(t *testing.T) {
			address := listen(t, func(w http.ResponseWriter, _ *http.Request) {
				connection, buffer, _ := w.(http.Hijacker).Hijack()
				_, _ = buffer.WriteString(answer)
				_ = buffer.Flush()
				_, _ = bufio.NewReader(connection).ReadByte()
				_ = connection.Close()
			})
			endpoint, err := open(t, Policy{Networks: loopback}, address, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			_, err = endpoint.Ask(t.Context(), Question{Method: http.MethodGet, URL: endpoint.URL})
			mustFail(t, err, dataloader.ReasonSourceError, "took longer than 1s to answer")
		})
	}
}

func TestRefused(t *testing.T) {
	endpoint := &Endpoint{URL: url.URL{Scheme: "https", Host: "crm%d.example.com"}}
	cases := map[int]string{
		100: "status 100", 202: "status 202", 204: "whole", 206: "whole", 301: "status 301", 304: "status 304", 400: "status 400",
		401: "check the token", 403: "check the token", 404: "check the url", 405: "method", 410: "check the url",
		429: "too often", 500: "error of its own (status 500)", 502: "error of its own (status 502)", 599: "error of its own",
	}
	for status, says := range cases {
		failure := endpoint.Refused(status)
		if failure == nil || failure.Reason != dataloader.ReasonSourceError || !strings.Contains(failure.Message, says) || !strings.Contains(failure.Message, "crm%d.example.com") {
			t.Errorf("%d: got %v, want %q", status, failure, says)
		}
	}
	if failure := endpoint.Refused(http.StatusOK); failure != nil {
		t.Errorf("got %v", failure)
	}
}
