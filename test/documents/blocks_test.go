// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/internal/testing/markdown"
)

// Every block of YAML in what users read is what it says it is.
func TestBlocks(t *testing.T) {
	for _, p := range pagesOf(t, project) {
		if !forUsers(p.File) {
			continue
		}
		t.Run(p.File, func(t *testing.T) { report(t, wrongBlocks(t, p)) })
	}
}

func forUsers(file string) bool {
	return path.Dir(file) == "." || strings.HasPrefix(file, "docs/") || strings.HasPrefix(file, "examples/")
}

// wrongBlocks checks the blocks of a page in their order: a later one may be the next version of an object
// of an earlier one.
func wrongBlocks(t *testing.T, p markdown.Page) []problem {
	t.Helper()
	namespace, err := server.newNamespace()
	if err != nil {
		t.Fatal(err)
	}
	var problems []problem
	for _, b := range p.Blocks {
		if b.Language == "yml" || b.Language == "yaml" {
			problems = append(problems, wrongBlock(p.File, b, namespace)...)
		}
	}
	return problems
}

func wrongBlock(file string, b markdown.Block, namespace string) []problem {
	switch b.Word {
	case "":
		return check(file, split(b.Line, b.Code), namespace)
	case "status":
		return wrongStatus(file, split(b.Line, b.Code))
	case "values":
		return wrongValues(file, b.Line, b.Code)
	default:
		return []problem{{file, b.Line, fmt.Sprintf("nobody knows what a block of \"yaml %s\" is: "+
			"write whole manifests, yaml status or yaml values", b.Word)}}
	}
}

// Every manifest to copy is one that the API server takes.
func TestManifests(t *testing.T) {
	for _, folder := range []string{"examples", "config/samples", "docs/how-to"} {
		report(t, wrongManifests(t, project, folder))
	}
}

// rendered holds folders of kustomize, which test/gitops renders and applies.
const rendered = "examples/gitops/repository"

// notManifests are folders whose files are not manifests by themselves: folders of kustomize, and jobs of forges, which
// test/ci runs.
var notManifests = []string{rendered, "examples/ci/github", "examples/ci/gitlab"}

// script is what `kubectl seatplane simulate` reads, and no manifest: the tests of internal/simulation run it.
const script = "examples/simulate/script.yaml"

// wrongManifests checks the manifests of a folder and of those below it; each has a namespace of its own.
func wrongManifests(t *testing.T, files fs.FS, root string) []problem {
	t.Helper()
	namespaces := map[string]string{}
	var problems []problem
	err := fs.WalkDir(files, root, func(file string, entry fs.DirEntry, err error) error {
		if slices.Contains(notManifests, file) {
			return fs.SkipDir
		}
		if err != nil || entry.IsDir() || path.Ext(file) != ".yaml" || file == script {
			return err
		}
		folder := path.Dir(file)
		if namespaces[folder] == "" {
			if namespaces[folder], err = server.newNamespace(); err != nil {
				return err
			}
		}
		text, err := fs.ReadFile(files, file)
		problems = append(problems, wrongFile(file, string(text), namespaces[folder])...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

func wrongFile(file, text, namespace string) []problem {
	// What helm is given, it checks.
	if strings.HasPrefix(path.Base(file), "values") {
		return wrongValues(file, 1, text)
	}
	return check(file, split(1, text), namespace)
}
