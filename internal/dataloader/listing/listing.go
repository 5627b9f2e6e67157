// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package listing lists objects live from the API server, page by page, for the sources that count objects. They all
// share its bounds.
package listing

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/internal/dataloader"
)

const (
	// PageSize is how many objects one request lists. Each object may have 256 KiB of annotations, so this
	// bounds the memory for a page.
	PageSize = 200
	// MaxObjects bounds the objects that one refresh lists.
	MaxObjects = 1_000_000
	// Timeout bounds all requests of a refresh together.
	Timeout = 60 * time.Second
)

// ErrTooMany means that there are more than MaxObjects objects to list.
var ErrTooMany = errors.New("there are too many objects")

// Pages lists objects, and passes on each page. empty makes the list that a page is read into. Pages returns how many
// requests it made. Its error is ErrTooMany, or that of the API server or of the context.
func Pages[L client.ObjectList](ctx context.Context, live client.Reader, empty func() L, page func(L), options ...client.ListOption) (requests int, err error) {
	limited, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	objects, next := 0, ""
	for {
		list := empty()
		if err := live.List(limited, list, append(slices.Clip(options), client.Limit(PageSize), client.Continue(next))...); err != nil {
			return requests, err
		}
		requests++
		if objects += meta.LenList(list); objects > MaxObjects {
			return requests, ErrTooMany
		}
		page(list)
		if next = list.GetContinue(); next == "" {
			return requests, nil
		}
	}
}

// Rows returns a row for each key, by key.
func Rows(counts map[string]int64) []dataloader.Row {
	rows := make([]dataloader.Row, 0, len(counts))
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		rows = append(rows, dataloader.Row{Key: key, Count: strconv.FormatInt(counts[key], 10)})
	}
	return rows
}
