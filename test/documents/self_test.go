// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seatplane/seatplane/internal/testing/markdown"
)

const policy = `apiVersion: billing.seatplane.dev/v1alpha1
kind: ProrationPolicy
metadata: {name: by-day}
`

// fenced returns a page with blocks of YAML: pairs of what follows the word yaml, and the code.
func fenced(blocks ...string) string {
	page := "# A page\n\n"
	for i := 0; i < len(blocks); i += 2 {
		page += strings.TrimRight("```yaml "+blocks[i], " ") + "\n" + blocks[i+1] + "```\n"
	}
	return page
}

// A test that cannot fail proves nothing: each kind of mistake is found, in its file and line.
func TestWrongBlocksAreFound(t *testing.T) {
	const good = policy + "spec: {displayName: By day, rounding: Up}\n"
	cases := map[string]struct {
		reason string
		page   string
		want   string // the beginning of the one complaint; none when empty
	}{
		"a manifest":        {"what users can apply is right", fenced("", good), ""},
		"two versions":      {"a later block may change what an earlier one made", fenced("", good, "", policy+"spec: {displayName: By day, rounding: Down}\n"), ""},
		"no manifest":       {"a fragment cannot be applied", fenced("", "spec: {rounding: Up}\n"), "a.md:4: this is no whole manifest"},
		"an unknown field":  {"a misspelt field does nothing", fenced("", policy+"spec: {displayName: By day, rounding: Up, units: Day}\n"), "a.md:4: failed to create typed patch object"},
		"a broken rule":     {"the schema refuses it", fenced("", policy+"spec: {displayName: By day, rounding: Sideways}\n"), "a.md:4: ProrationPolicy.billing.seatplane.dev \"by-day\" is invalid"},
		"an immutable edit": {"an edit can be refused too", fenced("", clockAt("2026-04-02"), "", clockAt("2026-04-01")), "a.md:10: TestClock.billing.seatplane.dev \"clock\" is invalid"},
		"a key twice":       {"only one of them counts", fenced("", good+"spec: {}\n"), "a.md:4: this is not strict YAML"},
		"the second of two": {"the line is that of the document", fenced("", good+"---\nspec: {}\n"), "a.md:9: this is no whole manifest"},
		"an unknown kind":   {"the server does not have it", fenced("", strings.Replace(good, "ProrationPolicy", "Discount", 1)), "a.md:4: the API server does not know"},
		"another tool's":    {"its kinds are only read", fenced("", "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {x: 1}\n"), ""},
		"an unknown word":   {"a block must say what it is", fenced("fragment", good), "a.md:4: nobody knows what a block of \"yaml fragment\" is"},
		"in a list":         {"the margin of a list is no part of the code", "- see\n\n  ```yaml\n  apiVersion: v1\n  ```\n", "a.md:4: this is no whole manifest"},

		"a status":            {"what kubectl shows", fenced("status", shown("Ready", "Reconciled")), ""},
		"an unknown status":   {"kubectl cannot show it", fenced("status", shown("Ready", "Reconciled")+"  usedBy: 3\n"), "a.md:4: kubectl shows no such ProrationPolicy"},
		"an unknown type":     {"no object has it", fenced("status", shown("Loaded", "Reconciled")), "a.md:4: a ProrationPolicy has no condition Loaded"},
		"an unknown reason":   {"no object has it", fenced("status", shown("Ready", "Refreshed")), "a.md:4: no condition of a ProrationPolicy has the reason Refreshed"},
		"somebody else's":     {"only the project's objects are known", fenced("status", "apiVersion: v1\nkind: Pod\n"), "a.md:4: yaml status shows an object of the project's"},
		"values":              {"the chart takes them", fenced("values", "replicas: 3\n"), ""},
		"values of no use":    {"the chart refuses them", fenced("values", "replica: 3\n"), "a.md:4: the chart does not take these values"},
		"values of no number": {"the chart refuses them", fenced("values", "replicas: many\n"), "a.md:4: the chart does not take these values"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) { expect(t, tc.reason, tc.want, wrongBlocks(t, markdown.Parse("a.md", tc.page))) })
	}
}

func clockAt(day string) string {
	return "apiVersion: billing.seatplane.dev/v1alpha1\nkind: TestClock\nmetadata: {name: clock}\nspec: {now: " + day + "T00:00:00Z}\n"
}

func shown(condition, reason string) string {
	return policy + "spec: {displayName: By day, rounding: Up}\nstatus:\n  conditions:\n" +
		"  - {type: " + condition + ", status: \"True\", reason: " + reason + ", message: m, lastTransitionTime: \"2026-04-01T00:00:00Z\"}\n"
}

func TestWrongManifestsAreFound(t *testing.T) {
	cases := map[string]struct{ reason, text, want string }{
		"no kind":       {"a file without a kind cannot be applied", "a: 1\n", "examples/a.yaml:1: this is no whole manifest"},
		"unknown field": {"a misspelt field does nothing", "# first\n---\n" + policy + "spec: {name: x}\n", "examples/a.yaml:3: failed to create typed patch object"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{"examples/a.yaml": {Data: []byte(tc.text)}, "examples/values-a.yaml": {Data: []byte("replicas: 1\n")}}
			expect(t, tc.reason, tc.want, wrongManifests(t, files, "examples"))
		})
	}
}

func TestBrokenLinksAreFound(t *testing.T) {
	const other = "# A title, with `code`\n\n## Twice\n\n## Twice\n"
	cases := map[string]struct{ reason, page, want string }{
		"a file":             {"it is there", "[x](../b.md)\n", ""},
		"a folder":           {"it is there", "[x](../docs)\n", ""},
		"no file":            {"a reader finds nothing", "\n[x](c.md)\n", "docs/a.md:2: the link c.md leads to docs/c.md, which does not exist"},
		"a heading":          {"it is there", "[x](../b.md#a-title-with-code)\n", ""},
		"the second of two":  {"it has a number", "[x](../b.md#twice-1)\n", ""},
		"no heading":         {"a reader finds the top of the page", "[x](../b.md#a-title)\n", "docs/a.md:1: the link ../b.md#a-title leads to a heading"},
		"a heading here":     {"it is on the page itself", "## Here\n\n[x](#here)\n", ""},
		"no heading here":    {"it is not on the page", "[x](#here)\n", "docs/a.md:1: the link #here leads to a heading"},
		"a picture":          {"it is a link too", "![x](c.svg)\n", "docs/a.md:1: the link c.svg leads to"},
		"a picture of HTML":  {"it is a link too", "<img src=\"c.svg\">\n", "docs/a.md:1: the link c.svg leads to"},
		"a link set apart":   {"it is a link too", "[x]: c.md\n", "docs/a.md:1: the link c.md leads to"},
		"a site":             {"the network is not asked", "[x](https://example.com/c.md)\n", ""},
		"in a block of code": {"it is no link", "```\n[x](c.md)\n```\n", ""},
		"in a word of code":  {"it is no link", "`[x](c.md)`\n", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{"docs/a.md": {Data: []byte(tc.page)}, "b.md": {Data: []byte(other)}}
			expect(t, tc.reason, tc.want, brokenLinks(files, pagesOf(t, files)))
		})
	}
}

func TestHomelessConditionsAreFound(t *testing.T) {
	files := fstest.MapFS{"api/c.go": {Data: []byte("package api\n\nconst ReasonReconciled = \"Reconciled\"\n\nconst ReasonLost = \"Lost\"\n")}}
	expect(t, "a reason was added", "api/c.go:5: no kind has the condition or reason Lost",
		homeless(files, "api", []kindPage{{reasons: []string{"Reconciled"}}}))
}

// expect wants one problem that begins as given, or none.
func expect(t *testing.T, reason, want string, found []problem) {
	t.Helper()
	if want == "" {
		report(t, found)
		return
	}
	if len(found) != 1 || !slices.ContainsFunc(found, func(p problem) bool { return strings.HasPrefix(p.String(), want) }) {
		t.Errorf("%s: found %v, want one that begins with %q", reason, found, want)
	}
}
