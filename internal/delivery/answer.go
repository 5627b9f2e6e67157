// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"fmt"
	"net/http"
)

// Verdict is the result of an attempt.
type Verdict string

// The verdicts.
const (
	// Delivered: the receiver has the event.
	Delivered Verdict = "Delivered"
	// Failed: the event is tried again.
	Failed Verdict = "Failed"
	// Gone: the receiver wants no more events.
	Gone Verdict = "Gone"
)

// Judge says what the status of an answer means, and why in a sentence unless the event was delivered. It repeats nothing
// else of the answer.
func Judge(status int) (verdict Verdict, sentence string) {
	switch {
	case status >= 200 && status < 300:
		return Delivered, ""
	case status == http.StatusGone:
		return Gone, "The receiver answered that it is gone for good (status 410)."
	case status >= 300 && status < 400:
		return Failed, fmt.Sprintf("The receiver redirects (status %d), which is not followed: use the final address as url.", status)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return Failed, fmt.Sprintf("The receiver denied access (status %d): check that it has the key of signingSecretRefs.", status)
	case status == http.StatusNotFound:
		return Failed, fmt.Sprintf("The receiver has nothing at this address (status %d): check url.", status)
	case status == http.StatusTooManyRequests:
		return Failed, fmt.Sprintf("The receiver answered that it receives too many requests (status %d).", status)
	case status >= 500:
		return Failed, fmt.Sprintf("The receiver answered with an internal error (status %d).", status)
	default:
		return Failed, fmt.Sprintf("The receiver answered with status %d instead of 2xx.", status)
	}
}
