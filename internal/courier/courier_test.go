// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package courier_test

import (
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/courier"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
)

// local lets a courier reach the servers of a test.
var local = egress.Policy{PlainHTTP: true, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

func TestPost(t *testing.T) {
	unreachable := "The receiver cannot be reached: check url. Servers that are not public need the operator's flag --sink-allowed-networks."
	never := make(chan struct{})
	defer close(never)
	const ended = "The receiver closed the connection without an answer."
	// raw writes bytes to the connection, and keeps it open. What is repeated is written without end.
	raw := func(text, repeated string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			connection, _, _ := w.(http.Hijacker).Hijack()
			defer func() { _ = connection.Close() }()
			_, err := io.WriteString(connection, text)
			for repeated != "" && err == nil {
				_, err = io.WriteString(connection, repeated)
			}
			<-never
		}
	}
	cases := map[string]struct {
		reason string
		policy egress.Policy
		answer http.HandlerFunc
		want   courier.Answer
		says   string
	}{
		"Accepted": {
			reason: "the event arrives as it was sent", policy: local,
			answer: func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if string(body) != "{}" || r.Header.Get("Webhook-Id") != "a/1" || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/cloudevents+json") {
					w.WriteHeader(http.StatusTeapot)
				}
			}, want: courier.Answer{Status: 200},
		},
		"Later": {
			reason: "what the receiver asks for is passed on", policy: local,
			answer: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "60")
				w.WriteHeader(http.StatusTooManyRequests)
			}, want: courier.Answer{Status: 429, RetryAfter: "60"},
		},
		"Redirect": {
			reason: "the event goes to no other server", policy: local,
			answer: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			},
			want: courier.Answer{Status: 307},
		},
		"Endless": {
			reason: "no more than 4 KiB of an answer are read", policy: local,
			answer: func(w http.ResponseWriter, _ *http.Request) {
				for {
					if _, err := w.Write(make([]byte, 1<<10)); err != nil {
						return
					}
				}
			}, want: courier.Answer{Status: 200},
		},
		"Stalled": {
			reason: "a receiver that has answered has the event", policy: local,
			answer: func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusOK)
				w.(http.Flusher).Flush()
				<-never
			}, want: courier.Answer{Status: 200},
		},
		"Silent": {
			reason: "an attempt ends", policy: local,
			answer: func(http.ResponseWriter, *http.Request) { <-never }, says: "The receiver had not answered after 300ms.",
		},
		"Reset": {
			reason: "the receiver died", policy: local,
			answer: func(w http.ResponseWriter, _ *http.Request) {
				connection, _, _ := w.(http.Hijacker).Hijack()
				_ = connection.Close()
			}, says: ended,
		},
		"Switches": {
			reason: "a connection that was handed over ends with no deadline, and would keep the attempt forever", policy: local,
			answer: raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: hunter2\r\n\r\n", ""), want: courier.Answer{Status: 101},
		},
		"Informational": {
			reason: "answers that announce an answer are bounded too", policy: local,
			answer: raw("", "HTTP/1.1 103 Early Hints\r\nLink: hunter2\r\n\r\n"), says: ended,
		},
		"EndlessHeader": {
			reason: "a header is bounded", policy: local,
			answer: raw("HTTP/1.1 200 OK\r\n", "X-Padding: hunter2\r\n"), says: ended,
		},
		"StalledHeader": {
			reason: "a header that does not end is no answer", policy: local,
			answer: raw("HTTP/1.1 200 OK\r\nX-Padding: hunter2\r\n", ""), says: "The receiver had not answered after 300ms.",
		},
		"NotHTTP": {
			reason: "nothing of another protocol is repeated", policy: local,
			answer: raw("SSH-2.0-hunter2\r\n", ""), says: ended,
		},
		"TwoLengths": {
			reason: "an answer that can be read in two ways is none", policy: local,
			answer: raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\nabcd", ""), says: ended,
		},
		"Denied": {
			reason: "an address that is not public looks like one where nobody listens", policy: egress.Policy{PlainHTTP: true},
			answer: func(http.ResponseWriter, *http.Request) { t.Error("the request arrived") }, says: unreachable,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(tc.answer)
			server.Start()
			defer server.CloseClientConnections()
			// A name instead of an address: the address is known only when it is dialed.
			address := strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/?token=hunter2"
			c := courier.New(courier.Options{Policy: tc.policy, Timeout: 300 * time.Millisecond})
			got, err := c.Post(t.Context(), address, http.Header{"Webhook-Id": {"a/1"}}, []byte("{}"))
			says := ""
			if err != nil {
				says = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || says != tc.says {
				t.Errorf("%s: it says %q; the answer (-want +got):\n%s", tc.reason, says, diff)
			}
		})
	}
}

func TestPostOverTLS(t *testing.T) {
	var arrived atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Add(1) }))
	defer server.Close()
	policy := egress.Policy{Networks: local.Networks}
	_, err := courier.New(courier.Options{Policy: policy}).Post(t.Context(), server.URL, nil, nil)
	if err == nil || err.Error() != "The receiver's certificate is not valid for url, or its authority is not known." || arrived.Load() > 0 {
		t.Errorf("a certificate that nobody vouches for: %v, and %d requests arrived", err, arrived.Load())
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	other := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	_, err = courier.New(courier.Options{Policy: policy, Roots: roots}).Post(t.Context(), other, nil, nil)
	if err == nil || err.Error() != "The receiver's certificate is not valid for url, or its authority is not known." || arrived.Load() > 0 {
		t.Errorf("a certificate for another name: %v, and %d requests arrived", err, arrived.Load())
	}
	if got, err := courier.New(courier.Options{Policy: policy, Roots: roots}).Post(t.Context(), server.URL, nil, nil); err != nil || got.Status != 200 {
		t.Errorf("a certificate of a known authority: %v, %v", got, err)
	}
}

func TestCheck(t *testing.T) {
	cases := map[string]struct {
		reason, url string
		policy      egress.Policy
		want        courier.Address
		fails       error
		says        string
	}{
		"HTTPS":     {reason: "the usual", url: "https://hooks.example.com/billing?a=b", want: courier.Address{Host: "hooks.example.com", Port: 443}},
		"Port":      {reason: "another port", url: "https://hooks.example.com:8443/", want: courier.Address{Host: "hooks.example.com", Port: 8443}},
		"Plain":     {reason: "others could read it", url: "http://hooks.example.com/", fails: courier.ErrNotAllowed, says: "--sink-allow-plain-http"},
		"PlainFlag": {reason: "the administrator allows it", url: "http://hooks.example.com/", policy: local, want: courier.Address{Host: "hooks.example.com", Port: 80}},
		"Metadata":  {reason: "it would give credentials away", url: "https://169.254.169.254/", fails: courier.ErrNotAllowed, says: "--sink-allowed-networks"},
		"Loopback":  {reason: "it is the manager's own", url: "https://[::1]/", fails: courier.ErrNotAllowed, says: "--sink-allowed-networks"},
		"Password":  {reason: "everybody could read it", url: "https://me:hunter2@hooks.example.com/", fails: courier.ErrInvalid, says: "user name or password"},
		"Fragment":  {reason: "it is never sent", url: "https://hooks.example.com/#a", fails: courier.ErrInvalid, says: "after #"},
		"BadPort":   {reason: "there is no such port", url: "https://hooks.example.com:70000/", fails: courier.ErrInvalid, says: "port"},
		"NoServer":  {reason: "there is nobody to post to", url: "https:///billing", fails: courier.ErrInvalid, says: "does not name a server"},
		"Mapped":    {reason: "it is IPv4 in another notation", url: "https://[::ffff:169.254.169.254]/", fails: courier.ErrNotAllowed, says: "--sink-allowed-networks"},
		"NAT64":     {reason: "a gateway leads to IPv4", url: "https://[64:ff9b::a9fe:a9fe]/", fails: courier.ErrNotAllowed, says: "--sink-allowed-networks"},
		"Zone":      {reason: "it is an address of this machine's links", url: "https://[fe80::1%25eth0]/", fails: courier.ErrNotAllowed, says: "--sink-allowed-networks"},
		"PortZero":  {reason: "nobody listens there", url: "https://hooks.example.com:0/", fails: courier.ErrInvalid, says: "port"},
		"LineBreak": {reason: "it would end the header", url: "https://hooks.example.com/\r\nX-Injected: 1", fails: courier.ErrInvalid, says: "does not name a server"},
		"Odd":       {reason: "it cannot be parsed", url: "https://%zz", fails: courier.ErrInvalid, says: "does not name a server"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := courier.New(courier.Options{Policy: tc.policy}).Check(tc.url)
			if !errors.Is(err, tc.fails) || got != tc.want {
				t.Fatalf("%s: got %v, %v", tc.reason, got, err)
			}
			if err != nil && (!strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("%s: it says %q", tc.reason, err)
			}
		})
	}
}
