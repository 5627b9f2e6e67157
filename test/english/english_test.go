// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package english

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// What users read is plain English: none of the phrases is in it.
func TestPhrases(t *testing.T) {
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	texts, err := textsOf(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range texts {
		for _, problem := range stumbles(each, compile(phrases)) {
			t.Error(problem)
		}
	}
}

// form is the regular expression of a phrase.
func form(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:` + strings.ReplaceAll(pattern, " ", gap) + `)\b`)
}

func anyOf(patterns []string) string { return strings.Join(patterns, "|") }

// stumbles says where a text has a phrase, and what to write instead.
func stumbles(in text, phrases []compiled) []string {
	var problems []string
	for _, p := range phrases {
		for _, at := range p.found.FindAllStringIndex(in.content, -1) {
			if p.isAllowed(in.content, at) {
				continue
			}
			line := in.line + strings.Count(in.content[:at[0]], "\n")
			said := strings.Join(strings.Fields(in.content[at[0]:at[1]]), " ")
			problems = append(problems, fmt.Sprintf("%s:%d: %q: %s", in.file, line, said, p.instead))
		}
	}
	return problems
}

// isAllowed reports whether what stands at a place, with what follows it, is plain English after all.
func (p compiled) isAllowed(content string, at []int) bool {
	if p.allowed == nil {
		return false
	}
	const further = 40 // an allowed form is at most so much longer than the phrase
	end := min(len(content), at[1]+further)
	within := p.allowed.FindStringIndex(content[at[0]:end])
	return len(within) > 0 && within[0] < at[1]-at[0]
}

func TestStumbles(t *testing.T) {
	cases := map[string]struct {
		reason, content string
		want            []string
	}{
		"plain":               {"there is nothing to say", "The count is not a number.\n", nil},
		"a phrase":            {"a reader stumbles", "a\nThe count is no number.\n", []string{`a.md:8: "is no number": write "is not a …", "are not …" or "there is no …"`}},
		"two lines":           {"a phrase may be wrapped", "The field, when\nleft out, is 3.\n", []string{`a.md:7: "when left out": write "Defaults to …"`}},
		"two comments":        {"comments are wrapped too", "// At the\n// moment.\n", []string{`a.md:7: "At the // moment": write "currently" or "yet"`}},
		"a longer word":       {"only whole words count", "It recommends amendments besides.\n", nil},
		"allowed":             {"a comparison is English", "It is no longer there.\n", nil},
		"allowed and wrapped": {"a wrapped one too", "It is no\nlonger there.\n", nil},
		"allowed elsewhere":   {"what is allowed further on excuses nothing", "It is no table, and no longer there.\n", []string{`a.md:7: "is no table": write "is not a …", "are not …" or "there is no …"`}},
		"two phrases":         {"each is reported", "It is mended beside it.\n", []string{`a.md:7: "beside": write "next to", "together with" or "in addition to"`, `a.md:7: "mended": write "fix"`}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, stumbles(text{"a.md", 7, tc.content}, compile(phrases))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// Each phrase below has a sentence in which it is refused, and one in which the same words are plain English.
func TestPhrasesByRow(t *testing.T) {
	cases := map[string]struct {
		reason, refused, accepted string
	}{
		"go on":           {"the standard word is continue", "The subscription goes on after its trial.", "The credit goes on the next invoice."},
		"whatever":        {"the clause needs a preposition", "It costs the same, whatever the quantity.", "A record outlives whatever created it."},
		"live by":         {"a subscription uses a clock", "Subscriptions that live by a clock wait.", "The Secret is read live by name."},
		"say of":          {"of is about, in this sense", "What the loader says of the key.", "The message says what is wrong."},
		"for ever":        {"it is one word", "The object stays for ever.", "The object stays forever."},
		"up to when":      {"a time needs until", "It records up to when time was billed.", "It records the instant up to which time was billed."},
		"what comes to":   {"it is a cost or a result", "What the change comes to is unknown.", "The operator comes to rest."},
		"what becomes of": {"it is a result", "The status says what became of the update.", "The update became due."},
		"is none":         {"it is not one, or not valid", "Admission refuses an amount that is none.", "There is none."},
		"in good order":   {"it is cleanly", "The manager stops in good order.", "The events are in order."},
		"in clear":        {"a noun is missing", "The password is sent in clear.", "The password is sent in clear text."},
		"made because of": {"an update is created for something", "An update made because of a refresh.", "An update created for a refresh."},
		"of one instant":  {"things happen at an instant", "Updates of one instant are sorted.", "Updates at the same instant are sorted."},
		"told":            {"an event is recorded", "An event that cannot be told is lost.", "The two cannot be told apart."},
		"of this name":    {"an object has a name", "A subscription of this name exists.", "A subscription with this name exists."},
		"in the midst":    {"it is during, or in the middle of", "It ends in the midst of a write.", "It ends in the middle of a write."},
		"take up":         {"results are processed", "It takes up what the database says.", "Connecting takes up to ten seconds."},
		"there or not":    {"it exists, or it does not", "It wakes the update, there or not.", "It wakes the update, whether it exists or not."},
		"there twice":     {"a row is duplicated", "The count is there twice.", "The count appears twice."},
		"of which":        {"the clause tears the sentence apart", "An item of which only the quantity changed.", "There are 800 units, of which 100 are free."},
		"of yours":        {"it is your own", "The operator in a program of yours.", "The operator in your own program."},
		"as they come":    {"events happen, and records finish", "Events are sent as they come.", "Bytes are read as they come from the socket."},
		"over an amount":  {"a document is for an amount", "It leaves a document over 0.00.", "It leaves a document for 0.00."},
		"spelling":        {"Kubernetes writes American English", "The namespace is labelled.", "The namespace is labeled."},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := stumbles(text{"a.md", 1, tc.refused}, compile(phrases)); len(got) != 1 {
				t.Errorf("%s: %q gives %q, want one problem", tc.reason, tc.refused, got)
			}
			if got := stumbles(text{"a.md", 1, tc.accepted}, compile(phrases)); len(got) != 0 {
				t.Errorf("%s: %q gives %q, want none", tc.reason, tc.accepted, got)
			}
		})
	}
}
