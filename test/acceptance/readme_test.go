// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// block is a block of the README: its language, and what is in it.
var block = regexp.MustCompile("(?s)```(sh|yaml)\n(.*?)```")

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
	for _, each := range block.FindAllStringSubmatch(section, -1) {
		if each[1] == "sh" {
			script += each[2]
		} else {
			o.write(filepath.Join(folder, "my-customer.yaml"), each[2], 0o600)
		}
	}
	o.write(filepath.Join(folder, "hack", "dev.sh"), fmt.Sprintf("#!/bin/sh\nexec %q \"$@\"\n", filepath.Join(root, "hack", "dev.sh")), 0o700)
	said := o.types(folder, strings.Replace(script, "sleep 2", untilCounted, 1))
	for _, want := range []string{
		`my-customer-\w+-000001 .* \d+\.\d\d +EUR`, `members 2 → 3 +\d+\.\d\d +Applied .* 1 seat added, \d+ of (28|29|30|31) days`,
		`my-customer +my-customer +Active +3 +29\.70`, `Issued invoice my-customer-\w+-000001 for \d+\.\d\d EUR \(Initial\)`,
	} {
		if !regexp.MustCompile(want).MatchString(said) {
			t.Errorf("nothing says %s:\n%s", want, said)
		}
	}
	o.holds("my-customer", 3)
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

// types runs a script as a person would in a terminal beside make dev, and returns what it prints.
func (o *office) types(folder, script string) string {
	o.Helper()
	kubeconfig, err := os.ReadFile(ground.Plane.Kubeconfig)
	if err != nil {
		o.Fatal(err)
	}
	own := filepath.Join(folder, "kubeconfig")
	o.write(own, strings.Replace(string(kubeconfig), "namespace: default", "namespace: "+o.namespace, 1), 0o600)
	ctx, cancel := context.WithTimeout(o.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "KUBECONFIG="+own, "SEATPLANE_DEV_HOME="+filepath.Dir(ground.SQLiteDir),
		"SEATPLANE_DEV_NAMESPACE="+o.namespace,
		"PATH="+filepath.Dir(ground.Plane.Binary("kubectl"))+":"+os.Getenv("PATH"))
	said, err := cmd.CombinedOutput()
	if err != nil {
		o.Fatalf("%v\n%s", err, said)
	}
	return string(said)
}
