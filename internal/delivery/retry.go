// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// delays are the times between the attempts to deliver one event, before the jitter.
var delays = [...]time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

const (
	// MaxFailures is how many attempts an event has. After that many failures it is dead-lettered.
	MaxFailures = int32(len(delays) + 1)
	// MaxRetryAfter bounds what a receiver may ask for with Retry-After.
	MaxRetryAfter = 24 * time.Hour
	// DisableAfter is how long all attempts of a sink fail before it is disabled.
	DisableAfter = 5 * 24 * time.Hour
	// jitterPart is the largest part of a delay that the jitter adds: a tenth.
	jitterPart = 10
)

// Delay returns how long to wait after a failure before the next attempt. Failures counts those of the event so far, from
// 1. After the last attempt the delay stays the longest one. The jitter adds up to a tenth, and follows from the ID of the
// event and the number of failures, so that it is the same in every process.
func Delay(id string, failures int32) time.Duration {
	at := min(max(int(failures), 1), len(delays)) - 1
	digest := sha256.Sum256([]byte(id + "#" + strconv.Itoa(int(failures))))
	part := binary.BigEndian.Uint32(digest[:4]) % 1000
	return delays[at] + delays[at]/jitterPart*time.Duration(part)/1000
}

// Due returns how long the next attempt of a pair has to wait, or zero. No delay is longer than [MaxRetryAfter] and its
// jitter. A time that is further off was written while the clock was wrong, and is ignored.
func Due(cursor v1alpha1.EventCursor, now time.Time) time.Duration {
	if cursor.NextAttemptTime == nil {
		return 0
	}
	wait := cursor.NextAttemptTime.Sub(now)
	if wait > MaxRetryAfter+MaxRetryAfter/jitterPart {
		return 0
	}
	return max(wait, 0)
}

// IsLast reports whether an event has failed in all of its attempts.
func IsLast(failures int32) bool { return failures >= MaxFailures }

// RetryAfter parses the header Retry-After of an answer: a number of seconds, or a date. The result is between zero and
// [MaxRetryAfter]; zero for a header that is missing or cannot be parsed.
func RetryAfter(header string, now time.Time) time.Duration {
	text := strings.TrimSpace(header)
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return min(max(time.Duration(min(seconds, int64(MaxRetryAfter/time.Second)))*time.Second, 0), MaxRetryAfter)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), MaxRetryAfter)
}
