// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"k8s.io/apimachinery/pkg/runtime"

	api "github.com/seatplane/seatplane/api/v1alpha1"
)

// Every kind of the API has a page that explains its conditions and their reasons.
func TestKinds(t *testing.T) {
	kinds := runtime.NewScheme()
	if err := api.AddToScheme(kinds); err != nil {
		t.Fatal(err)
	}
	for kind, goType := range kinds.KnownTypes(api.GroupVersion) {
		if strings.HasSuffix(kind, "List") || !strings.Contains(goType.PkgPath(), "seatplane") {
			continue
		}
		report(t, unexplained(project, kind, pageOf[kind]))
	}
}

// unexplained says what the page of a kind leaves out. A word is explained that stands there as code.
func unexplained(files fs.FS, kind string, p kindPage) []problem {
	if p.file == "" {
		return []problem{{"test/documents/kinds_test.go", 1, fmt.Sprintf("pageOf has no page of %s: write one and add it", kind)}}
	}
	text, err := fs.ReadFile(files, p.file)
	if err != nil {
		return []problem{{p.file, 1, fmt.Sprintf("%s has no such page: %v", kind, err)}}
	}
	var problems []problem
	for _, word := range slices.Concat(p.conditions, p.reasons) {
		if !strings.Contains(string(text), "`"+word+"`") {
			problems = append(problems, problem{p.file, 1, fmt.Sprintf("the page of %s does not explain %#q", kind, word)})
		}
	}
	return problems
}

func TestUnexplainedConditionsAreFound(t *testing.T) {
	page := kindPage{file: "docs/kinds/x.md", conditions: []string{api.ConditionReady}, reasons: []string{api.ReasonReconciled}}
	cases := map[string]struct {
		reason, text, want string
		page               kindPage
	}{
		"all of it":   {"every word is there", "`Ready`: `Reconciled`", "", page},
		"a reason":    {"a reader cannot look it up", "`Ready`: Reconciled", "docs/kinds/x.md:1: the page of X does not explain `Reconciled`", page},
		"a condition": {"a reader cannot look it up", "`Reconciled`", "docs/kinds/x.md:1: the page of X does not explain `Ready`", page},
		"no page":     {"a kind was added", "", "docs/kinds/y.md:1: X has no such page", kindPage{file: "docs/kinds/y.md"}},
		"no entry":    {"a kind was added", "", "test/documents/kinds_test.go:1: pageOf has no page of X", kindPage{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{"docs/kinds/x.md": {Data: []byte(tc.text)}}
			expect(t, tc.reason, tc.want, unexplained(files, "X", tc.page))
		})
	}
}
