// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Reason is a machine-readable cause, as shown in the condition Loaded of a SeatProduct
// (docs/kinds/seatproduct.md) and, for BadCounts and KeyMissing, in SeatsCurrent of a Subscription.
type Reason string

const (
	// ReasonRefreshed means that the last refresh ran and that every key got what the product asks
	// for.
	ReasonRefreshed Reason = v1alpha1.ReasonRefreshed
	// ReasonSourceUnreachable means that the source cannot be found: no file, no object, no
	// connection.
	ReasonSourceUnreachable Reason = v1alpha1.ReasonSourceUnreachable
	// ReasonSourceError means that the source returned an error, or something that is not an answer.
	ReasonSourceError Reason = v1alpha1.ReasonSourceError
	// ReasonEmptyResult means that the source returned no row although there are seats.
	ReasonEmptyResult Reason = v1alpha1.ReasonEmptyResult
	// ReasonBadCounts means that at least one key has a value that is not a count of seats.
	ReasonBadCounts Reason = v1alpha1.ReasonBadCounts
	// ReasonKeyMissing means that a required key is missing from the answer.
	ReasonKeyMissing Reason = v1alpha1.ReasonKeyMissing
	// ReasonSecretNotFound means that a Secret, or the named entry of it, does not exist.
	ReasonSecretNotFound Reason = v1alpha1.ReasonSecretNotFound
	// ReasonSecretNotAllowed means that a Secret is not released for this use, or not for this
	// server.
	ReasonSecretNotAllowed Reason = v1alpha1.ReasonSecretNotAllowed
	// ReasonInvalidSchedule means that the schedule, the interval or the time zone is not valid.
	ReasonInvalidSchedule Reason = v1alpha1.ReasonInvalidSchedule
	// ReasonInvalidExpression means that the loader's own text (a query, an expression) is refused
	// before the source is asked.
	ReasonInvalidExpression Reason = v1alpha1.ReasonInvalidExpression
	// ReasonSuspended means that refreshes are suspended.
	ReasonSuspended Reason = v1alpha1.ReasonSuspended
)

// Failure is why a refresh got no answer. Its Message is one sentence for the author of the
// SeatProduct: deterministic, at most maxMessage bytes, and without secrets. It deliberately wraps
// no error, because error chains can carry a DSN into a log.
type Failure struct {
	Reason  Reason
	Message string
	// Detail is the source's own text, without secrets, for the operator's log. It may contain data that
	// only people with access to the source may see, so it goes into no status, event or metric.
	Detail string
}

// Error implements error.
func (f *Failure) Error() string { return string(f.Reason) + ": " + f.Message }

// Failf returns a Failure. The arguments must not contain secrets. Use Scrub for the text of a
// driver.
func Failf(reason Reason, format string, args ...any) *Failure {
	return &Failure{Reason: reason, Message: tidy(fmt.Sprintf(format, args...))}
}

// AsFailure returns err as a Failure. The text of an error of any other type is not repeated,
// because no source has checked it and it may contain anything.
func AsFailure(err error) *Failure {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	return Failf(ReasonSourceError, "the source failed without saying why")
}

// Redacted replaces a secret.
const Redacted = "[redacted]"

// maxMessage bounds a message in bytes. A condition accepts 32 KiB and an event 1 KiB, but nobody
// reads a sentence that is longer than this.
const maxMessage = 500

// minScrubbed is the length below which a part of a secret is not searched for. Replacing every "a"
// of a message would reveal more about the secret than leaving them.
const minScrubbed = 3

// Scrub returns text as one line in which every secret is replaced, the longest first, so that
// replacing a part of a secret does not leave the rest.
func Scrub(text string, secrets ...string) string {
	sorted := slices.Clone(secrets)
	slices.SortFunc(sorted, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range sorted {
		if len(secret) >= minScrubbed {
			text = strings.ReplaceAll(text, secret, Redacted)
		}
	}
	return tidy(text)
}

// ScrubCounts removes secrets from the counts that are not numbers. A message about a wrong count
// may repeat it, truncated, and a server that gets a secret can return it as a count.
func ScrubCounts(rows []Row, scrub func(string) string) {
	for n := range rows {
		if strings.ContainsFunc(rows[n].Count, notOfNumber) {
			rows[n].Count = scrub(rows[n].Count)
		}
	}
}

// notOfNumber reports whether a character never appears in a number.
func notOfNumber(r rune) bool { return !strings.ContainsRune("0123456789+-.eE", r) }

// tidy makes text one line of printable characters within maxMessage bytes.
func tidy(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError || unicode.IsControl(r):
			return ' '
		default:
			return r
		}
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxMessage {
		return text
	}
	cut := maxMessage - len("…")
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
