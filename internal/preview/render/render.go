// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package render writes reports of previews for people and for programs. Every format is a pure function of the report.
package render

import (
	"encoding/json"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/internal/preview"
)

// Formats are the names of the formats, the default first.
func Formats() []string { return []string{"table", "json", "yaml", "markdown", "html", "junit"} }

// Render writes a report in a format of [Formats].
func Render(format string, r *preview.Report) (string, error) {
	switch format {
	case "table":
		return Table(r), nil
	case "json":
		return JSON(r)
	case "yaml":
		return YAML(r)
	case "markdown":
		return Markdown(r), nil
	case "html":
		return HTML(r)
	case "junit":
		return JUnit(r)
	default:
		return "", fmt.Errorf("there is no format %q: choose one of %s", format, strings.Join(Formats(), ", "))
	}
}

// JSON writes a report as JSON, as docs/reference/preview.schema.json describes it.
func JSON(r *preview.Report) (string, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	return string(text) + "\n", err
}

// YAML writes a report as YAML, with the fields of its JSON.
func YAML(r *preview.Report) (string, error) {
	text, err := yaml.Marshal(r)
	return string(text), err
}

// headline sums a report up in one sentence.
func headline(r *preview.Report) string {
	switch {
	case len(r.Invalid) > 0:
		return fmt.Sprintf("%s invalid: no total is computed.", plural(len(r.Invalid), "manifest is", "manifests are"))
	case len(r.Refused) > 0:
		return fmt.Sprintf("%s would be refused: no total is computed.", plural(refusedCount(r), "change", "changes"))
	case len(r.NotExamined) > 0:
		return fmt.Sprintf("%s could not be examined: no total is computed.", plural(countOf(r.NotExamined), "subscription", "subscriptions"))
	case r.Result == preview.Unchanged:
		return "No amount changes."
	}
	var parts []string
	for i := range r.Totals {
		t := &r.Totals[i]
		parts = append(parts, fmt.Sprintf("%s %s a month, %s %s due now", signed(t.PerMonth.Difference), t.Currency,
			signed(t.DueNow.Difference), t.Currency))
	}
	return strings.Join(parts, "; ") + "."
}

func refusedCount(r *preview.Report) int { return countOf(r.Refused) }

func countOf(problems []preview.Problem) int {
	count := 0
	for _, p := range problems {
		count += max(p.Count, 1)
	}
	return count
}

// signed writes a difference with its sign.
func signed(amount string) string {
	if strings.HasPrefix(amount, "-") || strings.Trim(amount, "0.") == "" {
		return amount
	}
	return "+" + amount
}

func plural(n int, one, many string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", one)
	}
	return fmt.Sprintf("%s %s", grouped(n), many)
}

// grouped writes a number with commas: 100,000.
func grouped(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// horizon is one of the three times at which a change has a cost, with its name.
type horizon struct {
	name  string
	money preview.Money
}

// horizons are in the order in which they come.
func horizons(h *preview.Horizons) []horizon {
	return []horizon{
		{"Due now", h.DueNow}, {"Next invoice", h.NextInvoice}, {"Recurring, a month", h.PerMonth}, {"Recurring, a year", h.PerYear},
	}
}

// problemLine writes a problem as a sentence.
func problemLine(p preview.Problem) string {
	more := ""
	if p.Count > 1 {
		more = fmt.Sprintf(" and %s more", grouped(p.Count-1))
	}
	if p.Reason != "" {
		return fmt.Sprintf("%s%s: %s: %s", p.Where, more, p.Reason, p.Message)
	}
	return fmt.Sprintf("%s%s: %s", p.Where, more, p.Message)
}

// counts says how many subscriptions do what.
func counts(r *preview.Report) string {
	c := r.Counts
	parts := []string{
		fmt.Sprintf("%s unchanged", grouped(c.Unchanged)), fmt.Sprintf("%s up", grouped(c.Up)), fmt.Sprintf("%s down", grouped(c.Down)),
	}
	for _, more := range []struct {
		n    int
		name string
	}{{c.Created, "new"}, {c.Removed, "removed"}, {c.Refused, "refused"}, {c.NotExamined, "not examined"}} {
		if more.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", grouped(more.n), more.name))
		}
	}
	return fmt.Sprintf("%s: %s.", plural(c.Subscriptions, "subscription", "subscriptions"), strings.Join(parts, ", "))
}

// effectCounts says how many subscriptions an edit of the catalog affects.
func effectCounts(e *preview.Effect) string {
	text := fmt.Sprintf("%s unchanged, %s up, %s down", grouped(e.Unchanged), grouped(e.Up), grouped(e.Down))
	if e.Refused > 0 {
		text += fmt.Sprintf(", %s refused", grouped(e.Refused))
	}
	if e.NotExamined > 0 {
		text += fmt.Sprintf(", %s not examined", grouped(e.NotExamined))
	}
	return text
}

// short is the beginning of a hash.
func short(hash string) string { return hash[:min(len(hash), 12)] }

// action says what is done with a subscription.
func action(c *preview.Change) string {
	switch c.Action {
	case preview.Create:
		return "new"
	case preview.Remove:
		return "removed"
	default:
		return strings.ToLower(string(c.Direction))
	}
}

// what sums up what happens to a subscription.
func what(c *preview.Change) string {
	var parts []string
	for i := range c.Outcomes {
		text := c.Outcomes[i].Summary
		if c.Outcomes[i].State != "Applied" {
			text += " (" + strings.ToLower(c.Outcomes[i].State) + ")"
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return action(c)
	}
	return strings.Join(parts, "; ")
}
