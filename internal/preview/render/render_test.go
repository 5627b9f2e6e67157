// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/preview"
	"github.com/seatplane/seatplane/internal/preview/render"
)

var update = flag.Bool("update", false, "write the golden files")

// report is what a proposal of testdata costs, compared with the preview package's base, in the middle of April.
func report(t *testing.T, proposal string) *preview.Report {
	t.Helper()
	noon := time.Date(2026, time.April, 16, 0, 0, 0, 0, time.UTC)
	schemas, err := manifests.LoadSchemas()
	if err != nil {
		t.Fatal(err)
	}
	read := func(path string) []manifests.Document {
		documents, err := manifests.Read(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return documents
	}
	source, err := offline.FromManifests(t.Context(), "base.yaml", schemas, read(filepath.Join("..", "testdata", "base.yaml")), "billing", noon)
	if err != nil {
		t.Fatal(err)
	}
	r, err := preview.Compare(t.Context(), schemas, source, read(filepath.Join("testdata", proposal)), preview.Options{
		Now: metav1.NewTime(noon), Namespace: "billing",
	})
	if err != nil {
		t.Fatal(err)
	}
	limits, err := preview.NewLimits("20", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := limits.Apply(&r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// Every format is what its golden file says; `go test -update` writes them.
func TestFormats(t *testing.T) {
	for proposal, name := range map[string]string{"proposal.yaml": "changes", "rejected.yaml": "rejected"} {
		r := report(t, proposal)
		for _, format := range render.Formats() {
			t.Run(name+" as "+format, func(t *testing.T) {
				got, err := render.Render(format, r)
				if err != nil {
					t.Fatal(err)
				}
				golden := filepath.Join("testdata", "golden", name+"."+format)
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("(-golden +got):\n%s", diff)
				}
			})
		}
	}
}

// What every renderer shows is in the JSON: a report that was written and read again looks the same.
func TestRenderersNeedTheJSONAlone(t *testing.T) {
	r := report(t, "proposal.yaml")
	text, err := render.JSON(r)
	if err != nil {
		t.Fatal(err)
	}
	var again preview.Report
	if err := json.Unmarshal([]byte(text), &again); err != nil {
		t.Fatal(err)
	}
	for _, format := range render.Formats() {
		want, _ := render.Render(format, r)
		got, err := render.Render(format, &again)
		if err != nil || got != want {
			t.Errorf("%s differs (%v):\n%s", format, err, cmp.Diff(want, got))
		}
	}
}

// The JSON is what docs/reference/preview.schema.json says, and the schema is not so loose that it says nothing.
func TestJSONSchema(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	schema, err := compiler.Compile(filepath.Join("..", "..", "..", "docs", "reference", "preview.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	parse := func(text string) any {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	for _, proposal := range []string{"proposal.yaml", "rejected.yaml"} {
		text, err := render.JSON(report(t, proposal))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(parse(text)); err != nil {
			t.Errorf("%s: %v", proposal, err)
		}
		for name, broken := range map[string]string{
			"an amount that is a number": strings.Replace(text, `"message": "`, `"extra": 1, "message": "`, 1),
			"another version":            strings.Replace(text, `"schemaVersion": "1"`, `"schemaVersion": "2"`, 1),
			"a field that is missing":    strings.Replace(text, `"against"`, `"versus"`, 1),
		} {
			if broken != text && schema.Validate(parse(broken)) == nil {
				t.Errorf("%s: the schema accepts %s", proposal, name)
			}
		}
	}
}

// many is a report of so many changes.
func many(n int) *preview.Report {
	r := &preview.Report{SchemaVersion: preview.SchemaVersion, Kind: preview.Kind, Time: "2026-04-16T00:00:00Z", StateTime: "2026-04-16T00:00:00Z", Against: "the cluster", Result: preview.Changed}
	money := preview.Money{Before: "1000.00", After: "1200.00", Difference: "200.00"}
	all := preview.Horizons{DueNow: money, NextInvoice: money, PerMonth: money, PerYear: money}
	for i := range n {
		r.Changes = append(r.Changes, preview.Change{
			Namespace: "billing", Name: fmt.Sprintf("customer-with-a-long-name-%06d", i), Customer: "c", Action: preview.Edit, Direction: preview.Up,
			Currency: "EUR", Horizons: all,
			Outcomes: []preview.Outcome{{Summary: "editors 100 → 120", State: "Applied", Adjustment: "100.00", Hash: strings.Repeat("a", 64), Lines: []preview.Line{
				{Item: "editors", Description: "20 seats added, 15 of 30 days", Amount: "100.00"},
			}}},
		})
	}
	r.Totals = []preview.Total{{Currency: "EUR", Horizons: all}}
	r.Counts = preview.Counts{Subscriptions: n, Up: n}
	return r
}

// A comment is never longer than a forge takes, and says what it leaves out.
func TestMarkdownIsShort(t *testing.T) {
	cases := map[string]struct {
		reason  string
		changes int
		leaves  string
	}{
		"few":  {reason: "everything has room", changes: 20},
		"some": {reason: "the details find no room", changes: 400, leaves: "details"},
		"many": {reason: "not even a row for each does", changes: 5000, leaves: "changes"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			text := render.Markdown(many(c.changes))
			if n := utf8.RuneCountInString(text); n > render.MaxMarkdown {
				t.Errorf("%s: it has %d characters", c.reason, n)
			}
			if !strings.HasPrefix(text, render.Marker+"\n") {
				t.Errorf("it begins with %q", text[:40])
			}
			if strings.Contains(text, "Left out") != (c.leaves != "") || !strings.Contains(text, c.leaves) {
				t.Errorf("%s: it ends with %q", c.reason, text[len(text)-300:])
			}
			if strings.Count(text, "<details>") != strings.Count(text, "</details>") {
				t.Error("something is half printed")
			}
		})
	}
	if n := utf8.RuneCountInString(render.Markdown(many(500))); n > 60000 {
		t.Errorf("500 changes need %d characters", n)
	}
}

// What a manifest says never becomes markup, a mention or a terminal command.
func TestNamesAreNoMarkup(t *testing.T) {
	r := many(1)
	r.Changes[0].Outcomes[0].Summary = "<script>alert(1)</script> @everyone | \x1b[31m `x`"
	r.Against = r.Changes[0].Outcomes[0].Summary
	for format, refused := range map[string][]string{
		"markdown": {"<script>", " @everyone", "`x`"}, "html": {"<script>"}, "table": {"\x1b"},
	} {
		text, err := render.Render(format, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range refused {
			if strings.Contains(text, bad) {
				t.Errorf("%s has %q", format, bad)
			}
		}
	}
}

// A backslash of a text must not take the meaning from one that escapes: what follows would be markup again.
func TestBackslashesAreNoMarkup(t *testing.T) {
	r := many(1)
	r.Changes[0].Outcomes[0].Summary = `\[Approve\](https://evil.example) \| www.evil.example` + "\r# done\u2028~~"
	text := render.Markdown(r)
	want := `\\\[Approve\\\](https:` + "\u200b" + `//evil.example) \\\| www` + "\u200b" + `.evil.example \# done \~\~`
	if !strings.Contains(text, want) {
		t.Errorf("%q is not in\n%q", want, text)
	}
}

// However many kinds are ignored, the comment is not longer than a forge takes.
func TestIgnoredKindsAreShort(t *testing.T) {
	r := many(2000)
	for n := range 5000 {
		r.Ignored = append(r.Ignored, preview.Ignored{Kind: fmt.Sprintf("Kind%d.<&>_[*]@example.com", n), Count: 1})
	}
	if n := utf8.RuneCountInString(render.Markdown(r)); n > render.MaxMarkdown {
		t.Errorf("it has %d characters", n)
	}
}

// A table has at most 100 columns, apart from hashes.
func TestTableIsNarrow(t *testing.T) {
	for _, proposal := range []string{"proposal.yaml", "rejected.yaml"} {
		for line := range strings.Lines(render.Table(report(t, proposal))) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}

func TestJUnitIsXML(t *testing.T) {
	text, err := render.JUnit(report(t, "rejected.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	if err := xml.Unmarshal([]byte(text), &suite); err != nil {
		t.Fatal(err)
	}
	if suite.Tests != 3 || suite.Failures != 2 || suite.Skipped != 1 {
		t.Errorf("got %+v", suite)
	}
}
