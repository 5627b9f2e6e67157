// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"strings"
	"unicode/utf8"
)

const (
	// MaxMessageLength is how long the API lets a condition's message be.
	MaxMessageLength = 32768
	// MaxEventNoteLength is how long the API lets the note of a Kubernetes event be, in bytes.
	MaxEventNoteLength = 1024

	ellipsis = "…"
)

// Message cuts a sentence to what fits into a condition.
func Message(message string) string {
	return cut(message, MaxMessageLength)
}

// Sentence ends a sentence with a full stop, unless it has one.
func Sentence(text string) string {
	return strings.TrimSuffix(text, ".") + "."
}

// EventNote cuts a sentence to what fits into a Kubernetes event.
func EventNote(note string) string {
	return cut(note, MaxEventNoteLength)
}

// cut shortens text to limit bytes, at the end of a word where one is near, and marks that something
// is missing. It never cuts a character in two: the API server refuses what is not UTF-8.
func cut(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	end := limit - len(ellipsis)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	const near = 32
	if space := strings.LastIndexByte(text[:end], ' '); space > 0 && space >= end-near {
		end = space
	}
	return strings.TrimRight(text[:end], " ") + ellipsis
}
