// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// What a release hands out is what is tested here, but for the image.
func TestDist(t *testing.T) {
	for name, c := range map[string]struct {
		reason        string
		version, pack string
	}{
		"a release": {"its number is the chart's", "v1.2.3", "seatplane-1.2.3.tgz"},
		"a commit":  {"it comes after the release", "v1.2.3-4-gabcdef0-dirty", "seatplane-1.2.3+4-gabcdef0-dirty.tgz"},
		"no tag":    {"nor the hash of one", "0f3c2d1", "seatplane-0.0.0+0f3c2d1.tgz"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			makeDist(t, folder, "registry.example.com/seatplane", c.version)
			want := "registry.example.com/seatplane:" + c.version

			installed, err := os.ReadFile(filepath.Join(folder, "install.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			rendered := parse(t, string(installed))
			if got := rendered.deployment(t).Spec.Template.Spec.Containers[0].Image; got != want {
				t.Errorf("%s: install.yaml wants the image %s, want %s", c.reason, got, want)
			}
			if want := len(kustomized(t, "default")); len(rendered) != want {
				t.Errorf("install.yaml has %d objects, want %d", len(rendered), want)
			}
			manifests, err := helm("template", "seatplane", filepath.Join(folder, c.pack), "--namespace", playground.Namespace)
			if err != nil {
				t.Fatal(err)
			}
			if got := parse(t, manifests).deployment(t).Spec.Template.Spec.Containers[0].Image; got != want {
				t.Errorf("%s: the chart wants the image %s, want %s", c.reason, got, want)
			}
		})
	}
}

func makeDist(t *testing.T, folder, image, version string) {
	t.Helper()
	assets, err := controlplane.Assets()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(root, "hack", "dist.sh"))
	cmd.Env = append(os.Environ(), "DIST="+folder, "IMAGE="+image, "VERSION="+version,
		"KUBECTL="+filepath.Join(assets, "kubectl"), "HELM="+filepath.Join(root, "bin", "tools", "helm"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
