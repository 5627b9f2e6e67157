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
