// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package render

import (
	_ "embed"
	"html/template"
	"strings"

	"github.com/seatplane/seatplane/internal/preview"
)

//go:embed page.html
var page string

// HTML writes a report as one file that a browser shows: it loads nothing, and has no script.
func HTML(r *preview.Report) (string, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"headline": headline, "counts": counts, "horizons": horizons, "signed": signed, "problem": problemLine,
		"effectCounts": effectCounts, "what": what, "join": strings.Join, "ignored": ignored, "lower": strings.ToLower,
		"name":  func(h horizon) string { return h.name },
		"money": func(h horizon) preview.Money { return h.money },
		"total": func(t preview.Total) *preview.Horizons { return &t.Horizons },
		"problems": func(title string, problems []preview.Problem) map[string]any {
			return map[string]any{"Title": title, "Problems": problems}
		},
	}).Parse(page)
	if err != nil {
		return "", err
	}
	b := &strings.Builder{}
	err = t.Execute(b, r)
	return b.String(), err
}
