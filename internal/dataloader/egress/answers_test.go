// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// unreachable is what is said about every server that does not answer over HTTP, for whatever reason.
const unreachable = "cannot be reached over HTTP: check its name and port; servers that are not public need the operator's flag --loader-allowed-networks"

func TestWrongAnswers(t *testing.T) {
	hijack := func(raw string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			connection, buffer, _ := w.(http.Hijacker).Hijack()
			_, _ = buffer.WriteString(raw)
			_ = buffer.Flush()
			_ = connection.Close()
		}
	}
	const failed = dataloader.ReasonSourceError
	cases := map[string]struct {
		reason string
		answer http.HandlerFunc
		says   string
		want   dataloader.Reason
	}{
		"TooLong": {"a byte too many", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, MaxAnswer+1)) }, "longer than 8 MiB", failed},
		"Endless": {"no end", func(w http.ResponseWriter, _ *http.Request) { endless(w) }, "longer than 8 MiB", failed},
		"Compressed": {"its size is not known before it is read", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte{0x1f, 0x8b})
		}, "compresses", failed},
		"Truncated":  {"less than announced", hijack("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,2"), "middle of its answer", failed},
		"HalfAChunk": {"a chunk that breaks off", hijack("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n[1,2"), "middle of its answer", failed},
		"NoAnswer":   {"it hangs up", hijack(""), unreachable, dataloader.ReasonSourceUnreachable},
		"NotHTTP":    {"another protocol", hijack("SSH-2.0-OpenSSH_9.9\r\n"), unreachable, dataloader.ReasonSourceUnreachable},
		"LongHeader": {"a header without end", hijack("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n"), unreachable, dataloader.ReasonSourceUnreachable},
		"TwoLengths": {"two lengths", hijack("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\n[]00"), unreachable, dataloader.ReasonSourceUnreachable},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ask(t, Policy{Networks: loopback}, http.MethodGet, listen(t, tc.answer))
			mustFail(t, err, tc.want, tc.says)
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

// TestConnections gives one sentence for every way in which there is no server, so that a SeatProduct is no
// port scanner; the operator's log gets the cause.
func TestConnections(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	noTLS := httptest.NewServer(http.NotFoundHandler())
	defer noTLS.Close()
	noHTTP := listen(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, buffer, _ := w.(http.Hijacker).Hijack()
		_, _ = buffer.WriteString("+OK ready\r\n")
		_ = buffer.Flush()
		_ = connection.Close()
	})
	_, port, _ := net.SplitHostPort(closed.Addr().String())
	cases := map[string]struct {
		reason string
		url    string
		policy Policy
		detail string
	}{
		"Refused": {"nobody listens", "https://" + closed.Addr().String() + "/?key=hunter2", Policy{Networks: loopback}, "refused"},
		"NoName":  {"a name that nobody has", "https://seatplane.invalid/", Policy{Networks: loopback}, "lookup seatplane.invalid"},
		"NoTLS":   {"plain http at an address of https", strings.Replace(noTLS.URL, "http", "https", 1), Policy{Networks: loopback}, "HTTP response to HTTPS client"},
		"NoHTTP":  {"another protocol", noHTTP, Policy{Networks: loopback}, "malformed HTTP"},
		"Denied":  {"a name whose address is denied", "https://localhost:" + port, Policy{}, "may not reach"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ask(t, tc.policy, http.MethodGet, tc.url)
			address, _ := url.Parse(tc.url)
			mustFail(t, err, dataloader.ReasonSourceUnreachable, strconv.Quote(address.Host)+" "+unreachable)
			if failure := dataloader.AsFailure(err); failure.Message != "the server "+strconv.Quote(address.Host)+" "+unreachable || !strings.Contains(failure.Detail, tc.detail) {
				t.Errorf("%s: got %q with the detail %q", tc.reason, failure.Message, failure.Detail)
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	trusted := listen(t, func(http.ResponseWriter, *http.Request) {})
	_, err := ask(t, Policy{Networks: loopback}, http.MethodGet, strings.Replace(trusted, "127.0.0.1", "localhost", 1))
	mustFail(t, err, dataloader.ReasonSourceError, "certificate is for another name")
	endpoint, err := Server{URL: trusted, Networks: loopback}.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer endpoint.Close()
	_, err = endpoint.Ask(t.Context(), Question{Method: http.MethodGet, URL: endpoint.URL})
	mustFail(t, err, dataloader.ReasonSourceError, "caSecretRef")
}

// TestTimeout has a server that never ends its answer. The limit is short so that the test is.
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
			endpoint, err := open(t, Policy{Networks: loopback}, address)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err = endpoint.Ask(ctx, Question{Method: http.MethodGet, URL: endpoint.URL})
			mustFail(t, err, dataloader.ReasonSourceError, "had not answered when the load was ended")
		})
	}
}

// TestSwitchingProtocols has a server that takes the connection over. It has no body, and no deadline would end a read.
func TestSwitchingProtocols(t *testing.T) {
	never := make(chan struct{})
	defer close(never)
	address := listen(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, _ := w.(http.Hijacker).Hijack()
		defer func() { _ = connection.Close() }()
		_, _ = io.WriteString(connection, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: hunter2\r\n\r\n")
		<-never
	})
	endpoint, err := open(t, Policy{Networks: loopback}, address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	reply, err := endpoint.Ask(ctx, Question{Method: http.MethodGet, URL: endpoint.URL})
	if err != nil || reply.Status != http.StatusSwitchingProtocols || len(reply.Body) > 0 {
		t.Errorf("got %+v, %v", reply, err)
	}
}

func TestRefused(t *testing.T) {
	endpoint := &Endpoint{URL: url.URL{Scheme: "https", Host: "crm%d.example.com"}}
	cases := map[int]string{
		100: "status 100", 202: "status 202", 204: "whole", 206: "whole", 301: "status 301", 304: "status 304", 400: "status 400",
		401: "check the token", 403: "check the token", 404: "check the url", 405: "method", 410: "check the url",
		429: "too many requests", 500: "internal error (status 500)", 502: "internal error (status 502)", 599: "internal error",
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
