// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// names is a name server on loopback that answers each question for an address with the next of a list, the
// last one forever.
func names(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	var asked atomic.Int64
	go func() {
		buffer := make([]byte, 1500)
		for {
			length, from, err := socket.ReadFrom(buffer)
			if err != nil {
				return
			}
			var message dnsmessage.Message
			if message.Unpack(buffer[:length]) != nil || len(message.Questions) != 1 {
				continue
			}
			message.Response, message.Additionals = true, nil
			if question := message.Questions[0]; question.Type == dnsmessage.TypeA {
				next := addresses[min(int(asked.Add(1)), len(addresses))-1]
				message.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: question.Name, Type: question.Type, Class: question.Class},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(next).As4()},
				}}
			}
			if packed, err := message.Pack(); err == nil {
				_, _ = socket.WriteTo(packed, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

// TestRebinding has a name that leads to a server that may be asked, and the next time somewhere else.
func TestRebinding(t *testing.T) {
	var reached atomic.Int64
	address := listen(t, func(w http.ResponseWriter, _ *http.Request) {
		reached.Add(1)
		_, _ = io.WriteString(w, "[]")
	})
	// The certificates of httptest are for this name too.
	address = strings.Replace(address, "127.0.0.1", "example.com", 1)
	policy := Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, resolver: names(t, "127.0.0.1", "127.0.0.2", "10.0.0.1", "169.254.169.254")}
	if _, err := ask(t, policy, http.MethodGet, address); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_, err := ask(t, policy, http.MethodGet, address)
		mustFail(t, err, dataloader.ReasonSourceUnreachable, unreachable)
	}
	if reached.Load() != 1 {
		t.Errorf("the server was reached %d times", reached.Load())
	}
}
