// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// MaxAnswer bounds the body of one answer in bytes.
const MaxAnswer = 8 << 20

// Address is what a SeatProduct says about a server.
type Address struct {
	// URL is where it is.
	URL string
	// Token names the bearer token that is sent; nil sends none.
	Token *v1alpha1.SecretKeyReference
	// CA names the certificates that the server is trusted by; nil means the system's.
	CA *v1alpha1.SecretKeyReference
	// Timeout bounds one request: connecting, redirects and reading the answer.
	Timeout time.Duration
}

// Endpoint is a server that can be asked. Close it when done.
type Endpoint struct {
	// URL is its address. It holds no password.
	URL     url.URL
	token   dataloader.Secret
	client  *http.Client
	timeout time.Duration
}

// Question is one request.
type Question struct {
	// Method is GET or POST.
	Method string
	// URL is asked; it is of the endpoint's own server.
	URL url.URL
	// ContentType and Body are what a POST sends.
	ContentType string
	Body        []byte
}

// Reply is an answer that was read to its end, whatever its status.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Open reads the Secrets that an address names, each time anew, and returns the server. Nothing is
// connected yet. An error is a *dataloader.Failure.
func (p Policy) Open(ctx context.Context, live client.Reader, namespace string, address Address) (*Endpoint, error) {
	parsed, err := p.ParseURL(address.URL)
	if err != nil {
		return nil, err
	}
	token, err := readToken(ctx, live, namespace, address.Token)
	if err != nil {
		return nil, err
	}
	trust, err := readTrust(ctx, live, namespace, address.CA)
	if err != nil {
		return nil, err
	}
	return &Endpoint{URL: *parsed, token: token, client: p.client(trust), timeout: address.Timeout}, nil
}

func readToken(ctx context.Context, live client.Reader, namespace string, ref *v1alpha1.SecretKeyReference) (dataloader.Secret, error) {
	if ref == nil {
		return dataloader.Secret{}, nil
	}
	secret, err := dataloader.ReadSecret(ctx, live, namespace, *ref)
	if err != nil {
		return dataloader.Secret{}, err
	}
	// Whoever writes a token to a file ends it with a line break.
	token := strings.TrimSpace(secret.Reveal())
	if token == "" || strings.ContainsFunc(token, unfit) {
		return dataloader.Secret{}, dataloader.Failf(dataloader.ReasonSourceError,
			"Secret %q has no bearer token under the key %q: write the token alone, on one line", ref.Name, ref.Key)
	}
	return dataloader.NewSecret(token), nil
}

// unfit says whether a character has no place in a token.
func unfit(r rune) bool { return r <= ' ' || r > '~' }

func readTrust(ctx context.Context, live client.Reader, namespace string, ref *v1alpha1.SecretKeyReference) (*tls.Config, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if ref == nil {
		return trust, nil
	}
	secret, err := dataloader.ReadSecret(ctx, live, namespace, *ref)
	if err != nil {
		return nil, err
	}
	trust.RootCAs = x509.NewCertPool()
	if !trust.RootCAs.AppendCertsFromPEM([]byte(secret.Reveal())) {
		return nil, dataloader.Failf(dataloader.ReasonSourceError,
			"Secret %q has no certificates in PEM under the key %q", ref.Name, ref.Key)
	}
	return trust, nil
}

// Close lets go of the connections that are kept for the next question.
func (e *Endpoint) Close() { e.client.CloseIdleConnections() }

// Scrub returns what a server said as one line without the token.
func (e *Endpoint) Scrub(text string) string { return dataloader.Scrub(text, e.token.Reveal()) }

// errTimeout is the cause of a request that took too long.
var errTimeout = errors.New("timeout")

// Ask sends one request and reads its answer to the end. An error is a *dataloader.Failure; an answer
// of any status is none.
func (e *Endpoint) Ask(ctx context.Context, question Question) (Reply, error) {
	limited, cancel := context.WithTimeoutCause(ctx, e.timeout, errTimeout)
	defer cancel()
	reply, err := e.ask(limited, question)
	if err != nil {
		return Reply{}, e.failure(limited, err)
	}
	return reply, nil
}

func (e *Endpoint) ask(ctx context.Context, question Question) (Reply, error) {
	request, err := http.NewRequestWithContext(ctx, question.Method, question.URL.String(), bytes.NewReader(question.Body))
	if err != nil {
		return Reply{}, err
	}
	request.Header.Set("Accept", "application/json")
	// Without the header a server may choose, and what is compressed cannot be bounded before it is read.
	request.Header.Set("Accept-Encoding", "identity")
	request.Header.Set("User-Agent", "seatplane")
	if question.ContentType != "" {
		request.Header.Set("Content-Type", question.ContentType)
	}
	if token := e.token.Reveal(); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := e.client.Do(request)
	if err != nil {
		return Reply{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := readBody(response)
	if err != nil {
		return Reply{}, err
	}
	return Reply{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// readBody reads all of a body, or says why that cannot be. A part of an answer is no answer.
func readBody(response *http.Response) ([]byte, error) {
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, dataloader.Failf(dataloader.ReasonSourceError,
			"the server compresses its answer although it was asked not to: have it answer without Content-Encoding")
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > MaxAnswer {
		return nil, dataloader.Failf(dataloader.ReasonSourceError,
			"the answer is longer than %d MiB: have the server count, and answer one entry a key", MaxAnswer>>20)
	}
	return body, nil
}
