// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"context"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/loading"
)

// result is the result of a load and of its answer.
type result struct {
	load loading.Load
	// items are those that the load counts, as they are now.
	items []loading.Counted
	// failure is why the source gave no answer, or nil.
	failure *dataloader.Failure
	// incomplete is the most serious reason why not everything in the answer was recorded, or nil.
	incomplete error
	findings   loading.Findings
	times      loading.AnswerTimes
	// ended is when the source answered or failed, on the wall clock.
	ended time.Time
	// queries is the number of queries, and rows the number of rows of the answer.
	queries, rows int
	// changed is how many updates are in place because of the answer. Readings need no updates.
	changed int64
	took    time.Duration
}

// done reports whether there is an answer and everything in it was recorded.
func (r result) done() bool { return r.failure == nil && r.incomplete == nil }

// markIncomplete keeps a refresh owed if something of it could not be written.
func (r *result) markIncomplete(err error) {
	if r != nil && r.failure == nil {
		r.incomplete = graver(r.incomplete, err)
	}
}

// take judges the answer of the load that has ended against the current items, and records the result. It
// returns nil if the answer is of no use: if it became too old while the operator could not take it, or if
// no subscription uses its clock any more. The only error means that the operator is stopping.
func (r *Reconciler) take(ctx context.Context, s *situation, memory *memory) (*result, error) {
	began := r.Clock.Now()
	load, answer := memory.asked.load, memory.asked.result
	clock, exists := s.facts.Clocks[load.Clock]
	if !exists || began.Sub(answer.Ended) > loading.MaxAnswerAge {
		memory.asked = nil
		return nil, nil
	}
	done := &result{
		load: load, items: loading.Resolve(load, s.facts.Connection),
		failure: failureOf(answer.Err), ended: answer.Ended,
		queries: answer.Answer.Queries, rows: answer.Answer.Size(),
	}
	done.times = timesOf(load, answer.Ended, clock, began)
	if done.failure == nil && s.clockRefused != nil {
		// From when the counts are is not known, so none of them is used.
		done.incomplete = s.clockRefused
		return done, ctx.Err()
	}
	if done.failure == nil {
		var err error
		done.findings, err = loading.Judge(done.items, answer.Answer, s.facts.Product.Refresh.Rules, s.facts.Open)
		done.failure = failureOf(err)
	}
	if done.failure == nil {
		done.changed, done.incomplete = r.createAll(ctx, s, memory, done.findings.Changes, done.times)
		done.markIncomplete(r.recordReadings(ctx, s, done.findings.Readings, done.times))
	}
	done.took = answer.Ended.Sub(answer.Began) + r.Clock.Since(began)
	return done, ctx.Err()
}

// timesOf returns when an answer arrived, in whole seconds. On a TestClock it is observed at the time that
// the clock shows when the answer is taken. On the wall clock it is observed when the load ended, which is
// never later than now.
func timesOf(load loading.Load, ended, clock, now time.Time) loading.AnswerTimes {
	if ended.After(now) {
		ended = now
	}
	ended = ended.UTC().Truncate(time.Second)
	if load.Clock == "" {
		return loading.AnswerTimes{Observed: ended, Loaded: ended}
	}
	return loading.AnswerTimes{Observed: clock, Loaded: ended}
}

func failureOf(err error) *dataloader.Failure {
	if err == nil {
		return nil
	}
	return dataloader.AsFailure(err)
}
