// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
)

// Code is an exit code of the plugin.
type Code int

const (
	// Done is the code of a command that succeeded and, for a preview, changes no amount.
	Done Code = 0

	// Failed is the code of a command that failed: a wrong flag, a missing object, missing rights, or a cluster that
	// does not answer in time.
	Failed Code = 1

	// Refused is the code if a manifest, a change or a record is invalid, or would be refused.
	Refused Code = 2

	// MoneyChanges is the code of a preview in which an amount changes, or something was not examined.
	MoneyChanges Code = 3

	// LimitExceeded is the code if a limit is exceeded, a change is pending approval, or an assignee waits for a seat.
	LimitExceeded Code = 4
)

// Meaning describes the code in one sentence.
func (c Code) Meaning() string {
	switch c {
	case Done:
		return "The command did what you asked for, and no money changes."
	case Failed:
		return "The command failed: a wrong flag, an object that does not exist, missing rights, or a cluster that does not answer in time."
	case Refused:
		return "A manifest or a change is invalid or refused, or a record does not add up."
	case MoneyChanges:
		return "A preview changes an amount, or something was not examined."
	case LimitExceeded:
		return "A limit is exceeded, a change is pending approval, or an assignee waits for a seat."
	default:
		return "The plugin does not use this code."
	}
}

// Error ends the plugin with a code. A command that has already printed everything returns one without Err.
type Error struct {
	// Code is the exit code.
	Code Code
	// Err is one sentence that explains the problem and what to do; nil if everything has been printed.
	Err error
}

// Error returns the sentence, or the meaning of the code when there is no sentence.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Code.Meaning()
	}
	return e.Err.Error()
}

// Unwrap returns the sentence as an error.
func (e *Error) Unwrap() error { return e.Err }

// EndWith ends the plugin with a code and prints nothing more. It returns nil for [Done].
func EndWith(code Code) error {
	if code == Done {
		return nil
	}
	return &Error{Code: code}
}

// Fail ends the plugin with a code and a sentence.
func Fail(code Code, format string, args ...any) error {
	return &Error{Code: code, Err: fmt.Errorf(format, args...)}
}

// CodeOf returns the exit code of what a command returned: [Done] for nil, and [Failed] for an error without a code.
func CodeOf(err error) Code {
	if err == nil {
		return Done
	}
	if e, found := errors.AsType[*Error](err); found {
		return e.Code
	}
	return Failed
}
