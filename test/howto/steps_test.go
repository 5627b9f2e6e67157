// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package howto

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/testing/markdown"
)

// step is one thing that a page has its reader do: run a script, or write a file.
type step struct {
	line int
	code string
	// file is what the code is written to. Empty means that the code is a script.
	file string
	// prints is what the script is expected to print. Nil means that anything will do.
	prints *string
}

// namesFile matches a line that says where the block after it goes.
var namesFile = regexp.MustCompile("`([A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]+)+)`[^`]*:$")

// stepsOf returns the steps of a page. A block that nothing would check is an error, and so is a page that has
// nothing run.
func stepsOf(p markdown.Page) ([]step, error) {
	var steps []step
	shown, follows := 0, false // follows says that the block before was a script that readers see
	for _, b := range p.Blocks {
		switch b.Language {
		case "sh":
			steps = append(steps, step{line: b.Line, code: b.Code})
			if !b.Hidden {
				shown++
			}
		case "text":
			if !follows {
				return nil, fmt.Errorf("%s:%d: a block of text is what the block of sh before it prints, and there is none", p.File, b.Line)
			}
			steps[len(steps)-1].prints = &b.Code
		default:
			m := namesFile.FindStringSubmatch(strings.TrimSpace(b.Before))
			if m == nil {
				return nil, fmt.Errorf("%s:%d: nothing checks this block: name its file in the line before it, "+
					"as in \"This goes into `acme.yaml`:\", or make it sh or text", p.File, b.Line)
			}
			steps = append(steps, step{line: b.Line, code: b.Code, file: m[1]})
		}
		follows = b.Language == "sh" && !b.Hidden
	}
	if shown == 0 {
		return nil, fmt.Errorf("%s: the page has no block of sh to run", p.File)
	}
	return steps, nil
}

// changing matches commands that it would be wrong to repeat.
var changing = regexp.MustCompile(`\bkubectl\b[^|;&\n]*\s(annotate|apply|autoscale|create|delete|edit|label|patch|replace|run|scale|set)\s|\bkubectl seatplane (seats|refresh|approve|assign|unassign)\b|hack/dev\.sh`)

// repeatable says whether the step only reads.
func (s step) repeatable() bool { return !changing.MatchString(s.code) }

// refusal matches how kubectl begins to say that something was refused.
var refusal = regexp.MustCompile(`(?m)^(Error from server|error:|The .* is invalid)`)

// failing says whether the step is meant to fail.
func (s step) failing() bool { return s.prints != nil && refusal.MatchString(*s.prints) }

func TestStepsOf(t *testing.T) {
	const fence = "```"
	prints := "NAME\n"
	cases := map[string]struct {
		reason, page string
		want         []step
		err          string
	}{
		"a script": {
			reason: "sh runs",
			page:   fence + "sh\nls\n" + fence,
			want:   []step{{line: 2, code: "ls\n"}},
		},
		"what it prints": {
			reason: "text is expected, also when sentences come between",
			page:   fence + "sh\nls\n" + fence + "\nIt says:\n" + fence + "text\nNAME\n" + fence,
			want:   []step{{line: 2, code: "ls\n", prints: &prints}},
		},
		"a file": {
			reason: "its name stands before it",
			page:   "Put this into `a.yaml`, then apply it:\n\n" + fence + "yaml\na: 1\n" + fence + "\n" + fence + "sh\nls\n" + fence,
			want:   []step{{line: 4, code: "a: 1\n", file: "a.yaml"}, {line: 7, code: "ls\n"}},
		},
		"a hidden script": {
			reason: "it runs too, in its place",
			page:   "<!-- test: pwd -->\n" + fence + "sh\nls\n" + fence,
			want:   []step{{line: 1, code: " pwd \n"}, {line: 3, code: "ls\n"}},
		},
		"nothing but a hidden script": {
			reason: "readers would have nothing to do",
			page:   "<!-- test: pwd -->",
			err:    "a.md: the page has no block of sh to run",
		},
		"text of no script": {
			reason: "nothing would check it",
			page:   "<!-- test: pwd -->\n" + fence + "text\nNAME\n" + fence,
			err:    "a.md:3: a block of text is what the block of sh before it prints, and there is none",
		},
		"a manifest without a file": {
			reason: "nothing would check it",
			page:   "This does it:\n" + fence + "yaml\na: 1\n" + fence,
			err:    "a.md:3: nothing checks this block: name its file in the line before it, as in \"This goes into `acme.yaml`:\", or make it sh or text",
		},
		"no language": {
			reason: "nothing would check it",
			page:   fence + "\n$ ls\n" + fence,
			err:    "a.md:2: nothing checks this block: name its file in the line before it, as in \"This goes into `acme.yaml`:\", or make it sh or text",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := stepsOf(markdown.Parse("a.md", tc.page))
			if said := message(err); said != tc.err {
				t.Errorf("%s: error %q, want %q", tc.reason, said, tc.err)
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(step{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestRepeatable(t *testing.T) {
	cases := map[string]struct {
		reason, code string
		want         bool
	}{
		"a look":                {"it changes nothing", "kubectl get invoices\n", true},
		"a wait":                {"it changes nothing", "kubectl wait testclock/clock --for=condition=Ready\n", true},
		"a wait for a creation": {"create is not a command there", "kubectl wait invoices/a --for=create\n", true},
		"a change":              {"an annotation would be written twice", "kubectl get x\nkubectl annotate x y=1\n", false},
		"flags first":           {"the command follows its flags", "kubectl -n a create -f b.yaml\n", false},
		"in a pipe":             {"it changes something all the same", "cat a | kubectl apply -f -\n", false},
		"the plugin":            {"seats would be added twice", "kubectl seatplane seats add acme editors 1\n", false},
		"the plugin looks":      {"it changes nothing", "kubectl seatplane explain subscription acme\n", true},
		"a database":            {"a row would be inserted twice", "hack/dev.sh sql a.db 'INSERT'\n", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := (step{code: tc.code}).repeatable(); got != tc.want {
				t.Errorf("%s: repeatable is %t, want %t", tc.reason, got, tc.want)
			}
		})
	}
}
