// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// mutant is one broken rule: a text of a file that is replaced by another.
type mutant struct {
	// file is relative to the repository.
	file string
	// from appears in the file exactly once.
	from, to string
	// why describes what a program with the replacement does wrong.
	why string
}

func (m mutant) String() string { return filepath.ToSlash(m.file) + ": " + m.why }

// verdict is the result of the tests for a mutant.
type verdict string

const (
	killed   verdict = "killed"
	survived verdict = "SURVIVED"
)

// testsOf are the packages whose tests cover a folder, the fastest first. A mutant that one of them notices is not
// tried on the next.
var testsOf = map[string][]string{
	"internal/archive":              {"./internal/archive", "./internal/archive/postgres"},
	"internal/archive/postgres":     {"./internal/archive/postgres"},
	"internal/billing/metering":     {"./internal/billing/metering"},
	"internal/billing/money":        {"./internal/billing/money", "./internal/billing/proration"},
	"internal/billing/pricing":      {"./internal/billing/pricing", "./internal/billing/proration"},
	"internal/billing/proration":    {"./internal/billing/proration", "./internal/billing/subscription"},
	"internal/billing/subscription": {"./internal/billing/subscription", "./internal/record"},
	"internal/books":                {"./internal/books"},
	"internal/delivery":             {"./internal/delivery"},
	"internal/event":                {"./internal/event"},
	"internal/record":               {"./internal/record"},
}

// try runs the tests that should notice a mutant.
func try(ctx context.Context, m mutant) (verdict, error) {
	packages := testsOf[filepath.ToSlash(filepath.Dir(m.file))]
	if len(packages) == 0 {
		return "", errors.New("testsOf does not say which tests watch over this folder")
	}
	source, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	changed, err := m.apply(string(source))
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	overlay, err := writeOverlay(folder, m.file, changed)
	if err != nil {
		return "", err
	}
	for _, name := range packages {
		noticed, err := fails(ctx, overlay, name)
		if err != nil || noticed {
			return killed, err
		}
	}
	return survived, nil
}

// apply returns a source with the replacement made.
func (m mutant) apply(source string) (string, error) {
	if n := strings.Count(source, m.from); n != 1 {
		return "", fmt.Errorf("the text to replace is in the file %d times, not once: %q. Bring hack/mutants/list.go up to date", n, m.from)
	}
	return strings.Replace(source, m.from, m.to, 1), nil
}

// writeOverlay writes a changed copy of a file, and the JSON that makes the go command use it.
func writeOverlay(folder, file, changed string) (string, error) {
	original, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	replacement := filepath.Join(folder, filepath.Base(file))
	if err := os.WriteFile(replacement, []byte(changed), 0o600); err != nil {
		return "", err
	}
	raw, err := json.Marshal(map[string]map[string]string{"Replace": {original: replacement}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, raw, 0o600)
}

// failedTest matches what the go command prints for a test that failed, or for a test binary that crashed or timed
// out.
var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: |^panic: |^FAIL\t\S+\t[0-9.]+s$`)

// fails runs the tests of a package and reports whether one of them failed. A program that does not compile proves
// nothing, so it is an error.
func fails(ctx context.Context, overlay, name string) (bool, error) {
	command := exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-short", "-failfast", "-timeout", "120s", name)
	output, err := command.CombinedOutput()
	if err == nil {
		return false, nil
	}
	if failedTest.Match(output) && !strings.Contains(string(output), "[build failed]") {
		return true, nil
	}
	return false, fmt.Errorf("go test %s: %w\n%s", name, err, output)
}
