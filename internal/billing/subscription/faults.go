// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"slices"
	"strings"
)

// maxFaultsNamed bounds how many faults one message names.
const maxFaultsNamed = 5

// Together says in one fault what several say, such as those of several items: the first few, in their order, and how
// many more there are. Its reason is that of the first that a person has to resolve, else that of the first. It is nil
// when there are none.
func Together(faults []Fault) *Fault {
	var messages []string
	var reason Reason
	for _, f := range faults {
		if reason == "" || f.Reason.NeedsPerson() && !reason.NeedsPerson() {
			reason = f.Reason
		}
		if !slices.Contains(messages, f.Message) {
			messages = append(messages, f.Message)
		}
	}
	if len(messages) == 0 {
		return nil
	}
	text := strings.Join(messages[:min(len(messages), maxFaultsNamed)], " ")
	switch more := len(messages) - maxFaultsNamed; {
	case more == 1:
		text += " 1 more problem is not listed here."
	case more > 1:
		text += fmt.Sprintf(" %d more problems are not listed here.", more)
	}
	return &Fault{Reason: reason, Message: text}
}

// collect adds a fault to those that were found before, if there is one.
func collect(faults []Fault, found *Fault) []Fault {
	if found == nil {
		return faults
	}
	return append(faults, *found)
}
