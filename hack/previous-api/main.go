// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command previous-api writes the API of an earlier commit to api/v1alpha1/testdata/previous: its kinds, without their
// descriptions, and objects of each kind. Tests compare the present API with it. It needs the commit, and the tests do
// not: they work in a clone without history.
//
//	go run ./hack/previous-api v0.1.0
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// folder is where the files go.
const folder = "api/v1alpha1/testdata/previous"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./hack/previous-api COMMIT")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "previous-api:", err)
		os.Exit(1)
	}
}

// write replaces the files by those of a commit.
func write(commit string) error {
	full, err := git("rev-parse", commit+"^{commit}")
	if err != nil {
		return err
	}
	tree, err := git("rev-parse", commit+"^{tree}")
	if err != nil {
		return err
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	for _, each := range []struct {
		from, to string
		convert  func([]byte) ([]byte, error)
	}{
		{"config/crd/bases", "kinds", withoutDescriptions},
		{"api/v1alpha1/testdata/full", "objects", unchanged},
		{"internal/record/testdata/previous", "stored", unchanged},
	} {
		if err := copyFolder(commit, each.from, filepath.Join(folder, each.to), each.convert); err != nil {
			return err
		}
	}
	// A history that was rewritten has other commits, and the same trees.
	return errors.Join(os.WriteFile(filepath.Join(folder, "COMMIT"), full, 0o600), os.WriteFile(filepath.Join(folder, "TREE"), tree, 0o600))
}

// copyFolder copies the files of a folder of a commit.
func copyFolder(commit, from, to string, convert func([]byte) ([]byte, error)) error {
	names, err := git("ls-tree", "--name-only", commit+":"+from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o750); err != nil {
		return err
	}
	for _, name := range strings.Fields(string(names)) {
		content, err := git("show", commit+":"+path.Join(from, name))
		if err != nil {
			return err
		}
		if content, err = convert(content); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(to, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func unchanged(content []byte) ([]byte, error) { return content, nil }

// withoutDescriptions returns a CustomResourceDefinition without what only people read.
func withoutDescriptions(content []byte) ([]byte, error) {
	var definition map[string]any
	if err := yaml.Unmarshal(content, &definition); err != nil {
		return nil, err
	}
	spec, _ := definition["spec"].(map[string]any)
	versions, _ := spec["versions"].([]any)
	for _, version := range versions {
		version, _ := version.(map[string]any)
		schema, _ := version["schema"].(map[string]any)
		strip(schema["openAPIV3Schema"])
	}
	return yaml.Marshal(definition)
}

// strip removes the descriptions of a schema and of all below it. A field may be called description, too.
func strip(schema any) {
	fields, ok := schema.(map[string]any)
	if !ok {
		return
	}
	delete(fields, "description")
	for _, key := range []string{"items", "additionalProperties"} {
		strip(fields[key])
	}
	properties, _ := fields["properties"].(map[string]any)
	for _, property := range properties {
		strip(property)
	}
}

// git runs git and returns what it prints.
func git(args ...string) ([]byte, error) {
	cmd := exec.Command("git", args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(complaint.String()))
	}
	return out, nil
}
