// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import "time"

const (
	// opensAfter is how many attempts of a sink fail in a row before its breaker opens.
	opensAfter = 3
	// firstPause and maxPause bound the time between two attempts while a breaker is open.
	firstPause = 5 * time.Second
	maxPause   = 5 * time.Minute
)

// Breaker limits the attempts of a sink that does not receive anything. After three failures in a row it is open: one
// attempt at a time, with a pause that grows from 5 seconds to 5 minutes. The first success closes it. The zero value is
// closed.
type Breaker struct {
	// Failures counts the failures in a row.
	Failures int
	// notBefore is when the next attempt may begin.
	notBefore time.Time
}

// IsOpen reports whether the breaker is open.
func (b Breaker) IsOpen() bool { return b.Failures >= opensAfter }

// Wait returns how long the next attempt has to wait, given how many attempts are under way. It returns false if it has to
// wait for one of those to end.
func (b Breaker) Wait(now time.Time, underWay int) (wait time.Duration, mayAttempt bool) {
	if b.IsOpen() && underWay > 0 {
		return 0, false
	}
	return max(b.notBefore.Sub(now), 0), true
}

// Succeed returns the breaker after a success, and whether that closed it.
func (b Breaker) Succeed() (after Breaker, closed bool) { return Breaker{}, b.IsOpen() }

// Fail returns the breaker after a failure. RetryAfter is how long the receiver asked to be left alone, or zero.
func (b Breaker) Fail(now time.Time, retryAfter time.Duration) Breaker {
	b.Failures++
	pause := retryAfter
	if b.IsOpen() {
		pause = max(pause, min(firstPause<<min(b.Failures-opensAfter, 6), maxPause))
	}
	if until := now.Add(pause); until.After(b.notBefore) {
		b.notBefore = until
	}
	return b
}
