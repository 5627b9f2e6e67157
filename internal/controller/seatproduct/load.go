// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// result is what became of a load.
type result struct {
	load load
	// failure is why the source gave no answer; nil when it did.
	failure *dataloader.Failure
	// incomplete is why not everything that the answer means is in place; nil when it is.
	incomplete error
	findings   findings
	times      answerTimes
	// changed is how many updates are in place because of the answer. Readings make none.
	changed int64
	took    time.Duration
}

// done says that the answer came and that everything that it means is in place.
func (r result) done() bool { return r.failure == nil && r.incomplete == nil }

// carryOut asks the source once and records what its answer means. The only error is one about which
// nothing can be said: the operator stops, or the clock cannot be read.
func (r *Reconciler) carryOut(ctx context.Context, s *situation, memory *memory, l load) (result, error) {
	began := r.Wall.Now()
	done := result{load: l}
	scope := dataloader.Scope{Namespace: s.product.Namespace, Product: s.product.Name}
	answer, err := r.Loader.Load(ctx, scope, s.product.Spec.DataLoader, dataloader.Request{Keys: l.keys()})
	if ended := ctx.Err(); ended != nil {
		return result{}, ended
	}
	done.failure = failureOf(err)
	done.times.loaded = r.Wall.Now().UTC().Truncate(time.Second)
	if done.times.observed, err = r.now(ctx, s.product.Namespace, l.clock); err != nil {
		return result{}, err
	}
	if done.failure == nil {
		done.findings, err = judge(l, answer.Rows, rulesOf(s.product), s.open)
		done.failure = failureOf(err)
	}
	if done.failure == nil {
		done.changed, done.incomplete = r.createAll(ctx, s, memory, done.findings.changes, done.times)
	}
	if done.done() {
		done.incomplete = r.recordReadings(ctx, s, done.findings.readings, done.times)
	}
	done.took = r.Wall.Since(began)
	r.measure(s, done, answer)
	return done, ctx.Err()
}

func failureOf(err error) *dataloader.Failure {
	if err == nil {
		return nil
	}
	return dataloader.AsFailure(err)
}
