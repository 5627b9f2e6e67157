// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package queue runs loads outside of the reconcilers' workers (trust.md#loads): nobody waits for a
// stranger's server. A product has one load at a time, a namespace at most half of the loaders that
// others leave, and waiting namespaces take turns.
package queue

import (
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// Result is what became of a load.
type Result struct {
	// Answer is what the source said; empty when Err is set.
	Answer dataloader.Answer
	// Err is a *dataloader.Failure; nil when there is an answer.
	Err error
	// Began and Ended are the times on the wall clock when the load left the queue and when it ended.
	Began, Ended time.Time
}

// Loads runs loads in the background. Queue is the real one.
type Loads interface {
	// Begin asks for a load. A scope has one at a time: one that it had before is ended.
	Begin(scope dataloader.Scope, spec *v1alpha1.DataLoader, request dataloader.Request)
	// Result returns what became of the scope's load, once, and nil while the load waits or runs.
	Result(scope dataloader.Scope) *Result
	// End ends the scope's load, whatever it is doing, and forgets it.
	End(scope dataloader.Scope)
	// OnEnd has notify called, from any goroutine, whenever a load has a result.
	OnEnd(notify func(scope dataloader.Scope))
}
