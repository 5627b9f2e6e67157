// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package faults injects faults into the writes of a reconciler under test.
//
// A Run numbers every write from 1 on, across all generations of the process, and has a Plan of
// which faults happen at which number. A Process is one generation. After it crashed, every further
// call through it fails with ErrCrashed, and the test continues with a new one.
package faults

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// ErrCrashed is returned by every call of a crashed process. No reconciler can recover from it.
var ErrCrashed = errors.New("faults: the process has crashed")

// Fault is a fault of one write.
type Fault string

const (
	// CrashBefore stops the process before the write is sent.
	CrashBefore Fault = "CrashBefore"
	// CrashAfter stops the process after the write has happened, before the process learns of it.
	CrashAfter Fault = "CrashAfter"
	// Ambiguous lets the write happen and answers that it timed out.
	Ambiguous Fault = "Ambiguous"
	// Conflict answers 409 without forwarding the write.
	Conflict Fault = "Conflict"
	// TooManyRequests answers 429 with a Retry-After without forwarding the write.
	TooManyRequests Fault = "TooManyRequests"
	// InternalError answers 500 without forwarding the write.
	InternalError Fault = "InternalError"
)

// Plan maps the number of a write, counted from 1, to its fault.
type Plan map[int]Fault

// Write is one write that a process tried.
type Write struct {
	// Number counts the writes of the run from 1.
	Number int
	// Process counts the processes of the run from 1.
	Process int
	// Verb is create, update, patch, apply, delete or deletecollection.
	Verb string
	// Kind, Namespace and Name identify the object. Subresource is empty except for "status" and the
	// like.
	Kind, Namespace, Name, Subresource string
	// Fault is the fault of the write, which is empty for most.
	Fault Fault
	// Forwarded is true when the write was sent to the API server.
	Forwarded bool
	// Err is what the caller received.
	Err error
}

// String describes the write as "update Subscription/status ns/acme", the same in every run.
func (w Write) String() string {
	return w.Verb + " " + w.Object()
}

// Object describes what was written as "Subscription/status ns/acme".
func (w Write) Object() string {
	kind, name := w.Kind, w.Name
	if w.Subresource != "" {
		kind += "/" + w.Subresource
	}
	if w.Namespace != "" {
		name = w.Namespace + "/" + name
	}
	return kind + " " + name
}

// Run counts and records the writes of one scenario and injects the faults of its plan.
type Run struct {
	plan Plan

	mu        sync.Mutex
	processes int
	writes    []Write
}

// NewRun returns a run with a plan. Nil injects nothing.
func NewRun(plan Plan) *Run {
	return &Run{plan: maps.Clone(plan)}
}

// Writes returns the writes so far, in the order of the attempts.
func (r *Run) Writes() []Write {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.writes)
}

// Count returns the number of attempted writes so far.
func (r *Run) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.writes)
}

// Unmet returns the numbers of the plan that no write has reached, sorted.
func (r *Run) Unmet() []int {
	count := r.Count()
	var numbers []int
	for number := range r.plan {
		if number > count {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// begin assigns a write its number and its fault.
func (r *Run) begin(write Write) Write {
	r.mu.Lock()
	defer r.mu.Unlock()
	write.Number = len(r.writes) + 1
	write.Fault = r.plan[write.Number]
	r.writes = append(r.writes, write)
	return write
}

// end records the result of a write.
func (r *Run) end(write Write) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writes[write.Number-1] = write
}

// refusal is the API server's answer to a write that it did not carry out.
func refusal(write Write) error {
	resource := schema.GroupResource{Resource: write.Kind}
	cause := fmt.Errorf("injected at write %d", write.Number)
	switch write.Fault {
	case Conflict:
		return apierrors.NewConflict(resource, write.Name, cause)
	case TooManyRequests:
		return apierrors.NewTooManyRequests(cause.Error(), 1)
	default:
		return apierrors.NewInternalError(cause)
	}
}

// lostReply is what a caller sees if a write happened but the reply was lost.
func lostReply(write Write) error {
	return apierrors.NewTimeoutError(fmt.Sprintf("injected at write %d: the reply was lost", write.Number), 1)
}
