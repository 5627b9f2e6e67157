// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package howto

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/markdown"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

const (
	// home is the folder of the pages.
	home = "docs/how-to"

	// patience is how long a step may take until it does what its page says, on a machine that is busy too.
	patience = 90 * time.Second

	// pause is what lies between two attempts of a step.
	pause = 200 * time.Millisecond
)

// Every page does what it says.
func TestPages(t *testing.T) {
	pages, err := fs.Glob(project, home+"/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("there is no page in %s: %v", home, err)
	}
	for _, file := range pages {
		t.Run(strings.TrimSuffix(path.Base(file), ".md"), func(t *testing.T) {
			t.Parallel()
			text, err := fs.ReadFile(project, file)
			if err != nil {
				t.Fatal(err)
			}
			steps, err := stepsOf(markdown.Parse(file, string(text)))
			if err != nil {
				t.Fatal(err)
			}
			terminal := open(t, strings.TrimSuffix(path.Base(file), ".md"))
			for _, s := range steps {
				if err := take(t.Context(), terminal, s); err != nil {
					t.Fatalf("%s:%d: %v", file, s.line, err)
				}
			}
		})
	}
}

// open opens a terminal for a page: in a namespace that allows TestClocks, and in a folder that holds the files
// that stand next to the pages.
func open(t *testing.T, page string) *playground.Terminal {
	t.Helper()
	namespace := strings.ToLower("howto-" + page)
	if _, err := ground.Kubectl.Apply(t.Context(), fmt.Sprintf(`
apiVersion: v1
kind: Namespace
metadata: {name: %s, labels: {%s: %s}}
`, namespace, v1alpha1.LabelTestClocks, v1alpha1.TestClocksAllowed)); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	beside, err := fs.Sub(project, home)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(folder, beside); err != nil {
		t.Fatal(err)
	}
	terminal, err := ground.OpenTerminal(folder, namespace)
	if err != nil {
		t.Fatal(err)
	}
	return terminal
}

// take takes one step. One that only reads is repeated until it does what the page says.
func take(ctx context.Context, terminal *playground.Terminal, s step) error {
	if s.file != "" {
		return os.WriteFile(filepath.Join(terminal.Folder(), s.file), []byte(s.code), 0o600)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !s.repeatable() {
		return try(ctx, terminal, s)
	}
	var last error
	err := wait.PollUntilContextCancel(ctx, pause, true, func(ctx context.Context) (bool, error) {
		err := try(ctx, terminal, s)
		// What the end of the time cut off says nothing.
		if ctx.Err() == nil || last == nil {
			last = err
		}
		return err == nil, nil
	})
	if err != nil {
		return fmt.Errorf("within %s, %w", patience, last)
	}
	return nil
}

// script runs the code of a step. Variables go from one step to the next in a file; what is left in the background
// ends with the step.
const script = `set -aeo pipefail
trap 'kill $(jobs -p) 2>/dev/null || :' EXIT
if [[ -f .variables ]]; then . ./.variables; fi
%s
export -p > .variables
`

// try runs a script once.
func try(ctx context.Context, terminal *playground.Terminal, s step) error {
	said, err := terminal.Run(ctx, fmt.Sprintf(script, s.code))
	switch {
	case err != nil && !s.failing():
		return fmt.Errorf("%s: %w; it printed\n%s", strings.TrimSpace(s.code), err, said)
	case err == nil && s.failing():
		return fmt.Errorf("%s: this succeeded, and the page says that it fails; it printed\n%s", strings.TrimSpace(s.code), said)
	case s.prints != nil && !matches(*s.prints, said):
		return fmt.Errorf("%s: the page says that this prints\n%s\nand it printed\n%s", strings.TrimSpace(s.code), *s.prints, said)
	}
	return nil
}
