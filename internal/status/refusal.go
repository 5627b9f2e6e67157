// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// IsRefused reports whether the API server refused a request because of its content or its author: 400, 403, 413
// or 422. A retry alone does not help.
func IsRefused(err error) bool {
	return apierrors.IsInvalid(err) || apierrors.IsForbidden(err) || apierrors.IsRequestEntityTooLargeError(err) ||
		apierrors.IsBadRequest(err)
}

// maxRefusal bounds how many characters of the API server's message are repeated.
const maxRefusal = 300

// Refusal explains in one sentence which write the API server refused and why, with the field that it names. The API
// server's own message is truncated to 300 characters, because it may contain a whole value.
func Refusal(err error) string { return refusalOf("a write", err) }

// ReadRefusal is [Refusal] for a read.
func ReadRefusal(err error) string { return refusalOf("a read", err) }

// refusalOf is [Refusal] for a kind of request.
func refusalOf(what string, err error) string {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return "The API server refused " + what + "."
	}
	said := answer.Status()
	sentence := said.Message
	if said.Details != nil && said.Details.Kind != "" {
		what += " of " + said.Details.Kind
	}
	if cause := firstCause(said); cause != nil {
		sentence = cause.Message
		if cause.Field != "" {
			what += ", field " + cause.Field
		}
	}
	return "The API server refused " + what + ": " + strings.TrimSuffix(shortened(sentence), ".") + "."
}

func firstCause(said metav1.Status) *metav1.StatusCause {
	if said.Details == nil || len(said.Details.Causes) == 0 {
		return nil
	}
	return &said.Details.Causes[0]
}

// shortened puts a message of the API server on one line and truncates it.
func shortened(sentence string) string {
	runes := []rune(strings.Join(strings.Fields(sentence), " "))
	if len(runes) <= maxRefusal {
		return string(runes)
	}
	return string(runes[:maxRefusal]) + ellipsis
}
