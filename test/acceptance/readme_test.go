// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/markdown"
)

// untilCounted takes the place of the moment that the README waits, which is longer on some machines.
const untilCounted = `until kubectl get subscriptionupdates | grep -q "2 → 3.*Applied"; do sleep 0.1; done`

// What the README has a newcomer type after make dev does what it says: an own subscription with an own
// query is counted, invoiced, refreshed and priced.
func TestReadme(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "## Your own subscription")
	section, _, _ = strings.Cut(section, "\n## ")
	folder, script := t.TempDir(), "set -e\n"
	for _, each := range markdown.Parse("README.md", section).Blocks {
		switch each.Language {
		case "sh":
			script += each.Code
		case "yaml":
			o.write(filepath.Join(folder, "my-customer.yaml"), each.Code, 0o600)
		}
	}
	said := o.types(folder, strings.Replace(script, "sleep 2", untilCounted, 1))
	for _, want := range []string{
		`my-customer-\w+-000001 .* \d+\.\d\d +EUR`, `members 2 → 3 +\d+\.\d\d +Applied .* 1 seat added, \d+ of (28|29|30|31) days`,
		`my-customer +my-customer +Active +3 +29\.70`, `5 seats added × 2\.00 × \d+ of (28|29|30|31) days`,
		`39\.70 EUR\. It adds up\.`, `all amounts add up`, `Issued invoice my-customer-\w+-000001 for \d+\.\d\d EUR \(Initial\)`,
	} {
		if !regexp.MustCompile(want).MatchString(said) {
			t.Errorf("nothing says %s:\n%s", want, said)
		}
	}
	o.holds("my-customer", 8)
}

func (o *office) write(path, content string, mode os.FileMode) {
	o.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		o.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		o.Fatal(err)
	}
}

// types runs a script as a person would in a terminal next to make dev, and returns what it prints.
func (o *office) types(folder, script string) string {
	o.Helper()
	terminal, err := ground.OpenTerminal(folder, o.namespace)
	if err != nil {
		o.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(o.Context(), 2*time.Minute)
	defer cancel()
	said, err := terminal.Run(ctx, script)
	if err != nil {
		o.Fatalf("%v\n%s", err, said)
	}
	return said
}
