// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"errors"
	"fmt"

	"github.com/seatplane/seatplane/internal/status"
)

// This file decides what to report about writes that failed for single subscriptions. The others are still
// written. It is pure.

// writeError names the subscription for which a write failed.
type writeError struct {
	subscription string
	err          error
}

func (e *writeError) Error() string {
	return fmt.Sprintf("write for Subscription %q: %v", e.subscription, e.err)
}

func (e *writeError) Unwrap() error { return e.err }

// clockError means that the API server refused to read the TestClock by whose time an answer counts.
type clockError struct {
	clock string
	err   error
}

func (e *clockError) Error() string { return fmt.Sprintf("read TestClock %q: %v", e.clock, e.err) }

func (e *clockError) Unwrap() error { return e.err }

// writeOf adds the name of the subscription that a write was for to its error. It returns nil for
// nil.
func writeOf(subscription string, err error) error {
	if err == nil {
		return nil
	}
	return &writeError{subscription, err}
}

// needsPerson reports whether retrying a request does not help until a person acts.
func needsPerson(err error) bool {
	return err != nil && (errors.Is(err, errNameTaken) || status.IsRefused(err))
}

// gravity orders errors by what to report first. A create that may still arrive delays the next refresh, and a
// refused write needs a person. A retry resolves everything else.
func gravity(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUnanswered):
		return 3
	case needsPerson(err):
		return 2
	default:
		return 1
	}
}

// graver returns which of two errors to report. If both are equally serious, the order of their texts decides, so
// that the same failures are always reported in the same words.
func graver(a, b error) error {
	first, second := gravity(a), gravity(b)
	if first > second || first == second && (first == 0 || a.Error() <= b.Error()) {
		return a
	}
	return b
}

// gravest returns which of the errors to report, or nil if there are none.
func gravest(all []error) error {
	var found error
	for _, err := range all {
		found = graver(found, err)
	}
	return found
}
