// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package egress sends requests to servers that a SeatProduct names. The author of a SeatProduct must not
// reach anything through the operator that they cannot reach themselves (trust.md#egress).
//
// It has two halves. In the manager, Policy.Resolve reads the Secrets of an address and checks that they may
// be used for it. In the loader process, Server.Connect returns an Endpoint that sends requests.
//
// An IP address is checked when the connection to it is made, after its name was resolved, so that neither a
// name that resolves to something else the second time nor a redirect gets around the check. All input is
// bounded, and no message contains a secret.
package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
)

const (
	// maxRedirects bounds the redirects that are followed.
	maxRedirects = 3
	// maxHeader bounds the header of an answer in bytes.
	maxHeader = 64 << 10
	// connectTimeout bounds one attempt to connect. The timeout of the whole load applies too.
	connectTimeout = 10 * time.Second
)

// Policy contains the operator's flags about external servers.
type Policy struct {
	// Networks may be reached even if they are not public.
	Networks []netip.Prefix
	// PlainHTTP allows requests without TLS.
	PlainHTTP bool
	// PlainSQL allows connections to databases without TLS, or without verifying the server.
	PlainSQL bool

	// resolver resolves names. Nil means the system's resolver. Only tests set it.
	resolver *net.Resolver
}

var (
	errDenied       = errors.New("the address is in a network that data loaders may not reach")
	errPlain        = errors.New("the address is not https")
	errRedirects    = errors.New("too many redirects")
	errRedirectTo   = errors.New("the target of a redirect is not the address of a server")
	errRedirectPOST = errors.New("a POST request is redirected")
)

// ParseURL parses an address that a SeatProduct names. The error is a *dataloader.Failure.
func (p Policy) ParseURL(text string) (*url.URL, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, refuse("url cannot be parsed: write it in full, such as https://crm.example.com/seats")
	}
	switch {
	case parsed.User != nil:
		return nil, refuse("url contains a user name or password, which everyone who can read the SeatProduct would see: use bearerTokenSecretRef")
	case parsed.Hostname() == "" || parsed.Opaque != "":
		return nil, refuse("url does not name a server: write it in full, such as https://crm.example.com/seats")
	case parsed.Fragment != "":
		return nil, refuse("url has a part after #, which is never sent: remove it")
	}
	if err := p.checkScheme(parsed); err != nil {
		return nil, refuse("url is not https, and the operator was started without the flag --loader-allow-plain-http")
	}
	if _, err := PortOf(parsed); err != nil {
		return nil, refuse("url has an invalid port: use a number from 1 to 65535")
	}
	return parsed, p.checkLiteral(parsed)
}

// checkLiteral refuses a URL whose host is an IP address that the policy denies. The answer depends on the
// text of the URL alone, so it reveals nothing about the network. The addresses of a name are checked when
// the connection is made, and are not reported.
func (p Policy) checkLiteral(address *url.URL) error {
	literal, err := netip.ParseAddr(address.Hostname())
	if err == nil && !p.Permits(literal) {
		return dataloader.Failf(dataloader.ReasonSourceUnreachable,
			"the server %q has an address in a network that data loaders may not reach: the operator's flag --loader-allowed-networks allows networks that are not public",
			address.Host)
	}
	return nil
}

func refuse(sentence string) error {
	return dataloader.Failf(dataloader.ReasonInvalidExpression, "%s", sentence)
}

func (p Policy) checkScheme(address *url.URL) error {
	switch strings.ToLower(address.Scheme) {
	case "https":
		return nil
	case "http":
		if p.PlainHTTP {
			return nil
		}
	}
	return errPlain
}

// client returns a client that enforces the policy. It uses no proxy from the environment, keeps no
// cookies, and follows few redirects. Close its idle connections when done.
func (p Policy) client(trust *tls.Config) *http.Client {
	return &http.Client{
		CheckRedirect: p.checkRedirect,
		Transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            p.dial,
			TLSClientConfig:        trust,
			TLSHandshakeTimeout:    connectTimeout,
			MaxResponseHeaderBytes: maxHeader,
			DisableCompression:     true,
			MaxConnsPerHost:        1,
			MaxIdleConns:           1,
			IdleConnTimeout:        connectTimeout,
		},
	}
}

// dial connects within half of the remaining time, so that a silent port cannot be distinguished from a
// closed one.
func (p Policy) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if deadline, limited := ctx.Deadline(); limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	return p.Dialer().DialContext(ctx, network, address)
}

// Dialer returns a dialer that enforces the policy by checking each address when it connects.
func (p Policy) Dialer() *net.Dialer {
	return &net.Dialer{Timeout: connectTimeout, Resolver: p.resolver, Control: p.control}
}

// control is called with the exact address of the connection.
func (p Policy) control(network, address string, _ syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return errDenied
	}
	target, err := netip.ParseAddrPort(address)
	if err != nil || !p.Permits(target.Addr()) {
		return errDenied
	}
	return nil
}

// checkRedirect checks a redirect before it is followed, and removes what belongs to the original
// server.
func (p Policy) checkRedirect(next *http.Request, before []*http.Request) error {
	first := before[0]
	switch {
	case len(before) > maxRedirects:
		return errRedirects
	case next.URL.Hostname() == "" || next.URL.User != nil:
		return errRedirectTo
	case p.checkScheme(next.URL) != nil:
		return errPlain
	case first.Method != http.MethodGet && (next.Method != first.Method || !sameOrigin(next.URL, first.URL)):
		// The keys would either be lost, or be sent to another server.
		return errRedirectPOST
	}
	// It may contain parameters of the address.
	next.Header.Del("Referer")
	if !sameOrigin(next.URL, first.URL) || anyElsewhere(before) {
		next.Header.Del("Authorization")
	}
	return nil
}

// anyElsewhere reports whether a request on the way left the original server. A server that it was
// redirected back from must not get the credentials again.
func anyElsewhere(requests []*http.Request) bool {
	for _, request := range requests {
		if !sameOrigin(request.URL, requests[0].URL) {
			return true
		}
	}
	return false
}

// sameOrigin reports whether two addresses have the same scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	portA, errA := PortOf(a)
	portB, errB := PortOf(b)
	return errA == nil && errB == nil && portA == portB &&
		strings.EqualFold(a.Scheme, b.Scheme) && strings.EqualFold(a.Hostname(), b.Hostname())
}

// PortOf returns the port of an address, which defaults to the one of its scheme.
func PortOf(address *url.URL) (uint16, error) {
	written := address.Port()
	if written == "" {
		if strings.EqualFold(address.Scheme, "http") {
			return 80, nil
		}
		return 443, nil
	}
	number, err := strconv.ParseUint(written, 10, 16)
	if err == nil && number == 0 {
		err = strconv.ErrRange
	}
	return uint16(number), err
}
