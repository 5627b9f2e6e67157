// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package egress asks servers outside of the operator (api.md, SeatProduct). Whoever writes a SeatProduct
// names them, and must not reach through the operator what they cannot reach themselves.
//
// An address is judged when a connection to it is made, after its name was resolved, so that neither a
// name that resolves to something else the second time nor a redirect gets around it. Everything that is
// read is bounded, nothing of what a server writes is repeated unless its caller asks for it, and no
// message holds a secret.
package egress

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
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
	// connectTimeout bounds one attempt to connect; the request's own limit holds besides.
	connectTimeout = 10 * time.Second
)

// Policy is what the operator's own flags say about servers outside.
type Policy struct {
	// Networks may be reached although they are not public.
	Networks []netip.Prefix
	// PlainHTTP allows requests without TLS.
	PlainHTTP bool

	// resolver finds addresses of names; nil is the system's. Only tests have another.
	resolver *net.Resolver
}

var (
	errDenied       = errors.New("the address is in a network that data loaders may not reach")
	errPlain        = errors.New("the address is not https")
	errRedirects    = errors.New("too many redirects")
	errRedirectTo   = errors.New("a redirect leads to something that is no address of a server")
	errRedirectPOST = errors.New("a redirect of what is sent")
)

// ParseURL reads an address that a SeatProduct names. An error is a *dataloader.Failure.
func (p Policy) ParseURL(text string) (*url.URL, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, refuse("the url cannot be read: write it in full, such as https://crm.example.com/seats")
	}
	switch {
	case parsed.User != nil:
		return nil, refuse("the url holds a password, which everyone who may read the SeatProduct sees: use bearerTokenSecretRef")
	case parsed.Hostname() == "" || parsed.Opaque != "":
		return nil, refuse("the url names no server: write it in full, such as https://crm.example.com/seats")
	case parsed.Fragment != "":
		return nil, refuse("the url has a part after #, which is never sent: remove it")
	}
	if err := p.checkScheme(parsed); err != nil {
		return nil, refuse("the url is not https, and the operator was started without the flag --loader-allow-plain-http")
	}
	return parsed, nil
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

// client returns a client that keeps to the policy. It takes no proxy from the environment, keeps no
// cookies, and follows few redirects. Close its idle connections when done.
func (p Policy) client(trust *tls.Config) *http.Client {
	dialer := &net.Dialer{Timeout: connectTimeout, Resolver: p.resolver, Control: p.control}
	return &http.Client{
		CheckRedirect: p.checkRedirect,
		Transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            dialer.DialContext,
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

// control is called with the very address that is about to be connected to.
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

// checkRedirect judges a redirect before it is followed, and takes from it what belongs to the server
// that was asked.
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
		// Either the keys would be lost on the way, or they would go to somebody else.
		return errRedirectPOST
	}
	// It may hold what the address carries as a parameter.
	next.Header.Del("Referer")
	if !sameOrigin(next.URL, first.URL) || anyElsewhere(before) {
		next.Header.Del("Authorization")
	}
	return nil
}

// anyElsewhere says whether a request on the way left the server that was asked: what came back from
// there is not to be trusted with credentials again.
func anyElsewhere(requests []*http.Request) bool {
	for _, request := range requests {
		if !sameOrigin(request.URL, requests[0].URL) {
			return true
		}
	}
	return false
}

// sameOrigin says whether two addresses are of one server, by scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	return strings.EqualFold(a.Scheme, b.Scheme) && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(address *url.URL) string {
	if written := address.Port(); written != "" {
		return written
	}
	if strings.EqualFold(address.Scheme, "http") {
		return "80"
	}
	return "443"
}
