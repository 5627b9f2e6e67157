// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package howto

import (
	"regexp"
	"strings"
	"testing"
)

// anything stands for any text within a line, or as a line of its own for any lines.
const anything = "..."

// age matches how old kubectl says that an object is.
var age = regexp.MustCompile(` (\d+[dhmsy]){1,2}$`)

// tidy returns the lines of an output without what does not count.
func tidy(output string) []string {
	var lines []string
	for line := range strings.Lines(output) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, age.ReplaceAllString(line, " <age>"))
		}
	}
	return lines
}

// matches says whether a script printed what a page says.
func matches(want, got string) bool {
	pattern := `\A`
	for _, line := range tidy(want) {
		if line == anything {
			pattern += `(?:.*\n)*`
			continue
		}
		pattern += strings.ReplaceAll(regexp.QuoteMeta(line), regexp.QuoteMeta(anything), `.*`) + `\n`
	}
	text := ""
	for _, line := range tidy(got) {
		text += line + "\n"
	}
	return regexp.MustCompile(pattern + `\z`).MatchString(text)
}

func TestMatches(t *testing.T) {
	cases := map[string]struct {
		reason, want, got string
		matches           bool
	}{
		"the same":             {"nothing differs", "NAME   TOTAL\nacme   25.00\n", "NAME   TOTAL\nacme   25.00\n", true},
		"another figure":       {"a page must not lie", "acme 25.00\n", "acme 25.01\n", false},
		"other columns":        {"how wide a column is depends on other rows", "acme   25.00\n", "acme       25.00\n", true},
		"a name of its own":    {"generated names differ from run to run", "acme-...-000001 25.00\n", "acme-3zdy18-000001 25.00\n", true},
		"dots within one line": {"they do not swallow lines", "a ... c\n", "a\nb c\n", false},
		"any lines":            {"a page shows what matters", "a\n...\nd\n", "a\nb\nc\nd\n", true},
		"any lines, none":      {"none is a number of lines", "a\n...\nd\n", "a\nd\n", true},
		"a line too many":      {"the output is shown whole", "a\n", "a\nb\n", false},
		"a line too few":       {"the output is shown whole", "a\nb\n", "a\n", false},
		"nothing":              {"a script may have to print nothing", "", "", true},
		"not nothing":          {"a script may have to print nothing", "", "a\n", false},
		"another age":          {"it depends on the machine", "acme 3s\n", "acme 2m13s\n", true},
		"an age elsewhere":     {"only the last column is an age", "3s acme\n", "4s acme\n", false},
		"a dot":                {"it is a dot", "1.5\n", "1x5\n", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := matches(tc.want, tc.got); got != tc.matches {
				t.Errorf("%s: %q and %q match: %t, want %t", tc.reason, tc.want, tc.got, got, tc.matches)
			}
		})
	}
}
