// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command preview-comment keeps the comment on a pull request that the README shows what kubectl seatplane preview
// prints for examples/ci/price-of-a-change. With -check it changes nothing, and fails if the README shows anything else.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seatplane/seatplane/internal/cli"
)

const (
	readme  = "README.md"
	example = "examples/ci/price-of-a-change"
	begin   = "<!-- preview-comment: make preview-comment writes what follows -->\n"
	end     = "<!-- end of preview-comment -->\n"
)

func main() {
	check := flag.Bool("check", false, "fail if the README shows something else, and change nothing")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "preview-comment:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	comment, err := preview()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	updated, err := replace(string(text), comment)
	switch {
	case err != nil:
		return err
	case updated == string(text):
		return nil
	case check:
		return errors.New("the comment in README.md is not what kubectl seatplane preview prints: run make preview-comment, and commit it")
	}
	return os.WriteFile(readme, []byte(updated), 0o600)
}

// preview is what the plugin prints for the example, as a comment.
func preview() (string, error) {
	var out, errOut bytes.Buffer
	code := cli.Run(context.Background(), cli.NewOptions(genericiooptions.IOStreams{In: &bytes.Buffer{}, Out: &out, ErrOut: &errOut}, "dev"), []string{
		"preview", "-n", "billing", "-f", example + "/after", "--against", example + "/before", "--at", "2026-04-16T00:00:00Z", "-o", "markdown",
	})
	if code != cli.MoneyChanges {
		return "", fmt.Errorf("the preview of %s ends with %d: %s", example, code, errOut.String())
	}
	return out.String(), nil
}

// replace puts a comment between the two marks of a page, as a quotation.
func replace(page, comment string) (string, error) {
	before, rest, found := strings.Cut(page, begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return "", fmt.Errorf("%s has no place for the comment: it stands between %q and %q", readme, begin, end)
	}
	quoted := &strings.Builder{}
	for line := range strings.Lines(comment) {
		quoted.WriteString(strings.TrimRight("> "+line, " \n") + "\n")
	}
	return before + begin + "\n" + quoted.String() + "\n" + end + after, nil
}
