// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/seatplane/seatplane/internal/dataloader"
)

const (
	// MaxAnswer bounds the body of one answer in bytes.
	MaxAnswer = 8 << 20
	// maxURL bounds the address of a next page in bytes.
	maxURL = 8 << 10
)

// Endpoint sends requests to one server. Close it when done.
type Endpoint struct {
	// URL is the server's address. It does not contain a password.
	URL    url.URL
	token  dataloader.Secret
	client *http.Client
}

// Question is one request.
type Question struct {
	// Method is GET or POST.
	Method string
	// URL is the address of the request, on the endpoint's own server.
	URL url.URL
	// ContentType and Body are what a POST sends.
	ContentType string
	Body        []byte
}

// Reply is a completely read answer with any status.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Close closes the connections that are kept for the next request.
func (e *Endpoint) Close() { e.client.CloseIdleConnections() }

// Scrub returns a server's text as one line without the token.
func (e *Endpoint) Scrub(text string) string { return dataloader.Scrub(text, e.token.Reveal()) }

// Next returns the address of the page after page, which a server or an expression names by a URL or by a
// relative reference. It has the same scheme, host and port, because the token and the wanted keys go there.
// The error is a *dataloader.Failure.
func (e *Endpoint) Next(page url.URL, reference string) (url.URL, error) {
	if len(reference) > maxURL {
		return url.URL{}, dataloader.Failf(dataloader.ReasonSourceError,
			"the URL of the next page is longer than %d bytes", maxURL)
	}
	next, err := page.Parse(reference)
	if err != nil {
		return url.URL{}, dataloader.Failf(dataloader.ReasonSourceError,
			"the next page's URL cannot be parsed: next must yield a URL, a path or a query such as ?page=2")
	}
	if !sameOrigin(next, &e.URL) || next.User != nil || next.Opaque != "" {
		return url.URL{}, dataloader.Failf(dataloader.ReasonSourceError,
			"the next page is not on the server %q: its scheme, host and port must be the same as those of url", e.URL.Host)
	}
	next.Fragment, next.RawFragment = "", ""
	return *next, nil
}

// Ask sends one request and reads the whole answer. The context limits how long that may take. The error is
// a *dataloader.Failure. An answer with any status is not an error; see Refused.
func (e *Endpoint) Ask(ctx context.Context, question Question) (Reply, error) {
	reply, err := e.ask(ctx, question)
	if err != nil {
		return Reply{}, e.failure(ctx, err)
	}
	return reply, nil
}

func (e *Endpoint) ask(ctx context.Context, question Question) (Reply, error) {
	request, err := http.NewRequestWithContext(ctx, question.Method, question.URL.String(), bytes.NewReader(question.Body))
	if err != nil {
		return Reply{}, err
	}
	request.Header.Set("Accept", "application/json")
	// Without the header a server may compress its answer, and the size of a compressed answer cannot be
	// bounded before it is read.
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
	if response.StatusCode == http.StatusSwitchingProtocols {
		// There is no body. What could be read is the connection itself, which no deadline ends.
		return Reply{Status: response.StatusCode, Header: response.Header}, nil
	}
	body, err := readBody(response)
	if err != nil {
		return Reply{}, err
	}
	return Reply{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// errIncomplete means that an answer began but did not end.
var errIncomplete = errors.New("the answer is incomplete")

// readBody reads the whole body, or returns an error. A part of an answer is not an answer.
func readBody(response *http.Response) ([]byte, error) {
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, dataloader.Failf(dataloader.ReasonSourceError,
			"the server compresses its answer although the request asks it not to: configure the server to answer without Content-Encoding")
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errIncomplete, err)
	}
	if len(body) > MaxAnswer {
		return nil, dataloader.Failf(dataloader.ReasonSourceError,
			"the answer is longer than %d MiB: have the server answer with one entry per key, or in pages", MaxAnswer>>20)
	}
	return body, nil
}
