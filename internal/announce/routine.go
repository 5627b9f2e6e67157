// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package announce

import (
	"fmt"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Choice says which Kubernetes events are sent.
type Choice string

const (
	// Important leaves out routine events.
	Important Choice = "Important"
	// All sends every event.
	All Choice = "All"
)

// ParseChoice parses the value of a flag. It returns an error for anything except Important and All.
func ParseChoice(text string) (Choice, error) {
	switch c := Choice(text); c {
	case Important, All:
		return c, nil
	default:
		return "", fmt.Errorf("%q is neither %s nor %s", text, Important, All)
	}
}

// IsRoutine reports whether events with a reason are routine: nobody has to act, and the status of the object or a
// record has the same information. Nearly every commit would send one, and each would cost the API server about half as
// much as the commit itself.
func IsRoutine(reason string) bool {
	switch reason {
	case v1alpha1.EventStarted, v1alpha1.EventInvoiceIssued, v1alpha1.ReasonApplied, v1alpha1.ReasonCanceled:
		return true
	default:
		return false
	}
}

// sends reports whether events with a reason are sent.
func (c Choice) sends(reason string) bool {
	return c == All || !IsRoutine(reason)
}
