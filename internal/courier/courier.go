// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package courier posts events to the receivers that EventSinks name. An EventSink must not let its author reach,
// through the operator, servers that the author cannot reach directly (trust.md#egress). Therefore the address of a
// receiver is checked when it is dialed, no redirect is followed, and only the status of an answer is repeated.
package courier

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader/egress"
)

const (
	// Timeout is how long one attempt takes at most, with everything that belongs to it.
	Timeout = 15 * time.Second
	// maxAnswer bounds how many bytes of an answer are read. They are discarded.
	maxAnswer = 4 << 10
	// maxHeader bounds the header of an answer, in bytes.
	maxHeader = 64 << 10
	// keptConnections is how many idle connections to one receiver are kept for the next events.
	keptConnections = 8
	// idleTimeout is how long they are kept.
	idleTimeout = 90 * time.Second
)

// Options configure a Courier.
type Options struct {
	// Policy says which networks may be reached, and whether plain HTTP is allowed.
	Policy egress.Policy
	// Roots are the authorities that receivers' certificates are verified with. Nil means the system's.
	Roots *x509.CertPool
	// Timeout limits one attempt. Zero means [Timeout].
	Timeout time.Duration
}

// Courier posts events. It is safe for concurrent use.
type Courier struct {
	policy  egress.Policy
	client  *http.Client
	timeout time.Duration
}

// New returns a Courier.
func New(o Options) *Courier {
	c := &Courier{policy: o.Policy, timeout: o.Timeout}
	if c.timeout == 0 {
		c.timeout = Timeout
	}
	c.client = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            o.Policy.Dialer().DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
			MaxResponseHeaderBytes: maxHeader,
			DisableCompression:     true,
			MaxIdleConnsPerHost:    keptConnections,
			IdleConnTimeout:        idleTimeout,
		},
	}
	return c
}

// Address is the server of a receiver.
type Address struct {
	Host string
	Port uint16
}

// The errors of [Courier.Check] are one of these, with a sentence.
var (
	// ErrInvalid means that nothing can be posted to the address.
	ErrInvalid = errors.New("invalid")
	// ErrNotAllowed means that the operator's flags do not allow the address.
	ErrNotAllowed = errors.New("not allowed")
)

// refusal is one of these errors with its sentence.
type refusal struct {
	kind     error
	sentence string
}

func (r *refusal) Error() string { return r.sentence }

func (r *refusal) Unwrap() error { return r.kind }

// Check returns the server of a URL that an EventSink names. The error is a sentence, and wraps ErrInvalid or
// ErrNotAllowed. Its answer depends on the text of the URL alone, so it reveals nothing about the network.
func (c *Courier) Check(text string) (Address, error) {
	invalid := func(sentence string) (Address, error) { return Address{}, &refusal{ErrInvalid, sentence} }
	parsed, err := url.Parse(text)
	switch {
	case err != nil || parsed.Hostname() == "" || parsed.Opaque != "":
		return invalid("url does not name a server: write it in full, such as https://hooks.example.com/billing.")
	case parsed.User != nil:
		return invalid("url contains a user name or password, which everyone who can read the EventSink would see: remove it.")
	case parsed.Fragment != "":
		return invalid("url has a part after #, which is never sent: remove it.")
	}
	port, err := egress.PortOf(parsed)
	if err != nil {
		return invalid("url has an invalid port: use a number from 1 to 65535.")
	}
	if !strings.EqualFold(parsed.Scheme, "https") && !c.policy.PlainHTTP {
		return Address{}, &refusal{ErrNotAllowed, "url is not https, and the operator was started without the flag --sink-allow-plain-http."}
	}
	literal, err := netip.ParseAddr(parsed.Hostname())
	if err == nil && !c.policy.Permits(literal) {
		return Address{}, &refusal{ErrNotAllowed, "url has an address in a network that is not public: the operator's flag " +
			"--sink-allowed-networks allows such networks."}
	}
	return Address{Host: parsed.Hostname(), Port: port}, nil
}

// Answer is what is used of a receiver's answer.
type Answer struct {
	// Status is its status.
	Status int
	// RetryAfter is its header Retry-After, as it was sent.
	RetryAfter string
}

// Post sends one event, and waits for the answer. The error is a sentence without anything that the receiver sent. It does
// not tell the ways in which a server cannot be reached apart, so that an EventSink cannot be used to scan ports.
func (c *Courier) Post(ctx context.Context, address string, header http.Header, body []byte) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Answer{}, errors.New("The address of the receiver cannot be used: check url.") //nolint:revive,staticcheck // it is a sentence of a status
	}
	maps.Copy(request.Header, header)
	request.Header.Set("Content-Type", "application/cloudevents+json; charset=utf-8")
	request.Header.Set("User-Agent", "seatplane")
	response, err := c.client.Do(request)
	if err != nil {
		return Answer{}, errors.New(c.describe(ctx, err, connected.Load()))
	}
	defer func() { _ = response.Body.Close() }()
	// The status says everything. A receiver that ends or stalls in the middle of its body has the event. One that
	// switches protocols sends no body: what can be read then is the connection itself, which no deadline ends.
	if response.StatusCode != http.StatusSwitchingProtocols {
		_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer))
	}
	return Answer{Status: response.StatusCode, RetryAfter: response.Header.Get("Retry-After")}, nil
}

// describe says in a sentence why there is no answer.
func (c *Courier) describe(ctx context.Context, err error, connected bool) string {
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case badCertificate:
		return "The receiver's certificate is not valid for url, or its authority is not known."
	case !connected:
		return "The receiver cannot be reached: check url. Servers that are not public need the operator's flag --sink-allowed-networks."
	case ctx.Err() != nil, isNet && timeout.Timeout():
		return fmt.Sprintf("The receiver had not answered after %s.", c.timeout)
	default:
		return "The receiver closed the connection without an answer."
	}
}
