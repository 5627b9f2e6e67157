// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/document"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
)

const (
	// maxBatch bounds the keys that one request sends.
	maxBatch = 10_000
	// maxRows bounds the rows that one refresh reads.
	maxRows = 1_000_000
	// maxRowBytes bounds the keys and counts of these rows together.
	maxRowBytes = 64 << 20
)

// payload is what a loader process needs to know about a source.
type payload struct {
	Server                       egress.Server
	Post                         bool
	MaxPages                     int
	Rows, RowKey, RowCount, Next string
}

// Handle is the guest.Handler of HTTP sources.
func Handle(ctx context.Context, source json.RawMessage, request dataloader.Request) (dataloader.Answer, error) {
	asked, err := guest.Decode[payload](source)
	if err != nil {
		return dataloader.Answer{}, err
	}
	mapping, err := compile(asked)
	if err != nil {
		return dataloader.Answer{}, err
	}
	endpoint, err := asked.Server.Connect()
	if err != nil {
		return dataloader.Answer{}, err
	}
	defer endpoint.Close()
	questions := []egress.Question{{Method: http.MethodGet, URL: endpoint.URL}}
	if asked.Post {
		if questions, err = batches(endpoint.URL, request.Keys); err != nil {
			return dataloader.Answer{}, err
		}
	}
	l := &load{endpoint: endpoint, mapping: mapping, maxPages: asked.MaxPages}
	for _, question := range questions {
		if err := l.ask(ctx, question); err != nil {
			return dataloader.Answer{}, err
		}
	}
	dataloader.ScrubCounts(l.answer.Rows, endpoint.Scrub)
	return l.answer, nil
}

// batches returns a request for the first page of each batch of keys.
func batches(address url.URL, keys []string) ([]egress.Question, error) {
	var all []egress.Question
	for batch := range slices.Chunk(keys, maxBatch) {
		body, err := json.Marshal(struct {
			Keys []string `json:"keys"`
		}{batch})
		if err != nil {
			return nil, err
		}
		all = append(all, egress.Question{Method: http.MethodPost, URL: address, ContentType: "application/json", Body: body})
	}
	return all, nil
}

// load is one running load.
type load struct {
	endpoint *egress.Endpoint
	mapping  *mapping
	maxPages int
	// answer contains the rows of all pages so far, and bytes is the length of their keys and
	// counts.
	answer dataloader.Answer
	bytes  int
}

// ask sends one request and follows its answer from page to page, with the same method and body.
func (l *load) ask(ctx context.Context, question egress.Question) error {
	visited := map[string]bool{}
	for page := 1; ; page++ {
		if page > l.maxPages {
			return dataloader.Failf(dataloader.ReasonSourceError,
				"the answer has more than %d pages: have the server send more rows per page, or raise maxPages", l.maxPages)
		}
		visited[question.URL.String()] = true
		next, err := l.page(ctx, question)
		if err != nil {
			return onPage(page, err)
		}
		if next == "" {
			return nil
		}
		if question.URL, err = l.endpoint.Next(question.URL, next); err != nil {
			return onPage(page, err)
		}
		if visited[question.URL.String()] {
			return dataloader.Failf(dataloader.ReasonSourceError,
				"the pages form a loop: after page %d, next yields the URL of an earlier page", page)
		}
	}
}

// onPage adds the page to a failure. The first page is not mentioned, because most answers have only one.
func onPage(page int, err error) error {
	failure := dataloader.AsFailure(err)
	if page == 1 {
		return failure
	}
	placed := dataloader.Failf(failure.Reason, "page %d: %s", page, failure.Message)
	placed.Detail = failure.Detail
	return placed
}

// page sends one request, adds the rows of its answer, and returns the URL of the next page, or "".
func (l *load) page(ctx context.Context, question egress.Question) (string, error) {
	reply, err := l.endpoint.Ask(ctx, question)
	if err != nil {
		return "", err
	}
	if refused := l.endpoint.Refused(reply.Status); refused != nil {
		return "", refused
	}
	response, err := document.Decode(ctx, document.Body{
		Bytes: reply.Body, ContentType: reply.Header.Get("Content-Type"), Scrub: l.endpoint.Scrub,
	})
	if err != nil {
		return "", err
	}
	l.answer.Queries++
	e := evaluation{mapping: l.mapping, scrub: l.endpoint.Scrub}
	next, err := e.next(ctx, response, reply.Header)
	if err != nil {
		return "", err
	}
	return next, e.rows(ctx, response, l.add)
}

// add adds a row to the answer.
func (l *load) add(row dataloader.Row) error {
	if l.bytes += len(row.Key) + len(row.Count); l.bytes > maxRowBytes {
		return dataloader.Failf(dataloader.ReasonSourceError,
			"the keys and counts of the answer are longer than %d MiB together: check rowKey and rowCount", maxRowBytes>>20)
	}
	if len(l.answer.Rows) == maxRows {
		return dataloader.Failf(dataloader.ReasonSourceError,
			"the answer has more than %d rows: have the server count, and answer with one entry per key", maxRows)
	}
	l.answer.Rows = append(l.answer.Rows, row)
	return nil
}
