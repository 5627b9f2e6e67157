// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"errors"
	"fmt"

	"github.com/seatplane/seatplane/internal/status"
)

// This file decides what is said of writes that failed for single subscriptions. The others are written all the
// same. It is pure.

// writeError says for which subscription a write failed.
type writeError struct {
	subscription string
	err          error
}

func (e *writeError) Error() string {
	return fmt.Sprintf("write for Subscription %q: %v", e.subscription, e.err)
}

func (e *writeError) Unwrap() error { return e.err }

// writeOf returns an error with the name of the subscription that the write was for; nil for nil.
func writeOf(subscription string, err error) error {
	if err == nil {
		return nil
	}
	return &writeError{subscription, err}
}

// needsPerson says whether trying a write again does not help until a person acts.
func needsPerson(err error) bool {
	return err != nil && (errors.Is(err, errNameTaken) || status.IsRefused(err))
}

// gravity orders errors by what has to be said first: a create that may still arrive holds up the next refresh, and a
// refused write needs a person. All else is resolved by trying again.
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

// graver returns the error to report of two. Of two that are as grave, the order of their texts decides, so that the
// same failures are always reported in the same words.
func graver(a, b error) error {
	first, second := gravity(a), gravity(b)
	if first > second || first == second && (first == 0 || a.Error() <= b.Error()) {
		return a
	}
	return b
}

// gravest returns the error to report of all; nil when there is none.
func gravest(all []error) error {
	var found error
	for _, err := range all {
		found = graver(found, err)
	}
	return found
}
