// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// instruction is a line of a Dockerfile: its name in capitals, and what follows it.
type instruction struct{ name, rest string }

// instructions reads a Dockerfile. Comments are left out, and a line that ends with a backslash is continued by the next one.
func instructions(text string) []instruction {
	var all []instruction
	var begun string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		begun += line
		if whole, continues := strings.CutSuffix(begun, `\`); continues {
			begun = whole
			continue
		}
		name, rest, _ := strings.Cut(begun, " ")
		all, begun = append(all, instruction{strings.ToUpper(name), strings.TrimSpace(rest)}), ""
	}
	return all
}

// digest ends the name of an image that cannot become another one.
var digest = regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)

// movable returns the images that a Dockerfile names such that they can become other ones. The result of an earlier
// stage and an image without files cannot.
func movable(dockerfile string) []string {
	var found []string
	stages := map[string]bool{"scratch": true}
	for _, each := range instructions(dockerfile) {
		if each.name != "FROM" {
			continue
		}
		words := slices.DeleteFunc(strings.Fields(each.rest), func(word string) bool { return strings.HasPrefix(word, "--") })
		if !stages[words[0]] && !digest.MatchString(words[0]) {
			found = append(found, words[0])
		}
		stages[words[len(words)-1]] = true
	}
	return found
}

func TestMovable(t *testing.T) {
	const pinned = "golang@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for name, c := range map[string]struct {
		reason, dockerfile string
		want               []string
	}{
		"nothing":       {"a comment names a base image", "# FROM golang:1\nFROM scratch\n", nil},
		"a digest":      {"it names the content", "FROM --platform=$BUILDPLATFORM " + pinned + " AS build\n", nil},
		"a stage":       {"it was built from what is pinned", "FROM " + pinned + " AS build\nFROM build\n", nil},
		"a tag":         {"a registry can move it", "from golang:1.26.8 AS build\nFROM scratch\n", []string{"golang:1.26.8"}},
		"an argument":   {"whoever builds says what it is", "ARG GO=golang:1\nFROM \\\n $GO AS build\n", []string{"$GO"}},
		"a short one":   {"it is not a digest", "FROM golang@sha256:0123\n", []string{"golang@sha256:0123"}},
		"a later stage": {"it is not known yet", "FROM build\nFROM scratch AS build\n", []string{"build"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, movable(c.dockerfile)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// No Dockerfile of the project is built from an image that can move.
func TestDockerfilesArePinned(t *testing.T) {
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(at string, item fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if item.IsDir() && slices.Contains([]string{".git", "bin", "dist"}, at) {
			return fs.SkipDir
		}
		if !item.IsDir() && strings.Contains(item.Name(), "Dockerfile") {
			files = append(files, at)
		}
		return nil
	})
	if err != nil || !slices.Contains(files, "Dockerfile") {
		t.Fatalf("the Dockerfile is not among %v: %v", files, err)
	}
	for _, file := range files {
		for _, each := range movable(string(content(t, filepath.Join(root, file)))) {
			t.Errorf("%s is built from %s: name it by its digest", file, each)
		}
	}
}

// The Dockerfile builds the image of `make image`. The test carries out its instructions, and knows no others.
func TestDockerfileBuildsTheSameImage(t *testing.T) {
	p := pack(t, created, manager)
	l := open(t, p.archive)
	_, of := l.forPlatform(runtime.GOOS, runtime.GOARCH)
	config := parse[configuration](t, l.blob(of.Config)).Config
	platform := strings.NewReplacer("$TARGETOS", runtime.GOOS, "$TARGETARCH", runtime.GOARCH)
	var copied string
	for _, each := range instructions(string(content(t, filepath.Join(root, "Dockerfile")))) {
		switch each.name {
		case "FROM", "ARG":
		case "COPY":
			from, to, _ := strings.Cut(each.rest, " ")
			if copied = platform.Replace(from); to != "/" {
				t.Errorf("it copies to %s", to)
			}
		case "USER":
			if each.rest != config.User {
				t.Errorf("it runs as %s, and the image as %s", each.rest, config.User)
			}
		case "ENTRYPOINT":
			var entrypoint []string
			if err := json.Unmarshal([]byte(each.rest), &entrypoint); err != nil || !cmp.Equal(entrypoint, config.Entrypoint) {
				t.Errorf("it starts %s, and the image starts %v: %v", each.rest, config.Entrypoint, err)
			}
		default:
			t.Errorf("this test does not know what %s does", each.name)
		}
	}
	if want := "dist/" + filepath.Base(p.root) + "/"; copied != want {
		t.Errorf("it copies %s, and `make image` writes %s", copied, want)
	}
	requireSameFiles(t, l.unpacked(of), p.root)
	if ignored := string(content(t, filepath.Join(root, ".dockerignore"))); !strings.Contains(ignored, "\n!dist/root-linux-*\n") {
		t.Errorf("an engine would not be sent the files, because of .dockerignore:\n%s", ignored)
	}
}

// requireSameFiles requires of a folder that it has the files of an image, with their modes, and nothing else.
func requireSameFiles(t *testing.T, image map[string]entry, folder string) {
	t.Helper()
	found := map[string]entry{}
	err := fs.WalkDir(os.DirFS(folder), ".", func(at string, item fs.DirEntry, err error) error {
		if err != nil || at == "." {
			return err
		}
		info, err := item.Info()
		if err != nil {
			return err
		}
		each := entry{mode: int64(info.Mode().Perm()), isFolder: item.IsDir()}
		if item.IsDir() {
			found[path.Clean(at)+"/"] = each
			return nil
		}
		each.content, err = os.ReadFile(filepath.Join(folder, at))
		found[at] = each
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// Contents are too long to be shown.
	same := func(one, other entry) bool {
		return one.mode == other.mode && one.isFolder == other.isFolder && bytes.Equal(one.content, other.content)
	}
	if !maps.EqualFunc(image, found, same) {
		t.Errorf("the folder has %v, or other content or modes, and the image has %v",
			slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(image)))
	}
}
