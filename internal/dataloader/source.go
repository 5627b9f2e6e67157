// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dataloader counts seats in the system where they are managed (architecture.md#the-parts;
// billing.md#12-refreshes).
//
// A source returns raw rows and judges nothing. Judge, which is pure, decides for every key whether
// its row is a count. So no source can turn an error into a zero. Each kind of source has a package
// that offers a Provider, and a Registry chooses among them by the SeatProduct's spec.
package dataloader

import "context"

// Source is a place where seats can be counted.
type Source interface {
	// Load queries the source once for all keys of the request. The error is a *Failure without
	// secrets. A source that cannot answer for everything returns an error, and never a partial
	// answer.
	Load(ctx context.Context, request Request) (Answer, error)
}

// Request is the input of a source.
type Request struct {
	// Keys are the wanted keys, sorted and without duplicates. A source that answers for everyone
	// may ignore them.
	Keys []string
}

// ItemKey is the key of an item for a source that knows subscriptions and items: their names. Neither
// name contains a slash.
func ItemKey(subscription, item string) string { return subscription + "/" + item }

// Answer is the result of a source.
type Answer struct {
	// Rows are in the order in which they were received.
	Rows []Row
	// Others is the number of other rows: those of unwanted keys, those without a key, and further rows
	// of a key that has two rows already.
	Others int
	// Queries is the number of queries: one, or one for each batch of keys.
	Queries int
}

// Size returns the total number of rows of the answer.
func (a Answer) Size() int { return len(a.Rows) + a.Others }

// Row is one raw row of an answer.
type Row struct {
	// Key identifies whom the row counts for, as the source writes it.
	Key string
	// NullKey means that the row has no key.
	NullKey bool
	// Count is the number as text, exactly as the source wrote it. Judge parses it.
	Count string
	// NullCount means that the row has no count.
	NullCount bool
}
