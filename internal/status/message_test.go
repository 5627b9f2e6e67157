// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCut(t *testing.T) {
	cases := map[string]struct {
		reason string
		text   string
		limit  int
		want   string
	}{
		"fits":        {"what fits is left alone", "one two", 7, "one two"},
		"at a word":   {"cut at the end of a word", "one two three", 12, "one two…"},
		"one word":    {"a long word is cut anywhere", strings.Repeat("x", 20), 10, "xxxxxxx…"},
		"whole runes": {"no character is cut in two", strings.Repeat("é", 10), 10, "ééé…"},
		"not UTF-8":   {"the API server refuses what is not UTF-8", "a\xffb", 10, "a\uFFFDb"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := cut(tc.text, tc.limit); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}

func TestSentence(t *testing.T) {
	cases := map[string]struct{ reason, text, want string }{
		"open":   {"a sentence ends with a full stop", "The source is down", "The source is down."},
		"closed": {"it has one", "The source is down.", "The source is down."},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Sentence(tc.text); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}

func TestMessagesFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		text += strings.Repeat(text, rapid.IntRange(0, 2000).Draw(t, "times"))
		for limit, got := range map[int]string{
			MaxMessageLength:   Message(text),
			MaxEventNoteLength: EventNote(text),
		} {
			if len(got) > limit || !utf8.ValidString(got) {
				t.Fatalf("%d bytes for a limit of %d", len(got), limit)
			}
		}
	})
}
