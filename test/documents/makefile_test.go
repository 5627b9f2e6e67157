// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

func contentOf(t *testing.T, file string) string {
	t.Helper()
	text, err := fs.ReadFile(project, file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Whoever reads how long something takes reads the same everywhere.
func TestDurationsAgree(t *testing.T) {
	for name, c := range map[string]struct {
		reason string
		readme string // what the README says
		file   string
		there  string // what the file says
	}{
		"the demo": {
			reason: "make help is what people read next", readme: `the demo takes (about \w+ \w+)`,
			file: "Makefile", there: `(?m)^demo:.*## .*\((about \w+ \w+)`,
		},
		"a control plane": {
			reason: "people who wait for it read the script", readme: `\((?:.|\n)*?(about \w+ minutes) on\stwo cores`,
			file: "hack/control-plane.sh", there: `(about \w+ minutes) on two cores, once`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := regexp.MustCompile(c.readme).FindStringSubmatch(contentOf(t, "README.md"))
			got := regexp.MustCompile(c.there).FindStringSubmatch(contentOf(t, c.file))
			if want == nil || got == nil || want[1] != got[1] {
				t.Errorf("%s: README.md says %q, %s says %q", c.reason, want, c.file, got)
			}
		})
	}
}

// Nobody waits for a build of kube-controller-manager to try things out.
func TestTryingNeedsNoControllerManager(t *testing.T) {
	makefile := contentOf(t, "Makefile")
	for _, target := range []string{"demo", "dev"} {
		_, rule, found := strings.Cut(makefile, "\n"+target+":")
		rule, _, _ = strings.Cut(rule, "\n\n")
		if !found || strings.Contains(rule, "control-plane-all") || strings.Contains(rule, "ALL_ASSETS") {
			t.Errorf("make %s provides more than etcd, kube-apiserver and kubectl:%s", target, rule)
		}
	}
}

// Go compiles a package once for each set of flags. What make demo and make dev build has the same ones, so that nobody
// waits for the packages of Kubernetes twice.
func TestTryingCompilesPackagesOnce(t *testing.T) {
	for file, command := range map[string]string{
		"Makefile":     `(.*)go build (.*)-o bin/manager`,
		"hack/demo.sh": `(.*)go build (.*)-o bin/demo`,
		"hack/dev.sh":  `(.*)go build (.*)-o bin/dev`,
	} {
		found := regexp.MustCompile(command).FindStringSubmatch(contentOf(t, file))
		if found == nil {
			t.Errorf("%s does not match %s", file, command)
			continue
		}
		if !strings.Contains(found[1], "CGO_ENABLED=0") || strings.Contains(found[2], "-trimpath") {
			t.Errorf("%s builds for other packages than the others do, by %q: write CGO_ENABLED=0, and no -trimpath", file, found[0])
		}
	}
}
