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

// Together combines several faults, such as those of several items, into one: the first few, in their order, and how
// many more there are. Its reason is that of the first fault that a person has to resolve, or else that of the first
// one. It is nil if there are none.
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
	return &Fault{Reason: reason, Message: ListProblems(messages, maxFaultsNamed)}
}

// ListProblems joins the sentences of several problems in their order: at most so many of them, and how many more there
// are.
func ListProblems(sentences []string, most int) string {
	text := strings.Join(sentences[:min(len(sentences), most)], " ")
	switch more := len(sentences) - most; {
	case more == 1:
		text += " 1 more problem is not listed here."
	case more > 1:
		text += fmt.Sprintf(" %d more problems are not listed here.", more)
	}
	return text
}

// collect appends a fault, if there is one, to those found before.
func collect(faults []Fault, found *Fault) []Fault {
	if found == nil {
		return faults
	}
	return append(faults, *found)
}
