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

// Reason is a machine-readable cause, as it stands in the condition Loaded of a SeatProduct
// (docs/kinds/seatproduct.md) and, for BadCounts and KeyMissing, in SeatsCurrent of a
// Subscription.
type Reason string

const (
	// ReasonRefreshed says that the last refresh ran and every key got what the product asks for.
	ReasonRefreshed Reason = v1alpha1.ReasonRefreshed
	// ReasonSourceUnreachable says that the source is not there: no file, no object, no connection.
	ReasonSourceUnreachable Reason = v1alpha1.ReasonSourceUnreachable
	// ReasonSourceError says that the source is there and answered with an error, or with something that
	// is not an answer.
	ReasonSourceError Reason = v1alpha1.ReasonSourceError
	// ReasonEmptyResult says that the source answered with no row at all while seats are held.
	ReasonEmptyResult Reason = v1alpha1.ReasonEmptyResult
	// ReasonBadCounts says that at least one key got something that is not a count of seats.
	ReasonBadCounts Reason = v1alpha1.ReasonBadCounts
	// ReasonKeyMissing says that the answer lacks a key that has to be in it.
	ReasonKeyMissing Reason = v1alpha1.ReasonKeyMissing
	// ReasonSecretNotFound says that a Secret, or the entry of it that is named, does not exist.
	ReasonSecretNotFound Reason = v1alpha1.ReasonSecretNotFound
	// ReasonSecretNotAllowed says that a Secret lacks the label by which it allows being read.
	ReasonSecretNotAllowed Reason = v1alpha1.ReasonSecretNotAllowed
	// ReasonInvalidSchedule says that the schedule, the interval or the time zone cannot be used.
	ReasonInvalidSchedule Reason = v1alpha1.ReasonInvalidSchedule
	// ReasonInvalidExpression says that the loader's own text (a query, an expression) is refused
	// before the source is asked.
	ReasonInvalidExpression Reason = v1alpha1.ReasonInvalidExpression
	// ReasonSuspended says that refreshes are suspended.
	ReasonSuspended Reason = v1alpha1.ReasonSuspended
)

// Failure is why a refresh got no answer. Its Message is one sentence for the person who wrote the
// SeatProduct: deterministic, at most maxMessage bytes, and free of secrets. It wraps nothing on
// purpose: an error chain is how a DSN finds its way into a log.
type Failure struct {
	Reason  Reason
	Message string
	// Detail is what the source itself said, without secrets, for the operator's log: it may hold what only
	// those may see who may read the source. It goes into no status, event or metric.
	Detail string
}

// Error implements error.
func (f *Failure) Error() string { return string(f.Reason) + ": " + f.Message }

// Failf builds a Failure. Arguments must be free of secrets; what a driver said goes through Scrub.
func Failf(reason Reason, format string, args ...any) *Failure {
	return &Failure{Reason: reason, Message: tidy(fmt.Sprintf(format, args...))}
}

// AsFailure returns err as a Failure. An error of any other type is one that no source has looked
// at, so its text may hold anything and is not repeated.
func AsFailure(err error) *Failure {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	return Failf(ReasonSourceError, "the source failed in a way that it does not describe")
}

// Redacted stands where a secret stood.
const Redacted = "[redacted]"

// maxMessage bounds a message in bytes. A condition takes 32 KiB and an event 1 KiB; a sentence that
// is longer than this is not read.
const maxMessage = 500

// minScrubbed is the length below which a part of a secret is not searched for by itself: replacing
// every "a" of a message says more about the secret than leaving them.
const minScrubbed = 3

// Scrub returns text as one line in which every one of the secrets is replaced, the longest first
// so that a part of a secret does not leave its rest behind.
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

// ScrubCounts has every secret replaced in the counts that are not numbers. A sentence about a wrong
// count repeats it, cut, and a server that is asked with a secret can answer with it.
func ScrubCounts(rows []Row, scrub func(string) string) {
	for n := range rows {
		if strings.ContainsFunc(rows[n].Count, notOfNumber) {
			rows[n].Count = scrub(rows[n].Count)
		}
	}
}

// notOfNumber says whether a character is in no number as sources write them.
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
