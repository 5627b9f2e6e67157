// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"strings"
	"unicode/utf8"
)

const (
	// MaxMessageLength is the API's limit for the message of a condition.
	MaxMessageLength = 32768
	// MaxEventNoteLength is the API's limit for the note of a Kubernetes event, in bytes.
	MaxEventNoteLength = 1024

	ellipsis = "…"
)

// Message truncates a sentence to the length of a condition's message.
func Message(message string) string {
	return cut(message, MaxMessageLength)
}

// Sentence adds a full stop to a sentence that has none.
func Sentence(text string) string {
	return strings.TrimSuffix(text, ".") + "."
}

// EventNote truncates a sentence to the length of an event's note.
func EventNote(note string) string {
	return cut(note, MaxEventNoteLength)
}

// cut truncates text to limit bytes, if possible at the end of a word, and marks that something is
// missing. It never splits a character, because the API server refuses text that is not UTF-8.
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
