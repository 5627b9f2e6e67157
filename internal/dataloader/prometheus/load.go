// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
)

// payload is what a loader process needs to know about a source.
type payload struct {
	Server          egress.Server
	Query, KeyLabel string
	// Time is when the query is evaluated, and Timeout is how long the server may take for it.
	Time    time.Time
	Timeout time.Duration
}

// Handle is the guest.Handler of Prometheus sources. The query is sent by POST, which accepts a query of any
// length.
func Handle(ctx context.Context, source json.RawMessage, _ dataloader.Request) (dataloader.Answer, error) {
	asked, err := guest.Decode[payload](source)
	if err != nil {
		return dataloader.Answer{}, err
	}
	endpoint, err := asked.Server.Connect()
	if err != nil {
		return dataloader.Answer{}, err
	}
	defer endpoint.Close()
	form := url.Values{
		"query":   {asked.Query},
		"time":    {asked.Time.Format(time.RFC3339Nano)},
		"timeout": {asked.Timeout.String()},
	}
	reply, err := endpoint.Ask(ctx, egress.Question{
		Method:      http.MethodPost,
		URL:         *endpoint.URL.JoinPath("api", "v1", "query"),
		ContentType: "application/x-www-form-urlencoded",
		Body:        []byte(form.Encode()),
	})
	if err != nil {
		return dataloader.Answer{}, err
	}
	rows, err := answer{endpoint: endpoint, keyLabel: asked.KeyLabel}.rows(ctx, reply)
	if err != nil {
		return dataloader.Answer{}, err
	}
	dataloader.ScrubCounts(rows, endpoint.Scrub)
	return dataloader.Answer{Rows: rows, Queries: 1}, nil
}
