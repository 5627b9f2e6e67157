// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// releases are the versions of Seatplane that are published. What is not among them must not be in a command or a
// manifest that people copy.
var releases = map[string]bool{}

// Nothing that people copy names a version of Seatplane that they cannot get.
func TestReleases(t *testing.T) {
	report(t, unreleased(t, project, releases))
}

var (
	// A kustomization or a Git source that refers to this project at a branch or a tag.
	reference = regexp.MustCompile(`seatplane/seatplane\S*\?ref=([^\s"'&]+)`)
	// A tag of the manager's image, in the ways in which kustomize, Helm and a registry's client write it.
	imageTag = regexp.MustCompile(`(?:newTag: *|\btag: *|image\.tag=|seatplane(?:/manager)?:)["']?(v?\d+\.\d+\.\d+[\w.+-]*)`)
)

func unreleased(t *testing.T, files fs.FS, published map[string]bool) []problem {
	t.Helper()
	var problems []problem
	err := fs.WalkDir(files, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "bin" || name == "dist" || name == ".git") {
			return fs.SkipDir
		}
		if extension := path.Ext(file); entry.IsDir() || extension != ".md" && extension != ".yaml" {
			return nil
		}
		text, err := fs.ReadFile(files, file)
		for i, line := range strings.Split(string(text), "\n") {
			for _, pattern := range []*regexp.Regexp{reference, imageTag} {
				if found := pattern.FindStringSubmatch(line); len(found) > 1 && !published[found[1]] {
					problems = append(problems, problem{file, i + 1, fmt.Sprintf(
						"%s is not a release: name a checkout of the repository and an image that the reader builds", found[1])})
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

func TestUnreleasedVersionsAreFound(t *testing.T) {
	for name, c := range map[string]struct{ reason, line, want string }{
		"a branch":        {"nobody can pin it", "- https://github.com/seatplane/seatplane/config/default?ref=main", "a.md:1: main is not a release"},
		"a tag of Git":    {"it does not exist", "- https://github.com/seatplane/seatplane/config/default?ref=v0.1.0", "a.md:1: v0.1.0 is not a release"},
		"a tag":           {"the image does not exist", "- {name: seatplane/manager, newTag: v0.1.0}", "a.md:1: v0.1.0 is not a release"},
		"an image":        {"the image does not exist", "docker pull seatplane/manager:0.2.0", "a.md:1: 0.2.0 is not a release"},
		"a value":         {"the image does not exist", "--set image.tag=v0.1.0", "a.md:1: v0.1.0 is not a release"},
		"a release":       {"people can get it", "- {name: seatplane/manager, newTag: v1.0.0}", ""},
		"a commit":        {"people build it themselves", "- {name: seatplane/manager, newTag: 4ea4b9f}", ""},
		"somebody else's": {"only this project is meant", "- https://github.com/example/app/config?ref=v1.2.3", ""},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{"a.md": {Data: []byte(c.line + "\n")}}
			expect(t, c.reason, c.want, unreleased(t, files, map[string]bool{"v1.0.0": true}))
		})
	}
}
