// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dataloader counts seats where they really live (architecture.md#the-parts;
// billing.md#12-refreshes).
//
// A source answers with raw rows and judges nothing; Judge, which is pure, says for every key whether
// its row is a count. So no source can turn an error into a zero. Each kind of source is a package of
// its own that offers a Provider; a Registry chooses among them by the SeatProduct's spec.
package dataloader

import "context"

// Source is a place where seats can be counted.
type Source interface {
	// Load asks the source once for all keys of the request. An error is a *Failure, free of
	// secrets. A source that cannot answer for everything answers with an error, never with less.
	Load(ctx context.Context, request Request) (Answer, error)
}

// Request is what is asked of a source.
type Request struct {
	// Keys are the wanted keys, sorted, each once. A source that answers for everyone may leave
	// them unread.
	Keys []string
}

// ItemKey is the key of an item where a source knows subscriptions and items by themselves: their names.
// Neither has a slash in it.
func ItemKey(subscription, item string) string { return subscription + "/" + item }

// Answer is what a source said.
type Answer struct {
	// Rows in the order in which they came.
	Rows []Row
	// Others is how many more rows there were: of keys that nobody asked for, without a key, or of a key
	// that has two rows already.
	Others int
	// Queries is how many times the source was asked: one, or one for each batch of keys.
	Queries int
}

// Size returns how many rows the source answered with.
func (a Answer) Size() int { return len(a.Rows) + a.Others }

// Row is one raw row of an answer.
type Row struct {
	// Key names whom the row counts for, as the source writes it.
	Key string
	// NullKey says that the row has no key.
	NullKey bool
	// Count is the number as text, exactly as the source wrote it; Judge reads it.
	Count string
	// NullCount says that the row has no count.
	NullCount bool
}
