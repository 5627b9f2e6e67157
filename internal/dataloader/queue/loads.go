// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package queue runs loads outside the reconcilers' workers (trust.md#loads), so that nothing waits
// for a stranger's server. A product has one load at a time. A namespace has at most half of the
// loaders that the others leave, and waiting namespaces take turns.
package queue

import (
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// Result is the result of a load.
type Result struct {
	// Answer is the source's answer. It is empty if Err is set.
	Answer dataloader.Answer
	// Err is a *dataloader.Failure, or nil if there is an answer.
	Err error
	// Began and Ended are the times on the wall clock when the load left the queue and when it ended.
	Began, Ended time.Time
}

// Loads runs loads in the background. Queue is the implementation for production.
type Loads interface {
	// Begin requests a load. A scope has one at a time, so an earlier one is ended.
	Begin(scope dataloader.Scope, spec *v1alpha1.DataLoader, request dataloader.Request)
	// Result returns the result of the scope's load, once. It returns nil while the load waits or
	// runs.
	Result(scope dataloader.Scope) *Result
	// End ends and drops the scope's load in any state.
	End(scope dataloader.Scope)
	// OnEnd sets a function that is called, from any goroutine, whenever a load has a result.
	OnEnd(notify func(scope dataloader.Scope))
}
