// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package guest runs loads in separate processes (trust.md#loads).
//
// Drivers, expressions and JSON parsers work on input that a stranger controls. A loader process receives
// one job over a pipe, queries the source, and returns rows in bounded frames. It has no environment, no
// kubeconfig and no files except its pipes, and its memory and time are limited from outside. Whatever
// happens in it, the worst result is a failed refresh.
package guest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// Job is one load, with everything that a loader process needs for it.
type Job struct {
	// Kind names the Handler, such as "sql".
	Kind string
	// Timeout limits the whole load, from the first connection to the last row.
	Timeout time.Duration
	// Wanted are the keys whose rows are kept, sorted and without duplicates. Other rows are only
	// counted.
	Wanted []string
	// Keys are the keys that the Handler gets: Wanted, or none if the source answers for everyone.
	Keys []string
	// Folders are those that the loader process may read, in addition to what every process needs.
	Folders []string
	// Source is the input of the Handler, including credentials.
	Source Payload
	// Secrets are texts that no message and no log may contain.
	Secrets []string
}

// Payload is the resolved source of a job. It contains credentials, so it is hidden from everything that
// formats or encodes a Job.
type Payload struct{ encode func() ([]byte, error) }

// NewPayload returns source as a Payload. It is encoded as JSON when the job starts.
func NewPayload(source any) Payload {
	return Payload{encode: func() ([]byte, error) { return json.Marshal(source) }}
}

// reveal returns the source as JSON.
func (p Payload) reveal() ([]byte, error) {
	if p.encode == nil {
		return []byte("null"), nil
	}
	return p.encode()
}

// Handler carries out the jobs of one kind. It runs in the loader process. The source is the job's
// Payload. The context ends with the job's Timeout. The error is a *dataloader.Failure without the job's
// secrets.
type Handler func(ctx context.Context, source json.RawMessage, request dataloader.Request) (dataloader.Answer, error)

// Handlers are the handlers of a loader process, by kind of job.
type Handlers map[string]Handler

// Decode decodes the source of a job.
func Decode[T any](source json.RawMessage) (T, error) {
	var read T
	err := json.Unmarshal(source, &read)
	return read, err
}

// Runner carries out jobs.
type Runner interface {
	// Run carries out one job. The error is a *dataloader.Failure, or the context's own.
	Run(ctx context.Context, job Job) (dataloader.Answer, error)
}

// InProcess carries out jobs in this process. It offers no protection, and is for testing the answers of
// handlers.
type InProcess struct{ Handlers Handlers }

var _ Runner = InProcess{}

// Run implements Runner.
func (r InProcess) Run(ctx context.Context, job Job) (dataloader.Answer, error) {
	source, err := job.Source.reveal()
	if err != nil {
		return dataloader.Answer{}, err
	}
	return r.Handlers.run(ctx, order{Kind: job.Kind, Timeout: job.Timeout, Folders: job.Folders, Keys: job.Keys, Source: source})
}

// order is a job as it is sent to a loader process.
type order struct {
	Kind    string          `json:"kind"`
	Timeout time.Duration   `json:"timeout"`
	Memory  int64           `json:"memory"`
	Folders []string        `json:"folders,omitempty"`
	Keys    []string        `json:"keys"`
	Source  json.RawMessage `json:"source"`
}

// run carries out an order.
func (h Handlers) run(ctx context.Context, o order) (dataloader.Answer, error) {
	handle, known := h[o.Kind]
	if !known {
		return dataloader.Answer{}, fmt.Errorf("no handler of the kind %q", o.Kind)
	}
	limited, cancel := context.WithTimeoutCause(ctx, o.Timeout, errTimeout)
	defer cancel()
	answer, err := handle(limited, o.Source, dataloader.Request{Keys: o.Keys})
	if err != nil && ctx.Err() == nil && errors.Is(context.Cause(limited), errTimeout) {
		return dataloader.Answer{}, timedOut(o.Timeout)
	}
	return answer, err
}

var errTimeout = errors.New("the load took longer than its timeout")

// timedOut is the failure of a load that took longer than its timeout.
func timedOut(limit time.Duration) error {
	return dataloader.Failf(dataloader.ReasonSourceError,
		"the data source took longer than %d seconds to answer: make it faster, or raise timeoutSeconds", int(limit/time.Second))
}
